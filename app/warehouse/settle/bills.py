"""Step 8: bills. What the invoice says differently from what was metered, posted under its own name."""

from __future__ import annotations

import duckdb

from app.warehouse.settle import rules
from app.warehouse.settle.scripts import number, run


def settle(con: duckdb.DuckDBPyConnection) -> None:
    """Compare every bill with the metered days again. Leaves touched_bill_days: days whose rows get another true-up."""
    run(con, "metered_days")
    con.execute("create or replace temp table touched_bill_days (day date)")
    con.execute("create or replace temp table was_scopes as select * from bill_days join bill_scopes using (scope_id)")
    if number(con, "select count(*) from billed") == 0 and number(con, "select count(*) from bill_scopes") == 0:
        return
    run(con, "bill_cells")
    con.execute(f"create or replace temp view wanted_rates as {WANTED_RATES}")
    run(con, "rates")
    run(con, "bill_scopes")
    rules.assign(con, TO_ASSIGN)
    run(con, "bill_lines")


WANTED_RATES = "select currency, day from bill_cells"
TO_ASSIGN = """
    select
        key, day, provider, account, project, null::varchar as api_key, null::varchar as user_id, model,
        null::varchar as workflow, null::map(varchar, varchar) as tags
    from true_ups
"""
