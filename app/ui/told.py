"""What the executive page says in words: the answer, what deserves attention, and the way from value to margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.analysis import attention as matters
from app.analysis import bridge
from app.analysis import cause as causes
from app.analysis.cause import Cause
from app.analysis.sentence import Told
from app.analysis.sentence import answer as sentence
from app.analysis.words import Days
from app.metrics.budgets import Budget, budgets
from app.metrics.catalogue import catalogue
from app.metrics.invoiced import Statement
from app.metrics.levels import FEW, Line
from app.reports.table import Column, Table
from app.ui import charts, formats, navigate, tables, words
from app.ui.clicks import Target
from app.ui.data import kept
from app.ui.periods import Period
from app.ui.view import View

Row = Mapping[str, Any]
GROUPED = {"cost_component": "cost_component", "value": "workflow", "team": "team"}
"""How Teams shows a cause."""


def is_nothing(row: Row) -> bool:
    """Whether the days and filters hold neither cost nor tokens nor runs."""
    return row["all_in_cost"] is None and not any(row[name] for name in ("tokens", "runs", "unpriced_rows", "outcomes"))


def answer(view: View, whole: Line, lines: Sequence[Line], currency: str) -> None:
    """The answer in one sentence, and the way to why it moved."""
    cause = why(whole, lines)
    now = Told(_days(view.period), whole.now)
    before = Told(_days(view.compare), whole.before) if view.compare and whole.before else None
    with st.container(key="answer", gap="xxsmall"):
        st.subheader(words.markdown(sentence(now, before, cause), currency), anchor=False)
        if before is None or before.cost is None:
            return
        daily = whole.daily_change("all_in_cost")
        if daily and daily.relative is not None:
            lengths = f"{formats.number_of(view.period.length, 'day')} against {whole.days[1]}"
            st.caption(f"All-in cost per day {formats.change(1 + daily.relative, 1)} ({lengths})")
        by = GROUPED[cause.kind] if cause else "team"
        navigate.link("Why?", "teams", view.deeper() | {"by": [by]}, hint="What moved, compared with the period before")


def why(whole: Line, lines: Sequence[Line]) -> Cause | None:
    """The cause of the change of the margin; where that is not known, of the cost."""
    if whole.before is None or whole.before["all_in_cost"] is None:
        return None
    components = catalogue().components
    teams = [(group.name, group.now, group.before) for group in matters.groups(lines, "team")]
    has_margin = min(whole.now["trusted"] or 0, whole.before["trusted"] or 0) >= FEW
    return (causes.of_margin if has_margin else causes.of_cost)(whole.now, whole.before, components, teams)


def attention(view: View, lines: Sequence[Line], bills: Statement, currency: str) -> None:
    """At most three sentences with their money, each a link to where it is seen."""
    days = (view.period.since, view.period.until)
    items = matters.attention(lines, bills, [] if view.where else _budgets(view.period), days)
    if not items:
        return
    st.markdown("**Worth your attention**")
    with st.container(key="attention", gap="xxsmall"):
        for item in items:
            change = {name: list(values) for name, values in item.params.items()}
            navigate.link(words.markdown(item.said, currency), item.page, view.deeper() | change)


def from_value_to_margin(view: View, row: Row, currency: str) -> None:
    """From what trusted outcomes are worth to the gross margin; without outcomes, what the cost is made of."""
    has_value = bool(row["outcomes"])
    st.subheader("From value to gross margin" if has_value else "What the cost is made of", anchor=False)
    if row["all_in_cost"] is None:
        st.markdown("The cost of these days is unknown, and so is the margin.")
        return
    st.caption(formats.dollars(under_the_bridge(row, currency)))
    steps = bridge.value_to_margin(row) if has_value else bridge.cost(row)
    charts.show(waterfall(steps, currency), key="waterfall", drill=lambda step: into(view, step))
    tables.offer(bridge_table(steps, currency))


def waterfall(steps: Sequence[bridge.Step], currency: str) -> charts.Chart:
    """The steps, of which the last one is the total."""
    last = steps[-1]
    return charts.waterfall(
        [charts.Step(step.label, step.amount, total=step.is_total, id=step.name) for step in steps],
        says=f"{last.label} {formats.full(last.amount, currency)}, and every component of cost on the way to it",
        currency=currency,
    )


def into(view: View, step: Row) -> Target | None:
    """Where a component of cost is seen by team; value and margin lead to no component."""
    name = str(step["id"])
    if name not in catalogue().components:
        return None
    return "teams", view.deeper() | {"cost_component": [name.removeprefix("cost_")]}


def under_the_bridge(row: Row, currency: str) -> str:
    """What the all-in cost is made of."""
    cost, models = (formats.full(row[name], currency) for name in ("all_in_cost", "model_cost"))
    beside = formats.full(bridge.beside_models(row), currency)
    return f"{currency}. All-in cost {cost} = model cost {models} + what is no model call {beside}"


def bridge_table(steps: Sequence[bridge.Step], currency: str) -> Table:
    """The same steps for a file."""
    columns = (Column("step", "Step", "text"), Column("amount", "Amount", "change_money"))
    rows = [{"step": step.label, "amount": step.amount} for step in steps]
    return Table("waterfall", "Waterfall", columns, rows[:-1], rows[-1], currency=currency)


def _budgets(period: Period) -> list[Budget]:
    day = period.until
    found: list[Budget] = kept("budgets", lambda con, viewer: [] if viewer.where else budgets(con, day), day)
    return found


def _days(period: Period) -> Days:
    return Days(period.since, period.until)
