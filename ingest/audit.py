"""The audit trail: one row per import, its rejects and skips, and its folder in the archive."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from app.settings import Settings
from app.warehouse.connect import Warehouse
from app.warehouse.settle import Settled, Tally
from ingest.registry import sources
from ingest.worker import Converted

if TYPE_CHECKING:
    from ingest.pipeline import IngestOptions

CARD = "import.json"


class UnknownImportError(Exception):
    """There is no such import, or it is not standing."""


def token() -> str:
    """A random name for a folder; names that people chose are never used on the disk."""
    return secrets.token_hex(8)


def holder(con: duckdb.DuckDBPyConnection, converted: Converted, replaces: bool, scope: str | None) -> str | None:
    """The standing import that holds exactly these rows, if one does."""
    row = con.execute(
        "select import_id from imports where status = 'standing' and source = ? and fingerprint = ? "
        "and replaces >= ? and scope is not distinct from ? order by number limit 1",
        [converted.source, converted.fingerprint, replaces, scope],
    ).fetchone()
    return str(row[0]) if row else None


def record(con: duckdb.DuckDBPyConnection, converted: Converted, options: IngestOptions, status: str) -> str:
    """Write the import's row, its rejects and skips. Returns its id."""
    import_id, number = next_import(con)
    moment = options.now or datetime.now(UTC).replace(tzinfo=None)
    as_of = options.as_of or converted.as_of
    values = {
        "import_id": import_id, "number": number, "status": status, "source": converted.source or "",
        "rank": converted.rank, "renewal": converted.renewal, "replaces": options.replace, "scope": options.scope,
        "account": options.account, "file": converted.file, "sha256": converted.sha256,
        "fingerprint": converted.fingerprint,
        "as_of": as_of, "imported_at": moment, "clock": as_of or moment, "tables": list(converted.tables),
        "period_start": converted.period_start, "period_end": converted.period_end, "rows_read": converted.rows_read,
        "rows_new": 0, "rows_replaced": 0, "rows_unchanged": 0, "rows_rejected": converted.rows_rejected,
        "rows_skipped": converted.rows_skipped, "unknown_columns": list(converted.unknown_columns),
        "unknown_words": list(converted.unknown_words),
    }  # fmt: skip
    insert(con, values)
    for name in ("rejects", "skips"):
        path = converted.folder / f"{name}.parquet" if converted.folder else None
        if path and path.exists():
            con.execute(
                f"insert into {name} by name select ? as import_id, * from read_parquet(?)", [import_id, str(path)]
            )
    return import_id


def decision(con: duckdb.DuckDBPyConnection, source: str, says: str, **more: Any) -> str:
    """Write an import that brings no rows of a file, but what somebody decided. Returns its id."""
    import_id, number = next_import(con)
    moment = datetime.now(UTC).replace(tzinfo=None)
    nothing = dict.fromkeys(
        ("rows_read", "rows_new", "rows_replaced", "rows_unchanged", "rows_rejected", "rows_skipped"), 0
    )
    values = {
        "import_id": import_id, "number": number, "status": "standing", "source": source, "rank": 0, "renewal": "key",
        "replaces": False, "file": says, "sha256": "", "fingerprint": "", "imported_at": moment, "clock": moment,
        "tables": [], "unknown_columns": [], "unknown_words": [],
    }  # fmt: skip
    insert(con, values | nothing | more)
    return import_id


def next_import(con: duckdb.DuckDBPyConnection) -> tuple[str, int]:
    """The id and number of the import that comes next."""
    row = con.execute("select coalesce(max(number), 0) + 1 from imports").fetchone()
    number = int(row[0]) if row else 1
    return f"i{number:06d}", number


def insert(con: duckdb.DuckDBPyConnection, values: dict[str, Any]) -> None:
    """Insert one row into imports."""
    names = ", ".join(values)
    con.execute(f"insert into imports ({names}) values ({', '.join('?' * len(values))})", list(values.values()))


def archive(converted: Converted, folder: Path) -> None:
    """Move the canonical rows into the import's own folder, and have the disk hold them."""
    if converted.folder is None:
        raise ValueError("a converted file has a folder")
    converted.folder.rename(folder)
    saved(folder)


@contextmanager
def folder_of(warehouse: Warehouse, import_id: str) -> Iterator[Path]:
    """The folder of an import that is being made: where that fails it is rolled back, and the folder goes too."""
    folder = warehouse.archive / import_id
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def saved(folder: Path) -> None:
    """Have the disk hold a folder of the archive and all that lies in it."""
    for path in (*folder.iterdir(), folder, folder.parent):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def tally(con: duckdb.DuckDBPyConnection, import_id: str, converted: Converted, settled: Settled) -> Tally:
    """Note in the trail what the import brought, in records of its file: rows of further tables do not count twice."""
    known = sources().get(converted.source or "")
    first = known.loads[0] if known else next(iter(converted.tables))  # a column mapping fills one table
    records = converted.rows_read - converted.rows_rejected - converted.rows_skipped
    tables = [first] if converted.tables.get(first) == records - converted.rows_repeated else list(converted.tables)
    found = [settled.tallies.get((import_id, table), Tally()) for table in tables]
    # Where a record fills one table or another, or several, no record counts more than once.
    unchanged = min(records, converted.rows_repeated + sum(each.unchanged for each in found))
    replaced = min(records - unchanged, sum(each.replaced for each in found))
    kept = Tally(records - unchanged - replaced, replaced, unchanged)
    con.execute(
        "update imports set rows_new = ?, rows_replaced = ?, rows_unchanged = ? where import_id = ?",
        [kept.new, kept.replaced, kept.unchanged, import_id],
    )
    return kept


def mark_undone(con: duckdb.DuckDBPyConnection, import_id: str) -> None:
    """Take an import out of the standing ones. Raises UnknownImportError."""
    row = con.execute("select status from imports where import_id = ?", [import_id]).fetchone()
    if row is None:
        raise UnknownImportError(f"There is no import {import_id}. `imports` lists what there is.")
    if row[0] != "standing":
        raise UnknownImportError(f"Import {import_id} is {row[0]} already: there is nothing to take back.")
    con.execute(
        "update imports set status = 'undone', undone_at = ? where import_id = ?",
        [datetime.now(UTC).replace(tzinfo=None), import_id],
    )


def write_card(con: duckdb.DuckDBPyConnection, import_id: str, archive_folder: Path) -> None:
    """Keep the import's row beside its rows, so that the archive alone gives everything back."""
    cursor = con.execute("select * from imports where import_id = ?", [import_id])
    names = [column[0] for column in cursor.description or ()]
    row = cursor.fetchone()
    card = archive_folder / import_id / CARD
    text = json.dumps(dict(zip(names, row or (), strict=True)), default=str, indent=1)
    fresh = card.with_suffix(".fresh")
    fresh.write_text(text)
    fresh.replace(card)


def restore(con: duckdb.DuckDBPyConnection, archive_folder: Path) -> None:
    """Bring back the trail of imports that the archive holds and the database lost."""
    known = {row[0] for row in con.execute("select import_id from imports").fetchall()}
    for card in sorted(archive_folder.glob(f"i*/{CARD}")):
        values = json.loads(card.read_text())
        if values["import_id"] in known:
            continue
        insert(con, values)
        for name in ("rejects", "skips"):
            path = card.parent / f"{name}.parquet"
            if path.exists():
                con.execute(
                    f"insert into {name} by name select ? as import_id, * from read_parquet(?)",
                    [values["import_id"], str(path)],
                )


def adopt_settings(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make the present reporting currency and time zone those of the figures."""
    for key, value in (("currency", settings.currency), ("time_zone", settings.time_zone)):
        con.execute("update meta set value = ? where key = ?", [value, key])


def batches(con: duckdb.DuckDBPyConnection, most: int) -> Iterator[list[str]]:
    """The standing imports that brought rows, in order, in batches of at most so many records (or one import)."""
    batch: list[str] = []
    size = 0
    for import_id, rows in con.execute(
        "select import_id, rows_read from imports where status = 'standing' and tables <> [] order by number"
    ).fetchall():
        if batch and size + rows > most:
            yield batch
            batch, size = [], 0
        batch.append(import_id)
        size += rows
    if batch:
        yield batch


def sweep(con: duckdb.DuckDBPyConnection, archive_folder: Path) -> None:
    """Remove folders of imports that never committed."""
    known = {row[0] for row in con.execute("select import_id from imports where status <> 'failed'").fetchall()}
    for folder in archive_folder.iterdir():
        if folder.is_dir() and folder.name not in known and not (known == set() and (folder / CARD).exists()):
            shutil.rmtree(folder, ignore_errors=True)


def imports(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The audit trail, newest first."""
    cursor = con.execute("select *, rows_new + rows_replaced as rows_accepted from imports order by number desc")
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def rejects(con: duckdb.DuckDBPyConnection, import_id: str) -> list[dict[str, Any]]:
    """What an import did not load: line, text, reason. Raises UnknownImportError."""
    if not con.execute("select 1 from imports where import_id = ?", [import_id]).fetchone():
        raise UnknownImportError(f"There is no import {import_id}. `imports` lists what there is.")
    rows = con.execute(
        "select line, text, reason from rejects where import_id = ? order by line", [import_id]
    ).fetchall()
    return [{"line": line, "text": text, "reason": reason} for line, text, reason in rows]
