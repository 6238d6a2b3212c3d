"""What a finance lead does in the first half hour, in Debian's Chromium, on a dashboard that starts empty."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.looking import overflow, settle, visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journey")]

CALLS = [
    # record, run, team, workflow, cost: 20.00 in all, of which Support has 12.50
    ("c1", "r1", "Support", "Ticket triage", "7.50"),
    ("c2", "r2", "Support", "Ticket triage", "5.00"),
    ("c3", "r3", "Engineering", "Review", "7.50"),
]


def usage(folder: Path, rows: list[tuple[str, str, str, str, str]] = CALLS, name: str = "october.csv") -> Path:
    """A gateway's log as the canonical template has it."""
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(
            ["record_id", "run_id", "team", "workflow", "cost", "started_at", "provider", "model",
             "uncached_input_tokens"]
        )  # fmt: skip
        for at, row in enumerate(rows):
            out.writerow([*row, f"2026-10-{at + 5:02}T09:00:00Z", "openai", "gpt-5", 1000])
    return path


def upload(page: Page, *files: Path) -> None:
    page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files([str(path) for path in files])
    page.locator(".st-key-load").wait_for(timeout=60_000)
    settle(page)


def commit(page: Page) -> None:
    page.locator(".st-key-load button").click()
    page.get_by_role("link", name="See it reconciled").wait_for(timeout=60_000)
    settle(page)


def see_reconciled_then_executive(page: Page) -> None:
    page.get_by_role("link", name="See it reconciled").click()
    settle(page)
    expect(page.get_by_role("heading", name="Reconcile", exact=True)).to_be_visible()
    expect(page.get_by_text("no invoice is about these days")).to_be_visible()
    page.get_by_role("link", name="Executive", exact=True).click()
    settle(page)


def tile(page: Page, name: str) -> str:
    return page.locator(f"[class*=st-key-tile_{name}]").get_by_test_id("stMetricValue").inner_text()


def choose_row(page: Page, key: str, row: int) -> None:
    """Presses a row of a grid, which is drawn on a canvas: its first cells, below the head."""
    grid = page.locator(f".st-key-table_{key} [data-testid=stDataFrame]")
    grid.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box = grid.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 16, box["y"] + 35 * row + 52)
    page.wait_for_timeout(300)
    settle(page)


def test_from_an_empty_page_to_a_revoked_link(browser: Browser, fresh: tuple[Path, str], tmp_path: Path) -> None:
    _, url = fresh
    page = visit(browser, url)
    expect(page.get_by_text("No data yet")).to_be_visible()

    # upload from the empty page: a preview first, which wrote nothing
    upload(page, usage(tmp_path))
    assert "/imports" in page.url
    elsewhere = visit(browser, url)
    expect(elsewhere.get_by_text("No data yet")).to_be_visible()
    commit(page)
    see_reconciled_then_executive(page)
    assert tile(page, "cost_per_workflow") == "$6.67"  # 20.00 in three runs

    # a second file changes the figure
    page.get_by_role("link", name="Imports").click()
    settle(page)
    upload(page, usage(tmp_path, [*CALLS, ("c4", "r4", "Engineering", "Review", "12.00")], "october_whole.csv"))
    commit(page)
    see_reconciled_then_executive(page)
    assert tile(page, "cost_per_workflow") == "$8.00"  # 32.00 in four runs

    # team, workflow, run, call by clicking
    page.get_by_role("link", name="Teams", exact=True).click()
    settle(page)
    choose_row(page, "level", 0)
    assert "team=Engineering" in page.url  # 19.50, the largest
    choose_row(page, "level", 0)
    assert "workflow=Review" in page.url
    choose_row(page, "runs", 0)
    assert "/run?" in page.url
    assert "run=r4" in page.url
    choose_row(page, "calls", 0)
    assert "call=c4" in page.url
    expect(page.locator(".st-key-call").get_by_text("october_whole.csv")).to_be_visible()

    # Back by the browser, then the address in a fresh browser
    for _ in range(3):  # the call, and the run whose drill leaves two steps
        if "/run" in page.url:
            page.go_back()
            settle(page)
    assert "workflow=Review" in page.url
    words = page.get_by_test_id("stMain").inner_text()
    again = browser.new_context().new_page()
    again.goto(page.url)
    settle(again)
    assert again.get_by_test_id("stMain").inner_text() == words

    # a read-only link, opened by somebody else, revoked
    page.goto(f"{url}/?team=Support")
    settle(page)
    page.locator(".st-key-share button").first.click()
    page.get_by_role("button", name="Create share link").click()
    page.wait_for_timeout(500)
    settle(page)
    link = page.locator("[data-testid=stPopoverBody] code").last.inner_text().strip()
    assert "share=" in link
    reader = browser.new_context().new_page()
    reader.goto(link)
    settle(reader)
    assert tile(reader, "cost_per_workflow") == "$6.25"  # 12.50 in two runs, Support alone
    assert reader.get_by_role("link", name="Teams").count() == 0
    reader.goto(link.replace("/?", "/teams?") + "&team=Engineering")
    settle(reader)
    assert "Engineering" not in reader.get_by_test_id("stMain").inner_text()
    page.goto(f"{url}/access")
    settle(page)
    page.locator(".st-key-revoke button").click()
    page.locator(".st-key-revoke_do button").click()
    page.get_by_text("Revoked:").wait_for()
    reader.goto(link)
    settle(reader)
    expect(reader.get_by_text("revoked")).to_be_visible()

    # undo the second import: the first figure is back
    page.goto(f"{url}/imports?import=i000002")
    settle(page)
    page.get_by_role("button", name="Undo this import").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    page.get_by_text("Import i000002 is undone").wait_for(timeout=60_000)
    page.goto(url)
    settle(page)
    assert tile(page, "cost_per_workflow") == "$6.67"


def test_filters_come_back_with_back_and_stay_with_reload(browser: Browser, whole: str) -> None:
    page = visit(browser, whole)
    plain = page.get_by_test_id("stMain").inner_text()
    page.get_by_label("Compare").click()
    page.get_by_role("option", name="None").click()
    settle(page)
    assert page.url.endswith("?cmp=none")
    uncompared = page.get_by_test_id("stMain").inner_text()
    assert uncompared != plain
    page.reload()
    settle(page)
    assert page.get_by_test_id("stMain").inner_text() == uncompared
    page.go_back()
    settle(page)
    assert page.get_by_test_id("stMain").inner_text() == plain
    page.close()


def test_names_with_markup_are_text_and_ask_nothing_of_others(
    browser: Browser, fresh: tuple[Path, str], tmp_path: Path
) -> None:
    _, url = fresh
    nasty = [
        "<img src=x onerror=window.hit=1>",
        "![beacon](http://evil.example/b.png)",
        "[click](http://evil.example)",
        ":red[FAKE TOTAL $0]",
        "<style>body{display:none}</style>",
        "=HYPERLINK(\"http://evil.example\")",
    ]  # fmt: skip
    rows = [(f"c{at}", f"r{at}", name, name, "1.00") for at, name in enumerate(nasty)]
    page = visit(browser, url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    upload(page, usage(tmp_path, rows))
    commit(page)
    for path in ("", "teams", "teams?by=workflow", "imports", "access", "figure?metric=all_in_cost", "run?run=r1"):
        page.goto(f"{url}/{path}")
        settle(page)
        assert page.evaluate("window.hit") is None
        assert page.locator("a[href*='evil.example'], img[src*='evil.example']").count() == 0
        assert overflow(page) <= 0
    page.goto(f"{url}/teams")
    settle(page)
    assert "FAKE TOTAL" in page.get_by_test_id("stMain").inner_text()
    assert [address for address in asked if not address.startswith((url, "data:", "blob:"))] == []
