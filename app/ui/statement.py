"""Is it all there? Metered, invoiced and their difference with its reasons, a line for each provider."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from app.metrics.invoiced import Invoiced, Statement, invoiced, total
from app.reports.table import Column, Table
from app.ui import formats, tables
from app.ui.data import kept
from app.ui.plain import plain_table
from app.ui.view import View

MOST = 6
NOT_YET = "not yet invoiced"
COLUMNS = (
    Column("provider", "Provider", "text"),
    Column("metered", "Metered", "money"),
    Column("not_yet_invoiced", "Not yet invoiced", "money"),
    Column("invoiced", "Invoiced", "money"),
    Column("difference", "Difference", "change_money"),
    Column("reasons", "Reasons", "text"),
)


def bills(view: View) -> Statement:
    """What was metered and invoiced on the days and under the filters of a view."""
    since, until, where = view.period.since, view.period.until, dict(view.where)
    found: Statement = kept(
        "invoiced", lambda con, viewer: invoiced(con, viewer, since, until, where), since, until, where
    )
    return found


def statement(found: Statement, currency: str) -> None:
    """The lines with their total, every amount to the last cent; as a file with all providers."""
    if not found.rows:
        st.markdown("Neither calls nor invoices are loaded for these days.")
        return
    tables.offer(as_table(found, currency))
    rows = [_line(row, currency) for row in (*short(found.rows), found.total)]
    head = ("Provider", "Metered", "Invoiced", "Difference", "Reason")
    plain_table(head, rows, key="statement", says="Metered, invoiced and difference", numbers=3, has_total=True)


def short(rows: Sequence[Invoiced]) -> list[Invoiced]:
    """The providers with most money, and the others as one."""
    if len(rows) <= MOST:
        return list(rows)
    rest = rows[MOST - 1 :]
    return [*rows[: MOST - 1], total(rest, f"Other ({len(rest)})")]


def as_table(found: Statement, currency: str) -> Table:
    """Every provider for a file."""
    rows = [_cells(row, currency) for row in found.rows]
    return Table("invoices", "Metered and invoiced", COLUMNS, rows, _cells(found.total, currency), currency=currency)


def reasons(row: Invoiced, currency: str) -> str:
    """Why invoiced and metered differ, in money, the largest first."""
    said = [f"{reason} {formats.signed(formats.full(amount, currency))}" for reason, amount in row.reasons.items()]
    if row.not_yet_invoiced:
        said.append(NOT_YET if row.invoiced is None else f"{formats.full(row.not_yet_invoiced, currency)} {NOT_YET}")
    return "; ".join(said)


def _line(row: Invoiced, currency: str) -> list[str]:
    metered = formats.full(row.metered, currency)
    difference: Decimal | None = row.difference
    return [
        "Total" if row.provider is None else row.provider,
        formats.at_least(metered) if row.unpriced_tokens else metered,
        "no invoice" if row.invoiced is None else formats.full(row.invoiced, currency),
        formats.NOT_APPLICABLE if difference is None else _moved(difference, currency),
        reasons(row, currency),
    ]


def _moved(difference: Decimal, currency: str) -> str:
    text = formats.full(difference, currency)
    return formats.signed(text) if difference else text


def _cells(row: Invoiced, currency: str) -> dict[str, object]:
    return {
        "provider": row.provider,
        "metered": row.metered,
        "not_yet_invoiced": row.not_yet_invoiced,
        "invoiced": row.invoiced,
        "difference": row.difference,
        "reasons": reasons(row, currency),
    }
