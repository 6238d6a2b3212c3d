"""The column mapper as a person uses it, from a workbook that nobody knows to its figures."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter
from playwright.sync_api import Browser, expect

from tests.browser.looking import SIZES, THEMES, faults, overflow, photograph, settle, visit

HEADER = [
    "Created At",
    "LLM Model",
    "Prompt tokens",
    "Cached tokens",
    "Completion tokens",
    "Total tokens",
    "Cost (USD)",
]


def workbook(folder: Path) -> Path:
    path = folder / "gateway.xlsx"
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy hh:mm"})
    sheet = book.add_worksheet("Export")
    sheet.write(0, 0, "Usage of our gateway")
    sheet.write_row(2, 0, HEADER)
    for day in range(1, 6):
        at = datetime(2026, 10, day, 9, tzinfo=UTC).replace(tzinfo=None)
        sheet.write_row(2 + day, 0, [at, "gpt-5", 1000, 400, 100, 1100, 0.18])
    book.close()
    return path


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_an_unknown_workbook_is_mapped_previewed_and_loaded(
    browser: Browser, fresh: tuple[Path, str], tmp_path: Path, size: str, theme: str
) -> None:
    page = visit(browser, fresh[1], "imports", size=size, theme=theme)
    page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(str(workbook(tmp_path)))
    expect(page.get_by_text("Which column is what?")).to_be_visible(timeout=60_000)
    settle(page)
    expect(page.get_by_text("The cost seems to be in cents")).to_be_visible()
    assert faults(page) == []
    assert overflow(page) <= 0
    photograph(page, f"mapper-{size}-{theme}")

    page.get_by_role("button", name="Take the proposal").click()
    settle(page)
    expect(page.get_by_text("Units and sign agree")).to_be_visible()
    page.get_by_role("button", name="Preview all rows").click()
    page.wait_for_timeout(500)
    settle(page)
    expect(page.get_by_text("Mapped by gateway")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Load 5 rows").click()
    expect(page.get_by_text("Loaded 5 rows")).to_be_visible(timeout=30_000)
