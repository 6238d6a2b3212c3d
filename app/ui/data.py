"""The only door from a page to figures. An answer is kept until an import, an undo or a new price changes the data.

Answers are kept per database, state of its imports, viewer, day and question; so nobody sees another's figures, and
nothing goes stale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import duckdb
import streamlit as st

from app.metrics.ask import ask as ask_warehouse
from app.metrics.freshness import Freshness, freshness
from app.metrics.question import Answer, Basis, Question, Viewer
from app.ui import navigate
from app.warehouse.build import meta
from app.warehouse.connect import Warehouse, current_warehouse

T = TypeVar("T")
STATE, CURRENCY = "state_of_data", "reporting_currency"


@dataclass(frozen=True)
class Holdings:
    """What the database holds at the moment."""

    last_import: int
    """The number of the newest import; 0: there was none yet."""
    tables: frozenset[str]
    """The canonical tables that standing imports fill. Empty: nothing is loaded."""
    fresh: Freshness
    """What was delivered until when."""

    @property
    def first(self) -> date | None:
        """The first day that the loaded facts are about."""
        return self.fresh.first

    @property
    def last(self) -> date | None:
        """The last day that the loaded facts are about."""
        return self.fresh.last


def holdings() -> Holdings:
    """What is loaded, as of the newest import or undo."""
    warehouse = current_warehouse()
    today = warehouse.settings.clock()

    def work() -> Holdings:
        with closing(warehouse.cursor()) as con:
            row = con.execute("select coalesce(max(number), 0) from imports").fetchone()
            filled = con.execute("select distinct unnest(tables) from imports where status = 'standing'").fetchall()
            tables = frozenset(str(each[0]) for each in filled)
            return Holdings(int(row[0]) if row else 0, tables, freshness(con, today))

    found: Holdings = _kept(("holdings", str(warehouse.path), _state(), today.isoformat()), work)
    return found


def ask(
    *names: str,
    by: Sequence[str] = (),
    spans: Mapping[str, tuple[date, date]] | None = None,
    since: date | None = None,
    until: date | None = None,
    where: Mapping[str, Sequence[str]] | None = None,
    basis: Basis = "ledger",
    totals: bool = False,
) -> Answer:
    """The metrics and measures by the dimensions, as the viewer may see them. Raises UnknownNameError."""
    question = Question(
        names=names,
        by=tuple(by),
        since=since,
        until=until,
        where={name: tuple(values) for name, values in (where or {}).items()},
        basis=basis,
        spans=dict(spans or {}),
        totals=totals,
    )
    today = current_warehouse().settings.clock()
    return kept("ask", lambda con, viewer: ask_warehouse(con, question, viewer, today), question)


def kept(name: str, work: Callable[[duckdb.DuckDBPyConnection, Viewer], T], *key: object) -> T:
    """What `work` reads, kept under its name and key for as long as the data and the viewer are the same."""
    warehouse = current_warehouse()
    viewer = navigate.visitor().viewer
    today = warehouse.settings.clock().isoformat()
    whole = (name, str(warehouse.path), _state(), repr(viewer), today, *(repr(part) for part in key))
    found: T = _kept(whole, lambda: _read(warehouse, work, viewer))
    return found


@st.cache_data(show_spinner=False, max_entries=2000, max_size="200MB")
def _kept(key: tuple[str, ...], _work: Callable[[], Any]) -> Any:  # noqa: ARG001 - kept by the key
    """The answer to a question, worked out once for all that its key names."""
    return _work()


def currency() -> str:
    """The reporting currency of the figures."""
    return str(st.session_state[CURRENCY])


def _read(warehouse: Warehouse, work: Callable[[duckdb.DuckDBPyConnection, Viewer], T], viewer: Viewer) -> T:
    with closing(warehouse.cursor()) as con:
        return work(con, viewer)


def look() -> None:
    """Sees what is loaded now; all answers of the run are of that state. Called once, at its start."""
    with closing(current_warehouse().cursor()) as con:
        row = con.execute("select count(*), max(imported_at), max(undone_at) from imports").fetchone()
        st.session_state[STATE], st.session_state[CURRENCY] = str(row), meta(con)["currency"]


def _state() -> str:
    """Differs whenever an import came or went."""
    return str(st.session_state[STATE])
