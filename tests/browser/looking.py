"""What the browser tests share: the dashboard as a person starts it, and a page drawn to its end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent.parent
SCREENS = ROOT / "build/screens"
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")
TODAY = "2026-11-21"
TALLEST = 6000
SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app && app.dataset.testScriptState === 'notRunning' && app.dataset.testConnectionState === 'CONNECTED'
        && !document.querySelector('[data-stale=true], [data-testid=stSkeleton]');
}"""
# Of what axe finds: rule, seriousness, and the first place. The grid of a table is drawn on a canvas by Streamlit.
FAULTS = """async () => {
    const found = await axe.run(document, {resultTypes: ['violations']});
    return found.violations.filter(v => ['serious', 'critical'].includes(v.impact))
        .map(v => `${v.id}: ${v.nodes[0].html.slice(0, 160)}`);
}"""


def command(database: Path, *words: str) -> list[str]:
    """The command line on a database."""
    return [sys.executable, "-m", "app", "--db", str(database), *words]


def load(database: Path, files: tuple[Path, ...]) -> None:
    """Loads files as a person does by command."""
    if files:
        subprocess.run(command(database, "ingest", *map(str, files)), cwd=ROOT, check=True, capture_output=True)


@contextmanager
def serving(database: Path) -> Iterator[str]:
    """The dashboard on a free port, as a person starts it. Gives its address once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "TOKENPNL_TODAY": TODAY}
    with subprocess.Popen(command(database, "serve", "--port", str(port)), cwd=ROOT, env=environment) as server:
        try:
            _wait_for(f"{url}/healthz", server)
            yield url
        finally:
            server.terminate()


def _wait_for(address: str, server: subprocess.Popen[bytes], seconds: int = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{address} does not answer; the server ended with {server.poll()}")


def settle(page: Page) -> None:
    """Waits until the page has been drawn to its end, and stays so."""
    for pause in (250, 250, 0):
        page.wait_for_function(SETTLED, timeout=60_000)
        page.wait_for_timeout(pause)


def visit(
    browser: Browser,
    url: str,
    path: str = "",
    params: dict[str, str] | None = None,
    size: str = "desk",
    theme: str = "light",
) -> Page:
    """A page in a browser of its own, drawn to the end."""
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
    query = f"?{urlencode(params)}" if params else ""
    page.goto(f"{url}/{path}{query}")
    settle(page)
    return page


def faults(page: Page) -> list[str]:
    """What axe finds serious or critical on a page."""
    page.evaluate(AXE_FILE_PATH.read_text(encoding="utf-8"))  # a script tag would be refused by the content policy
    found: list[str] = page.evaluate(FAULTS)
    return found


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return wide


def photograph(page: Page, name: str) -> None:
    """A picture of the whole page in build/screens: the window is made as high as what it scrolls."""
    assert page.viewport_size is not None
    width = page.viewport_size["width"]
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": min(int(height), TALLEST)})
    settle(page)
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png")
