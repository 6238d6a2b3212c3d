"""Closing a month on screen: what a month is, what closing it fixes, and what has changed about closed months since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import streamlit as st

from app.metrics.catalogue import catalogue
from app.metrics.closing import CHANGED, FIXED, Change, Month, Totals, changes, closable, months, totals
from app.reports.table import Column, Row, Table
from app.ui import formats, navigate, tables
from app.ui.clicks import Target
from app.ui.data import currency, kept
from app.ui.origins import label_of
from app.ui.plain import plain_table
from app.ui.uploads import allowed
from app.ui.view import View
from app.warehouse.connect import DatabaseFailedError, current_warehouse
from ingest import closing
from ingest.closing import ClosingRefusedError

SAID = "closing_said"
HOW = {"import": "loaded", "undo": "undone", "rebuild": "rebuilt"}
CHANGES = (
    Column("cause", "What changed it", "text"),
    Column("about", "Closed month", "text"),
    Column("team", "Team", "text"),
    Column("all_in_cost", "All-in cost", "change_money"),
    Column("tokens", "Tokens", "tokens"),
    Column("runs", "Workflow runs", "count"),
    Column("trusted", "Trusted outcomes", "count"),
    Column("day", "Counts on", "date"),
    Column("import_id", "Import", "text"),
)


def known_months() -> tuple[Month, ...]:
    """Every month that has figures."""
    today = current_warehouse().settings.clock()
    found: tuple[Month, ...] = kept("months", lambda con, _: months(con, today))
    return found


def states() -> Mapping[date, str]:
    """What each month is: closed, open or in progress."""
    return {month.first: month.state for month in known_months()}


def actions(view: View) -> None:
    """What can be done with the months of a view: close them, or see the import that closed them."""
    _told()
    known = known_months()
    there = [month for month in known if view.period.since <= month.last and month.first <= view.period.until]
    for month in (month for month in there if month.import_id and len(there) == 1):
        st.markdown(
            f"{formats.month_name(month.first)} is closed since {formats.moment(month.closed_at)}: "
            "its figures stay as they were. What changes about it stands in the first open month."
        )
        address = view.deeper() | {"import": [str(month.import_id)]}
        navigate.link(f"Import {month.import_id} closed it; its undo opens it again", "imports", address)
    wanted = [month for month in closable(known, view.period.until) if there]
    if not wanted or not allowed() or navigate.locked():
        return
    before = formats.number_of(len(wanted) - 1, "month")
    label = f"Close {formats.month_name(wanted[-1].first)}" + (f" and {before} before it" if len(wanted) > 1 else "")
    if st.button(label, key="close_month"):
        st.dialog(f"{label}?", width="medium")(_ask)(tuple(wanted), label)


def _ask(wanted: tuple[Month, ...], label: str) -> None:
    """Asks once, and names the totals that will be fixed."""
    found = _totals(wanted)
    st.markdown(
        "These figures stay as they are, in every report, file and link. What later imports, undos, prices or rules "
        "change about them stands in the first open month, on lines that name what caused it. Undoing the import of a "
        "closing opens its month again."
    )
    if len(found) == 1:
        plain_table(("Figure", "Stays at"), _figures(found[0]), key="fixed", says="What closing fixes", numbers=1)
    else:
        head = ("Month", "All-in cost", "Invoiced", "Difference")
        rows = [[formats.month(one.month.first), *_money(one)] for one in found]
        plain_table(head, rows, key="fixed", says="What closing fixes", numbers=3)
    with st.container(horizontal=True):
        if st.button("Cancel", key="close_cancel"):
            st.rerun()
        if st.button(label, type="primary", key="close_now", on_click=_close, args=(wanted[-1].first,)):
            st.rerun()


def _totals(wanted: tuple[Month, ...]) -> list[Totals]:
    """What each month's figures are now."""
    today = current_warehouse().settings.clock()
    found: list[Totals] = kept("totals", lambda con, _: [totals(con, month, today) for month in wanted], wanted)
    return found


def _figures(one: Totals) -> list[list[str]]:
    """The totals of one month by name."""
    known = catalogue().measures
    figures = [[label_of(name), formats.exact(one.figures[name], known[name].unit, one.currency)] for name in FIXED]
    return [*figures, *([name, text] for name, text in zip(("Invoiced", "Difference"), _money(one)[1:], strict=True))]


def _money(one: Totals) -> list[str]:
    """All-in cost, invoiced and the difference of one month."""
    code, money = one.currency, one.invoices
    invoiced = "no invoice" if money.invoiced is None else formats.full(money.invoiced, code)
    difference = formats.NOT_APPLICABLE if money.difference is None else formats.full(money.difference, code)
    return [formats.full(one.figures["all_in_cost"], code), invoiced, difference]


def _close(month: date) -> None:
    """In a callback: closes the month and those before it. What comes of it is said on the page."""
    if not allowed():
        return
    warehouse = current_warehouse()
    try:
        done = closing.close(warehouse, month, warehouse.settings.clock(), through=True)
    except (ClosingRefusedError, DatabaseFailedError) as error:
        st.session_state[SAID] = (False, f"The month was not closed: {error} Nothing was changed.")
    else:
        names = ", ".join(f"{formats.month_name(one.month.first)} (import {one.month.import_id})" for one in done)
        st.session_state[SAID] = (True, f"Closed {names}.")


def _told() -> None:
    done, text = st.session_state.pop(SAID, (True, ""))
    if text:
        (st.success if done else st.error)(formats.md(text))


def changed(view: View) -> None:
    """What has changed about closed months and counts on the days of a view, a line for each cause and team."""
    since, until, where = view.period.since, view.period.until, dict(view.where)
    found: tuple[Change, ...] = kept(
        "changes", lambda con, viewer: changes(con, viewer, since, until, where), since, until, where
    )
    if not found:
        return
    st.subheader("Changes to closed months", anchor=False)
    st.caption("The closed months stay as they were; these amounts are part of the figures of the days shown here.")
    rows = [_row(one) for one in found]
    total = {"cause": "Total", **{name: sum(one.figures[name] for one in found) for name in CHANGED}}
    table = Table("changes", "Changes to closed months", CHANGES, rows, total, currency())
    tables.table(table, key="changes", drill=lambda row: _into(view, row))


def _row(one: Change) -> dict[str, object]:
    name = one.file or "rebuild"
    return {
        "cause": f"{name} {HOW[one.change]}" if one.file else "Figures made again from the archive",
        "about": formats.month(one.about),
        "team": one.team,
        "day": one.first_day,
        "import_id": one.import_id or "none",
        **one.figures,
    }


def _into(view: View, row: Row) -> Target | None:
    if row["import_id"] == "none":
        return None
    return "imports", view.deeper() | {"import": [str(row["import_id"])]}
