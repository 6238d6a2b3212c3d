"""How fresh the figures are: what each feed has delivered, and which one is late."""

from __future__ import annotations

from app.metrics.freshness import Delivery, Freshness
from app.reports.table import Column, Table
from app.ui import formats, tables
from app.ui.plain import plain_table
from app.ui.tables import written

COLUMNS = (
    Column("feed", "Source", "text"),
    Column("tables", "Delivers", "text"),
    Column("first", "First day", "date"),
    Column("last", "Last whole day", "date"),
    Column("state", "State", "text"),
)


def delivered(fresh: Freshness) -> None:
    """One line for each feed, the newest first."""
    rows = [_row(each) for each in fresh.deliveries]
    tables.offer(Table("freshness", "How fresh it is", COLUMNS, rows))
    if rows:
        shown = [[written(row[column.name], column.kind, 0) for column in COLUMNS] for row in rows]
        plain_table([column.label for column in COLUMNS], shown, key="delivered", says="What each source has delivered")


def _row(each: Delivery) -> dict[str, object]:
    state = "ended" if not each.is_active else "on time"
    if each.late:
        state = f"late by {formats.number_of(each.late, 'day')}"
    return {"feed": each.name, "tables": ", ".join(each.tables), "first": each.first, "last": each.last, "state": state}
