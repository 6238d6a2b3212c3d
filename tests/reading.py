"""Reads a file as the worker's process does, but in this process: what tests of many small files need."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ingest.child import answers
from ingest.options import Limits, ReadOptions
from ingest.worker import Converted


@dataclass(frozen=True)
class Reading:
    """One answer of the worker, with its rows."""

    answer: Converted

    @property
    def error(self) -> str:
        return self.answer.error or ""

    def rows(self, table: str, columns: str = "*", order: str = "line") -> list[dict[str, Any]]:
        """The rows of one canonical table, in the order of the file."""
        assert self.answer.error is None, self.answer.error
        assert self.answer.folder is not None
        return _rows(self.answer.folder / f"{table}.parquet", columns, order)

    def column(self, table: str, column: str) -> list[Any]:
        return [row[column] for row in self.rows(table, f'"{column}", line')]

    @property
    def rejects(self) -> dict[int, str]:
        """Reason per line."""
        return self._reasons("rejects")

    @property
    def skips(self) -> dict[int, str]:
        return self._reasons("skips")

    def _reasons(self, what: str) -> dict[int, str]:
        assert self.answer.error is None, self.answer.error
        assert self.answer.folder is not None
        return {row["line"]: row["reason"] for row in _rows(self.answer.folder / f"{what}.parquet", "*", "line")}

    def text(self, line: int) -> str:
        """The rejected record as it stood in the file."""
        assert self.answer.folder is not None
        rows = _rows(self.answer.folder / "rejects.parquet", "*", "line")
        return next(row["text"] for row in rows if row["line"] == line)


def _rows(path: Path, columns: str, order: str) -> list[dict[str, Any]]:
    with duckdb.connect() as con:
        found = con.execute(f"select {columns} from read_parquet(?) order by {order}", [str(path)])
        names = [each[0] for each in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def read_all(folder: Path, name: str, data: bytes, options: ReadOptions | None = None, **limits: int) -> list[Reading]:
    """Every answer for a file of this name and content."""
    given = folder / "given"
    given.write_bytes(data)
    work = folder / "work"
    work.mkdir()
    return [Reading(each) for each in answers(given, work, options or ReadOptions(), Limits(**limits), name)]


def read_one(folder: Path, name: str, data: bytes, options: ReadOptions | None = None, **limits: int) -> Reading:
    """The one answer for a file that is no archive."""
    (reading,) = read_all(folder, name, data, options, **limits)
    return reading
