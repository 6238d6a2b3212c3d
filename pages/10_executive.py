"""Executive: is our AI spend earning more than it costs?"""

import streamlit as st

from app.analysis import attention, bridge
from app.metrics import levels
from app.metrics.catalogue import catalogue
from app.metrics.levels import Line
from app.ui import empty, navigate, periods, tables, told
from app.ui.block import block
from app.ui.data import ask, currency, holdings
from app.ui.delivered import delivered
from app.ui.statement import bills, statement
from app.ui.ten import table_of_ten
from app.ui.tiles import BESIDE, tile

view, held = navigate.current(), holdings()
NOW = (view.period.since, view.period.until)
BEFORE = (view.compare.since, view.compare.until) if view.compare else None


def whole() -> Line | None:
    """The figures of the period, of what it is compared with, and of the steps of the trend."""
    wanted = levels.spans(NOW, BEFORE, periods.steps(view.period))
    names = levels.asked((*BESIDE, *bridge.measures(), *attention.WANTED))
    return levels.compared(ask(*names, spans=wanted, where=view.where, totals=True), (), wanted).total


def parts() -> list[Line]:
    """The period and its comparison by team and workflow."""
    wanted = levels.spans(NOW, BEFORE)
    answer = ask(*attention.WANTED, by=attention.BY, spans=wanted, where=view.where)
    return [*levels.compared(answer, attention.BY, wanted).rows]


def show(line: Line) -> None:
    """The answer, the bills beside it, the ten metrics, the way to the margin, all of it as tables, how fresh it is."""
    code, lines = currency(), parts()
    left, right = st.columns([5, 6], gap="large")
    with left, block("The answer"):
        told.answer(view, line, lines, code)
        told.attention(view, lines, bills(view), code)
    with right, block("Is it all there?"):
        st.subheader("Is it all there?", anchor=False)
        statement(bills(view), code)
        navigate.link("Reconcile", "reconcile", view.deeper())
    if attention.may_lack_conditions(lines):
        empty.no_conditions()
    st.caption("From infrastructure efficiency to business value")
    with st.grid(5, min_column_width=216):
        for number, name in enumerate(catalogue().ten, start=1):
            tile(name, number, line, view=view, currency=code)
    with block("From value to gross margin"):
        told.from_value_to_margin(view, line.now, code)
    with block("The ten metrics"):
        st.subheader("The ten metrics", anchor=False)
        ten = table_of_ten(line, code)
        tables.table(
            ten, key="ten_metrics", drill=lambda row: ("figure", view.params(metric=str(row["id"]), sort=None))
        )
    with block("How fresh it is"):
        st.subheader("How fresh it is", anchor=False)
        delivered(held.fresh)
    empty.missing(held.tables)


if not held.tables:
    empty.nothing_loaded()
elif (found := whole()) is None or told.is_nothing(found.now):
    empty.filtered_to_nothing(view)
else:
    show(found)
