"""Teams: who spends it, and what do they get for it?"""

from datetime import date

import streamlit as st

from app.analysis import level as about
from app.metrics import levels
from app.metrics.catalogue import RUN, catalogue
from app.metrics.levels import Compared
from app.metrics.run_list import RunList
from app.ui import charts, drill, empty, formats, navigate, runs, tables, told, words
from app.ui.data import ask, currency, holdings
from app.ui.template import OUTCOMES
from app.ui.view import View


def level_of(view: View, by: str) -> Compared:
    """The parts of the view and what they add up to, now and before."""
    cut = () if by == RUN else (by,)
    compare = (view.compare.since, view.compare.until) if view.compare else None
    wanted = levels.spans((view.period.since, view.period.until), compare)
    names = levels.asked((*drill.FIGURES, *drill.BESIDE))
    return levels.compared(ask(*names, by=cut, spans=wanted, where=view.where, totals=True), cut, wanted)


def show_level(view: View, by: str, level: Compared) -> None:
    """The parts as bars, each split by what its runs came to, and as a table that opens them."""
    code = currency()
    table = drill.level_table(level, by, code, view.compare is not None)
    label = catalogue().dimension(by).label
    st.subheader(f"All-in cost by {formats.md(label.lower())}, {code}", anchor=False)
    largest = max(table.rows, key=lambda row: row["all_in_cost"] or 0)
    says = (
        f"All-in cost by {label.lower()}, split by whether the outcome was trusted. The largest is "
        f"{formats.clean(largest[by])} with {formats.full(largest['all_in_cost'], code)}."
    )
    charts.show(
        charts.bars(table.rows, OUTCOMES, label=by, says=says, currency=code),
        key="bars",
        drill=lambda row: drill.into_part(view, by, row),
    )
    tables.table(
        table, key="level", bar="all_in_cost", sort="all_in_cost", drill=lambda row: drill.into_part(view, by, row)
    )


def show_runs(view: View, level: Compared) -> None:
    """The runs of the view by what they came to, and one by one."""
    code = currency()
    found: RunList = runs.listed(view)
    total = level.total.now if level.total else {}
    parts = drill.outcome_parts(total)
    if parts:
        st.subheader(f"All-in cost by outcome of the run, {code}", anchor=False)
        says = f"All-in cost by outcome of the run, {formats.full(total['all_in_cost'], code)} in all."
        charts.show(charts.bars(parts, OUTCOMES, label="outcome", says=says, currency=code), key="outcomes")
    if not found.total["members"]:
        st.info("No run ids in the loaded sources: rows are buckets, not runs.", icon=":material/info:")
    tables.table(
        drill.run_table(found, total),
        key="runs",
        bar="all_in_cost",
        sort="all_in_cost",
        drill=lambda row: (
            ("run", view.params(by=None, sort=None, run=row["run_id"])) if row.get("started_at") else None
        ),
    )


def show_nothing(view: View) -> None:
    """Nothing in these days: which filter to remove, and the last day before them that has spend."""
    empty.filtered_to_nothing(view)
    rows = ask("all_in_cost", by=("day",), until=view.period.since, where=view.where).rows
    last = max((date.fromisoformat(row["day"]) for row in rows if row["all_in_cost"]), default=None)
    if last is None:
        return
    who = formats.md(" / ".join(drill.names_of(view)) or "The company")
    st.write(f"{who} has no spend in these days. Last spend: {formats.day(last)}.")
    there = {"from": [last.replace(day=1).isoformat()], "to": [last.isoformat()]}
    navigate.link("Go there", "teams", view.params(p=None) | there, icon=":material/event:")


def regroup() -> None:
    """Writes what was chosen to the address, before the page is drawn anew."""
    st.query_params.from_dict(navigate.current().params(by=st.session_state["group_by"], sort=None))


def choose_grouping(by: str) -> None:
    """What the parts are: written to the address at once."""
    if navigate.locked():
        return
    st.session_state["group_by"] = by
    names = [*catalogue().dimensions, RUN]
    st.selectbox(
        "Group by",
        [*names, *([by] if by not in names else [])],
        key="group_by",
        format_func=lambda name: catalogue().dimension(name).label,
        on_change=regroup,
        width=220,
    )


view = navigate.current()
held = holdings()
if not held.tables:
    empty.nothing_loaded()
else:
    by = drill.grouping(view)
    level = level_of(view, by)
    now = level.total.now if level.total else None
    if now is None or told.is_nothing(now):
        show_nothing(view)
    else:
        whole = ask("all_in_cost", since=view.period.since, until=view.period.until).rows[0]["all_in_cost"]
        company = None if navigate.visitor().viewer.where else whole
        said = about.level(drill.names_of(view), (view.period.since, view.period.until), now, company)
        st.markdown(f"**{words.markdown(said, currency())}**")
        choose_grouping(by)
        if by == RUN:
            show_runs(view, level)
        else:
            show_level(view, by, level)
        empty.no_conditions()
        empty.missing(held.tables)
