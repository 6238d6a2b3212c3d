"""Which months are closed, what closing one fixes, and what has changed about closed months since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb

from app.metrics.ask import ask
from app.metrics.catalogue import catalogue
from app.metrics.invoiced import Invoiced, invoiced
from app.metrics.parts import Sources, columns
from app.metrics.question import UNASSIGNED, Question, Viewer
from app.warehouse import closing

HERE = Path(__file__).resolve().parent / "closings"
MONTHS = (HERE / "months.sql").read_text()
FIXED = ("all_in_cost", "model_cost", "tokens", "runs", "trusted")
"""The totals that are named before a month is closed."""
CHANGED = ("all_in_cost", "tokens", "runs", "trusted")
State = Literal["closed", "open", "in progress"]


@dataclass(frozen=True)
class Month:
    """A month between the first and the last that any figure is about."""

    first: date
    last: date
    state: State
    import_id: str | None
    """The import that closed it."""
    closed_at: datetime | None


@dataclass(frozen=True)
class Totals:
    """What a month's figures are, by the names of FIXED, and its invoices."""

    month: Month
    figures: Mapping[str, Any]
    invoices: Invoiced
    currency: str


@dataclass(frozen=True)
class Change:
    """What one import, undo or rebuild changed about a closed month, of one team, and the days on which that lies."""

    about: date
    change: str
    """import, undo or rebuild."""
    import_id: str | None
    file: str | None
    source: str | None
    team: str
    first_day: date
    last_day: date
    figures: Mapping[str, Decimal | int]
    """By the names of CHANGED."""


def months(con: duckdb.DuckDBPyConnection, today: date) -> tuple[Month, ...]:
    """Every month that any figure is about, in order, and what it is on a day."""
    return tuple(Month(*row) for row in con.execute(MONTHS, {"today": today}).fetchall())


def closable(known: Sequence[Month], until: date | None = None) -> tuple[Month, ...]:
    """The open months that are over, up to the one of a day: they close in this order. None: all of them."""
    found = [month for month in known if month.state == "open"]
    return tuple(month for month in found if until is None or month.first <= until)


def totals(con: duckdb.DuckDBPyConnection, month: Month, today: date) -> Totals:
    """What closing a month fixes, or has fixed."""
    viewer = Viewer.everything()
    answer = ask(con, Question(FIXED, since=month.first, until=month.last), viewer, today)
    return Totals(month, answer.rows[0], invoiced(con, viewer, month.first, month.last).total, answer.currency)


def changes(
    con: duckdb.DuckDBPyConnection,
    viewer: Viewer,
    since: date | None = None,
    until: date | None = None,
    where: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[Change, ...]:
    """What changed about closed months and lies on these days, newest month and largest money first.

    Under filters that no cube reaches there is nothing to tell: such questions read live rows.
    """
    if not closing.stands(con):
        return ()
    question = viewer.narrowed(Question((), (), since, until, where or {}).checked())
    sources = Sources(con, question)
    selects = [text for kind in ("usage", "runs", "lines") if (text := _changed(sources, kind))]
    if len(selects) < 3:
        return ()
    sums = ", ".join(f"coalesce(sum({name}), 0) as {name}" for name in CHANGED)
    moved = " or ".join(f"sum({name}) <> 0" for name in CHANGED)
    text = f"""
        select
            changed.about, changed.change, changed.cause, imports.file, imports.source, changed.team,
            min(changed.day), max(changed.day), {sums}
        from ({" union all by name ".join(selects)}) as changed
        left join imports on imports.import_id = changed.cause
        group by changed.about, changed.change, changed.cause, imports.file, imports.source, changed.team
        having {moved}
        order by changed.about desc, abs(sum(all_in_cost)) desc, changed.team, changed.cause
    """
    rows = con.execute(text, sources.values).fetchall()
    return tuple(Change(*row[:8], dict(zip(CHANGED, row[8:], strict=True))) for row in rows)  # type: ignore[call-arg]


def _changed(sources: Sources, kind: str) -> str | None:
    """A SELECT of one part's changes; None where single rows would have to be read."""
    table = closing.changes_of(sources.table(kind))
    if table is None:
        return None
    measures = catalogue().measures
    shown = []
    for name in CHANGED:
        terms = [f"coalesce(part.{column}, 0)" for column in columns(measures[name], kind, "ledger")]
        shown.append(f"{' + '.join(terms) or '0'} as {name}")
    condition = sources.condition(kind)
    return (
        f"select part.day, part.about, part.change, part.cause, coalesce(part.team, '{UNASSIGNED}') as team, "
        f"{', '.join(shown)} from {table} as part where {condition}"
    )
