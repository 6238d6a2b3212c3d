"""Every page in the six states that a user meets: what it knows, what it does not, and which file would tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.settings import Settings
from app.warehouse.connect import close_current, open_warehouse
from ingest import pipeline
from tests.promises import reading_here
from tests.states import COMPANY, STATES

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*(ROOT / "pages").glob("[0-9]*_*.py"), *(ROOT / "pages/detail").glob("*.py")])
FIGURES = ("executive", "teams", "figure")
HOLE = re.compile(r"\b(None|nan|NaN|inf|null|NaT|Decimal|Traceback)\b")


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory, company_warehouse: Path) -> dict[str, Path]:
    """A database per state; those of the same files share one."""
    made = {COMPANY: company_warehouse}
    for state in STATES.values():
        if state.files not in made:
            path = tmp_path_factory.mktemp("state") / "pnl.duckdb"
            warehouse = open_warehouse(path, Settings(db=path, memory_limit="2GB", threads=2))
            with reading_here():
                results = pipeline.ingest(warehouse, state.files, pipeline.IngestOptions())
            assert {result.status for result in results} <= {"loaded"}
            warehouse.close()
            made[state.files] = path
    return {name: made[state.files] for name, state in STATES.items()}


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest, databases: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The pages show one of the six states."""
    monkeypatch.setenv("TOKENPNL_DB", str(databases[request.param]))
    monkeypatch.setenv("TOKENPNL_TODAY", "2026-11-21")
    yield request.param
    close_current()


def address_of(page: Path) -> str:
    return page.stem if page.parent.name == "detail" else page.stem.partition("_")[2]


def run(page: Path, state: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=60)
    for key, value in STATES[state].address.items():
        app.query_params[key] = value
    if address_of(page) == "figure":
        app.query_params["metric"] = "cost_per_trusted_outcome"
    app.run()
    if page != PAGES[0]:
        app.switch_page(f"../{page.relative_to(ROOT)}").run()
    assert not app.exception, [each.value for each in app.exception]
    return app


def words(app: AppTest) -> str:
    kinds = ("title", "subheader", "markdown", "caption", "code", "metric", "info", "warning", "error", "success")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))


@pytest.mark.parametrize("page", PAGES, ids=address_of)
def test_a_page_stands_in_every_state_without_a_hole(state: str, page: Path) -> None:
    text = words(run(page, state))

    assert text
    assert not HOLE.search(text), HOLE.search(text)


@pytest.mark.parametrize("page", [page for page in PAGES if address_of(page) in FIGURES], ids=address_of)
def test_a_page_of_figures_names_the_file_that_would_tell(state: str, page: Path) -> None:
    app = run(page, state)
    tells = STATES[state].tells
    if tells:
        labels = [button.proto.label.lower() for button in app.get("download_button")]
        assert tells in words(app).lower()
        assert any(tells in label for label in labels), labels


@pytest.mark.parametrize("page", [page for page in PAGES if address_of(page) in FIGURES], ids=address_of)
def test_filtered_to_nothing_names_the_filter_to_remove(databases, monkeypatch, page: Path) -> None:
    monkeypatch.setenv("TOKENPNL_DB", str(databases["filtered_to_nothing"]))
    monkeypatch.setenv("TOKENPNL_TODAY", "2026-11-21")
    app = run(page, "filtered_to_nothing")
    leads = [*(link.proto.label for link in app.get("page_link")), *(button.label for button in app.button)]

    assert "No cost, tokens or runs for Team Travel and Workflow Ticket resolution" in words(app)
    assert any(label.startswith("Remove") for label in leads), leads
    assert "$0.00" not in words(app)


def test_the_whole_company_is_there() -> None:
    assert len(COMPANY) >= 18
