"""Step 8: bills. What the invoice says differently from what was metered, posted under its own name."""

from __future__ import annotations

import duckdb

from app.warehouse.settle import rules
from app.warehouse.settle.scripts import number, run


def settle(con: duckdb.DuckDBPyConnection) -> None:
    """Compare every bill with the metered days again.

    Leaves touched_bill_days: days and providers whose rows get another true-up, or are invoiced that were not.
    """
    run(con, "metered_days")
    con.execute("create or replace temp table touched_bill_days (day date, provider varchar, is_regrouped boolean)")
    if number(con, "select count(*) from billed") == 0 and number(con, POSTED) == 0:
        return
    run(con, "bills_before")
    run(con, "bill_cells")
    con.execute(f"create or replace temp view wanted_rates as {WANTED_RATES}")
    run(con, "rates")
    run(con, "bill_keys")
    stand(con)
    run(con, "bill_scopes")
    run(con, "bill_leftovers")
    run(con, "bill_true_ups")
    rules.assign(con, TO_ASSIGN)
    run(con, "bill_lines")


def stand(con: duckdb.DuckDBPyConnection) -> None:
    """Make finer_cells: of several bills for the same days the finer one whole, and what it leaves of the others."""
    con.execute("create or replace temp table finer_cells as select * from keyed_cells limit 0")
    for (level,) in con.execute("select distinct level from keyed_cells order by level").fetchall():
        con.execute("set variable bill_level = ?", [level])
        run(con, "bill_rests")


# Taxes, credits and bills without a rate of exchange have lines, but nothing that is compared.
POSTED = """
    select (select count(*) from bill_scopes) + (select count(*) from lines where kind in ('true_up', 'prepaid'))
"""
WANTED_RATES = "select currency, day from bill_cells"
TO_ASSIGN = """
    select
        key, day, provider, account, project, null::varchar as api_key, null::varchar as user_id, model,
        null::varchar as workflow, null::map(varchar, varchar) as tags
    from true_ups
"""
