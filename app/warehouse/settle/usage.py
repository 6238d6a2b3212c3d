"""Steps 3 to 5: what a fact decides alone, which of several sources stands, and what its run and the rules give it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from app.warehouse import prices
from app.warehouse.settle import owners, rules, standing
from app.warehouse.settle.scripts import number, run
from app.warehouse.settle.standing import decide, rewrite


def settle(con: duckdb.DuckDBPyConnection, archive: Path) -> None:
    """Settle every touched fact row. Leaves touched_runs, begun, gone_usage, come_usage and moved_costs."""
    concerned(con)
    settle_events(con, archive)
    standing.decide_usage(con, archive)
    run(con, "touched_runs")
    owners.widen(con)
    run(con, "work_usage")
    prices.learn_names(con, "select provider, model from brought_usage")
    run(con, "account_map")
    run(con, "own_usage")
    owners.set_aside(con)
    price(con)
    run(con, "runs")
    assign_rules(con)
    run(con, "settled_usage")
    run(con, "changed_usage")


def concerned(con: duckdb.DuckDBPyConnection) -> None:
    """Find the rows that a changed reference row concerns.

    In keys_usage by account map, in keys_near by rule, in keys_recost where only what they cost changes.
    """
    for keys in ("near", "recost", "rival"):
        con.execute(f"create or replace temp table keys_{keys} (row_key uuid)")
    changed = ("prices", "fx", "accounts", "capacity")
    if any(number(con, f"select count(*) from changed_{table}") for table in changed):
        run(con, "references")
    if number(con, "select count(*) from changed_assignments"):
        rules.concern(con)


def settle_events(con: duckdb.DuckDBPyConnection, archive: Path) -> None:
    """Write the touched steps, checks, outcomes, charges and bills with what each decides alone."""
    for table in ("steps", "checks"):
        run(con, "rates_changed", table)
        if touched(con, table):
            decide(con, table, archive)
            con.execute(f"create or replace temp view wanted_rates as {event_currencies(table)}")
            run(con, "rates")
            rewrite(con, table, own_event(table))
    if touched(con, "outcomes"):
        decide(con, "outcomes", archive)
        rewrite(
            con, "outcomes", "select * replace (local_day(occurred_at, getvariable('zone')) as day) from work_outcomes"
        )
    if touched(con, "charges"):
        decide(con, "charges", archive)
        rewrite(con, "charges", "select * from work_charges")
    if touched(con, "billed"):
        decide(con, "billed", archive)
        prices.learn_names(con, "select provider, model from work_billed")
        rewrite(con, "billed", OWN_BILLED)


def touched(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether rows of a table are to be settled again; if not, no old rows of it are looked at later."""
    con.execute(f"create or replace temp table old_{table} as select * from {table} limit 0")
    return bool(number(con, f"select count(*) from keys_{table}"))


MOMENT = {"steps": "started_at", "checks": "decided_at"}


def event_currencies(table: str) -> str:
    """The (currency, day) of the touched rows that state a cost."""
    day = f"local_day({MOMENT[table]}, getvariable('zone'))"
    return f"""
        select coalesce(upper(currency), getvariable('currency')) as currency, {day} as day
        from work_{table}
        where cost is not null
    """


def own_event(table: str) -> str:
    """Touched steps or checks with day, own cost and its amount in the reporting currency."""
    return f"""
        select
            rows.* replace (
                local_day({MOMENT[table]}, getvariable('zone')) as day,
                rows.cost as own_cost,
                case when rows.cost is not null
                    then coalesce(upper(rows.currency), getvariable('currency')) end as own_currency,
                convert(rows.cost, rates.rate) as amount
            )
        from work_{table} as rows
        left join rates
            on rates.currency = coalesce(upper(rows.currency), getvariable('currency'))
            and rates.day = local_day({MOMENT[table]}, getvariable('zone'))
    """


OWN_BILLED = """
    select
        rows.* replace (
            names.provider_id as provider_id, case when rows.model is not null then names.model_id end as model_id,
            names.provider_id || ' ' || coalesce('invoice ' || rows.invoice_id, 'import ' || rows.import_id) as bill
        )
    from work_billed as rows
    join names on names.provider = rows.provider and names.model = coalesce(rows.model, '')
"""


def price(con: duckdb.DuckDBPyConnection) -> None:
    """Make `costed` from `to_price`: prices in force, rates of exchange, cost and its components."""
    prices.learn_prices(con, WANTED_PRICES)
    run(con, "prices")
    con.execute(f"create or replace temp view wanted_rates as {WANTED_RATES}")
    run(con, "rates")
    run(con, "served_models")
    run(con, "cost")


WANTED_PRICES = """
    select
        provider_id, model_id, utc_day,
        closed(coalesce(service_tier, 'standard'), ['standard', 'batch', 'flex', 'priority', 'provisioned']) as tier
    from to_price
"""
WANTED_RATES = """
    select coalesce(upper(currency), getvariable('currency')) as currency, day from to_price where cost is not null
    union
    select price_currency, day from price_now
"""


def assign_rules(con: duckdb.DuckDBPyConnection) -> None:
    """Make `assigned` for the touched usage rows."""
    rules.assign(
        con,
        "select rows.row_key as key, rows.day, rows.provider_id as provider, rows.account_id as account, rows.project, "
        "rows.api_key, rows.user_id, rows.model_id as model, coalesce(rows.workflow, begun.workflow) as workflow, "
        "rows.tags "
        "from worked as rows left join begun on begun.run_id = rows.run_id where rows.counts",
    )
