"""Reads files that nobody vouches for, in a process of its own with limits: a file can take that, never us."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ingest.options import Limits, ReadOptions
from ingest.reached import SECONDS, share_in

__all__ = ["Converted", "Limits", "ReadOptions", "convert"]

ROOT = Path(__file__).resolve().parent.parent
_READING: set[subprocess.Popen[bytes]] = set()


@dataclass(frozen=True)
class Converted:
    """What became of one file, or of one member of a zip archive. Counts are of the file's own records."""

    file: str
    """The file's name; archive/member for a member."""
    source: str | None
    """The format's name; None where it was not recognised."""
    error: str | None
    """Why the whole file is refused, in one line; None where it was read."""
    tables: dict[str, int]
    """Rows written per canonical table."""
    folder: Path | None
    """Holds <table>.parquet, and rejects.parquet and skips.parquet (line, text, reason)."""
    rows_read: int
    rows_rejected: int
    rows_skipped: int
    rows_repeated: int
    """Rows whose id another row of this file has too, and which that row stands for."""
    period_start: date | None
    period_end: date | None
    """First and last day: what the export states, else of its rows."""
    as_of: datetime | None
    """When the export says it was made, naive UTC."""
    renewal: str
    """key, window or content."""
    rank: int
    """Of two sources for the same thing the smaller one counts."""
    fingerprint: str
    """The same for the same rows, however the file is written."""
    sha256: str
    """Of the bytes as given."""
    unknown_columns: tuple[str, ...]
    unknown_words: tuple[str, ...]
    columns: int = 0
    """How many columns, or top-level keys, the file has."""
    sample: dict[str, Any] | None = None
    """The beginning of a file that is in no known format: what samples.Sample holds."""


def refusal(file: str, error: str, sha256: str = "") -> Converted:
    """A file that is refused as a whole."""
    return Converted(
        file, None, " ".join(error.split()), {}, None, 0, 0, 0, 0, None, None, None, "key", 0, "", sha256, (), ()
    )


def convert(
    path: Path,
    workdir: Path,
    options: ReadOptions,
    limits: Limits | None = None,
    reached: Callable[[float], None] = lambda _: None,
) -> list[Converted]:
    """One answer per file, or per member of a zip archive. Never raises for what the file holds.

    `reached` is told how far it is, from 0 to 1, while it runs; nothing of an archive.
    """
    limits = limits or Limits()
    name = options.name or path.name
    if not path.is_file():
        return [refusal(name, f"There is no file {path}.")]
    workdir.mkdir(parents=True, exist_ok=True)
    folder = workdir.resolve() / secrets.token_hex(8)
    folder.mkdir(mode=0o700)
    job = {
        "path": str(path.resolve()), "folder": str(folder), "name": name,
        "options": options.model_dump(mode="json"), "limits": limits.model_dump(mode="json"),
    }  # fmt: skip
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    error = _run(folder, limits, reached)
    answer = folder / "answer.json"
    found = [refusal(name, f"{name}: {error or 'the process that read it ended without an answer.'}")]
    if error is None and answer.exists():
        found = [_decoded(each) for each in json.loads(answer.read_text(encoding="utf-8"))]
    if not any(each.folder for each in found):
        shutil.rmtree(folder, ignore_errors=True)
    return found


def give_up() -> None:
    """Ends every process of ours that reads a file: this one is about to end, too."""
    for process in list(_READING):
        process.kill()


def _run(folder: Path, limits: Limits, reached: Callable[[float], None]) -> str | None:
    """Runs the child; why it failed, or None."""
    keep = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    with subprocess.Popen(
        [sys.executable, "-m", "ingest.child", str(folder / "job.json")],
        cwd=ROOT, env=keep | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as done:  # fmt: skip
        _READING.add(done)
        try:
            errors = _waited(done, folder, limits, reached)
        except subprocess.TimeoutExpired:
            return f"it took more than {limits.seconds} seconds to read and was given up. Split it."
        finally:
            done.kill()
            _READING.discard(done)
    if done.returncode == 0:
        return None
    said = _last_line(errors)
    if done.returncode == -signal.SIGXCPU:
        return f"it took more than {limits.seconds} seconds of processor time and was given up. Split it."
    if done.returncode < 0:
        return (
            f"the process that read it was ended by signal {-done.returncode}. It may take more than "
            f"{limits.memory_mb} MB, or be made to do harm. Split it, or fetch it again."
        )
    if "MemoryError" in said or "memory" in said.lower() or "map segment" in said:
        return f"reading it takes more than {limits.memory_mb} MB. Split it."
    return f"the process that read it failed (exit {done.returncode}): {said}"


def _waited(process: subprocess.Popen[bytes], folder: Path, limits: Limits, reached: Callable[[float], None]) -> bytes:
    """What it complained of, once it has ended. Raises TimeoutExpired when that takes too long."""
    end = time.monotonic() + 2 * limits.seconds + 5
    while True:
        try:
            return process.communicate(timeout=SECONDS)[1]
        except subprocess.TimeoutExpired:
            if time.monotonic() > end:
                raise
            share = share_in(folder)
            if share is not None:
                reached(share)


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing."


def encoded(converted: Converted) -> dict[str, Any]:
    """As JSON carries it."""
    return asdict(converted)


def _decoded(given: dict[str, Any]) -> Converted:
    given["folder"] = Path(given["folder"]) if given["folder"] else None
    for name in ("period_start", "period_end"):
        given[name] = date.fromisoformat(given[name]) if given[name] else None
    given["as_of"] = datetime.fromisoformat(given["as_of"]) if given["as_of"] else None
    given["unknown_columns"] = tuple(given["unknown_columns"])
    given["unknown_words"] = tuple(given["unknown_words"])
    return Converted(**given)
