"""Work that outlives a click: previews, loads and undos, one after the other in a thread of the owner process.

Whoever knows a job's id sees how far it is, from any browser. Each file is a transaction of its own, so a process that
ends leaves every file whole or not at all; the list of jobs itself is forgotten with the process.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import duckdb

from app.warehouse import prices
from app.warehouse.closing import ClosingRefusedError
from app.warehouse.connect import DatabaseFailedError, Warehouse
from app.warehouse.settle import Progress
from ingest import audit, books, pipeline, uploads, worker
from ingest.pipeline import ImportResult, IngestOptions, UnknownImportError

LOG = logging.getLogger(__name__)
KEPT = timedelta(hours=24)
INTERRUPT_SECONDS = 0.1
Kind = Literal["preview", "load", "preview undo", "undo", "preview book", "book"]
State = Literal["waiting", "running", "done", "failed", "cancelled"]

# How far a file is when a step begins, and what the step is called on screen.
STEPS = {
    "standing rows": (0.40, "comparing it with what is loaded"),
    "prices, days and runs": (0.50, "pricing calls and finding their runs"),
    "remainders": (0.75, "comparing calls with buckets"),
    "commitments and capacity": (0.78, "spreading what was paid ahead"),
    "outcomes": (0.80, "judging outcomes"),
    "bills": (0.85, "comparing with bills"),
    "charges": (0.90, "cutting charges"),
    "cubes": (0.94, "adding up"),
}


@dataclass(frozen=True)
class Task:
    """One file that is to be previewed or loaded."""

    name: str
    path: Path
    options: IngestOptions = field(default_factory=IngestOptions)
    upload: str | None = None
    """The upload that it came as, which goes once the file is loaded."""


@dataclass(frozen=True)
class Line:
    """How far one file of a job is, and what came of it: a result per file, or per member of an archive."""

    task: Task
    state: State = "waiting"
    step: str = ""
    share: float = 0.0
    results: tuple[ImportResult, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class Job:
    """A job as it is at one moment."""

    id: str
    kind: Kind
    lines: tuple[Line, ...]
    asked_at: datetime
    state: State = "waiting"
    ended_at: datetime | None = None
    undoes: str | None = None
    """The import that an undo takes back, or would."""
    loaded_by: str | None = None
    """The job that loads what this one previewed."""

    @property
    def is_running(self) -> bool:
        """Whether there is still something to wait for."""
        return self.state in ("waiting", "running")

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1."""
        return sum(line.share for line in self.lines) / max(1, len(self.lines))

    @property
    def step(self) -> str:
        """What it is doing, for people: the file and the step."""
        now = next((line for line in self.lines if line.state == "running"), None)
        if now is None:
            return "waiting for its turn" if self.is_running else ""
        return f"{now.task.name}: {now.step}"

    @property
    def results(self) -> tuple[ImportResult, ...]:
        """What came of all its files."""
        return tuple(result for line in self.lines for result in line.results)


class _CancelledError(Exception):
    """Takes back the file that is being worked on."""


class Jobs:
    """The jobs of one open database."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[str] = deque()
        self._cancelled: set[str] = set()
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None

    def preview(self, tasks: Sequence[Task]) -> str:
        """Say what loading the files would do, each by itself. Gives the job's id."""
        dry = [replace(task, options=task.options.model_copy(update={"dry_run": True})) for task in tasks]
        return self._ask("preview", dry)

    def load(self, tasks: Sequence[Task]) -> str:
        """Load the files, in this order. Gives the job's id."""
        wet = [replace(task, options=task.options.model_copy(update={"dry_run": False})) for task in tasks]
        return self._ask("load", wet)

    def load_previewed(self, id: str) -> str | None:
        """Load what a preview showed and can be loaded; asked twice it is one job. None: there is no such preview."""
        with self._lock:
            shown = self.find(id)
            if shown is None or shown.kind != "preview" or shown.state != "done":
                return None
            if shown.loaded_by is None:
                tasks = [line.task for line in shown.lines if any(r.status != "failed" for r in line.results)]
                self._jobs[id] = shown = replace(shown, loaded_by=self.load(tasks))
            return shown.loaded_by

    def undo(self, import_id: str) -> str:
        """Take an import back. Gives the job's id."""
        return self._ask("undo", [Task(import_id, Path())], undoes=import_id)

    def preview_undo(self, import_id: str) -> str:
        """Say what taking an import back would move. Gives the job's id."""
        return self._ask("preview undo", [Task(import_id, Path())], undoes=import_id)

    def preview_book(self) -> str:
        """Say what adopting the installed price book would move. Gives the job's id."""
        return self._ask("preview book", [Task(f"price book {prices.BOOK}", Path())])

    def adopt_book(self) -> str:
        """Adopt the installed price book. Gives the job's id."""
        return self._ask("book", [Task(f"price book {prices.BOOK}", Path())])

    def find(self, id: str) -> Job | None:
        """The job as it is now; None for one that is not known or was forgotten."""
        with self._lock:
            return self._jobs.get(id)

    def pending(self) -> list[Job]:
        """The jobs that wait or run, in their order."""
        with self._lock:
            return [job for job in self._jobs.values() if job.is_running]

    def cancel(self, id: str) -> None:
        """Stop a job before its next step. What it was loading is taken back; files that are loaded stay loaded."""
        with self._lock:
            job = self._jobs.get(id)
            if job is None:
                return
            if job.state == "running":
                self._cancelled.add(id)
                return
            if job.state == "waiting":
                self._waiting.remove(id)
                self._jobs[id] = replace(job, state="cancelled", ended_at=_now())
        if job.kind == "preview":
            self._discard(job)

    def stop(self, id: str, seconds: float) -> None:
        """Stop a job in the midst of a step, since the process ends: what it was loading is taken back.

        Whatever else reads files or asks the database is cut off with it. Waits so many seconds at most.
        """
        self.cancel(id)
        end = time.monotonic() + seconds
        while (job := self.find(id)) is not None and job.is_running and time.monotonic() < end:
            worker.give_up()
            self.warehouse.interrupt()
            time.sleep(INTERRUPT_SECONDS)

    def discard(self, id: str) -> None:
        """Forget a preview and delete its files: nobody wants them loaded."""
        self.cancel(id)
        with self._lock:
            job = self._jobs.get(id)
            if job is not None and job.kind == "preview" and not job.is_running:
                del self._jobs[id]
                self._discard(job)

    def wait(self, id: str, seconds: float | None = None) -> Job | None:
        """The job once nothing is left to wait for, or after so many seconds."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return self.find(id)

    def _ask(self, kind: Kind, tasks: Sequence[Task], undoes: str | None = None) -> str:
        job = Job(audit.token(), kind, tuple(Line(task) for task in tasks), _now(), undoes=undoes)
        with self._lock:
            self._forget_old()
            self._jobs[job.id] = job
            self._waiting.append(job.id)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
                self._thread.start()
        return job.id

    def _forget_old(self) -> None:
        for job in list(self._jobs.values()):
            if job.ended_at is not None and _now() - job.ended_at > KEPT:
                del self._jobs[job.id]

    def _work(self) -> None:
        """The thread: it lives while there is something to do."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                id = self._waiting.popleft()
                self._jobs[id] = replace(self._jobs[id], state="running")
            self._run(id)

    def _run(self, id: str) -> None:
        for at in range(len(self._jobs[id].lines)):
            if id in self._cancelled:
                break
            self._run_line(id, at)
        with self._lock:
            job = self._jobs[id]
            cancelled = id in self._cancelled
            self._cancelled.discard(id)
            failed = all(line.state == "failed" for line in job.lines)
            state: State = "cancelled" if cancelled else "failed" if failed else "done"
            self._jobs[id] = replace(job, state=state, ended_at=_now())
        if cancelled and job.kind == "preview":
            self._discard(job)

    def _run_line(self, id: str, at: int) -> None:
        job = self._jobs[id]
        task = job.lines[at].task

        def progress(step: str) -> None:
            if id in self._cancelled:
                raise _CancelledError
            share, says = STEPS.get(step) or _reading(step, task.path)
            self._note(id, at, state="running", step=says, share=share)

        try:
            progress("")
            results = self._done(job.kind, task, progress)
        except (_CancelledError, duckdb.InterruptException):  # no step of a job has a limit: it was stopped
            self._note(id, at, state="cancelled", step="")
        except (UnknownImportError, ClosingRefusedError, DatabaseFailedError) as error:
            self._note(id, at, state="failed", step="", share=1.0, error=str(error))
        except Exception:  # a job that ends without a word would be followed for ever; the log has the reason
            reference = audit.token()[:8]
            LOG.exception("reference %s: %s of %s", reference, job.kind, task.name)
            says = f"This should not have happened; the log has the reason, reference {reference}."
            self._note(id, at, state="failed", step="", share=1.0, error=says)
        else:
            bad = bool(results) and all(result.status == "failed" for result in results)
            self._note(id, at, state="failed" if bad else "done", step="", share=1.0, results=results)
            if job.kind == "load" and task.upload and not bad:
                uploads.remove(self.warehouse, task.upload)

    def _done(self, kind: Kind, task: Task, progress: Progress) -> tuple[ImportResult, ...]:
        """Does what a job is about, for one of its files."""
        match kind:
            case "undo":
                pipeline.undo(self.warehouse, task.name, progress)
                return ()
            case "preview undo":
                return (pipeline.what_undo_moves(self.warehouse, task.name, progress),)
            case "preview book" | "book":
                return (books.adopt(self.warehouse, progress, dry_run=kind != "book"),)
            case _:
                options = task.options.model_copy(update={"name": task.name})
                return tuple(pipeline.ingest(self.warehouse, [task.path], options, progress))

    def _note(self, id: str, at: int, **change: object) -> None:
        with self._lock:
            job = self._jobs[id]
            lines = [*job.lines]
            lines[at] = replace(lines[at], **change)  # type: ignore[arg-type]
            self._jobs[id] = replace(job, lines=tuple(lines))

    def _discard(self, job: Job) -> None:
        for line in job.lines:
            if line.task.upload:
                uploads.remove(self.warehouse, line.task.upload)


_OPEN: dict[Path, Jobs] = {}
_OPEN_LOCK = threading.Lock()


def jobs_of(warehouse: Warehouse) -> Jobs:
    """The jobs of an open database: the same list for every page and session of this process."""
    with _OPEN_LOCK:
        known = _OPEN.get(warehouse.path)
        if known is None or known.warehouse is not warehouse:
            known = _OPEN[warehouse.path] = Jobs(warehouse)
        return known


def _now() -> datetime:
    return datetime.now(UTC)


def _reading(step: str, path: Path) -> tuple[float, str]:
    """How far a file is while it is read, and what that is called: `step` ends with the percent, once it is known."""
    percent = re.search(r": ([0-9]+)%$", step)
    if percent is None:
        return 0.0, f"reading {_megabytes(path)}"
    before = STEPS["standing rows"][0]
    return before * int(percent[1]) / 100, f"reading {_megabytes(path)}, {percent[1]}%"


def _megabytes(path: Path) -> str:
    size = path.stat().st_size / 1e6 if path.is_file() else 0
    return f"the file ({size:,.1f} MB)" if size >= 1 else "the file"
