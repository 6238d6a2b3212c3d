"""The page Reconcile, run in its frame: the answer, the rows, one account's chain, and the months that it closes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.warehouse.connect import Warehouse
from ingest import pipeline
from tests.conftest import Company

ROOT = Path(__file__).resolve().parent.parent
OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
CALL = {"provider": "acme", "model": "m1", "account": "prod", "workflow": "triage"}
BILL = {"charged_from": "2026-10-01", "charged_to": "2026-10-31", "provider": "acme", "account": "prod"}


class Page:
    """The page as a person uses it."""

    def __init__(self, warehouse: Warehouse, **params: str) -> None:
        self.warehouse = warehouse
        self.app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=60)
        self.app.run()
        self.app.query_params.update(params)
        self.app.switch_page("../pages/40_reconcile.py").run()
        assert not self.app.exception, self.app.exception

    def press(self, key: str) -> Page:
        self.app = self.app.button(key=key).click().run()
        assert not self.app.exception, self.app.exception
        return self

    @property
    def text(self) -> str:
        """All that can be read on it beside tables."""
        kinds = ("markdown", "caption", "error", "success", "info", "subheader")
        said = [str(element.value) for kind in kinds for element in self.app.get(kind)]
        said += [str(element.proto.body) for element in self.app.get("html")]
        return "\n".join([*said, *(button.label for button in self.app.button)]).replace("\\", "").replace("\u2060", "")

    def rows(self, column: str) -> list[list[object]]:
        """The rows of the table that has a column."""
        return next(table.value for table in self.app.dataframe if column in table.value.columns).values.tolist()

    def has(self, key: str) -> bool:
        return key in {button.key for button in self.app.button}


@pytest.fixture
def loaded(company: Company) -> Company:
    """October: 100 metered, 80 billed; a bill line that nobody traced at other; September has figures too."""
    company.load(
        usage=[
            CALL | {"record_id": "a", "started_at": "2026-10-05T12:00:00", "team": "red", "run_id": "r1", "cost": "60",
                    "output_tokens": "600"},
            CALL | {"record_id": "b", "started_at": "2026-10-06T12:00:00", "team": "blue", "cost": "40",
                    "output_tokens": "400"},
        ],
        billed=[
            BILL | {"invoice_id": "1", "billed_cost": "80", "line_item": "all calls"},
            BILL | {"invoice_id": "2", "provider": "other", "account": "x", "billed_cost": "31"},
        ],
    )  # fmt: skip
    return company


def test_the_answer_says_invoiced_metered_difference_and_what_is_unexplained(loaded: Company) -> None:
    page = Page(loaded.warehouse, **OCTOBER)

    assert (
        "October 2026: invoiced $111.00, metered $100.00, difference $11.00 (+11.0%). "
        "Every part has a name: $31.00 unexplained."
    ) in page.text


def test_each_account_stands_with_its_reasons_coverage_and_whether_its_month_is_closed(loaded: Company) -> None:
    rows = Page(loaded.warehouse, **OCTOBER).rows("token_coverage")
    acme = next(row for row in rows if str(row[0]).startswith("acme"))

    assert acme[1:6] == ["prod", "Oct 2026", 100.0, 80.0, -20.0]
    assert acme[6:9] == ["below list −$20.00", 0.0, "open"]
    assert acme[9:] == [0.6, 0.6, 0.0]


def test_a_note_explains_each_difference(loaded: Company) -> None:
    text = Page(loaded.warehouse, **OCTOBER).text

    assert (
        "acme / prod, Oct 2026: $20.00 less was invoiced than metered (20.0%): below list −$20.00. Unexplained: $0.00."
    ) in text
    assert "other / x, Oct 2026: $31.00 more was invoiced than metered: billed not traced $31.00." in text


def test_one_account_is_followed_from_its_invoice_lines_to_its_calls(loaded: Company) -> None:
    page = Page(loaded.warehouse, provider="acme", account="prod", **OCTOBER)

    assert "acme / prod: calls, buckets, invoice lines" in page.text
    assert "2 calls, 1,000 tokens, $100.00" in page.text
    assert "No bucket is loaded for these days." in page.text
    assert "1 line, invoiced $80.00" in page.text
    (bill,) = page.rows("not_traced")
    assert str(bill[0]).startswith("all calls")
    assert [(str(row[0])[0], row[6]) for row in page.rows("record_id")] == [("a", 60.0), ("b", 40.0)]


def test_a_month_closes_after_one_question_that_names_its_totals(loaded: Company) -> None:
    page = Page(loaded.warehouse, **OCTOBER)
    assert "Close October 2026" in page.text
    page.press("close_month")
    assert "All-in cost" in page.text
    assert "$111.00" in page.text
    assert pipeline.imports(loaded.warehouse.cursor())[0]["source"] != "close"

    page.press("close_now")
    assert "Closed October 2026 (import i000003)." in page.text
    assert {str(row[8]) for row in page.rows("token_coverage")} == {"closed"}
    assert not page.has("close_month")


def test_what_changes_about_a_closed_month_stands_in_the_open_one(loaded: Company) -> None:
    Page(loaded.warehouse, **OCTOBER).press("close_month").press("close_now")
    loaded.load(
        usage=[CALL | {"record_id": "late", "started_at": "2026-10-07T12:00:00", "team": "green", "cost": "5",
                       "account": "new"}]
    )  # fmt: skip
    october = Page(loaded.warehouse, **OCTOBER)
    november = Page(loaded.warehouse, **{"from": "2026-11-01", "to": "2026-11-30"})

    assert "invoiced $111.00, metered $100.00" in october.text
    assert "Changes to closed months" not in october.text
    assert "Changes to closed months" in november.text
    green = next(row for row in november.rows("about") if row[2] == "green")
    assert (str(green[0])[:13], green[1], green[8]) == ("003_usage.csv", "Oct 2026", "i000004")
    assert loaded.metric("all_in_cost") == Decimal(111 + 5)


def test_the_import_that_closed_a_month_opens_it_again(loaded: Company) -> None:
    page = Page(loaded.warehouse, **OCTOBER).press("close_month").press("close_now")
    assert any("Import i000003 closed it" in link.label for link in page.app.get("page_link"))
    pipeline.undo(loaded.warehouse, "i000003")

    assert Page(loaded.warehouse, **OCTOBER).has("close_month")


def test_a_month_that_is_not_over_cannot_be_closed(company: Company) -> None:
    company.load(usage=[CALL | {"record_id": "n", "started_at": "2026-11-05T12:00:00", "cost": "1"}])

    assert not Page(company.warehouse, **{"from": "2026-11-01", "to": "2026-11-30"}).has("close_month")


def test_without_invoices_it_says_that_all_is_metered(company: Company) -> None:
    company.load(usage=[CALL | {"record_id": "n", "started_at": "2026-10-05T12:00:00", "cost": "1"}])

    assert "October 2026: metered $1.00; no invoice is about these days." in Page(company.warehouse, **OCTOBER).text
