"""Step 10: charges, cut by day, month and pair of team and workflow."""

from __future__ import annotations

import duckdb

from app.warehouse.settle import rules
from app.warehouse.settle.scripts import number, run


def settle(con: duckdb.DuckDBPyConnection) -> None:
    """Cut again every charge that changed, and the touched months of those whose drivers did."""
    if (
        number(con, "select count(*) from charges") == 0
        and number(con, "select count(*) from lines where kind = 'charge'") == 0
    ):
        return
    run(con, "charge_months")
    run(con, "charge_cells")
    con.execute(f"create or replace temp view wanted_rates as {WANTED_RATES}")
    run(con, "rates")
    rules.assign(con, TO_ASSIGN)
    run(con, "charge_lines")


WANTED_RATES = "select currency, day from charge_cells"
TO_ASSIGN = """
    select
        key, day, null::varchar as provider, null::varchar as account, null::varchar as project,
        null::varchar as api_key, null::varchar as user_id, null::varchar as model, own_workflow as workflow, tags
    from charge_cells
    where run_dimensions is null
"""
