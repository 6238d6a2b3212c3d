"""Steps 5 and 9: the runs as they stand. Where each began, what its events come to, whether it is trusted."""

from __future__ import annotations

import duckdb

from app.warehouse.settle.scripts import run


def settle(con: duckdb.DuckDBPyConnection) -> None:
    """Fold the events of every touched run and judge it by the row of `workflows` in force. Leaves touched_run_days."""
    run(con, "fold")
    con.execute(f"create or replace temp view wanted_rates as {WANTED_RATES}")
    run(con, "rates")
    run(con, "judge")


WANTED_RATES = """
    select coalesce(upper(currency), getvariable('currency')) as currency, day from run_events
    union
    select coalesce(upper(review_currency), getvariable('currency')) as currency, day
    from run_events
    where review_rate_per_hour is not null
"""
