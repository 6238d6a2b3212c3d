"""What each page reads of the database, and how long that takes, when no answer is kept from before.

Every read goes through a cursor of the process's own warehouse; here each such cursor notes its statements. Pages are
run by Streamlit's own test runner, without a browser.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import duckdb
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.warehouse.connect import Warehouse, close_current
from tests.bench.figures import Figure, failed, timed
from tests.bench.places import ROOT, TODAY, Place, places

TIMES = 5
AIM_MS = 100
SECONDS = 120


@dataclass
class Statement:
    """One statement and how long it and the fetching of its rows took."""

    text: str
    milliseconds: float = 0.0


@dataclass
class Read:
    """One use of a cursor, from when it was taken until it was closed."""

    asked_by: str
    """File, line and function of the page or frame that asked."""
    milliseconds: float = 0.0
    statements: list[Statement] = field(default_factory=list)


class Watched:
    """A cursor that notes what it does."""

    def __init__(self, con: duckdb.DuckDBPyConnection, read: Read, start: float) -> None:
        self._con, self._read, self._start = con, read, start

    def execute(self, text: str, *values: object) -> Watched:
        self._read.statements.append(Statement(" ".join(text.split())))
        self._noted(self._con.execute, text, *values)
        return self

    def fetchall(self) -> Any:
        return self._noted(self._con.fetchall)

    def fetchone(self) -> Any:
        return self._noted(self._con.fetchone)

    def close(self) -> None:
        self._con.close()
        self._read.milliseconds = (time.perf_counter() - self._start) * 1000

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)

    def _noted(self, work: Any, *values: object) -> Any:
        with timed() as watch:
            found = work(*values)
        self._read.statements[-1].milliseconds += watch.seconds * 1000
        return found


@contextmanager
def watched() -> Iterator[list[Read]]:
    """Notes every read of the block."""
    reads: list[Read] = []
    take = Warehouse.cursor

    def cursor(warehouse: Warehouse) -> Watched:
        start = time.perf_counter()
        reads.append(Read(asker()))
        return Watched(take(warehouse), reads[-1], start)

    with patch.object(Warehouse, "cursor", cursor):
        yield reads


def asker() -> str:
    """The innermost line of a page or its frame, the door to the figures left out."""
    frame = sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT / "pages") or (path.is_relative_to(ROOT / "app/ui") and path.name != "data.py"):
            return f"{path.relative_to(ROOT)}:{frame.f_lineno} {frame.f_code.co_name}"
        frame = frame.f_back  # type: ignore[assignment]
    return "elsewhere"


def figures(database: Path) -> Iterator[Figure]:
    """For each page the reads in all, when nothing is kept and when only the days changed, and the script beside."""
    with shown(database):
        for place in places():
            try:
                yield from of(place)
            except RuntimeError as error:
                yield failed(f"{place.name}: its database reads", error)


@contextmanager
def shown(database: Path) -> Iterator[None]:
    """The pages of this process show the database, and keep still about running without a server."""
    with patch.dict(os.environ, TOKENPNL_DB=str(database), TOKENPNL_TODAY=TODAY.isoformat()):
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)
            close_current()


def of(place: Place) -> Iterator[Figure]:
    """The figures of one page; the first run, which loads the code, is not counted."""
    run(place, 0)
    cold, scripts, again = [], [], []
    for number in range(1, 2 * TIMES, 2):
        st.cache_data.clear()
        reads, milliseconds = run(place, number)
        cold.append(reads)
        scripts.append(milliseconds)
        again.append(run(place, number + 1)[0])
    for what, runs in (("nothing kept", cold), ("other days", again)):
        if what == "other days" and not place.dated:
            continue
        middle = sorted(runs, key=total)[TIMES // 2]
        name = f"{place.name}: its {len(middle)} database reads, {what}"
        yield Figure(name, total(middle), "ms", AIM_MS, parts=[asdict(read) for read in middle])
    yield Figure(f"{place.name}: its script in all, nothing kept", median(scripts), "ms", None)


def total(reads: list[Read]) -> float:
    """Milliseconds of all reads."""
    return sum(read.milliseconds for read in reads)


def run(place: Place, number: int) -> tuple[list[Read], float]:
    """The reads of one visit, and the milliseconds of its script. Raises RuntimeError when the page failed."""
    test = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=SECONDS)
    for key, value in place.values(number).items():
        test.query_params[key] = value
    test.switch_page(f"../{place.file().relative_to(ROOT)}")
    with watched() as reads, timed() as watch:
        test.run()
    if test.exception:
        raise RuntimeError(f"{place.page}?{place.query(number)}: {test.exception[0].message}")
    return reads, watch.seconds * 1000
