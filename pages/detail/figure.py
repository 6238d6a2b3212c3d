"""Where it comes from: what is this figure made of?"""

from typing import Any

import streamlit as st

from app.metrics import levels
from app.metrics.catalogue import Metric, catalogue
from app.metrics.levels import Line
from app.metrics.provenance import Provenance, made_of, provenance
from app.metrics.question import Question, deep
from app.ui import empty, formats, navigate, origins, tables, told
from app.ui.block import block
from app.ui.data import ask, currency, holdings, kept
from app.ui.tiles import definition
from app.ui.view import View
from app.warehouse.connect import current_warehouse

ANYTHING = ("all_in_cost", "tokens", "runs", "unpriced_rows", "outcomes")
COUNTED = {
    "distinct": "It counts different names over the whole range: one name may stand in many rows, and counts once.",
    "histogram": "It is read from bins of all calls, not from single rows.",
}


def sums_of(name: str, metric: Metric | None) -> list[str]:
    """The figure, and the measures that it is taken from."""
    wanted = [name, *([metric.top, metric.bottom, metric.covered] if metric else [])]
    known = catalogue().measures
    return [one for one in dict.fromkeys(wanted) if one and (one == name or known[one].kind == "sum")]


def asked(view: View, names: list[str], by: tuple[str, ...] = ()) -> levels.Compared:
    """Figures of the view, now and before."""
    compare = (view.compare.since, view.compare.until) if view.compare else None
    wanted = levels.spans((view.period.since, view.period.until), compare)
    answer = ask(*levels.asked(names), by=by, spans=wanted, where=view.where, totals=True)
    return levels.compared(answer, by, wanted)


def behind(view: View, measure: str, whole: bool) -> Provenance:
    """The rows behind a measure of the view."""
    question = Question((measure,), since=view.period.since, until=view.period.until, where=dict(view.where))
    today = current_warehouse().settings.clock()
    return kept(
        "provenance",
        lambda con, viewer: provenance(con, measure, question, viewer, today, whole=whole),
        measure, question, whole,
    )  # fmt: skip


def show_sums(view: View, name: str, metric: Metric | None, line: Line) -> None:
    """The figure with its formula, and the sums in it; each of them has a page of its own."""
    names = [one for one in sums_of(name, metric) if not isinstance(line.now[one], dict)]
    dates = (view.dates(), view.compare_dates())
    if names:
        st.subheader("The sums behind it", anchor=False)
        tables.table(
            origins.sums(names, line, currency(), dates),
            key="sums",
            drill=lambda row: ("figure", view.params(metric=str(row["id"]))) if row["id"] != name else None,
        )
    if metric and metric.covered:
        share = asked(view, [metric.covered, "tokens"]).total
        if share and share.now["tokens"]:
            covered = formats.ratio(share.now[metric.covered] / share.now["tokens"])
            st.caption(f"Over the rows that report what it needs: {covered} of all tokens.")


def show_parts(view: View, measure: str) -> None:
    """What the upper sum is made of."""
    by = made_of(measure)
    if by is None:
        return
    level = asked(view, [measure], (by,))
    if level.total is None or not level.total.now[measure]:
        return
    label = origins.label_of(measure)
    st.subheader(f"What {formats.md(label[0].lower() + label[1:])} is made of", anchor=False)
    table = origins.parts(measure, by, level.rows, level.total, currency())
    is_share = all(row["now"] >= 0 for row in table.rows)  # of a margin, the parts are no shares
    tables.table(table, key="parts", bar="now" if is_share else None, sort="now")


def show_rows(view: View, measure: str, whole: bool) -> None:
    """The rows of files behind the upper sum."""
    kind = catalogue().measures[measure].kind
    if kind in COUNTED:
        st.caption(COUNTED[kind])
        return
    label = origins.label_of(measure)
    found = behind(view, measure, whole)
    st.subheader(f"The rows behind {formats.md(label[0].lower() + label[1:])}", anchor=False)
    if not found.rows:
        st.write("No row of these days and filters adds anything to it.")
        return
    said = f"The largest {len(found.rows)} of {formats.number_of(found.members, 'row')}"
    st.caption(
        f"{said if found.rest else f'All {found.members} rows'}; a row opens its run, or the import it came with."
    )
    table = origins.rows(measure, found, origins.added(found), currency())
    tables.table(table, key="rows", drill=lambda row: origins.into_row(view, row))


def show(view: View, name: str) -> None:
    """The figure, its sums, its parts and its rows."""
    metric = catalogue().metrics.get(name)
    if metric is None and catalogue().measures[name].kind == "histogram":
        st.subheader(formats.md(origins.label_of(name)), anchor=False)
        st.write(COUNTED["histogram"])
        return
    upper = metric.top if metric else name
    whole = bool(metric and metric.whole and deep(view.where, catalogue()))
    code = currency()
    names = sums_of(name, metric)
    line = asked(view, [*names, *ANYTHING]).total
    if line is None or told.is_nothing(line.now):
        empty.filtered_to_nothing(view)
        return
    st.subheader(formats.md(origins.label_of(name)), anchor=False)
    st.markdown(f"**{formats.md(value_of(name, line, code))}** in {view.dates()}")
    if metric:
        st.markdown(definition(name, metric, line.now, view, code))
    else:
        st.markdown(formats.md(f"{catalogue().measures[name].says}."))
    if whole:
        st.caption("Under a filter finer than a run it takes the whole cost of the runs that remain.")
    else:
        with block("The sums behind it"):
            show_sums(view, name, metric, line)
        with block("What it is made of"):
            show_parts(view, upper)
    with block("The rows behind it"):
        show_rows(view, upper, whole)
    empty.missing(holdings().tables)


def value_of(name: str, line: Line, code: str) -> str:
    """The figure in full, each currency by itself where it is not converted."""
    value: Any = line.now[name]
    if isinstance(value, dict):
        return ", ".join(formats.unconverted(amount, own) for own, amount in value.items()) or formats.NO_DATA
    known = catalogue()
    return formats.exact(value, (known.metrics.get(name) or known.measures[name]).unit, code)


view = navigate.current()
if not holdings().tables:
    empty.nothing_loaded()
    st.stop()
if view.metric is None:
    st.subheader("No figure is chosen", anchor=False)
    st.write("“Where it comes from” under a figure leads here.")
    navigate.link("Go to Executive", "executive", view.deeper(), icon=":material/arrow_back:")
    st.stop()
show(view, view.metric)
