"""What can be done with a page as a whole: share it, and take its tables along as files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from app.reports.csv import csv_bytes
from app.reports.table import Head, Table
from app.reports.workbook import workbook_bytes
from app.ui import filters, formats, navigate
from app.ui.data import Holdings, currency
from app.ui.share import share
from app.ui.tables import offered
from app.ui.view import View


def actions(view: View, title: str, question: str, held: Holdings) -> None:
    """Share and Export, for those who may. Called after the page was drawn: only then is known what it shows."""
    if navigate.visitor().may_share and held.tables:
        with st.popover("Share", key="share"):
            share(view)
    if offered():
        with st.popover("Export", key="export"):
            export(view, title, question, held)


def export(view: View, title: str, question: str, held: Holdings) -> None:
    """Every table of the page as CSV and as a workbook, with what its figures stand on."""
    made = formats.moment(datetime.now(UTC))
    facts = head(view, held, made)
    tables = offered()
    name = f"{view.page}_{view.period.since}_{view.period.until}"
    st.download_button(
        "Excel, all tables of this page",
        lambda: workbook_bytes(tables, Head(title, question, facts)),
        file_name=f"{name}.xlsx",
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        on_click="ignore",
        key="export_xlsx",
    )
    for table in tables:
        st.download_button(
            f"CSV: {table.title}",
            _csv_of(table, Head(title, question, facts)),
            file_name=f"{name}_{table.name}.csv",
            mime="text/csv",
            on_click="ignore",
            key=f"export_csv_{table.name}",
        )


def _csv_of(table: Table, head: Head) -> Callable[[], bytes]:
    return lambda: csv_bytes(table, head)


def head(view: View, held: Holdings, made: str) -> list[tuple[str, str]]:
    """What stands at the head of an exported file: days, comparison, filters, currency, basis, as-of import."""
    return [
        ("Period", f"{view.period.since} to {view.period.until}"),
        ("Compared with", f"{view.compare.since} to {view.compare.until}" if view.compare else "nothing"),
        *(filters.said(view) or [("Filters", "none")]),
        ("Currency", currency()),
        ("Basis", "ledger: as invoiced where there is an invoice, metered elsewhere"),
        ("As of import", str(held.last_import)),
        ("Made", made),
    ]
