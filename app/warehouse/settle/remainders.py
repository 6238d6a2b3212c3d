"""Step 6: calls explain buckets, and what no call explains is a usage row of its own."""

from __future__ import annotations

import duckdb

from app.warehouse.settle.scripts import number, run
from app.warehouse.settle.usage import price

TOUCHED = """
    create or replace temp table touched_things as
    select distinct provider_id, model_id, utc_day from gone_usage
    union
    select distinct provider_id, model_id, utc_day from come_usage
"""


def settle(con: duckdb.DuckDBPyConnection) -> None:
    """Make the remainders of every touched (provider, model, day) again; nothing to do where there are no buckets."""
    con.execute(TOUCHED)
    if number(
        con,
        "select count(*) from usage where kind <> 'call' and (provider_id, model_id, utc_day) in (from touched_things)",
    ):
        run(con, "remainders")
        price(con)
        run(con, "settled_remainders")
