"""The filter bar: what it shows is read from the address at each run, and a change is written there before the next.

So widgets hold no state of their own: Back, a pasted link and a drill need nothing done for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Literal

import streamlit as st

from app.metrics.catalogue import catalogue
from app.metrics.question import UNASSIGNED
from app.ui import formats, navigate, periods
from app.ui.view import View

FRONT = ("team", "product")
MORE = (
    "workflow",
    "use_case",
    "feature",
    "customer",
    "segment",
    "region",
    "environment",
    "provider",
    "model",
    "model_tier",
)
Options = Callable[[Sequence[str]], Mapping[str, tuple[str, ...]]]
MOST_OPTIONS = 2000
"""More values than this are not listed to choose from; a link may still name one."""


def bar(view: View, first: date, latest: date, options: Options) -> None:
    """Period, comparison, the two filters that most people use, the rest behind a button, and what is set as chips.

    `options` gives the values that dimensions have.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        _period(view, first, latest)
        _compare(view)
        for name, listed in options(FRONT).items():
            _choice(view, name, listed, width=190)
        count = sum(name in view.where for name in MORE)
        label = f"More filters ({count})" if count else "More filters"
        with (more := st.popover(label, key="more_filters", on_change="rerun")):
            if more.open:  # a dozen lists of names that most runs of a page do without
                for name, listed in options(MORE).items():
                    if listed or name in view.where:
                        _choice(view, name, listed, width="stretch")
        if view.where:
            st.button("Clear all", key="clear_filters", type="tertiary", on_click=_clear)
    _chips(view)


def said(view: View) -> list[tuple[str, str]]:
    """The filters that are set, in words: label and values."""
    return [(catalogue().dimension(name).label, ", ".join(values)) for name, values in view.where.items()]


def line(view: View) -> str:
    """Days, comparison and filters in one sentence: what every figure below is about."""
    parts = [f"{view.period.label}: {view.dates()}" if view.period.preset != periods.CUSTOM else view.dates()]
    if view.compare:
        parts.append(f"against {view.compare_dates()}")
    return " · ".join([" ".join(parts), *(f"{label}: {values}" for label, values in said(view))])


def _period(view: View, first: date, latest: date) -> None:
    def label(preset: str) -> str:
        if preset == periods.CUSTOM:
            return "Custom"
        of = periods.period(preset, first, latest)
        return f"{of.label} · {formats.span(of.since, of.until)}"

    st.session_state["filter_period"] = view.period.preset
    st.selectbox(
        "Period",
        [*periods.PRESETS, periods.CUSTOM],
        key="filter_period",
        format_func=label,
        on_change=_period_changed,
        width=300,
    )
    if view.period.preset == periods.CUSTOM:
        st.session_state["filter_days"] = (view.period.since, view.period.until)
        st.date_input("Days", key="filter_days", on_change=_days_changed, format="YYYY-MM-DD", width=240)


def _compare(view: View) -> None:
    st.session_state["filter_compare"] = view.params().get("cmp", ["previous"])[0]
    st.selectbox(
        "Compare",
        [*periods.COMPARISONS],
        key="filter_compare",
        format_func=lambda how: periods.COMPARISONS[str(how)],
        on_change=_compare_changed,
        width=180,
    )


def _choice(view: View, name: str, options: tuple[str, ...], width: int | Literal["stretch"]) -> None:
    chosen = [*view.where.get(name, ())]
    listed = options if len(options) <= MOST_OPTIONS else ()
    key = f"filter_{name}"
    st.session_state[key] = chosen
    st.multiselect(
        catalogue().dimension(name).label,
        [*dict.fromkeys((*listed, UNASSIGNED, *chosen))],
        key=key,
        on_change=_choice_changed,
        args=(name,),
        placeholder="All",
        width=width,
    )


def _chips(view: View) -> None:
    hidden = {name: values for name, values in view.where.items() if name not in FRONT}
    if not hidden:
        return
    with st.container(horizontal=True, key="chips", gap="small"):
        for name, values in hidden.items():
            for at, value in enumerate(values):
                st.button(
                    formats.md(f"{catalogue().dimension(name).label}: {value} ×"),
                    key=f"chip_{name}_{at}",
                    help="Remove this filter",
                    on_click=_write,
                    kwargs={name: tuple(other for other in values if other != value)},
                )


def _period_changed() -> None:
    preset, now = st.session_state["filter_period"], navigate.current().period
    if preset == periods.CUSTOM:
        _write(p=None, **{"from": now.since.isoformat(), "to": now.until.isoformat()})
    else:
        _write(p=None if preset == navigate.current().usual else preset, **{"from": None, "to": None})


def _days_changed() -> None:
    chosen = st.session_state["filter_days"]
    if len(chosen) == 2:  # one day is chosen, the other not yet
        _write(p=None, **{"from": chosen[0].isoformat(), "to": chosen[1].isoformat()})


def _compare_changed() -> None:
    how = st.session_state["filter_compare"]
    _write(cmp=None if how == "previous" else how)


def _choice_changed(name: str) -> None:
    _write(**{name: tuple(st.session_state[f"filter_{name}"])})


def _clear() -> None:
    _write(**dict.fromkeys(navigate.current().where))


def _write(**change: str | tuple[str, ...] | None) -> None:
    st.query_params.from_dict(navigate.current().params(seen=None, **change))
