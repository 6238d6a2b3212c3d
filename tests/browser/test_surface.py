"""The surface of every page with the whole company: it fits, it can be read, and axe finds nothing serious in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import SIZES, THEMES, faults, load, overflow, photograph, visit

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

RUN = "tk-261015-022"
PAGES = {
    "executive": {},
    "teams": {},
    "reconcile": {},
    "run": {"run": RUN},
    "figure": {"metric": "cost_per_trusted_outcome"},
    "imports": {},
    "access": {},
}
SMALL = tuple(sorted((ROOT / "tests/small_company").glob("*.csv")))
LABELS = [str(number) for number in range(1, 11)]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_is_accessible(browser: Browser, whole: str, name: str, size: str, theme: str) -> None:
    page = visit(browser, whole, "" if name == "executive" else name, PAGES[name], size, theme)

    assert overflow(page) <= 0
    assert faults(page) == []
    photograph(page, f"{name}-whole-{size}-{theme}")
    page.close()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_the_empty_page_fits_and_is_accessible(browser: Browser, nothing: str, size: str, theme: str) -> None:
    page = visit(browser, nothing, size=size, theme=theme)

    assert overflow(page) <= 0
    assert faults(page) == []
    photograph(page, f"executive-empty-{size}-{theme}")
    page.close()


def test_what_is_loaded_by_command_is_on_screen_at_the_next_visit(browser: Browser, fresh: tuple[Path, str]) -> None:
    database, url = fresh
    before = visit(browser, url)
    load(database, SMALL)
    after = visit(browser, url)

    assert before.get_by_test_id("stMetricValue").count() == 0
    assert after.get_by_test_id("stMetricValue").count() >= 10


@pytest.mark.parametrize("size", SIZES)
def test_the_ten_metrics_stand_in_their_order_with_a_figure_each(browser: Browser, whole: str, size: str) -> None:
    page = visit(browser, whole, size=size)
    labels = page.get_by_test_id("stMetricLabel").all_inner_texts()
    values = page.get_by_test_id("stMetricValue").all_inner_texts()

    assert [label.split(" ·")[0].strip() for label in labels] == LABELS
    assert all(any(character.isdigit() for character in value) for value in values)
    page.close()


def test_metered_invoiced_and_difference_are_seen_without_scrolling(browser: Browser, whole: str) -> None:
    page = visit(browser, whole)
    said = page.locator(".st-key-strip").get_by_text("difference").first

    box = said.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < SIZES["desk"][1]
    page.close()


def test_the_definition_is_a_hover_away(browser: Browser, whole: str) -> None:
    page = visit(browser, whole)
    tile = page.locator("[class*=st-key-tile_cost_per_trusted_outcome]").get_by_test_id("stMetric")
    tile.get_by_test_id("stTooltipHoverTarget").hover()

    assert "Owner: Business + AI platform" in page.get_by_test_id("stTooltipContent").inner_text()
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_asked_of_another_machine(browser: Browser, whole: str, name: str) -> None:
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{whole}/{'' if name == 'executive' else name}")
    page.wait_for_timeout(3000)

    assert asked
    assert [address for address in asked if not address.startswith((whole, "data:", "blob:"))] == []
    page.close()


def test_tab_reaches_every_control_and_shows_where_it_is(browser: Browser, whole: str) -> None:
    page = visit(browser, whole)
    reached: list[str] = []
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText || document.activeElement.ariaLabel || ''"))

    for wanted in ("Teams", "Share", "Export", "More filters"):
        assert any(wanted in text for text in reached), wanted
    page.close()
