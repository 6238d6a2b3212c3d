"""What a page says when it has nothing, or not all, to say: what is known, what is not, which file would tell, and the
way out."""

import csv
import io
from datetime import date
from functools import partial

import streamlit as st

from app.metrics.catalogue import catalogue
from app.metrics.conditions import Unanswered, unanswered
from app.metrics.question import Question
from app.ui import formats, navigate, periods, uploads
from app.ui.data import ask, kept
from app.ui.view import View
from ingest import registry

ANYTHING = ("all_in_cost", "tokens", "runs")
SAID = 4

WHAT_IS_MISSING = {
    "usage": "No model calls yet. Outcomes are known, what they cost is not: tokens and their cost come with usage, "
    "an export of a provider or a gateway.",
    "outcomes": "No outcomes yet. Cost is known, value is not: what is trusted, successful or earned comes with "
    "outcomes, one row for what a run came to.",
    "billed": "No invoices yet. Everything is metered only: whether a provider billed the same comes with its invoice "
    "or billing export.",
}
"""The files that matter most, and what nobody can say without them."""


def nothing_loaded() -> None:
    """The page of an empty database: look around with the sample company, or begin with a file."""
    st.subheader("No data yet", anchor=False)
    if not uploads.allowed():
        st.write("Nothing is loaded. Who may import sees here how to begin.")
        return
    sample, own = st.columns(2)
    with sample, st.container(border=True, height="stretch", key="empty_sample"):
        st.markdown("**Look around first**")
        st.write(
            "The sample company: eight teams, nine workflows, five providers; a year of model calls, outcomes, "
            "charges and invoices. It can be undone import by import."
        )
        uploads.load_sample()
    with own, st.container(border=True, height="stretch", key="empty_own"):
        st.markdown("**Begin with a file**")
        st.write("A usage or billing export is enough for tokens and their cost; outcomes and invoices may follow.")
        uploads.uploader("empty")
        _templates("empty", "usage", "outcomes", "billed")


def missing(tables: frozenset[str]) -> None:
    """Under the figures: which of the files that matter most is not there, what that leaves open, and its template."""
    for table in (table for table in WHAT_IS_MISSING if table not in tables):
        if table == "usage" and "outcomes" not in tables:
            continue
        with st.container(border=True, key=f"missing_{table}"):
            st.markdown(WHAT_IS_MISSING[table])
            _ways(table)


def filtered_to_nothing(view: View) -> None:
    """Nothing fits the filters: which one to remove, or the last month that has some, each a link."""
    labels = {name: catalogue().dimension(name).label for name in view.where}
    chosen = " and ".join(f"{labels[name]} {', '.join(values)}" for name, values in view.where.items())
    st.info(formats.md(f"No cost, tokens or runs{f' for {chosen}' if chosen else ''} in {view.dates()}."))
    with st.container(horizontal=True, gap="small", key="ways_out"):
        helping = [name for name in view.where if len(view.where) == 1 or _has_some(view, name)]
        for name in helping:
            navigate.link(formats.md(f"Remove {labels[name]}"), view.page, view.params(**{name: None}))
        if view.where and not helping:
            navigate.link("Clear all filters", view.page, view.params(**dict.fromkeys(view.where)))
        month = _last_month(view)
        if month is not None:
            end = periods.month_end(month)
            days = {"from": month.isoformat(), "to": end.isoformat(), "p": None}
            navigate.link(f"Go to the last month that has some: {formats.month(month)}", view.page, view.params(**days))


def no_conditions() -> None:
    """Outcomes stand, but no source answers a condition that their workflow requires: which, and how to set it."""
    view = navigate.current()
    question = Question((), where=view.where, since=view.period.since, until=view.period.until)
    found = kept("unanswered", lambda con, viewer: unanswered(con, question, viewer), question)
    if not found:
        return
    with st.container(border=True, key="no_conditions"):
        st.markdown(
            f"**No outcome of {formats.number_of(len(found), 'workflow')} can be trusted yet: nobody reports a "
            "condition that is required**"
        )
        st.markdown("\n".join(f"- {sentence(one)}" for one in found[:SAID]))
        if len(found) > SAID:
            st.caption(f"{len(found) - SAID} more workflows likewise.")
        st.markdown(
            "Report them as columns of an outcomes file or as checks; or say in a workflows file what counts for a "
            f"workflow, in its column `requires`: {_example(found[0])}"
        )
        if navigate.visitor().may_import:
            _templates("conditions", "workflows", "outcomes", "checks")


def sentence(one: Unanswered) -> str:
    """One workflow and the conditions that none of its outcomes answers, in Markdown."""
    name = f"Workflow {formats.md(one.workflow)}" if one.workflow else "Without a workflow"
    *others, last = (f"`{condition.replace('`', '')}`" for condition in one.conditions)
    conditions = f"{', '.join(others)} or {last}" if others else last
    return f"{name}: {formats.number_of(one.outcomes, 'outcome')}, and no source says {conditions}."


def _example(one: Unanswered) -> str:
    """What to write so that the other usual conditions decide."""
    left = [name for name in ("completed", "accepted") if name not in one.conditions] or ["completed"]
    return f"`{'|'.join(left)}` asks for no more than that."


def _ways(table: str) -> None:
    """How to bring a file of a table: its template, and the page that takes it."""
    if not navigate.visitor().may_import:
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"ways_{table}"):
        _template(table, "missing")
        if navigate.current().page != "imports":
            navigate.link("Load a file", "imports", navigate.current().deeper())


def _templates(place: str, *tables: str) -> None:
    with st.container(horizontal=True, key=f"templates_{place}"):
        for table in tables:
            _template(table, place)


def _template(table: str, place: str) -> None:
    """A button that gives the empty file of a table."""
    name = f"{table}.csv"
    st.download_button(
        f"Template {name}",
        partial(_header, table),
        file_name=name,
        mime="text/csv",
        on_click="ignore",
        key=f"template_{place}_{table}",
    )


def _header(table: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(registry.sources()[table].template())
    return text.getvalue()


def _has_some(view: View, without: str) -> bool:
    """Whether anything fits once one filter is gone."""
    where = {name: values for name, values in view.where.items() if name != without}
    (row,) = ask(*ANYTHING, since=view.period.since, until=view.period.until, where=where).rows
    return any(row[name] for name in ANYTHING)


def _last_month(view: View) -> date | None:
    """The first day of the last month in which something fits the filters."""
    rows = ask(*ANYTHING, by=("month",), where=view.where).rows
    months = [row["month"] for row in rows if any(row[name] for name in ANYTHING)]
    return date.fromisoformat(f"{max(months)}-01") if months else None
