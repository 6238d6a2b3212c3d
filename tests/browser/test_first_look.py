"""The Executive page in a real browser, served by the real command. Leaves screenshots in build/screens."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
SCREENS = ROOT / "build/screens"
SAMPLE = sorted((ROOT / "tests/small_company").glob("*.csv"))
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app && app.dataset.testScriptState === 'notRunning' && app.dataset.testConnectionState === 'CONNECTED'
        && !document.querySelector('[data-stale=true], [data-testid=stSkeleton]');
}"""
# In the text, how far a pair of colours is apart, as WCAG 2.2 counts it; the page's ground stands behind what has none.
FAINT = """() => {
    const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = node => {
        for (let n = node; n; n = n.parentElement) {
            const c = rgb(getComputedStyle(n).backgroundColor);
            if (c.length === 3 || c[3] === 1) return c;
        }
        return rgb(getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor);
    };
    const texts = [...document.querySelectorAll('[data-testid=stMain] *')]
        .filter(n => n.checkVisibility() && [...n.childNodes].some(c => c.nodeType === 3 && c.textContent.trim()));
    return texts.filter(n => {
        const [a, b] = [light(rgb(getComputedStyle(n).color)), light(ground(n))].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05) < 4.5;
    }).map(n => n.textContent.trim().slice(0, 60));
}"""

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def app(database: Path, *command: str) -> list[str]:
    return [sys.executable, "-m", "app", "--db", str(database), *command]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(database: Path) -> Iterator[str]:
    """The dashboard on a free port, as a person starts it. Gives its address once it answers."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    environment = {**os.environ, "TOKENPNL_TODAY": "2026-11-21"}
    with subprocess.Popen(app(database, "serve", "--port", str(port)), cwd=ROOT, env=environment) as server:
        try:
            wait_for(f"{url}/healthz", server)
            yield url
        finally:
            server.terminate()


def wait_for(address: str, server: subprocess.Popen[bytes], seconds: int = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{address} does not answer; the server ended with {server.poll()}")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard with the sample."""
    database = tmp_path_factory.mktemp("full") / "pnl.duckdb"
    subprocess.run(app(database, "ingest", *map(str, SAMPLE)), cwd=ROOT, check=True, capture_output=True)
    yield from serve(database)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard without data."""
    yield from serve(tmp_path_factory.mktemp("empty") / "pnl.duckdb")


@pytest.fixture
def just_started(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A dashboard without data, with the database that it owns."""
    database = tmp_path / "pnl.duckdb"
    for url in serve(database):
        yield database, url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("The browser tests need Chromium. Install it once: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield opened
        opened.close()


def look(
    browser: Browser, url: str, name: str, size: str = "desk", theme: str = "light", asked: list[str] | None = None
) -> Page:
    """The page, drawn to the end, and a picture of it. Every address that it asks for is added to `asked`."""
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
    if asked is not None:
        page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    for pause in (200, 400):
        page.wait_for_function(SETTLED)
        page.wait_for_timeout(pause)
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}-{size}-{theme}.png")
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("data", ["full", "empty"])
def test_the_page_fits_and_can_be_read(browser, request, data, size, theme):
    page = look(browser, request.getfixturevalue(data), f"executive-{data}", size, theme)

    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert page.evaluate(FAINT) == []
    page.close()


def test_the_ten_metrics_stand_in_their_order_with_a_figure_each(browser, full):
    page = look(browser, full, "executive-full")
    labels = page.get_by_test_id("stMetricLabel").all_inner_texts()
    values = page.get_by_test_id("stMetricValue").all_inner_texts()

    assert [label.split(" ·")[0].strip() for label in labels] == [str(number) for number in range(1, 11)]
    assert len(values) == 10
    assert all(any(character.isdigit() for character in value) for value in values)
    page.close()


def test_the_definition_is_a_hover_away(browser, full):
    page = look(browser, full, "executive-full")
    page.locator(".st-key-tile_cost_per_trusted_outcome").get_by_test_id("stTooltipHoverTarget").hover()

    assert "Owner: Business + AI platform" in page.get_by_test_id("stTooltipContent").inner_text()
    page.close()


def test_nothing_is_asked_of_another_machine(browser, full):
    asked: list[str] = []
    page = look(browser, full, "executive-full", asked=asked)

    assert asked
    assert [address for address in asked if not address.startswith((full, "data:", "blob:"))] == []
    page.close()


def test_a_file_loaded_beside_the_dashboard_is_on_screen_at_the_next_visit(browser, just_started):
    database, url = just_started
    before = look(browser, url, "executive-empty")
    subprocess.run(app(database, "ingest", *map(str, SAMPLE)), cwd=ROOT, check=True, capture_output=True)
    after = look(browser, url, "executive-full")

    assert before.get_by_test_id("stMetricValue").count() == 0
    assert after.get_by_test_id("stMetricValue").count() == 10
    before.close()
    after.close()
