"""What was delivered: how many records and how much money stand per source and day, and of each import.

One look at the facts that count, most of a second for ten million rows; who asks keeps the answer until an import
comes or goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

import duckdb

from app.metrics.freshness import freshness
from app.warehouse.build import FACTS, REFERENCES
from app.warehouse.settle import scripts
from ingest import fates
from ingest.registry import sources

State = Literal["complete", "partial", "late", "missing", "not expected"]
SATURDAY = 5


@dataclass(frozen=True)
class Day:
    """What stands of one source on one day."""

    state: State
    records: int
    money: Decimal | None
    """In the reporting currency; None: not known, or rows without money."""


@dataclass(frozen=True)
class Row:
    """One source: from when to when it reaches, and every day of that."""

    source: str
    label: str
    first: date
    last: date
    records: int
    money: Decimal | None
    of: str
    """What its money is: cost, billed or value."""
    days: dict[date, Day]

    @property
    def missing(self) -> list[date]:
        """Days without a record between the first and the last that should have some."""
        return [day for day, found in self.days.items() if found.state == "missing"]


@dataclass(frozen=True)
class Standing:
    """What stands of one import: rows of canonical tables, and their money."""

    rows: int
    money: Decimal | None


@dataclass(frozen=True)
class Calendar:
    """Every source that has brought facts, and what stands of every import."""

    rows: tuple[Row, ...]
    imports: dict[str, Standing]


def calendar(con: duckdb.DuckDBPyConnection, today: date) -> Calendar:
    """The calendar of the facts that count, and of every import what stands."""
    scripts.variables(con)
    con.execute("create or replace temp table delivered as " + " union all ".join(map(_delivered, FACTS)))
    fates.rates(con, "select currency, rate_day as day from delivered")
    con.execute(
        f"""
        create or replace temp table valued as
        select delivered.*, {fates.in_currency("delivered")} as money
        from delivered
        left join rates on rates.currency = delivered.currency and rates.day = delivered.rate_day
        """
    )
    return Calendar(_rows(con, today), _imports(con))


def _delivered(table: str) -> str:
    """Rows and own money per source, import and days of a table."""
    last = "coalesce(charged_to, charged_from)" if table in ("charges", "billed") else "utc_day"
    real = "and kind <> 'remainder'" if table == "usage" else ""
    return f"""
        select source, import_id, '{fates.MEANS[table]}' as of, first_day, last_day, currency, day as rate_day,
            count(*) as records, sum(own) as own
        from (
            select source, import_id, utc_day as first_day, {last} as last_day, {fates.own(table)}
            from {table}
            where counts {real}
        )
        group by all
    """


def _rows(con: duckdb.DuckDBPyConnection, today: date) -> tuple[Row, ...]:
    found = con.execute(
        """
        select source, of, day, sum(records)::bigint, sum(money)
        from (
            select source, of, records, case when first_day = last_day then money end as money,
                unnest(range(first_day, last_day + interval 1 day, interval 1 day))::date as day
            from valued
        )
        group by all order by source, day
        """
    ).fetchall()
    totals = con.execute(
        "select source, of, sum(records)::bigint, sum(money) from valued group by all order by source, of"
    ).fetchall()
    reached = {one.source: one for one in freshness(con, today).deliveries}
    covered = _covered(con)
    rows = []
    for source, of, records, money in totals:
        held = {day: (count, amount) for name, what, day, count, amount in found if (name, what) == (source, of)}
        late = reached[source].late if source in reached else 0
        whole = reached[source].last if source in reached else max(held)
        days = _days(held, whole, late, covered.get(source, set()))
        known = sources().get(source)
        label = known.label if known else source
        rows.append(Row(source, label, min(held), max(held), records, money, of, days))
    return tuple(rows)


def _days(held: dict[date, tuple[int, Decimal | None]], whole: date, late: int, covered: set[date]) -> dict[date, Day]:
    """Every day from the first that is held to the last that should be."""
    first, last = min(held), max(held)
    works_on_weekends = any(day.weekday() >= SATURDAY for day in held)
    days = {}
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        if day in held:
            days[day] = Day("complete" if day <= whole else "partial", *held[day])
        elif day in covered or (day.weekday() >= SATURDAY and not works_on_weekends):
            days[day] = Day("not expected", 0, None)
        else:
            days[day] = Day("missing", 0, None)
    for offset in range(1, late + 1):
        days[last + timedelta(days=offset)] = Day("late", 0, None)
    return days


def _covered(con: duckdb.DuckDBPyConnection) -> dict[str, set[date]]:
    """The days that exports of a stated period cover: where they hold nothing, there was nothing."""
    covered: dict[str, set[date]] = {}
    for source, day in con.execute(
        """
        select distinct source, unnest(range(period_start, period_end + interval 1 day, interval 1 day))::date
        from imports
        where status = 'standing' and renewal = 'window' and period_start is not null
        """
    ).fetchall():
        covered.setdefault(source, set()).add(day)
    return covered


def _imports(con: duckdb.DuckDBPyConnection) -> dict[str, Standing]:
    facts = con.execute("select import_id, sum(records)::bigint, sum(money) from valued group by import_id").fetchall()
    stands = {import_id: Standing(rows, money) for import_id, rows, money in facts}
    for table in REFERENCES:
        query = f"select import_id, count(*) from {table} where counts group by import_id"
        for import_id, rows in con.execute(query).fetchall():
            before = stands.get(import_id, Standing(0, None))
            stands[import_id] = Standing(before.rows + rows, before.money)
    return stands


def record(row: dict[str, Any], stands: Standing | None) -> dict[str, Any]:
    """An import of the audit trail with what stands of it."""
    now = stands or Standing(0, None)
    return row | {"rows_standing": now.rows, "money_standing": now.money}
