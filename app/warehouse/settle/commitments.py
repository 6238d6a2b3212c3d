"""Step 7: what commitments and capacity cost, on the rows that used them; what nobody used under its own name."""

from __future__ import annotations

import duckdb

from app.warehouse.settle.scripts import number, run


def settle(con: duckdb.DuckDBPyConnection) -> None:
    """Share out every day whose money or whose rows changed. Rows that cost something else now are gone and come.

    Leaves touched_pool_days.
    """
    con.execute("create or replace temp table touched_pool_days (utc_day date)")
    if not number(con, STANDING):
        return
    run(con, "pool_money")
    con.execute("create or replace temp view wanted_rates as select currency, utc_day as day from pool_money")
    run(con, "rates")
    run(con, "served_models")
    run(con, "pool_shares")


STANDING = """
    select
        (select count(*) from commitments where counts) + (select count(*) from capacity where counts)
        + (select count(*) from pool_days)
"""
