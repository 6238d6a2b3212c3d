"""What every test may use: an empty warehouse, and a company that loads rows through the real pipeline."""

import csv
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from app.metrics.contract import metrics_document
from app.settings import Settings
from app.warehouse.connect import Warehouse, close_current, current_warehouse
from ingest import pipeline
from tests import loaded

if TYPE_CHECKING:
    from tests.promises import Books

ROOT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 11, 21)
Rows = Sequence[Mapping[str, object]]

SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("here", max_examples=25, deadline=None, suppress_health_check=SLOW_IS_FINE)
settings.register_profile("ci", settings.get_profile("here"), derandomize=True, print_blob=True)
settings.register_profile("long", settings.get_profile("here"), max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "here"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regold", action="store_true", help="Write the golden files anew instead of comparing.")


@pytest.fixture
def regold(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are written anew."""
    return bool(request.config.getoption("--regold"))


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of the person who runs the tests reaches them; no database stays open after one."""
    for name in [name for name in os.environ if name.startswith("TOKENPNL_")]:
        monkeypatch.delenv(name)
    yield
    close_current()


@pytest.fixture(scope="module")
def books(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Books"]:
    """The books with the rows that stand beside the promises of a test file, as its ROWS."""
    from tests.promises import opened  # which needs what stands here

    with opened(tmp_path_factory.mktemp("books")) as books:
        books.load(**request.module.ROWS.tables)
        yield books


@pytest.fixture
def options(tmp_path: Path) -> Settings:
    """Settings of a small database on the day of the tests."""
    return Settings(db=tmp_path / "pnl.duckdb", today=TODAY, memory_limit="1GB", threads=2)


@pytest.fixture
def warehouse(options: Settings, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """An empty warehouse, the one that a page of this process would show."""
    monkeypatch.setenv("TOKENPNL_DB", str(options.db))
    return current_warehouse(options.db, options)


@pytest.fixture(scope="session")
def company_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of the whole sample company: loaded once per run, a copy for each worker. Only to be read."""
    own = tmp_path_factory.getbasetemp()
    run = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    whole = loaded.company(run / "company")
    return Path(shutil.copy(whole, tmp_path_factory.mktemp("company") / whole.name))


class Company:
    """Loads canonical rows as a person would, as files, and asks for figures."""

    def __init__(self, warehouse: Warehouse, folder: Path) -> None:
        self.warehouse = warehouse
        self._folder = folder
        self._files = 0

    def file(self, table: str, rows: Rows) -> Path:
        """A CSV file of canonical rows. Each row names only what it is about; None is a blank cell."""
        self._files += 1
        path = self._folder / f"{self._files:03d}_{table}.csv"
        columns = list(dict.fromkeys(name for row in rows for name in row))
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return path

    def load(self, **tables: Rows) -> list[str]:
        """Loads one file per table, in the order given: `load(usage=[...], outcomes=[...])`. Gives the import ids.

        Fails the test when a row is rejected or a file is not loaded.
        """
        files = [self.file(table, rows) for table, rows in tables.items()]
        results = pipeline.ingest(self.warehouse, files, pipeline.IngestOptions())
        for result in results:
            assert (result.status, result.rows_rejected) in {("loaded", 0), ("unchanged", 0)}, result
        return [result.import_id for result in results]

    def undo(self, import_id: str) -> None:
        """Takes one import back."""
        pipeline.undo(self.warehouse, import_id)

    def metrics(self, by: Sequence[str] = (), basis: str = "ledger", **where: str) -> list[dict[str, Any]]:
        """The rows of `metrics --json`, one per group."""
        filters = {dimension: (value,) for dimension, value in where.items()}
        with closing(self.warehouse.cursor()) as con:
            document = metrics_document(
                con, by=tuple(by), since=None, until=None, where=filters, basis=basis, today=TODAY
            )
        return list(document["rows"])

    def metric(self, name: str, **where: str) -> Decimal | None:
        """One figure over everything, or over what fits."""
        (row,) = self.metrics(**where)
        return None if row[name] is None else Decimal(str(row[name]))


@pytest.fixture
def company(warehouse: Warehouse, tmp_path: Path) -> Iterator[Company]:
    """A company without data. Its files are read in this process: one more takes half a second each."""
    from tests.promises import reading_here

    folder = tmp_path / "files"
    folder.mkdir()
    with reading_here():
        yield Company(warehouse, folder)
