"""Run: what happened, what did it cost, was it trusted?"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.metrics.catalogue import catalogue
from app.metrics.runs import UnknownRunError, run_document
from app.reports.table import Table
from app.ui import charts, drill, empty, formats, ledger, navigate, runs, tables
from app.ui.block import block
from app.ui.data import currency, holdings, kept
from app.ui.template import component
from app.ui.timeline import MOST, events, timeline
from app.ui.view import View


def not_here(view: View) -> None:
    """The run is not known, or not for who asks: the two look alike."""
    if view.run:
        st.subheader("This run is not here", anchor=False)
        st.write(
            formats.md(f"No usage, step, check or outcome that you may see names the run “{view.run}”.")
            + " It may have come with an import that was undone."
        )
    else:
        st.subheader("No run is chosen", anchor=False)
        st.write("A run is opened from the list of runs of a workflow.")
    navigate.link("Go to the teams", "teams", view.params(run=None, call=None), icon=":material/arrow_back:")


def neighbours(view: View, run_id: str) -> None:
    """The way to the runs before and after in the list that this one was opened from, and its id to copy."""
    before, after = runs.beside(view, run_id)
    with st.container(horizontal=True, vertical_alignment="center", key="neighbours"):
        if before:
            navigate.link("Previous run", "run", view.params(run=before, call=None), icon=":material/chevron_left:")
        if after:
            navigate.link("Next run", "run", view.params(run=after, call=None), icon=":material/chevron_right:")
        st.code(formats.clean(run_id), language=None, width="content")


def answer(document: Mapping[str, Any], code: str) -> str:
    """The run in one sentence."""
    cost = document["what_did_it_cost"]
    outcome = formats.md(drill.outcome_of(document["was_it_trusted"]))
    amount = formats.full(cost["all_in_cost"], code)
    amount = formats.at_least(amount) if cost["unpriced_tokens"] else amount
    share = cost["retry_token_ratio"]
    retries = f"; {formats.ratio(share)} of its tokens were retries" if share is not None else ""
    return f"**{outcome[0].upper()}{outcome[1:]}. Cost {formats.md(amount)}{retries}.**"


def place(title: str, table: Table, nothing: str) -> None:
    """One of the questions, answered by a table."""
    st.subheader(title, anchor=False)
    if table.rows:
        tables.table(table, key=table.name)
    else:
        st.write(nothing)


def show_time(document: Mapping[str, Any]) -> None:
    """Calls, tools and checks on one axis of time."""
    found = events(document["calls"], document["which_tools"], document["which_checks"])
    if not found:
        return
    st.subheader("What happened, second by second", anchor=False)
    charts.show(timeline(found), key="timeline")
    if len(found) > MOST:
        st.caption(f"The first {MOST} of {formats.number_of(len(found), 'event')}; the tables below have all.")


def show_cost(cost: Mapping[str, Any], code: str) -> None:
    """The components of the cost as one bar and as a table."""
    st.subheader("6 What did it cost?", anchor=False)
    parts = [component(name) for name in catalogue().components if cost[name]]
    if not parts:
        st.write("No cost is known: no source states one, and no price fits.")
        return
    says = f"The cost of the run by component, {formats.full(cost['all_in_cost'], code)} in all."
    charts.show(
        charts.bars([{"run": "This run", **cost}], parts, label="run", says=says, currency=code), key="components_bar"
    )
    tables.table(ledger.costs(cost, code), key="components", bar="amount")


def show_calls(view: View, calls: list[dict[str, Any]], code: str) -> None:
    """Every call, and the chosen one in full."""
    table = ledger.calls(calls, code)
    st.subheader("Calls", anchor=False)
    if not calls:
        st.write("No model call of this run was reported.")
        return
    tables.table(table, key="calls", drill=lambda row: (None, view.params(call=str(row["record_id"]))))
    chosen = [call for call, row in zip(calls, table.rows, strict=True) if view.call and row["record_id"] == view.call]
    for call in chosen:
        with st.container(border=True, key="call"):
            st.markdown(f"**Call {formats.md(view.call)}**")
            st.markdown(ledger.facts(ledger.of_call(call, code)))


def show(view: View, document: Mapping[str, Any], code: str) -> None:
    """The eight questions in order, all on one page."""
    st.markdown(answer(document, code))
    with block("What happened, second by second"):
        show_time(document)
    with block("Which workflow?"):
        st.subheader("1 Which workflow?", anchor=False)
        st.markdown(ledger.facts(ledger.of_workflow(document["which_workflow"])))
    with block("Which route?"):
        place("2 Which route?", ledger.routes(document["which_route"], code), "No model call of this run was reported.")
    with block("Which context?"):
        evidence = [one for row in document["which_context"] for one in row["evidence"] or ()]
        place("3 Which context?", ledger.contexts(document["which_context"]), "No context was reported.")
        st.markdown(ledger.facts([("Evidence", list(dict.fromkeys(evidence)))]))
    with block("Which tools?"):
        place("4 Which tools?", ledger.tools(document["which_tools"], code), "No tool or other step was reported.")
    with block("Which checks?"):
        place("5 Which checks?", ledger.checks(document["which_checks"], code), "No check was reported.")
    with block("What did it cost?"):
        show_cost(document["what_did_it_cost"], code)
    with block("What was produced?"):
        place("7 What was produced?", ledger.produced(document["what_was_produced"], code), "No outcome was reported.")
    with block("Was it trusted?"):
        st.subheader("8 Was it trusted?", anchor=False)
        st.markdown(f"**{formats.md(drill.outcome_of(document['was_it_trusted']).capitalize())}**")
        st.markdown(ledger.facts(ledger.of_trust(document["was_it_trusted"])))
    with block("Calls"):
        show_calls(view, document["calls"], code)


view = navigate.current()
if not holdings().tables:
    empty.nothing_loaded()
    st.stop()
run_id = view.run or ""
try:
    document = kept("run", lambda con, viewer: run_document(con, run_id, viewer), run_id)
except UnknownRunError:
    not_here(view)
    st.stop()
neighbours(view, run_id)
show(view, document, currency())
