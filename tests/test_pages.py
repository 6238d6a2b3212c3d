"""Every page, run in its frame without a browser: with the sample, with nothing, and with usage alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.settings import Settings
from app.ui import formats
from app.warehouse.connect import open_warehouse
from ingest import pipeline

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "pages").glob("[0-9]*_*.py"))
OF_FIGURES = [page for page in PAGES if page.name[0] in "124"]
SAMPLE = sorted((ROOT / "tests/small_company").glob("*.csv"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that holds the sample."""
    path = tmp_path_factory.mktemp("sample") / "pnl.duckdb"
    warehouse = open_warehouse(path, Settings(db=path, memory_limit="1GB", threads=2))
    results = pipeline.ingest(warehouse, SAMPLE, pipeline.IngestOptions())
    warehouse.close()
    assert {(result.status, result.rows_rejected) for result in results} == {("loaded", 0)}
    return path


@pytest.fixture
def shown(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages show the sample."""
    monkeypatch.setenv("TOKENPNL_DB", str(sample))
    monkeypatch.setenv("TOKENPNL_TODAY", "2026-11-21")


def run(page: Path = PAGES[0]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=30).run()
    if page != PAGES[0]:
        app.switch_page(f"../pages/{page.name}").run()
    assert not app.exception
    return app


def words(app: AppTest) -> Iterator[str]:
    for kind in ("title", "subheader", "markdown", "caption", "code", "metric"):
        yield from (str(element.value) for element in app.get(kind))


def tiles(app: AppTest) -> dict[str, str]:
    return {metric.label.partition(" · ")[2]: metric.value.replace("\\", "") for metric in app.metric}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_the_sample_without_a_hole(shown, page):
    text = " ".join(words(run(page)))

    assert text
    assert not re.search(r"\b(None|nan|NaN|inf|null|Decimal)\b", text)


@pytest.mark.parametrize("page", OF_FIGURES, ids=lambda page: page.stem)
def test_a_page_of_an_empty_database_takes_a_file(warehouse, page):
    app = run(page)

    assert not app.metric
    assert "No data yet" in {heading.value for heading in app.subheader}
    assert app.get("file_uploader")


def test_a_tile_says_definition_owner_and_unit(shown):
    app = run()

    assert all("Owner: " in metric.help for metric in app.metric)
    assert "USD · Business + AI platform" in {caption.value for caption in app.caption}


def test_the_sample_leaves_no_metric_without_a_figure(shown):
    assert formats.NO_DATA not in tiles(run()).values()


def test_without_outcomes_the_cost_is_known_and_the_value_is_not(company):
    company.load(usage=[CALL])
    app = run()

    assert tiles(app)["Cost per 1M tokens"] == "$2,000.00"  # 1.20 for 600 tokens
    assert tiles(app)["Cost per workflow"] == "$1.20"
    assert tiles(app)["Cost per trusted outcome"] == "no data"
    assert any(text.value.startswith("No outcomes yet.") for text in app.markdown)


def test_an_amount_without_a_rate_makes_the_cost_at_least_and_stands_in_its_own_currency(company):
    company.load(usage=[CALL, CALL | {"record_id": "c2", "cost": "3.00", "currency": "CHF"}])
    app = run()

    assert tiles(app)["Cost per workflow"] == "at least $1.20"
    assert "CHF3.00 without a rate" in {link.proto.label for link in app.get("page_link")}


def test_cost_without_a_run_is_said_beside_the_cost_per_run(company):
    company.load(usage=[CALL, CALL | {"record_id": "c2", "run_id": None, "cost": "1.80"}])
    app = run()

    assert tiles(app)["Cost per workflow"] == "$3.00"
    assert "40.0% of the cost has a run" in {caption.value for caption in app.caption}


def test_reasoning_is_taken_over_the_sources_that_report_it(company):
    silent = CALL | {"record_id": "c2", "uncached_input_tokens": "1700"}  # 1,800 tokens in all
    company.load(usage=[CALL | {"uncached_input_tokens": "400", "reasoning_tokens": "100"}, silent])
    app = run()

    assert tiles(app)["Reasoning token ratio"] == "16.7%"  # 100 of 600
    assert "over the 25.0% of tokens whose source reports it" in {caption.value for caption in app.caption}


def test_the_page_shows_an_import_at_its_next_run(company):
    company.load(usage=[CALL])
    app = run()
    company.load(usage=[CALL | {"record_id": "c2", "cost": "0.30"}])
    app.run()

    assert tiles(app)["Cost per workflow"] == "$1.50"


def test_one_database_never_shows_the_figures_of_another(company, sample, monkeypatch):
    company.load(usage=[CALL])
    own = tiles(run())
    monkeypatch.setenv("TOKENPNL_DB", str(sample))

    assert tiles(run()) != own


CALL = {
    "record_id": "c1",
    "started_at": "2026-10-01T09:00:00Z",
    "provider": "openai",
    "model": "gpt-5",
    "run_id": "r1",
    "team": "Support",
    "uncached_input_tokens": "500",
    "output_tokens": "100",
    "cost": "1.20",
}
