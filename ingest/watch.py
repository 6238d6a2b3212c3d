"""A watched folder: what appears in it is loaded once, as soon as it is complete, like any other file.

A file is complete when neither its size nor its time has changed for some seconds, so a program that writes slowly is
waited for, and one that renames a finished file into place is served as well. What was taken is remembered by path,
size and time in `<db>.watched.sqlite`: a restart reads nothing again, a file that changed is taken again.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.warehouse.connect import DatabaseBusyError, Warehouse, beside
from ingest.jobs import Task, jobs_of
from ingest.pipeline import ImportResult, IngestOptions

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 2.0
QUIET_SECONDS = 3.0
POLL_SECONDS = 0.1
STOP_SECONDS = 10.0
UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
MARKS = (".", "_")
"""What the names of files begin with that are about other files: .swp, _SUCCESS."""
SCHEMA = """
    create table if not exists watched (
        path text primary key,
        size integer not null,
        changed integer not null,
        status text not null,
        said text not null,
        taken_at text not null
    ) strict
"""


class StoppedError(Exception):
    """Whoever waits for a file wants to end."""


Stopping = Callable[[], bool]
Load = Callable[[Path, Stopping], Sequence[ImportResult]]
"""Loads one file. Raises StoppedError when that was asked for, DatabaseBusyError when the file has to wait."""
Tell = Callable[[str, bool], None]
"""Takes one line of what happened, and whether it is good."""


@dataclass(frozen=True)
class Stamp:
    """What tells whether a file changed."""

    size: int
    changed: int
    """Its time of change, in nanoseconds."""


@dataclass(frozen=True)
class Taken:
    """A file that was taken, and what came of it."""

    path: Path
    status: str
    """loaded, unchanged or failed; for an archive: failed if any of its members did."""
    said: str
    """Why it failed; else the imports that it became."""
    taken_at: datetime


class Memory:
    """The files that were taken for one database."""

    def __init__(self, database: Path) -> None:
        self.path = beside(database.resolve(), "watched.sqlite")

    def knows(self, path: Path, stamp: Stamp) -> bool:
        """Whether the file was taken as it is now."""
        with self._open() as con:
            row = con.execute("select size, changed from watched where path = ?", [str(path)]).fetchone()
        return bool(row == (stamp.size, stamp.changed))

    def keep(self, path: Path, stamp: Stamp, status: str, said: str) -> None:
        """Remember what came of a file."""
        with self._open() as con, con:
            con.execute(
                "insert or replace into watched values (?, ?, ?, ?, ?, ?)",
                [str(path), stamp.size, stamp.changed, status, said, datetime.now(UTC).isoformat(timespec="seconds")],
            )

    def failed(self, folder: Path) -> list[Taken]:
        """The files of a folder that could not be loaded and are still there, the newest first."""
        if not self.path.exists():
            return []
        with self._open() as con:
            rows = con.execute(
                "select path, status, said, taken_at from watched where status = 'failed' order by taken_at desc, path"
            ).fetchall()
        found = [Taken(Path(row[0]), row[1], row[2], datetime.fromisoformat(row[3])) for row in rows]
        return [taken for taken in found if taken.path.is_relative_to(folder.resolve()) and taken.path.exists()]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if not self.path.exists():
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))
        with closing(sqlite3.connect(self.path, timeout=STOP_SECONDS)) as con:
            con.execute(SCHEMA)
            yield con


class Watch:
    """Looks at one folder, and takes what is complete."""

    def __init__(self, folder: Path, memory: Memory, load: Load, tell: Tell, quiet: float = QUIET_SECONDS) -> None:
        self.folder = folder.resolve()
        self._memory, self._load, self._tell, self._quiet = memory, load, tell, quiet
        self._since: dict[Path, tuple[Stamp, float]] = {}
        self._is_there = True

    def run(self, stop: threading.Event, every: float = LOOK_SECONDS) -> None:
        """Looks again and again until `stop` is set."""
        while not stop.is_set():
            try:
                self.look(stop.is_set)
            except StoppedError:
                return
            except DatabaseBusyError as busy:
                LOG.info("watched files wait: %s", busy)
            except OSError as error:  # a share that is away for a while, a disk that is full: the next look may do
                LOG.warning("the watched folder %s: %s", self.folder, error)
            stop.wait(every)

    def look(self, stopping: Stopping) -> None:
        """One look: every file that is complete is taken, the oldest first."""
        there = self.folder.is_dir()
        if there != self._is_there:
            self._tell(f"{self.folder} {'is there again' if there else 'is not there: waiting for it'}.", there)
        self._is_there = there
        for path, stamp in self._complete():
            if stopping():
                raise StoppedError
            self._take(path, stamp, stopping)

    def _complete(self) -> list[tuple[Path, Stamp]]:
        now, seen = time.monotonic(), dict(candidates(self.folder))
        self._since = {path: since for path, since in self._since.items() if path in seen}
        ready = []
        for path, stamp in seen.items():
            before, since = self._since.get(path, (None, now))
            if before != stamp:
                self._since[path] = (stamp, now)
                since = now
            if stamp.size and now - since >= self._quiet and not self._memory.knows(path, stamp):
                ready.append((path, stamp))
        return sorted(ready, key=lambda each: (each[1].changed, each[0]))

    def _take(self, path: Path, stamp: Stamp, stopping: Stopping) -> None:
        results = self._load(path, stopping)
        bad = [result for result in results if result.status == "failed"]
        if bad and stopping():
            raise StoppedError  # what ends us ends the process that reads a file, too: that is no fault of the file
        status = "failed" if bad else "loaded" if any(r.status == "loaded" for r in results) else "unchanged"
        self._memory.keep(path, stamp, status, "; ".join(filter(None, map(_brief, bad or results))))
        for result in results:
            self._tell(said(result), result.status != "failed")


def candidates(folder: Path) -> Iterator[tuple[Path, Stamp]]:
    """The files below a folder that may be exports, as they are now. Links are not followed."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(MARKS))
        for name in sorted(names):
            if name.startswith(MARKS) or name.lower().endswith(UNFINISHED):
                continue
            path = Path(root, name)
            try:
                found = path.lstat()
            except FileNotFoundError:  # it went while we looked
                continue
            if path.is_file() and not path.is_symlink():
                yield path, Stamp(found.st_size, found.st_mtime_ns)


def said(result: ImportResult) -> str:
    """What came of a file, in one line."""
    if result.status == "failed":
        named = Path(result.file).name in (result.error or "")
        return f"{'' if named else f'{result.file}: '}{result.error}"
    counts = (
        f"{result.rows_accepted:,} accepted, {result.rows_unchanged:,} unchanged, {result.rows_rejected:,} rejected"
    )
    return f"{result.file}: {result.status} as {result.source}, {result.import_id}: {counts}"


def by_jobs(warehouse: Warehouse, options: IngestOptions) -> Load:
    """Loads through the queue of the process that has the database open; stopping does not wait for the file."""

    def load(path: Path, stopping: Stopping) -> Sequence[ImportResult]:
        queue = jobs_of(warehouse)
        id = queue.load([Task(path.name, path, options)])
        while (job := queue.find(id)) is not None and job.is_running:
            if stopping():
                queue.stop(id, STOP_SECONDS)
                raise StoppedError
            time.sleep(POLL_SECONDS)
        if job is None or job.state == "cancelled":
            raise StoppedError
        (line,) = job.lines
        return line.results or [ImportResult(file=path.name, status="failed", error=line.error)]

    return load


class Watching:
    """A folder that is watched in a thread of its own, for as long as the server runs."""

    def __init__(self, warehouse: Warehouse, folder: Path) -> None:
        self._stop = threading.Event()
        watch = Watch(folder, Memory(warehouse.path), by_jobs(warehouse, IngestOptions()), _log)
        self._thread = threading.Thread(target=watch.run, args=(self._stop,), name="watch", daemon=True)

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self) -> None:
        """Looks no more. What is being loaded is taken back, and loaded after the next start."""
        self._stop.set()
        self._thread.join(2 * STOP_SECONDS)


def _log(line: str, is_good: bool) -> None:
    LOG.log(logging.INFO if is_good else logging.WARNING, "%s", line)


def _brief(result: ImportResult) -> str:
    return said(result) if result.status == "failed" else str(result.import_id or "")
