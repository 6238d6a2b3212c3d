"""Loads a world into the product, as files, and lays its answers beside the second reading's."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from app.metrics.contract import metrics_document as product_document
from app.metrics.contract import reconcile_document as product_reconciled
from app.settings import Settings as ProductSettings
from app.warehouse.connect import Warehouse, open_warehouse
from ingest import pipeline
from tests.oracle.columns import TABLES
from tests.oracle.contract import metrics_document
from tests.oracle.formats import known_formats, marker
from tests.oracle.reconcile import reconcile_document
from tests.oracle.standing import Import
from tests.oracle.usage import Settings
from tests.promises import reading_here

TODAY = date(2026, 11, 20)
RATIOS = (
    "cost_per_1m_tokens",
    "cost_per_request",
    "cost_per_workflow",
    "cost_per_trusted_outcome",
    "tokens_per_successful_outcome",
    "retry_token_ratio",
    "reasoning_token_ratio",
    "cache_hit_rate",
    "eval_overhead_ratio",
    "gross_margin_per_trusted_outcome",
)
TWELFTH_DIGIT = Decimal("1e-12")


@dataclass(frozen=True)
class Question:
    """One call of `metrics`."""

    by: tuple[str, ...] = ()
    where: dict[str, tuple[str, ...]] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None
    basis: str = "ledger"


@contextmanager
def opened(folder: Path, time_zone: str = "UTC") -> Iterator[Warehouse]:
    """An empty warehouse of its own."""
    settings = ProductSettings(
        db=folder / "pnl.duckdb", today=TODAY, time_zone=time_zone, memory_limit="1GB", threads=2
    )
    with known_formats(), reading_here(), closing(open_warehouse(settings.db, settings)) as warehouse:
        yield warehouse


def csv_of(one: Import) -> str:
    """One file with all columns of its table's template, and those that its rows have besides."""
    further = {name for row in one.rows for name in row} - set(TABLES[one.table])
    columns = [*TABLES[one.table], *sorted(further)]
    file = io.StringIO()
    mark = {marker(one.source): "yes"} if one.source else {}
    writer = csv.DictWriter(file, [*columns, *mark], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, **mark} for row in one.rows)
    return file.getvalue()


def load(warehouse: Warehouse, imports: Sequence[Import], folder: Path) -> dict[int, str]:
    """Loads the imports in order, then takes back those that are undone. Number -> import id."""
    ids: dict[int, str] = {}
    loaded: set[int] = set()
    for place, (said, group) in enumerate(groupby(imports, key=lambda one: (one.as_of, one.replace))):
        together = list(group)
        options = pipeline.IngestOptions(as_of=said[0], replace=said[1])
        results = pipeline.ingest(warehouse, [_archive(together, folder / f"{place:03d}.zip")], options)
        for one, result in zip(together, results, strict=True):
            assert (result.status, result.rows_rejected) in {("loaded", 0), ("unchanged", 0)}, result
            ids[one.number] = result.import_id
            loaded |= {one.number} if result.status == "loaded" else set()
    for one in imports:
        if one.undone and one.number in loaded:
            pipeline.undo(warehouse, ids[one.number])
    return ids


def _archive(imports: list[Import], path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for one in imports:
            archive.writestr(f"{one.number:03d}_{one.table}.csv", csv_of(one))
    return path


def ask(warehouse: Warehouse, question: Question) -> list[dict[str, Any]]:
    with closing(warehouse.cursor()) as con:
        document = product_document(
            con,
            by=question.by,
            since=question.since,
            until=question.until,
            where=question.where,
            basis=question.basis,
            today=TODAY,
        )
    return list(document["rows"])


def differences(warehouse: Warehouse, world: Any, questions: Sequence[Question]) -> list[str]:
    """One line per figure that the two readings see differently."""
    found = []
    settings = Settings(time_zone=world.time_zone, today=TODAY)
    for question in questions:
        mine = metrics_document(
            list(world.imports), settings, question.by, question.since, question.until, question.where, question.basis
        )
        pairs = _paired(mine["rows"], ask(warehouse, question), question.by)
        found += [f"{question} {key} {line}" for key, expected, given in pairs for line in _unlike(expected, given)]
    return found


def reconciled(warehouse: Warehouse) -> list[dict[str, Any]]:
    """What the product says of its own difference."""
    with closing(warehouse.cursor()) as con:
        return list(product_reconciled(con)["rows"])


def unreconciled(warehouse: Warehouse, world: Any) -> list[str]:
    """One line per account and month of which the two readings reconcile something differently."""
    settings = Settings(time_zone=world.time_zone, today=TODAY)
    mine = reconcile_document(list(world.imports), settings)["rows"]
    by = ("provider", "account", "month")
    nothing = {"metered": 0, "invoiced": None, "difference": None, "true_up": 0, "reasons": {}}
    found = []
    for key, expected, given in _paired(mine, reconciled(warehouse), by):
        one, other = expected or nothing, given or nothing
        found += [
            f"reconcile {key} {name}: expected {one[name]}, product {other[name]}"
            for name in nothing
            if not _same(name, one[name], other[name])
        ]
    return found


def _paired(mine: list[Any], theirs: list[Any], by: tuple[str, ...]) -> Iterator[tuple[Any, Any, Any]]:
    expected = {tuple(str(row[name]) for name in by): row for row in mine}
    given = {tuple(str(row[name]) for name in by): row for row in theirs}
    assert len(given) == len(theirs), "a group comes twice"
    for key in sorted(expected.keys() | given.keys()):
        yield key, expected.get(key), given.get(key)


def _unlike(expected: Any, given: Any) -> list[str]:
    """A part that holds nothing may stand on one side only."""
    if expected is None or given is None:
        present = expected or given
        side = "product" if expected is None else "oracle"
        return [] if _is_empty(present) else [f"stands only in the {side}: {_held(present)}"]
    return [
        f"{name}: expected {expected[name]}, product {given[name]}"
        for name in expected
        if not _same(name, expected[name], given.get(name, "missing"))
    ]


def _same(name: str, expected: Any, given: Any) -> bool:
    if isinstance(expected, dict):
        return {key: Decimal(str(value)) for key, value in given.items() if Decimal(str(value))} == expected
    if expected is None or given is None or isinstance(expected, str):
        return bool(expected == given)
    if name in RATIOS:
        return abs(Decimal(str(expected)) - Decimal(str(given))) <= TWELFTH_DIGIT * abs(Decimal(str(expected)))
    return Decimal(str(expected)) == Decimal(str(given))


def _is_empty(row: dict[str, Any]) -> bool:
    nothing = not any(Decimal(str(row[name] or 0)) for name in ("all_in_cost", "tokens")) and not row["unconverted"]
    return nothing and not Decimal(str(row["gross_margin_per_trusted_outcome"] or 0))


def _held(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value not in (None, 0, {}, "0", Decimal(0))}
