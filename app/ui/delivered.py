"""How fresh the figures are: what each feed has delivered, and which one is late."""

from __future__ import annotations

import streamlit as st

from app.metrics.freshness import Delivery, Freshness
from app.reports.table import Column, Table
from app.ui import formats, tables

COLUMNS = (
    Column("feed", "Source", "text"),
    Column("tables", "Delivers", "text"),
    Column("first", "First day", "date"),
    Column("last", "Last whole day", "date"),
    Column("state", "State", "text"),
)


def delivered(fresh: Freshness) -> None:
    """One line for each feed, the newest first."""
    tables.offer(Table("freshness", "How fresh it is", COLUMNS, [_row(each) for each in fresh.deliveries]))
    head = "| Source | Delivers | First day | Last whole day | State |\n|---|---|---|---|---|"
    st.markdown("\n".join([head, *(_line(_row(each)) for each in fresh.deliveries)]))


def _row(each: Delivery) -> dict[str, object]:
    state = "ended" if not each.is_active else "on time"
    if each.late:
        state = f"late by {formats.number_of(each.late, 'day')}"
    return {"feed": each.name, "tables": ", ".join(each.tables), "first": each.first, "last": each.last, "state": state}


def _line(row: dict[str, object]) -> str:
    days = [formats.day(row[name]) for name in ("first", "last")]
    return f"| {formats.md(row['feed'])} | {formats.md(row['tables'])} | {' | '.join(days)} | {row['state']} |"
