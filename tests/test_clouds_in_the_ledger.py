"""Bills of clouds and reports of tools in the ledger: what a newer export replaces, and what a discount comes to."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.promises import call, opened
from tests.test_sources_clouds import FOCUS, FORMATS, written


@pytest.fixture
def books(tmp_path):
    with opened(tmp_path) as books:
        yield books


def bill(folder: Path, name: str, days: dict[str, str], month: str = "2026-10", **more: str) -> Path:
    """A FOCUS file of this month: day -> what Example billed."""
    start = {"BillingPeriodStart": f"{month}-01T00:00:00Z", "ProviderName": "Example"}
    path = folder / name
    path.write_bytes(written(*(
        FOCUS | start | more | {
            "BilledCost": cost, "EffectiveCost": cost, "ChargePeriodStart": f"{day}T00:00:00Z",
            "ChargePeriodEnd": f"{day}T23:00:00Z",
        } for day, cost in days.items()
    )))  # fmt: skip
    return path


def invoiced(books) -> dict[str, Decimal]:
    return {row["month"]: Decimal(row["invoiced"]) for row in books.reconciled()}


def test_the_month_so_far_replaces_its_days_and_its_undo_brings_them_back(books, tmp_path):
    books.bring(bill(tmp_path, "a.csv", {"2026-10-01": "1", "2026-10-02": "2"}))
    later = books.bring(bill(tmp_path, "b.csv", {"2026-10-01": "1", "2026-10-02": "2.5", "2026-10-03": "4"}))

    assert invoiced(books) == {"2026-10": Decimal("7.5")}
    books.undo(later.import_id)
    assert invoiced(books) == {"2026-10": 3}
    assert not books.breaches()


def test_the_parts_of_an_export_are_one_bill_also_where_one_of_them_holds_the_tax_of_the_month(books, tmp_path):
    part = bill(tmp_path, "a.csv", {"2026-10-01": "1"})
    tax = written(
        FOCUS | {
            "ProviderName": "Example", "ChargeCategory": "Tax", "BilledCost": "0.31", "EffectiveCost": "0.31",
            "ChargePeriodStart": "2026-10-01T00:00:00Z", "ChargePeriodEnd": "2026-11-01T00:00:00Z",
        }
    )  # fmt: skip
    (tmp_path / "tax.csv").write_bytes(tax)

    books.bring(part, scope="part-1")
    books.bring(tmp_path / "tax.csv", scope="part-2")
    books.bring(bill(tmp_path, "c.csv", {"2026-10-02": "2"}), scope="part-3")

    assert invoiced(books) == {"2026-10": Decimal("3.31")}


def test_a_correction_of_a_closed_month_lies_there_and_replaces_nothing_of_it(books, tmp_path):
    books.bring(bill(tmp_path, "a.csv", {"2026-10-01": "1", "2026-10-02": "2"}))
    books.bring(bill(tmp_path, "b.csv", {"2026-11-01": "5", "2026-10-02": "-0.5"}, month="2026-11"))

    assert invoiced(books) == {"2026-10": Decimal("2.5"), "2026-11": 5}


def test_money_that_no_call_explains_is_billed_not_traced_and_no_token_is_made_of_it(books, tmp_path):
    books.give("usage", [
        call("shop", started_at="2026-10-01T10:00:00Z", provider="example", output_tokens=7, cost="0.25")
    ])  # fmt: skip
    meter = {"ConsumedQuantity": "5000000", "ConsumedUnit": "Tokens"}

    books.bring(bill(tmp_path, "a.csv", {"2026-10-01": "1"}, **meter))

    assert books.one("model_cost") == books.one("model_cost", basis="invoiced") == 1
    assert books.one("model_cost", basis="metered") == Decimal("0.25")
    reasons = [row["reasons"] for row in books.reconciled()]
    assert {why for each in reasons for why in each} == {"billed not traced"}
    assert books.one("tokens") == 7


@pytest.mark.parametrize(
    ("name", "metered", "billed"),
    [("cursor_usage.csv", "1000.62", "1000.52"), ("github_ai_usage.csv", "0.1985", "0.135")],
)
def test_included_usage_of_a_tool_is_a_discount(books, name, metered, billed):
    books.bring(FORMATS / name)

    (row,) = books.reconciled()
    assert (Decimal(row["metered"]), Decimal(row["invoiced"])) == (Decimal(metered), Decimal(billed))
    assert {why: Decimal(amount) for why, amount in row["reasons"].items()} == {
        "below list": Decimal(billed) - Decimal(metered)
    }
    assert Decimal(books.one("model_cost")) == Decimal(billed)
    assert not books.breaches()
