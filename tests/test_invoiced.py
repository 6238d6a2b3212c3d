"""Metered, invoiced and their difference of any days: by hand, and the same as reconcile and the three bases say."""

from contextlib import closing
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.metrics.invoiced import Invoiced, Statement, invoiced
from app.metrics.question import Viewer
from tests.promises import Books, Rows, call

D = Decimal
ROWS = Rows()
SEPTEMBER = (date(2026, 9, 1), date(2026, 9, 30))


def bill(
    provider: str, cost: str, since: str = "2026-09-01", until: str = "2026-09-30", **fields: str
) -> dict[str, object]:
    return {
        "invoice_id": f"{provider}-1", "charged_from": since, "charged_to": until, "provider": provider,
        "billed_cost": cost, **fields,
    }  # fmt: skip


def stated(
    books: Books,
    since: date | None = None,
    until: date | None = None,
    viewer: Viewer | None = None,
    **where: tuple[str, ...],
) -> Statement:
    with closing(books.warehouse.cursor()) as con:
        return invoiced(con, viewer or Viewer.everything(), since, until, where)


def of(books: Books, provider: str, *days: date, **asked: Any) -> Invoiced:
    (row,) = stated(books, *days, provider=(provider,), **asked).rows
    return row


# Billed 80 for 100 of September; 7 of October have no bill.
ROWS.add(
    usage=[
        call("w", provider="cheap", team="red", cost="60", started_at="2026-09-02"),
        call("w", provider="cheap", team="blue", cost="40", started_at="2026-09-03"),
        call("w", provider="cheap", team="late", cost="7", started_at="2026-10-01"),
    ],
    billed=[bill("cheap", "80")],
)


def test_the_difference_is_that_of_the_invoiced_days(books):
    found = of(books, "cheap")

    assert (found.metered, found.not_yet_invoiced, found.invoiced) == (107, 7, 80)
    assert found.difference == -20
    assert dict(found.reasons) == {"below list": -20}
    assert found.reason == "below list"


def test_a_day_has_its_share_of_the_difference(books):
    found = of(books, "cheap", date(2026, 9, 2), date(2026, 9, 2))

    # 60 of 100 metered bear 12 of 20
    assert (found.metered, found.invoiced, found.difference) == (60, 48, -12)


def test_days_without_a_bill_are_not_invoiced_and_have_no_difference(books):
    found = of(books, "cheap", date(2026, 10, 1), date(2026, 10, 31))

    assert (found.metered, found.not_yet_invoiced, found.invoiced, found.difference) == (7, 7, None, None)
    assert found.reason is None


def test_a_team_has_what_its_own_calls_were_invoiced(books):
    red = of(books, "cheap", team=("red",))

    assert (red.metered, red.invoiced, red.difference) == (60, 48, -12)


def test_who_may_see_one_team_sees_its_money_alone(books):
    whole = stated(books, viewer=Viewer({"team": ("red",)}))

    assert (whole.total.metered, whole.total.invoiced) == (60, 48)


def test_who_may_see_some_days_sees_their_money_alone(books):
    one_day = Viewer(since=date(2026, 9, 3), until=date(2026, 9, 3))

    assert of(books, "cheap", viewer=one_day).metered == 40


# A cent, which is more than rounding of one row: billed 10.01 for 10.
ROWS.add(usage=[call("w", provider="cent", cost="10")], billed=[bill("cent", "10.01")])


def test_a_cent_of_difference_has_its_reason(books):
    found = of(books, "cent")

    assert found.difference == D("0.01")
    assert dict(found.reasons) == {"billed not traced": D("0.01")}


# 28 billed for 10; besides a credit of 4 (28 - 4 = 24), a tax of 3 and a purchase of 100.
ROWS.add(
    usage=[call("w", provider="lines", cost="10")],
    billed=[
        bill("lines", "28"),
        bill("lines", "-4", charge_category="credit"),
        bill("lines", "3", charge_category="tax"),
        bill("lines", "100", charge_category="purchase"),
    ],
)


def test_the_reasons_add_up_to_the_difference_the_largest_first(books):
    found = of(books, "lines")

    assert list(found.reasons.items()) == [("prepaid", 100), ("billed not traced", 18), ("credit", -4), ("tax", 3)]
    assert found.invoiced == 127
    assert found.difference == 117 == sum(found.reasons.values())


# A bill of a provider of whom nothing was metered; one whose calls have no price.
ROWS.add(
    usage=[call("w", provider="gap", cost="10"), call("w", provider="gap", model="nobody-knows", output_tokens=5)],
    billed=[bill("unseen", "9"), bill("gap", "12")],
)


def test_a_bill_without_calls_is_all_difference(books):
    found = of(books, "unseen")

    assert (found.metered, found.invoiced, dict(found.reasons)) == (0, 9, {"billed not traced": 9})


def test_unpriced_tokens_are_told_and_are_a_reason(books):
    found = of(books, "gap")

    assert found.unpriced_tokens == 5
    assert dict(found.reasons) == {"unpriced": 2}


def test_the_total_is_the_sum_of_its_rows(books):
    whole = stated(books)
    rows = whole.rows

    assert [row.provider for row in rows] == ["lines", "cheap", "gap", "cent", "unseen"]
    assert whole.total.metered == sum(row.metered for row in rows) == 137
    assert whole.total.invoiced == sum(row.invoiced for row in rows) == D("238.01")
    assert whole.total.difference == sum(whole.total.reasons.values()) == D("108.01")


def test_it_is_what_reconcile_says_of_a_month(books):
    months: dict[tuple[str, str], list[Any]] = {}
    for row in books.reconciled():
        months.setdefault((row["provider"], row["month"]), []).append(row)

    for (provider, month), rows in months.items():
        found = of(books, provider, date.fromisoformat(f"{month}-01"), date.fromisoformat(f"{month}-30"))
        (row,) = rows
        waiting = row["reasons"].pop("not yet invoiced", D(0))
        assert (found.metered, found.invoiced) == (row["metered"], row["invoiced"])
        assert -found.not_yet_invoiced == waiting
        assert dict(found.reasons) == row["reasons"]


@pytest.mark.parametrize("days", [SEPTEMBER, (date(2026, 9, 3), date(2026, 9, 20)), (None, None)])
@pytest.mark.parametrize("where", [{}, {"team": ("red", "Unassigned")}, {"cost_component": ("true_up",)}])
def test_it_is_what_the_three_bases_say(books, days, where):
    found = stated(books, *days, **where).total
    asked: dict[str, Any] = {"since": days[0], "until": days[1], **where}
    on = {basis: books.one("model_cost", basis=basis, **asked) or 0 for basis in ("metered", "invoiced", "ledger")}

    assert found.metered == on["metered"]
    assert (found.invoiced or 0) == on["invoiced"]
    # The ledger holds what waits for its invoice, and not what was paid ahead.
    assert (found.invoiced or 0) + found.not_yet_invoiced - found.reasons.get("prepaid", 0) == on["ledger"]


def test_of_nothing_nothing_is_said(company):
    with closing(company.warehouse.cursor()) as con:
        found = invoiced(con, Viewer.everything())

    assert found == Statement((), Invoiced(None, D(0), D(0), None, {}, 0))
