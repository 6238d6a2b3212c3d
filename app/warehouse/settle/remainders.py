"""Step 6: calls explain buckets, and what no call explains is a usage row of its own."""

from __future__ import annotations

import duckdb

from app.warehouse.settle.scripts import run
from app.warehouse.settle.usage import price

CHANGED = """
    create or replace temp table changed_things as
    select distinct provider_id, model_id, utc_day from gone_usage
    union
    select distinct provider_id, model_id, utc_day from come_usage
"""
LENGTHS = """
    select distinct span_days(started_at, ended_at) as days
    from usage
    where kind <> 'call' and (provider_id, model_id) in (select provider_id, model_id from changed_things)
    order by days
"""


def settle(con: duckdb.DuckDBPyConnection) -> None:
    """Make the remainders of every touched bucket again; nothing to do where there are none.

    Shorter buckets come first: what is left of them explains the longer ones that reach over their days.
    """
    con.execute(CHANGED)
    for (days,) in con.execute(LENGTHS).fetchall():
        con.execute("set variable span_days = ?", [days])
        run(con, "bucket_rows")
        run(con, "bucket_meetings")
        run(con, "remainders")
        price(con)
        run(con, "settled_remainders")
