"""Files on their way in, from any page: the uploader, the sample company, and the jobs that both begin.

A file is handed over once, in the uploader's callback, and lives on the disk from then on: the uploader is emptied, and
the address carries the job's id, so a reload or another browser finds the job again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app.ui import formats, navigate
from app.warehouse.connect import current_warehouse
from ingest import uploads
from ingest.jobs import Job, Jobs, Task, jobs_of

FORMATS = "CSV, JSON, JSON lines, Parquet or Excel (.xlsx), also as .gz or .zip"
SAMPLE = Path(__file__).resolve().parent.parent.parent / "sample_data" / "company"
SUFFIXES = (".csv", ".json", ".jsonl", ".parquet", ".xlsx", ".gz", ".zip")
SAID = {
    "preview": "Previewing",
    "load": "Loading",
    "preview undo": "Previewing",
    "undo": "Undoing",
    "preview book": "Previewing",
    "book": "Adopting",
}
NEXT, FAILED = "job_begun", "upload_failed"
SECONDS = 1.0
OPTIONS = {
    "source": "Format",
    "encoding": "Encoding",
    "decimal": "Decimal sign",
    "dates": "Order of dates",
    "timezone": "Time zone",
    "account": "Account",
    "scope": "Part of the account",
    "replace": "The file is all there is",
    "as-of": "Exported at",
}
"""What can be said about a file, by the name of the command's option: messages of the reader speak of these."""


def allowed() -> bool:
    """Whether who looks may bring files and take them back."""
    return navigate.visitor().may_import


def jobs() -> Jobs:
    """The jobs of the database that the pages show."""
    return jobs_of(current_warehouse())


def current() -> Job | None:
    """The job that the address names, if it is known."""
    id = navigate.current().job
    return jobs().find(id) if id and allowed() else None


def uploader(key: str) -> None:
    """A box to drop files into. They are previewed at once, on the page Imports; nothing is loaded by that."""
    if not allowed():
        return
    leave_for_job()
    largest = current_warehouse().settings.upload_mb
    turn = st.session_state.setdefault(f"{key}_turn", 0)
    box = f"{key}_{turn}"
    st.file_uploader(
        "Drop billing exports here, or browse files",
        accept_multiple_files=True,
        max_upload_size=largest,
        key=box,
        on_change=_received,
        args=(key, box),
    )
    st.caption(
        f"{FORMATS}; several at once, {largest} MB each. Larger ones by command line: "
        "`.venv/bin/python -m app ingest FILE`. Each file is recognised and previewed first; nothing is loaded by that."
    )
    if failed := st.session_state.pop(FAILED, None):
        failure(*failed)


def load_sample() -> None:
    """A button that loads the sample company."""
    if not allowed() or not SAMPLE.is_dir():
        return
    leave_for_job()
    st.button("Load the sample company", key="load_sample", on_click=_load_sample)


def begin(job: str | None) -> None:
    """In a callback: the next run shows this job; none where it is empty."""
    if job is not None:
        st.session_state[NEXT] = job


def failure(what: str, where: str, unchanged: str, todo: str) -> None:
    """What went wrong, in four parts, as it stays on the page."""
    st.error(formats.md(" ".join(filter(None, (what, where, unchanged, todo)))))


def on_page(text: str) -> str:
    """A message of the reader with the fields of this page in place of the command's options."""
    return re.sub(r"--(" + "|".join(OPTIONS) + r")\b", lambda found: f"“{OPTIONS[found[1]]}”", text)


@st.fragment(run_every=SECONDS)
def follow(id: str) -> None:
    """How far a job is, until there is nothing left to wait for."""
    job = jobs().find(id)
    if job is None or not job.is_running:
        st.rerun()
        return
    said = SAID[job.kind]
    ahead = [other for other in jobs().pending() if other.id != id and other.asked_at < job.asked_at]
    waits = f" (after {formats.number_of(len(ahead), 'other job')})" if ahead and job.state == "waiting" else ""
    st.progress(job.share, text=f"{said}: {formats.md(job.step)}{waits}")
    if len(job.lines) > 1:
        done = sum(line.state == "done" for line in job.lines)
        failed = [formats.md(line.task.name) for line in job.lines if line.state == "failed"]
        said = f"; not loaded: {', '.join(failed)}" if failed else ""
        st.caption(f"{done} of {len(job.lines)} files done{said}")
    st.button("Stop", key=f"stop_{id}", on_click=jobs().cancel, args=(id,))


def leave_for_job() -> None:
    """After a callback has begun a job: to the page that shows it."""
    begun = st.session_state.pop(NEXT, None)
    if begun is not None:
        navigate.go(navigate.current().deeper() | ({"job": [begun]} if begun else {}), page="imports")


def _received(key: str, box: str) -> None:
    """Writes the files down, empties the uploader, begins the preview."""
    files = st.session_state.get(box) or []
    st.session_state[f"{key}_turn"] += 1
    if not files or not allowed():
        return
    warehouse = current_warehouse()
    tasks: list[Task] = []
    try:
        for file in files:
            kept = uploads.keep(warehouse, file.name, file)
            tasks.append(Task(kept.name, kept.path, upload=kept.id))
    except OSError as error:
        for task in tasks:
            uploads.remove(warehouse, task.upload or "")
        st.session_state[FAILED] = (
            f"The files could not be taken in: {error.strerror or error}.",
            f"It happened in {warehouse.staging.name}.",
            "Nothing was loaded.",
            "Make room on the disk and drop them again.",
        )
        return
    begin(jobs().preview(tasks))


def _load_sample() -> None:
    if allowed():
        begin(jobs().load(sample_tasks()))


def sample_tasks() -> Sequence[Task]:
    """The sample company's files, in order."""
    return [Task(path.name, path) for path in sorted(SAMPLE.iterdir()) if path.suffix in SUFFIXES]
