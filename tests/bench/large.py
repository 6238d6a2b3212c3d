"""A year of calls: questions, one run, one more day, its undo, what a changed price and rule would move, the change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from app.metrics.contract import metrics_document
from app.metrics.runs import run_document
from app.settings import Settings
from app.warehouse.connect import Warehouse, open_warehouse
from ingest.pipeline import ImportResult, IngestOptions, ingest, undo
from tests.bench.figures import Figure, memory_mb, timed
from tests.bench.made import buckets, calls, company, runs

DAYS = 365
TIMES = 9
TODAY = date(2026, 10, 2)


def making(path: Path, rows: int) -> Iterator[Figure]:
    """Makes the database: a year of so many calls, and what stands beside them."""
    with opened(path) as warehouse, TemporaryDirectory(prefix="bench-files-", dir=path.parent) as name:
        folder = Path(name)
        load(warehouse, *company(folder, rows), *runs(folder, rows, DAYS))
        with timed() as watch:
            load(warehouse, calls(folder / "calls.parquet", rows, DAYS))
        load(warehouse, buckets(folder / "buckets.json", rows, DAYS), account="acct-0")
        yield Figure(f"import of {rows:,} calls from Parquet", watch.seconds, "s", None, memory_mb())


def asking(path: Path) -> Iterator[Figure]:
    """What is asked of the database without a page."""
    with opened(path) as warehouse:
        yield question(warehouse)
        yield one_run(warehouse)


def changing(path: Path, rows: int) -> Iterator[Figure]:
    """What changes the database."""
    with opened(path) as warehouse, TemporaryDirectory(prefix="bench-files-", dir=path.parent) as name:
        yield from changes(warehouse, Path(name), rows)


@contextmanager
def opened(path: Path) -> Iterator[Warehouse]:
    """The database at `path`, with room for a year of calls at once."""
    settings = Settings(memory_limit="12GB", worker_seconds=7200, worker_memory_mb=8192)
    with closing(open_warehouse(path, settings)) as warehouse:
        yield warehouse


def load(warehouse: Warehouse, *paths: Path, account: str | None = None, dry_run: bool = False) -> list[ImportResult]:
    """Import files that must load."""
    results = ingest(warehouse, list(paths), IngestOptions(account=account, dry_run=dry_run))
    failed = [result.error for result in results if result.status == "failed"]
    if failed:
        raise RuntimeError(failed)
    return results


def question(warehouse: Warehouse) -> Figure:
    """The ten metrics by team and month, against one sum over the facts; the median of each."""
    con = warehouse.unlimited()
    bare, whole = [], []
    for _ in range(TIMES):
        with timed() as watch:
            con.execute("select sum(amount) from usage").fetchall()
        bare.append(watch.seconds)
        with timed() as watch:
            metrics_document(con, by=("team", "month"), today=TODAY)
        whole.append(watch.seconds)
    ratio = sorted(whole)[TIMES // 2] / sorted(bare)[TIMES // 2]
    return Figure("ten metrics by team and month / one sum over the facts", ratio, "x", 1, memory_mb())


def one_run(warehouse: Warehouse) -> Figure:
    """One run's page by its id, the median."""
    con = warehouse.unlimited()
    taken = []
    for number in range(TIMES):
        with timed() as watch:
            run_document(con, f"run-{number * 1000 + 1}")
        taken.append(watch.seconds * 1000)
    return Figure("one run's page by id", sorted(taken)[TIMES // 2], "ms", 50, memory_mb())


def changes(warehouse: Warehouse, folder: Path, rows: int) -> Iterator[Figure]:
    """One more day beside buckets, monthly bills and a yearly split charge; late outcomes; what a person changes."""
    day = calls(folder / "day.parquet", rows // DAYS, days=1, start="2026-09-28", first=rows)
    with timed() as watch:
        added = load(warehouse, day)[0]
    yield Figure("one more day of calls, whole import", watch.seconds, "s", 3, memory_mb())
    with timed() as watch:
        undo(warehouse, str(added.import_id))
    yield Figure("its undo", watch.seconds, "s", 3, memory_mb())
    late = folder / "late.csv"
    step = max(1, rows // 14 // 1000)
    late.write_text(
        "event_id,run_id,occurred_at,reopened\n"
        + "".join(f"late-{number},run-{number * step},2026-09-29T10:00:00Z,true\n" for number in range(1000))
    )
    with timed() as watch:
        load(warehouse, late)
    yield Figure("1,000 outcomes for older runs", watch.seconds, "s", 2, memory_mb())
    price = folder / "prices.csv"
    price.write_text(
        "provider,model,input_per_1m,output_per_1m,cache_read_per_1m,cache_write_per_1m,currency\ngoogle,gemini-2.5-flash,0.25,2,0.05,0.3,USD\n"
    )
    rule = folder / "rule.csv"
    rule.write_text("rule_id,priority,match_api_key,team\nr1,1,key-0,team 9\n")
    for path, name in ((price, "price of one model"), (rule, "rule of one team")):
        with timed() as watch:
            load(warehouse, path, dry_run=True)
        yield Figure(f"preview of a changed {name}, for the whole year", watch.seconds, "s", 10, memory_mb())
        with timed() as watch:
            load(warehouse, path)
        yield Figure(f"a changed {name}, for the whole year", watch.seconds, "s", 10, memory_mb())
