"""The only door from a page to figures. An answer is kept until an import, an undo or a new price changes the data.

Answers are kept per database, state of its imports, viewer, day and question; so nobody sees another's figures, and
nothing goes stale.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date

import streamlit as st

from app.metrics.ask import ask as ask_warehouse
from app.metrics.question import Answer, Question, Viewer
from app.warehouse.build import FACTS
from app.warehouse.connect import Warehouse, current_warehouse


@dataclass(frozen=True)
class Holdings:
    """What the database holds at the moment."""

    state: str
    """Differs whenever an import came or went."""
    tables: frozenset[str]
    """The canonical tables that standing imports fill. Empty: nothing is loaded."""
    first: date | None
    last: date | None
    """The first and the last day that the loaded facts are about."""


def holdings() -> Holdings:
    """What is loaded, read anew at each call."""
    with closing(current_warehouse().cursor()) as con:
        state = con.execute("select count(*), max(imported_at), max(undone_at) from imports").fetchone()
        rows = con.execute(
            "select tables, period_start, period_end from imports where status = 'standing' order by number"
        ).fetchall()
    days = [day for tables, *period in rows if {*tables} & {*FACTS} for day in period if day]
    filled = frozenset(table for tables, *_ in rows for table in tables)
    return Holdings(str(state), filled, min(days, default=None), max(days, default=None))


def ask(
    *names: str,
    by: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    where: Mapping[str, Sequence[str]] | None = None,
) -> Answer:
    """The metrics and measures by the dimensions, as the viewer may see them. Raises UnknownNameError."""
    warehouse = current_warehouse()
    question = Question(
        names=names,
        by=tuple(by),
        since=since,
        until=until,
        where={name: tuple(values) for name, values in (where or {}).items()},
    )
    viewer = Viewer.everything()
    today = warehouse.settings.clock()
    key = (str(warehouse.path), holdings().state, repr(viewer), today.isoformat(), repr(question))
    return _answer(key, lambda: _ask(warehouse, question, viewer, today))


@st.cache_data(show_spinner=False, max_entries=500)
def _answer(key: tuple[str, ...], _work: Callable[[], Answer]) -> Answer:  # noqa: ARG001 - kept by the key
    """The answer to a question, worked out once for all that its key names."""
    return _work()


def _ask(warehouse: Warehouse, question: Question, viewer: Viewer, today: date) -> Answer:
    with closing(warehouse.cursor()) as con:
        return ask_warehouse(con, question, viewer, today)
