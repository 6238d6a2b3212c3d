"""How long a person waits in Chromium, from a click until the page stands still with all that is drawn on it.

Each click leads to days that nobody has asked for, so that no answer is kept. Before it, the page that the click starts
from is brought up without the clock, as the browser's Back button would: in the same session, with its code loaded.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Error, Locator, Page, Position, ViewportSize, sync_playwright

from app.ui.frame import name_and_question
from tests.bench.figures import Figure, failed, percentile
from tests.bench.places import Place, place_named, places
from tests.bench.served import Served, served

TIMES, FRESH_TIMES = 20, 5
AIM_SECONDS, AIM_FRESH_SECONDS = 1.0, 3.0
HOLD_MS, PATIENCE_MS = 150, 60_000
SIZE = ViewportSize(width=1440, height=900)
INTO_FIRST_ROW = Position(x=60, y=52)
QUIET = ("Access", "Imports")
"""Pages that ask nothing about the days in the address: clicks of the menu start there."""
FILTERED = ("Executive", "Teams")

# Keeps for each frame since when the page stands still: the script is at rest, nothing of the page before is left, no
# place is held free, every chart and grid is drawn. A click counts from the moment that the page is told of it.
WATCH = """
const bench = window.bench = {armed: false, clicked: 0, moved: false, since: null};
const every = (kind, part) =>
    [...document.querySelectorAll(`[data-testid=${kind}]`)].every(node => node.querySelector(part));
const still = () => {
    const app = document.querySelector('[data-testid=stApp]');
    return app && app.dataset.testScriptState === 'notRunning' && app.dataset.testConnectionState === 'CONNECTED'
        && !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')
        && every('stPlotlyChart', '.main-svg') && every('stDataFrame', 'canvas');
};
const look = () => {
    if (!still()) Object.assign(bench, {moved: true, since: null});
    else if (bench.since === null) bench.since = performance.now();
    requestAnimationFrame(look);
};
requestAnimationFrame(look);
document.addEventListener('click', () => {
    if (bench.armed) Object.assign(bench, {armed: false, clicked: performance.now(), moved: false, since: null});
}, true);
"""
STILL = "hold => bench.moved && bench.since !== null && performance.now() - bench.since > hold"
GO = """address => {
    Object.assign(bench, {moved: false, since: null});
    history.pushState({}, '', address);
    window.dispatchEvent(new PopStateEvent('popstate', {state: {}}));
}"""


def figures(database: Path) -> Iterator[Figure]:
    """The first page in a fresh browser; for each page the click that leads to it; another comparison."""
    with served(database) as server, chromium() as browser:
        numbers = itertools.count()
        yield from measured("first page in Chromium", lambda: first_pages(browser, server, numbers))
        for place in places():
            name = f"click to {place.name}"
            yield from measured(name, partial(clicks, name, to_place, place, browser, server, numbers))
        for place in places():
            name = f"click to another comparison on {place.name}"
            if place.name in FILTERED:
                yield from measured(name, partial(clicks, name, compare, place, browser, server, numbers))


def measured(what: str, work: Callable[[], list[Figure]]) -> list[Figure]:
    """The figures, or that they could not be measured."""
    try:
        return work()
    except (RuntimeError, Error) as error:
        return [failed(what, error)]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. Raises RuntimeError where there is none."""
    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("Clicks are measured in Chromium. Install it once: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


def first_pages(browser: Browser, server: Served, numbers: Iterator[int]) -> list[Figure]:
    """The front page in a browser that was never here, the first time also on a server that has shown nothing."""
    taken = []
    for _ in range(FRESH_TIMES):
        with fresh(browser, server, numbers) as page:
            taken.append(page.evaluate("bench.since") / 1000)
    name = f"first page in Chromium, fresh browser, longest of {FRESH_TIMES - 1}"
    return [
        Figure("first page in Chromium, just after the server's start", taken[0], "s", None),
        Figure(name, max(taken[1:]), "s", AIM_FRESH_SECONDS, parts=taken),
    ]


@contextmanager
def fresh(browser: Browser, server: Served, numbers: Iterator[int]) -> Iterator[Page]:
    """The front page in a browser context of its own, standing still."""
    page = browser.new_context(viewport=SIZE).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(f"{{ {WATCH} }}")
    place = places()[0]
    page.goto(f"{server.url}/{place.path()}?{place.query(next(numbers))}")
    try:
        settle(page)
        yield page
    finally:
        page.context.close()


def clicks(
    name: str,
    click: Callable[[Page, Place, int], float],
    place: Place,
    browser: Browser,
    server: Served,
    numbers: Iterator[int],
) -> list[Figure]:
    """The first click, which loads code into server and browser, is not counted."""
    with fresh(browser, server, numbers) as page:
        click(page, place, next(numbers))
        taken = [click(page, place, next(numbers)) for _ in range(TIMES)]
    return [
        Figure(f"{name}, p50 of {TIMES}", percentile(taken, 50), "s", None),
        Figure(f"{name}, p95", percentile(taken, 95), "s", AIM_SECONDS, parts=taken),
    ]


def to_place(page: Page, place: Place, number: int) -> float:
    """Seconds from the click that leads to the place."""
    if place.drill is None:
        go(page, next(place_named(name) for name in QUIET if name != place.name), number)
        title, _ = name_and_question(place.file())
        return seconds(page, page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True))
    before, grid = place.drill
    go(page, place_named(before), number)
    return seconds(page, page.locator(f".st-key-table_{grid} [data-testid=stDataFrame]"), INTO_FIRST_ROW)


def compare(page: Page, place: Place, number: int) -> float:
    """Seconds from the choice of another comparison."""
    go(page, place, number)
    page.locator(".st-key-filter_compare input").click()
    return seconds(page, page.get_by_role("option").last)


def go(page: Page, place: Place, number: int) -> None:
    """Brings a place up without a click, as Back does."""
    page.evaluate(GO, f"/{place.path()}?{place.query(number)}")
    settle(page)


def seconds(page: Page, target: Locator, position: Position | None = None) -> float:
    """From the click on the target until the page stands still. Raises RuntimeError when it led nowhere."""
    target.scroll_into_view_if_needed()
    page.wait_for_timeout(HOLD_MS)
    before = page.url
    page.evaluate("bench.armed = true")
    target.click(position=position)
    settle(page)
    if page.url == before:
        raise RuntimeError(f"a click led nowhere: {before}")
    return float(page.evaluate("bench.since - bench.clicked")) / 1000


def settle(page: Page) -> None:
    """Waits until the page stands still. Raises RuntimeError when it shows a failure."""
    page.wait_for_function(STILL, arg=HOLD_MS)
    if page.get_by_test_id("stException").count() or page.get_by_text("from here on it is not shown").count():
        raise RuntimeError(f"{page.url} failed")
