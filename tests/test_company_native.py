"""October 2026 of the sample company in the formats of its gateway and its providers: the same figures, once."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from app.metrics.ask import ask
from app.metrics.contract import reconcile_document
from app.metrics.question import Question, Viewer
from app.settings import Settings
from app.warehouse.check import check
from app.warehouse.connect import Warehouse
from ingest import pipeline
from ingest.pipeline import IngestOptions
from sample_data.company import make, native
from tests.conftest import TODAY
from tests.promises import reading_here
from tests.reading import read_one

Row = dict[str, Any]
pytestmark = pytest.mark.xdist_group("native files of the company")  # that one worker loads them
Figures = dict[tuple[str, ...], dict[tuple[Any, ...], Row]]
FOLDER = make.HERE / "native"
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
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
BASES = ("metered", "invoiced", "difference", "reasons")
CHANGED = {"grain", "provider", "ended_at", "ttft_ms", "cost", "currency"}  # what LiteLLM says in its own way
FILES = {
    "litellm_spendlogs.jsonl.gz": None,
    "anthropic_analytics_usage_larkfield-ide.json": "larkfield-ide",
    "anthropic_cost_larkfield-ide.json": "larkfield-ide",
    "anthropic_cost_larkfield-prod.json": "larkfield-prod",
    "openai_costs.json": None,
}


@pytest.fixture(scope="module")
def before(company_warehouse: Path) -> Figures:
    with opened(company_warehouse) as warehouse:
        return figures(warehouse)


@pytest.fixture(scope="module")
def beside(company_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company with the native files beside its own. Only to be read."""
    database = Path(shutil.copy(company_warehouse, tmp_path_factory.mktemp("beside")))
    assert sorted(FILES) == sorted(path.name for path in FOLDER.iterdir())
    with opened(database) as warehouse:
        for name, account in FILES.items():
            load(warehouse, FOLDER / name, account=account)
    return database


@contextmanager
def opened(path: Path) -> Iterator[Warehouse]:
    settings = Settings(db=path, today=TODAY, memory_limit="1GB", threads=2)
    with reading_here(), closing(Warehouse(path, settings)) as warehouse:
        yield warehouse


def figures(warehouse: Warehouse) -> Figures:
    """The figures of October by every cut, and what is reconciled of it."""
    con = warehouse.unlimited()
    found = {}
    for by in CUTS:
        rows = ask(con, Question((*RATIOS, *MONEY, *COUNTS), by, *OCTOBER), Viewer.everything(), TODAY).rows
        found[by] = {tuple(row[name] for name in by): row for row in rows}
    rows = [row for row in reconcile_document(con)["rows"] if str(row["month"]).startswith("2026-10")]
    bases = {(row["provider"], row["account"]): {name: row[name] for name in BASES} for row in rows}
    return found | {BASES: bases}


def load(warehouse: Warehouse, *paths: Path, account: str | None = None, replace: bool = False) -> None:
    for result in pipeline.ingest(warehouse, paths, IngestOptions(account=account, replace=replace)):
        assert (result.status, result.rows_rejected) == ("loaded", 0), result


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


def test_a_call_of_the_gateway_says_all_that_the_canonical_one_says(tmp_path: Path) -> None:
    """But for a call that the gateway answered itself: its tokens are none, whatever the canonical row leaves blank."""
    name = "litellm_spendlogs.jsonl.gz"
    found = read_one(tmp_path, name, (FOLDER / name).read_bytes()).answer
    assert found.error is None
    assert found.folder is not None
    with duckdb.connect() as con:
        con.execute(f"create view canonical as from '{make.HERE / '18_usage.parquet'}'")
        con.execute(f"create view native as from '{found.folder / 'usage.parquet'}'")
        columns = [row[0] for row in con.execute("describe canonical").fetchall() if row[0] not in CHANGED]
        same = " and ".join(f"native.{column} is not distinct from canonical.{column}" for column in columns)
        counted = con.execute(f"""
            select
                count(*), count(native.record_id), count(*) filter (status = 'cached'),
                count(*) filter (status <> 'cached' and not ({same})),
                count(*) filter (native.ttft_ms is distinct from canonical.ttft_ms)
            from canonical
            full join native using (record_id, status)
            where canonical.run_id is not null and cast(canonical.started_at as date) between ? and ?
                or canonical.run_id is null and canonical.grain is null
        """, OCTOBER).fetchone()  # fmt: skip

    assert counted == (found.rows_read, found.rows_read, 79, 0, 9)


# --- the figures -----------------------------------------------------------------------------------------------------


def test_loaded_beside_the_canonical_files_they_change_no_figure(beside: Path, before: Figures) -> None:
    with opened(beside) as warehouse:
        assert figures(warehouse) == before


def test_loaded_instead_of_them_they_give_the_same_figures(beside: Path, before: Figures, tmp_path: Path) -> None:
    with opened(Path(shutil.copy(beside, tmp_path))) as warehouse:
        load(warehouse, *without_what_the_native_files_hold(tmp_path), replace=True)

        after = figures(warehouse)

        calls = {"litellm_spendlogs": 13_596, "anthropic_analytics_usage": 62, "usage": 78}
        assert counting(warehouse, "usage") == calls
        assert counting(warehouse, "billed") == {"anthropic_cost": 434, "openai_costs": 325, "billed": 5}
        assert check(warehouse.unlimited()) == []
    for by, groups in before.items():
        assert after[by].keys() == groups.keys()
        for group, row in groups.items():
            for name, value in row.items():
                told = after[by][group][name]
                assert same(name, told, value), (by, group, name, told, value)


def without_what_the_native_files_hold(folder: Path) -> list[Path]:
    """What is left of October's canonical bills and calls."""
    kept = (
        ("14_billed.csv", "charged_from", "provider not in ('anthropic', 'openai')"),
        ("18_usage.parquet", "started_at", "run_id is null and account <> 'larkfield-ide'"),
    )
    with duckdb.connect() as con:
        for name, day, others in kept:
            con.execute(f"""
                copy (
                    from '{make.HERE / name}'
                    where cast({day} as date) between '{OCTOBER[0]}' and '{OCTOBER[1]}' and {others}
                ) to '{folder / name}'
            """)
    return [folder / name for name, *_ in kept]


def counting(warehouse: Warehouse, table: str) -> dict[str, int]:
    """How many rows of each source count in October."""
    day, kind = ("charged_from", "") if table == "billed" else ("utc_day", "and kind <> 'remainder'")
    found = warehouse.unlimited().execute(f"""
        select source, count(*) from {table}
        where counts and cast({day} as date) between '{OCTOBER[0]}' and '{OCTOBER[1]}' {kind}
        group by source
    """)  # fmt: skip
    return dict(found.fetchall())


def same(name: str, one: Any, other: Any) -> bool:
    """Counts and words are equal, money to the cent, ratios to the fourth decimal, which tells cents of a run apart."""
    if isinstance(other, dict):
        return one.keys() == other.keys() and all(same(name, one[part], other[part]) for part in one)
    if not isinstance(other, float | Decimal) or one is None:
        return bool(one == other)
    allowed = Decimal("0.005") if name in MONEY + BASES else Decimal("0.0001")
    return abs(Decimal(str(one)) - Decimal(str(other))) < allowed
