"""October 2026 of the sample company in the formats of its gateway and its providers: the same figures, once."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from app.metrics.ask import ask
from app.metrics.question import Question, Viewer
from app.settings import Settings
from app.warehouse.check import check
from app.warehouse.connect import Warehouse
from ingest import pipeline
from ingest.pipeline import IngestOptions
from sample_data.company import make, native
from tests.conftest import TODAY

Row = dict[str, Any]
Ledger = Callable[[], Warehouse]
FOLDER = make.HERE / "native"
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
CENT = Decimal("0.01")
RATIOS = (
    "cost_per_1m_tokens", "cost_per_request", "cost_per_workflow", "cost_per_trusted_outcome",
    "tokens_per_successful_outcome", "retry_token_ratio", "reasoning_token_ratio", "cache_hit_rate",
    "eval_overhead_ratio", "gross_margin_per_trusted_outcome",
)  # fmt: skip
MONEY = ("all_in_cost", "model_cost", "margin")
COUNTS = ("tokens", "runs", "user_requests", "successful", "trusted", "unpriced_tokens")
CUTS: tuple[tuple[str, ...], ...] = (
    ("month",), ("team",), ("workflow",), ("provider", "model"), ("account",), ("environment",), ("product",),
    ("segment",), ("region",), ("role",), ("day",),
)  # fmt: skip
FILES = {
    "litellm_spendlogs.jsonl.gz": None,
    "anthropic_analytics_usage_larkfield-ide.json": "larkfield-ide",
    "anthropic_cost_larkfield-ide.json": "larkfield-ide",
    "anthropic_cost_larkfield-prod.json": "larkfield-prod",
    "openai_costs.json": None,
}


@pytest.fixture(scope="module")
def before(company_warehouse: Path) -> Iterator[dict[tuple[str, ...], dict[tuple[Any, ...], Row]]]:
    warehouse = opened(company_warehouse)
    yield figures(warehouse)
    warehouse.close()


@pytest.fixture
def ledger(company_warehouse: Path, tmp_path: Path) -> Iterator[Warehouse]:
    """A copy of the company to load into."""
    warehouse = opened(Path(shutil.copy(company_warehouse, tmp_path)))
    yield warehouse
    warehouse.close()


def opened(path: Path) -> Warehouse:
    return Warehouse(path, Settings(db=path, today=TODAY, memory_limit="1GB", threads=2))


def figures(warehouse: Warehouse) -> dict[tuple[str, ...], dict[tuple[Any, ...], Row]]:
    """The figures of October by every cut."""
    con = warehouse.unlimited()
    found = {}
    for by in CUTS:
        rows = ask(con, Question((*RATIOS, *MONEY, *COUNTS), by, *OCTOBER), Viewer.everything(), TODAY).rows
        found[by] = {tuple(row[name] for name in by): row for row in rows}
    return found


def load(warehouse: Warehouse, *paths: Path, account: str | None = None, replace: bool = False) -> None:
    for result in pipeline.ingest(warehouse, paths, IngestOptions(account=account, replace=replace)):
        assert (result.status, result.rows_rejected) == ("loaded", 0), result


def load_native(warehouse: Warehouse) -> None:
    assert sorted(FILES) == sorted(path.name for path in FOLDER.iterdir())
    for name, account in FILES.items():
        load(warehouse, FOLDER / name, account=account)


# --- the files -------------------------------------------------------------------------------------------------------


def test_the_native_files_are_what_the_script_makes_of_the_canonical_ones(tmp_path: Path) -> None:
    for name in ("07_fx.csv", "14_billed.csv", "18_usage.parquet"):
        (tmp_path / name).symlink_to(make.HERE / name)

    native.make(tmp_path)

    for path in FOLDER.iterdir():
        made = tmp_path / "native" / path.name
        unpack = gzip.decompress if path.suffix == ".gz" else bytes
        assert unpack(made.read_bytes()) == unpack(path.read_bytes()), path.name
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 3_000_000


# --- the figures -----------------------------------------------------------------------------------------------------


def test_loaded_beside_the_canonical_files_they_change_no_figure(ledger: Warehouse, before: Any) -> None:
    load_native(ledger)

    assert figures(ledger) == before


def test_loaded_instead_of_them_they_give_the_same_figures(ledger: Warehouse, before: Any, tmp_path: Path) -> None:
    usage, billed = tmp_path / "usage.parquet", tmp_path / "billed.csv"
    kept = (
        (usage, "18_usage.parquet", "started_at", "run_id is null and account <> 'larkfield-ide'"),
        (billed, "14_billed.csv", "charged_from", "provider not in ('anthropic', 'openai')"),
    )
    for path, name, day, others in kept:
        duckdb.sql(f"""
            copy (
                from '{make.HERE / name}'
                where cast({day} as date) between '{OCTOBER[0]}' and '{OCTOBER[1]}' and {others}
            ) to '{path}'
        """)
    load(ledger, billed, usage, replace=True)
    assert figures(ledger)["month",] != before["month",]
    load_native(ledger)

    after = figures(ledger)

    for by in CUTS:
        assert after[by].keys() == before[by].keys()
        for group, row in before[by].items():
            for name in COUNTS:
                assert after[by][group][name] == row[name], (by, group, name)
            for name in (*MONEY, *RATIOS):
                assert close(after[by][group][name], row[name]), (by, group, name, after[by][group][name], row[name])
    assert check(ledger.unlimited()) == []


def close(one: Any, other: Any) -> bool:
    """The same to the cent."""
    if one is None or other is None:
        return one is other
    return abs(Decimal(str(one)) - Decimal(str(other))) < CENT / 2
