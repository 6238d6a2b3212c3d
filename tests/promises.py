"""Small companies for the promises of the accounting rules. Files are read in this process: one more takes seconds."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.metrics.ask import ask
from app.metrics.contract import metrics_document, reconcile_document
from app.metrics.question import Basis, Question, Viewer
from app.settings import Settings
from app.warehouse.check import check
from app.warehouse.connect import Warehouse, open_warehouse
from ingest import audit, pipeline
from ingest.child import answers
from ingest.options import Limits, ReadOptions
from ingest.worker import Converted
from tests.conftest import TODAY, Company

NOON = "2026-09-07T12:00:00"


class Rows:
    """Rows that stand beside the promises that they are about, until a test file loads them together."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, object]]] = defaultdict(list)

    def add(self, **tables: Sequence[dict[str, object]]) -> None:
        """Rows per canonical table."""
        for table, rows in tables.items():
            self.tables[table].extend(rows)


class Books(Company):
    """A company that a whole test file may share: every promise has a workflow, team or day of its own in it."""

    def give(self, table: str, rows: Sequence[dict[str, object]], **options: Any) -> pipeline.ImportResult:
        """Loads one file, whatever comes of it."""
        return self.bring(self.file(table, rows), **options)

    def bring_json(self, document: Any, **options: Any) -> pipeline.ImportResult:
        """Loads one JSON document of a format that others define."""
        self._files += 1
        path = self._folder / f"{self._files:03d}.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return self.bring(path, **options)

    def bring(self, path: Path, **options: Any) -> pipeline.ImportResult:
        """Loads a file that is already written."""
        (result,) = pipeline.ingest(self.warehouse, [path], pipeline.IngestOptions(**options))
        return result

    def rebuild(self) -> None:
        """Makes everything again from the archive."""
        pipeline.rebuild(self.warehouse)

    def asked(self, by: Sequence[str] = (), since: date | None = None, until: date | None = None, basis: str = "ledger",
              **where: str | tuple[str, ...]) -> list[dict[str, Any]]:  # fmt: skip
        """The rows of `metrics --json`."""
        filters = {name: (value,) if isinstance(value, str) else value for name, value in where.items()}
        with closing(self.warehouse.cursor()) as con:
            return list(metrics_document(con, by, since, until, filters, basis, today=TODAY)["rows"])

    def figures(self, *names: str, by: Sequence[str] = (), basis: Basis = "ledger", **where: str | tuple[str, ...]
                ) -> list[dict[str, Any]]:  # fmt: skip
        """Any metrics and measures, by any dimensions."""
        filters = {name: (value,) if isinstance(value, str) else value for name, value in where.items()}
        with closing(self.warehouse.cursor()) as con:
            question = Question(names, tuple(by), where=filters, basis=basis)
            return ask(con, question, Viewer.everything(), TODAY).rows

    def one(self, name: str, **asked: Any) -> Any:
        """One figure over everything, or over what fits: Decimal, or None where there is no data."""
        (row,) = self.asked(**asked)
        return exact(row[name])

    def parts(self, name: str, *by: str, **asked: Any) -> dict[Any, Any]:
        """One figure per group."""
        return {
            row[by[0]] if len(by) == 1 else tuple(row[each] for each in by): exact(row[name])
            for row in self.asked(by, **asked)
        }

    def components(self, **asked: Any) -> dict[str, Decimal]:
        """The components of cost that are not zero."""
        (row,) = self.asked(**asked)
        return {name[5:]: exact(value) for name, value in row.items() if name in COMPONENTS and value}

    def reconciled(self) -> list[dict[str, Any]]:
        """The rows of `reconcile --json`."""
        with closing(self.warehouse.cursor()) as con:
            return list(reconcile_document(con)["rows"])

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """What the database holds."""
        with closing(self.warehouse.cursor()) as con:
            return con.execute(query).fetchall()

    def breaches(self) -> list[str]:
        """What `check` finds."""
        with closing(self.warehouse.cursor()) as con:
            return [str(breach) for breach in check(con)]


COMPONENTS = tuple(
    f"cost_{name}"
    for name in (
        "inference", "input", "cached_input", "output", "reasoning", "retry", "evaluation", "retrieval", "tool",
        "observability", "human_review", "infrastructure", "other", "true_up",
    )
)  # fmt: skip


def exact(value: Any) -> Any:
    """A number as a Decimal; a ratio, which may be a double, to nine places."""
    if isinstance(value, float):
        return Decimal(str(round(value, 9)))
    return Decimal(value) if isinstance(value, int) else value


def read_here(
    path: Path, workdir: Path, options: ReadOptions, limits: Limits | None = None, reached: object = None
) -> list[Converted]:
    """What the worker's process would answer; nobody is told how far it is."""
    folder = workdir / audit.token()
    folder.mkdir()
    return answers(path, folder, options, limits or Limits(), options.name or path.name)


@contextmanager
def reading_here() -> Iterator[None]:
    """While it lasts, files are read without a process of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "convert", read_here)
        yield


@contextmanager
def opened(folder: Path, **settings: Any) -> Iterator[Books]:
    """The books of an empty database, or of the one that lies in the folder."""
    chosen = Settings(db=folder / "pnl.duckdb", today=TODAY, memory_limit="1GB", threads=2, **settings)
    files = folder / "files"
    files.mkdir(exist_ok=True)
    with reading_here(), closing(open_warehouse(chosen.db, chosen)) as warehouse:
        yield Books(warehouse, files)


def call(workflow: str, **fields: object) -> dict[str, object]:
    """A usage row at noon of 7 September, of a model that no price book knows."""
    return {"started_at": NOON, "provider": "acme", "model": "m1", "workflow": workflow, **fields}


def event(run_id: str, **fields: object) -> dict[str, object]:
    """An outcome at noon of 7 September."""
    return {"run_id": run_id, "occurred_at": NOON, **fields}


__all__ = ["Books", "Rows", "Warehouse", "call", "event", "exact", "opened", "read_here", "reading_here"]
