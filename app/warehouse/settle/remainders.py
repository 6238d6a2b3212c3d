"""Step 6: calls explain buckets, and what no call explains is a usage row of its own."""

from __future__ import annotations

import duckdb

from app.warehouse.settle.scripts import number, run
from app.warehouse.settle.usage import price

# A bucket of several days is touched by what changes on any of them.
TOUCHED = """
    create or replace temp table touched_things as
    with changed as (
        select distinct provider_id, model_id, utc_day from gone_usage
        union
        select distinct provider_id, model_id, utc_day from come_usage
    )
    from changed
    union
    select distinct buckets.provider_id, buckets.model_id, buckets.utc_day
    from usage as buckets
    join changed
        on changed.provider_id = buckets.provider_id and changed.model_id = buckets.model_id
        and changed.utc_day between buckets.utc_day and (buckets.ended_at - interval 1 microsecond)::date
    where buckets.kind = 'bucket' and buckets.ended_at > buckets.utc_day + interval 1 day
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
