"""The browser, and dashboards to look at: the whole company once for all tests, an empty one for each that fills it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.looking import serving


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("The browser tests need Chromium. Install it once: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def whole(company_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard with the whole sample company. Tests only look at it."""
    database = Path(shutil.copy(company_warehouse, tmp_path_factory.mktemp("whole") / "pnl.duckdb"))
    with serving(database) as url:
        yield url


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A dashboard without data, with the database that it owns."""
    database = tmp_path / "pnl.duckdb"
    with serving(database) as url:
        yield database, url


@pytest.fixture(scope="session")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard without data. Tests only look at it."""
    with serving(tmp_path_factory.mktemp("nothing") / "pnl.duckdb") as url:
        yield url
