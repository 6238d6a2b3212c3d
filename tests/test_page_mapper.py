"""The column mapper on Imports: a file that nobody knows is proposed, checked, previewed, loaded, and then known."""

import io
from decimal import Decimal

import pytest
import xlsxwriter

from app.warehouse.connect import Warehouse
from ingest import mappings, pipeline
from tests.conftest import Company
from tests.test_page_imports import Page

CALLS = b"""Created At,LLM Model,promptTokens,cachedTokens,completionTokens,totalTokens,Cost (ct),Department,Mail
2026-10-01T09:00:00Z,gpt-5,1000,400,100,1100,0.18,Support,anna@example.org
2026-10-02T09:00:00Z,gpt-5,2000,0,50,2050,0.3,Support,ben@example.org
2026-10-03T09:00:00Z,gpt-5,2000,0,50,2050,0.3,Support,ben@example.org
"""
PRICED = b"""day,llm,prompt,completion,cost
2026-10-01,gpt-5,1000000,100000,225
2026-10-02,gpt-5,1000000,100000,225
"""


@pytest.fixture
def page(warehouse: Warehouse) -> Page:
    return Page(warehouse)


def field(page: Page, label: str, kind: str = "selectbox") -> object:
    return next(one for one in page.app.get(kind) if one.label == label)


def go(page: Page) -> Page:
    return page.press_labelled("Preview all rows")


def test_an_unknown_file_is_proposed_with_sums_rows_and_rejects(page: Page) -> None:
    page.drop(gateway=CALLS)

    assert "gateway.csv is in no format we know" in page.text
    assert field(page, "started at (needed)").value == "Created At"
    assert field(page, "model (needed)").value == "LLM Model"
    assert field(page, "uncached input tokens").value == "promptTokens"
    assert field(page, "is always", "text_input").value == "openai"
    assert "promptTokens + completionTokens = totalTokens; cachedTokens lies within" in page.text
    assert "Units and sign agree" in page.text
    assert "**Of the first 3 rows** 3 can be loaded, 0 cannot" in page.text


def test_what_is_mapped_is_previewed_loaded_and_known_the_next_time(company: Company, page: Page) -> None:
    page.drop(gateway=CALLS)
    go(page)

    assert "Mapped by gateway" in page.text
    assert "**Rows read** 3 = 3 new" in page.text
    page.load()
    assert company.metric("all_in_cost") == Decimal("0.0078")
    (one,) = pipeline.imports(company.warehouse.cursor())
    assert (one["source"], one["rows_accepted"]) == ("gateway", 3)

    again = Page(company.warehouse).drop(november=CALLS.replace(b"2026-10", b"2026-11"))
    assert "Mapped by gateway" in again.text


def test_what_prices_propose_is_taken_with_one_press(page: Page) -> None:
    page.drop(priced=PRICED)
    assert "The cost seems to be in cents" in page.text

    page.press_labelled("Take the proposal")

    assert field(page, "in").value is not None
    assert "Units and sign agree" in page.text
    assert "cost 4.5" in page.text


def test_what_is_chosen_changes_the_rows_at_once(page: Page) -> None:
    page.drop(gateway=CALLS)
    assert "output tokens 200" in page.text

    page._after(field(page, "output tokens").set_value("(not in the file)").run())

    assert "output tokens 200" not in page.text
    assert "uncached input tokens 4,600" in page.text


def test_rows_that_cannot_be_loaded_are_listed_with_their_reason(page: Page) -> None:
    rows = CALLS.splitlines()
    page.drop(gateway=b"\n".join([*rows, *rows[1:], b"soon,gpt-5,1,0,1,2,0.1,Support,"]))

    assert "**Of the first 7 rows** 6 can be loaded, 1 cannot" in page.text
    assert "soon" in str(page.app.dataframe[0].value)


def test_a_mapping_that_is_not_whole_says_what_is_missing(page: Page) -> None:
    page.drop(odd=b"colour,size,shape\nred,3,round\nblue,4,flat\n")

    assert "Not whole yet" in page.text
    assert "Preview all rows" not in page.text


def test_a_mapping_is_kept_only_where_that_is_wanted(company: Company, page: Page) -> None:
    page.drop(gateway=CALLS)
    page._after(field(page, "Read every file with these columns so", "checkbox").set_value(False).run())
    go(page)

    assert "Mapped by gateway" in page.text
    assert mappings.saved(company.warehouse.archive) == []


def test_a_previewed_mapping_can_be_changed_and_any_file_mapped(page: Page) -> None:
    page.drop(gateway=CALLS)
    go(page)
    box = [one for one in page.app.selectbox if one.label == "Format"][-1]
    box.set_value("say which column is what")
    page.press_labelled("Preview again")

    assert "Which column is what?" in page.text
    assert field(page, "started at (needed)").value == "Created At"


def test_names_out_of_a_file_are_no_markup(page: Page) -> None:
    page.drop(odd=b"<img src=x>,[a](http://evil.example),$x$\n2026-10-01,gpt-5,<b>5</b>\n")

    assert "<img src=x>" not in "\n".join(str(one.value) for one in page.app.markdown)


def test_each_unknown_sheet_of_a_workbook_is_mapped_and_then_known(company: Company, page: Page) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    head = ["Created", "LLM Model", "Prompt", "Completion"]
    for name, model in (("October", "gpt-5"), ("November", "gpt-5-mini")):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, head)
        sheet.write_row(1, 0, ["2026-10-01", model, 100, 7])
    book.close()
    box = page.app.file_uploader[0].upload("book.xlsx", out.getvalue(), "application/octet-stream")
    page._after(box.run())

    assert page.text.count("Which column is what?") == 2
    page.press_labelled("Preview all rows").load()

    assert [row["file"] for row in pipeline.imports(company.warehouse.cursor())] == [
        "book.xlsx/November", "book.xlsx/October",
    ]  # fmt: skip


def test_a_saved_mapping_is_listed_written_out_and_forgotten(company: Company, page: Page) -> None:
    assert "Forget it" not in page.text
    page.drop(gateway=CALLS)
    go(page)

    again = Page(company.warehouse)
    assert "Fills usage. Saved " in again.text
    again.press("forget_mapping")

    assert mappings.saved(company.warehouse.archive) == []
    assert "Forget it" not in again.text
    assert "in no format we know" in Page(company.warehouse).drop(gateway=CALLS).text
