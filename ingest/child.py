"""The process that reads one file: `python -m ingest.child job.json`. It limits itself before it looks at the file."""

import ctypes
import hashlib
import json
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import duckdb

from ingest.archives import members
from ingest.conversion import convert_one
from ingest.options import Limits, ReadOptions
from ingest.preflight import RefusedError, kind
from ingest.registry import UnknownFormatError
from ingest.workbooks import Sheet, is_workbook, sheets
from ingest.worker import Converted, encoded, refusal

_NEW_NETWORK = 0x40000000


def main(job_file: Path) -> None:
    """Leaves answer.json beside the job: one entry per file."""
    job = json.loads(job_file.read_text(encoding="utf-8"))
    options, limits = ReadOptions(**job["options"]), Limits(**job["limits"])
    confine(limits)
    found = answers(Path(job["path"]), Path(job["folder"]), options, limits, str(job["name"]))
    text = json.dumps([encoded(answer) for answer in found], default=str)
    (job_file.parent / "answer.json").write_text(text, encoding="utf-8")


def confine(limits: Limits) -> None:
    """No more memory, time and files than this; no network where the system lets a process give it up."""
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_mb << 20),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, limits.file_mb << 20),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 256),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    if sys.platform == "linux":
        ctypes.CDLL(None).unshare(_NEW_NETWORK)  # refused to those who may not; the database has no network either way


def answers(path: Path, folder: Path, options: ReadOptions, limits: Limits, name: str) -> list[Converted]:
    """One per file, per member of an archive, or per sheet of a workbook; raises nothing for what the file holds."""
    try:
        if not is_archive(path):
            return _of_file(path, folder, options, limits, name)
        taken = list(members(path, folder, limits))
    except RefusedError as error:
        return [refusal(name, f"{name}: {error}", _sha256(path))]
    return [
        answer
        for member in taken
        for answer in _of_file(member.path, member.folder, options, limits, f"{name}/{member.name}")
    ]


def is_archive(path: Path) -> bool:
    """Whether it is packed and no workbook; raises RefusedError for what is never taken."""
    with path.open("rb") as file:
        return kind(file.read(4096)) == "zip" and not is_workbook(path)


def _of_file(path: Path, folder: Path, options: ReadOptions, limits: Limits, name: str) -> list[Converted]:
    try:
        with path.open("rb") as file:
            packed = kind(file.read(4096)) == "zip"
        if not packed or not is_workbook(path):
            return [_answer(path, folder, options, limits, name)]
        found = sheets(path, folder, options.decimal, limits)
    except RefusedError as error:
        return [refusal(name, f"{name}: {error}", _sha256(path))]
    except MemoryError:
        return [refusal(name, f"{name}: reading it takes more than {limits.memory_mb} MB. Split it.", _sha256(path))]
    if len(found) == 1:
        return [_answer(path, found[0].folder, options, limits, name, found[0])]
    read = [(sheet, _answer(path, sheet.folder, options, limits, f"{name}/{sheet.name}", sheet)) for sheet in found]
    if any(answer.source for _, answer in read):  # beside a table, two columns that nobody knows are a note
        read = [(sheet, answer) for sheet, answer in read if answer.source or not sheet.is_slim]
    return [answer for _, answer in read]


def _answer(
    path: Path, folder: Path, options: ReadOptions, limits: Limits, name: str, sheet: Sheet | None = None
) -> Converted:
    with ThreadPoolExecutor(1) as pool:
        sha256 = pool.submit(_sha256, path)
        try:
            done = convert_one(path, folder, options, limits, name, sheet.staged if sheet else None)
        except RefusedError as error:
            return refusal(name, f"{name}: {error}" if not str(error).startswith(name) else str(error), sha256.result())
        except UnknownFormatError as error:
            return replace(refusal(name, str(error), sha256.result()), sample=error.sample)
        except (duckdb.OutOfMemoryException, MemoryError):
            return refusal(
                name, f"{name}: reading it takes more than {limits.memory_mb} MB. Split it.", sha256.result()
            )
        except OSError as error:
            return refusal(name, f"{name}: there is no room to read it: {error.strerror}.", sha256.result())
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            return refusal(name, f"{name}: it cannot be read: {said}", sha256.result())
        return Converted(
            file=name, source=done.source.name, error=None, tables=done.tables, folder=folder,
            rows_read=done.rows_read, rows_rejected=done.rows_rejected, rows_skipped=done.rows_skipped,
            rows_repeated=done.rows_repeated, period_start=done.period_start, period_end=done.period_end,
            as_of=done.as_of, renewal=done.source.renewal, rank=done.source.rank, fingerprint=done.fingerprint,
            sha256=sha256.result(), unknown_columns=done.unknown_columns, unknown_words=done.unknown_words,
            columns=done.columns,
        )  # fmt: skip


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
