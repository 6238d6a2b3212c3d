"""From a file to settled figures: convert -> archive -> settle -> audit; the last two in one transaction.

A dry run goes the same way and rolls back. An import's folder is written before its transaction and swept when that
never committed, so that a crash at any moment leaves all of an import or nothing of it.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import date
from functools import partial
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from pydantic import BaseModel, Field

from app.metrics import what_if
from app.settings import Settings
from app.warehouse import build, closing
from app.warehouse.connect import DatabaseFailedError, Warehouse
from app.warehouse.settle import Changes, Progress, settle, silent
from ingest import audit, fates, guard, mappings, preview
from ingest.audit import UnknownImportError, imports, rejects
from ingest.options import Limits, ReadOptions
from ingest.reached import SECONDS
from ingest.worker import Converted, convert

__all__ = ["ImportResult", "IngestOptions", "UnknownImportError", "imports", "ingest", "rebuild", "rejects", "undo"]

BATCH = 2_000_000


class IngestOptions(ReadOptions, frozen=True):
    """What a person says about an import beside how its file reads."""

    dry_run: bool = False
    """Settle it, say what it would change, and take it back."""

    replace: bool = False
    """The file is all there is, of its table or of its source and days."""


class ImportResult(BaseModel):
    """What became of one file; rows are records of the file."""

    file: str
    source: str | None = None
    status: str
    import_id: str | None = None
    rows_read: int = 0
    rows_accepted: int = 0
    rows_unchanged: int = 0
    rows_rejected: int = 0
    rows_skipped: int = 0
    period_start: date | None = None
    period_end: date | None = None
    error: str | None = None
    sample: dict[str, Any] | None = Field(None, exclude=True)
    preview: dict[str, Any] | None = None


class _RollBackError(Exception):
    """Ends a dry run's transaction."""


def ingest(
    warehouse: Warehouse, paths: Sequence[Path], options: IngestOptions, progress: Progress = silent
) -> list[ImportResult]:
    """Load every file, each zip member as an import of its own. A file that fails does not hold up the others."""
    options = options.model_copy(update={"known": tuple(mappings.saved(warehouse.archive))})
    results: list[ImportResult] = []
    with TemporaryDirectory(prefix="job-", dir=warehouse.staging) as work, ThreadPoolExecutor(1) as reader:
        read = partial(convert, workdir=Path(work), options=options, limits=_limits(warehouse.settings))
        shares: dict[Path, float] = {}

        def submitted(path: Path) -> Future[list[Converted]]:
            return reader.submit(read, path, reached=partial(shares.__setitem__, path))

        # A process of its own reads the next file while this one is settled.
        reading = deque(submitted(path) for path in paths[:1])
        for path, *following in zip_longest(paths, paths[1:]):
            progress(f"reading {path.name}")
            given = _read(reading.popleft(), path, shares, progress)
            reading.extend(submitted(each) for each in following if each)
            for converted in given:
                results.append(load(warehouse, converted, options, progress))
                if converted.folder:
                    shutil.rmtree(converted.folder, ignore_errors=True)
    return results


def _read(
    reading: Future[list[Converted]], path: Path, shares: dict[Path, float], progress: Progress
) -> list[Converted]:
    """What became of the file, saying how far its reading is as long as that takes."""
    while not wait([reading], SECONDS).done:
        if path in shares:
            progress(f"reading {path.name}: {shares[path]:.0%}")
    return reading.result()


def load(warehouse: Warehouse, converted: Converted, options: IngestOptions, progress: Progress) -> ImportResult:
    """Take one converted file in: unchanged, failed, or loaded."""
    result = ImportResult(
        file=converted.file, source=converted.source, status="failed", error=converted.error,
        rows_read=converted.rows_read, rows_rejected=converted.rows_rejected, rows_skipped=converted.rows_skipped,
        period_start=converted.period_start, period_end=converted.period_end, sample=converted.sample,
    )  # fmt: skip
    if converted.error is not None and converted.rows_rejected == 0:
        return result
    try:
        with warehouse.writing() as con:
            audit.sweep(con, warehouse.archive)
            if converted.error is not None:
                return _keep_rejects(con, converted, options, result)
            same = audit.holder(con, converted, options.replace, options.scope)
            if same:
                kept = converted.rows_read - converted.rows_rejected - converted.rows_skipped
                shown = preview.unchanged(con, converted, same) if options.dry_run else None
                return result.model_copy(
                    update={"status": "unchanged", "import_id": same, "rows_unchanged": kept, "preview": shown}
                )
            import_id = audit.record(con, converted, options, status="standing")
            with audit.folder_of(warehouse, import_id) as folder:
                audit.archive(converted, folder)
                named = result.model_copy(update={"import_id": import_id})
                return _settled(con, warehouse, converted, options, named, progress)
    except _RollBackError as end:
        return ImportResult.model_validate(end.args[0])
    except (guard.WouldDropError, DatabaseFailedError) as error:
        return result.model_copy(update={"error": str(error)})


def _keep_rejects(
    con: duckdb.DuckDBPyConnection, converted: Converted, options: IngestOptions, result: ImportResult
) -> ImportResult:
    """A file whose every record is rejected fails; what was wrong with each stays to be looked up."""
    if options.dry_run:
        return result
    import_id = audit.record(con, converted, options, status="failed")
    return result.model_copy(update={"import_id": import_id})


def _settled(
    con: duckdb.DuckDBPyConnection,
    warehouse: Warehouse,
    converted: Converted,
    options: IngestOptions,
    result: ImportResult,
    progress: Progress,
) -> ImportResult:
    import_id = str(result.import_id)
    for table in converted.tables:
        fates.keep(con, table, import_id, warehouse.archive)
    before = preview.look(con, converted) if options.dry_run else None
    guard.check(con, import_id, warehouse.archive, options)
    settled = settle(con, Changes(added=[import_id]), warehouse.archive, progress)
    tally = audit.tally(con, import_id, converted, settled)
    worth = fates.money(con, converted)
    fates.note(con, import_id, worth)
    audit.write_card(con, import_id, warehouse.archive)
    if not options.dry_run:
        closing.keep_changes(con, warehouse.archive, import_id)
    done = result.model_copy(
        update={
            "status": "loaded", "rows_accepted": tally.new + tally.replaced, "rows_unchanged": tally.unchanged,
        }
    )  # fmt: skip
    if before is not None:
        shown = preview.describe(con, import_id, converted, tally, worth, before)
        raise _RollBackError(done.model_copy(update={"import_id": None, "preview": shown}).model_dump())
    return done


def _limits(settings: Settings) -> Limits:
    return Limits(
        memory_mb=settings.worker_memory_mb, seconds=settings.worker_seconds, rows=settings.worker_rows,
        threads=settings.threads or Limits().threads,
    )  # fmt: skip


def undo(warehouse: Warehouse, import_id: str, progress: Progress = silent) -> None:
    """Take one import back: every figure is what it would be had it never come. Raises UnknownImportError."""
    with warehouse.writing() as con:
        audit.sweep(con, warehouse.archive)
        audit.mark_undone(con, import_id)
        settle(con, Changes(removed=[import_id]), warehouse.archive, progress)
        audit.write_card(con, import_id, warehouse.archive)
        closing.keep_changes(con, warehouse.archive, import_id)


def what_undo_moves(warehouse: Warehouse, import_id: str, progress: Progress = silent) -> ImportResult:
    """What taking an import back would move, by month and team; nothing is changed. Raises UnknownImportError."""
    try:
        with warehouse.writing() as con:
            audit.mark_undone(con, import_id)
            before = what_if.figures(con)
            settle(con, Changes(removed=[import_id]), warehouse.archive, progress)
            moves = what_if.moved(before, what_if.figures(con))
            raise _RollBackError({"file": import_id, "status": "loaded", "preview": {"moves": moves}})
    except _RollBackError as end:
        return ImportResult.model_validate(end.args[0])


def rebuild(warehouse: Warehouse, progress: Progress = silent) -> None:
    """Make every derived table again from the archive, under the present settings.

    Raises ClosingRefusedError for another reporting currency while months are closed.
    """
    with warehouse.writing() as con:
        closing.refuse_other_currency(con, warehouse.settings.currency)
        if build.version_of(con) != build.SCHEMA_VERSION:
            build.drop_everything(con)
            build.create(con, warehouse.settings)
        elif warehouse.needs_rebuild is None:  # what the archive holds of a change that was never committed goes
            closing.keep_changes(con, warehouse.archive)
        audit.restore(con, warehouse.archive)
        audit.adopt_settings(con, warehouse.settings)
        settle(con, Changes(everything=True), warehouse.archive, progress)
        for batch in audit.batches(con, BATCH):
            settle(con, Changes(added=batch), warehouse.archive, progress)
        closing.restore(con, warehouse.archive)
        closing.keep_changes(con, warehouse.archive)
    warehouse.needs_rebuild = None
