"""Ingestion health on screen: one line for each source, and a sentence on what is late or missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import streamlit as st

from app.metrics.freshness import Freshness
from app.reports.table import WORDS, Column, Table
from app.ui import formats, tables
from app.ui.data import currency
from app.ui.incoming import MONEY_IS
from app.warehouse.connect import current_warehouse
from ingest.health import Health
from ingest.watch import Memory, Taken

SHOWN = 5
COLUMNS = (
    Column("label", "Source", "text"),
    Column("state", "State", "text"),
    Column("last", "Last day", "date"),
    Column("usual", "Delivers", "text"),
    Column("records", "Records", "count"),
    Column("rejects", "Rejected", "count"),
    Column("money", "Money", "money"),
    Column("money_is", "Money is", "text"),
    Column("missing", "Missing days", "count"),
    Column("which", "Which", "text"),
    Column("first", "First day", "date"),
    Column("imports", "Imports", "count"),
)


def show(found: Sequence[Health], fresh: Freshness) -> None:
    """What is late in words, then every source as a table, then what a watched folder could not deliver."""
    st.markdown("**Ingestion health**")
    st.markdown("\n".join(f"- {line}" for line in sentences(found, fresh)))
    rows = [_row(one) for one in found]
    total = {name: sum(row[name] for row in rows) for name in ("records", "rejects", "missing")}
    words = dict.fromkeys(("money", "first", "last", "imports"), formats.NOT_APPLICABLE)
    table = Table("sources", "Sources", COLUMNS, rows, {"label": "Total", **total, WORDS: words}, currency())
    tables.table(table, key="sources")
    _watched()


def sentences(found: Sequence[Health], fresh: Freshness) -> Iterator[str]:
    """Which feeds are late, and which sources lack days; that all is well where it is."""
    for feed in fresh.late[:SHOWN]:
        rhythm = f"it usually delivers {every(feed.usual)}, and " if feed.usual else ""
        yield (
            f"{formats.md(feed.name)} is late by {formats.number_of(feed.late, 'day')}: "
            f"{rhythm}its last whole day is {formats.day(feed.last)}."
        )
    if len(fresh.late) > SHOWN:
        yield f"{len(fresh.late) - SHOWN} more are late; the table has all."
    if not fresh.late:
        yield "No source is late by its own rhythm."
    lacking = [one for one in found if one.row.missing]
    for one in lacking[:SHOWN]:
        days = formats.number_of(len(one.row.missing), "day")
        yield f"{formats.md(one.row.label)} lacks {days} between its first and its last: {ranges(one.row.missing)}."
    rejects = sum(one.rejects for one in found)
    if rejects:
        yield f"{formats.number_of(rejects, 'record')} rejected; each import below says which, and why."


def every(days: int) -> str:
    """A rhythm in words."""
    return "every day" if days == 1 else f"every {days} days"


def ranges(missing: Sequence[date]) -> str:
    """Days as ranges: 3 – 5 Oct 2026 (3 days), 9 Oct 2026 (1 day)."""
    found: list[tuple[date, date]] = []
    for day in missing:
        if found and day - found[-1][1] == timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return ", ".join(formats.days(first, last) for first, last in found)


def state_of(one: Health) -> str:
    """Whether a source keeps its rhythm."""
    if not one.feeds:
        return "comes by the month"
    if one.has_ended:
        return "ended"
    if one.late:
        return f"late by {formats.number_of(one.late, 'day')}"
    return "on time"


def _row(one: Health) -> dict[str, Any]:
    row = one.row
    return {
        "label": row.label, "state": state_of(one), "last": row.last, "first": row.first,
        "usual": every(one.usual) if one.usual else "no rhythm yet" if one.feeds else formats.NOT_APPLICABLE,
        "records": row.records, "rejects": one.rejects, "money": row.money, "money_is": MONEY_IS[row.of],
        "missing": len(row.missing), "which": ranges(row.missing) or "none", "imports": one.imports,
        WORDS: {} if row.money is not None else {"money": formats.NO_DATA},
    }  # fmt: skip


def _watched() -> None:
    """The folder that the dashboard watches, and the files of it that could not be loaded."""
    warehouse = current_warehouse()
    folder = warehouse.settings.watch
    if folder is None:
        return
    st.caption(f"Watched folder: {formats.md(folder)}. What appears there is loaded as soon as it is complete.")
    failed: list[Taken] = Memory(warehouse.path).failed(folder)
    for taken in failed[:SHOWN]:
        st.error(
            f"{formats.md(taken.path.name)} was not loaded ({formats.moment(taken.taken_at)}): "
            f"{formats.md(taken.said)} "
            "Nothing of it counts; it is tried again when the file changes."
        )
    if len(failed) > SHOWN:
        st.caption(f"{len(failed) - SHOWN} more files of the folder were not loaded; the log names them.")
