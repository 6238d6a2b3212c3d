"""Provisioned and self-hosted: what commitments and capacity cost lies on the rows that used them (accounting 2.9)."""

from decimal import Decimal

import pytest

from tests.promises import Rows, call

D = Decimal
ROWS = Rows()


def reserved(provider, day, **fields):
    return call("", provider=provider, started_at=f"2026-09-{day:02}T10:00:00", service_tier="provisioned", **fields)


def unused(books, **asked):
    """The cost that stands in Unassigned, by day."""
    return {day: cost for day, cost in books.parts("all_in_cost", "day", team="Unassigned", **asked).items() if cost}


ROWS.add(
    commitments=[
        {"commitment_id": "ptu", "provider": "daily", "model": "m1", "valid_from": "2026-09-01",
         "valid_to": "2026-09-03", "unit": "PTU-day", "units": "10", "unit_rate": "24"}
    ],
    usage=[
        reserved("daily", 1, team="red", uncached_input_tokens=200, output_tokens=100),
        reserved("daily", 1, team="blue", uncached_input_tokens=100),
        reserved("daily", 3, team="red", uncached_input_tokens=1, cost="99"),
        reserved("daily", 3, team="blue", model="m2", uncached_input_tokens=1_000_000),
    ],
)  # fmt: skip


def test_a_day_of_a_commitment_lies_on_its_rows_in_proportion_to_tokens(books):
    # 10 units x 24: 300 of 400 tokens, 100 of 400; a cost that the source states counts nothing; m2 is not committed
    assert {"2026-09-01": D(180), "2026-09-03": D(240)} == books.parts(
        "all_in_cost", "day", provider="daily", team="red"
    )
    assert {"2026-09-01": D(60), "2026-09-03": D(0)} == books.parts("all_in_cost", "day", provider="daily", team="blue")
    assert {"inference": D(720)} == books.components(provider="daily")


def test_a_day_without_tokens_is_a_line_of_its_own(books):
    assert {"2026-09-02": D(240)} == unused(books, provider="daily")
    assert [("unused commitment", "m1", D(240))] == books.sql(
        "select reason, model, amount from lines where kind = 'commitment' and provider = 'daily'"
    )


def test_the_cost_of_a_million_tokens_counts_what_was_committed(books):
    tokens = 300 + 100 + 1 + 1_000_000

    assert books.one("cost_per_1m_tokens", provider="daily") == round(D(720_000_000) / tokens, 9)
    assert books.one("unpriced_tokens", provider="daily") == 0


ROWS.add(
    commitments=[
        {"commitment_id": "hours", "provider": "hourly", "valid_from": "2026-09-01", "valid_to": "2026-09-01",
         "unit": "unit-hour", "units": "2", "unit_rate": "0.5"},
        {"commitment_id": "months", "provider": "monthly", "valid_from": "2026-09-29", "valid_to": "2026-10-01",
         "unit": "seat month", "units": "1", "unit_rate": "310"},
        {"commitment_id": "years", "provider": "yearly", "valid_from": "2026-09-01", "valid_to": "2026-09-02",
         "unit": "YEAR", "units": "1", "unit_rate": "365"},
    ],
    usage=[reserved(provider, 1, uncached_input_tokens=1) for provider in ("hourly", "monthly", "yearly")],
)  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "by_day"),
    [
        ("hourly", {"2026-09-01": D(24)}),
        # 310 / 30 twice: the units that are left over go to the first days of the month
        (
            "monthly",
            {
                "2026-09-01": D(0),
                "2026-09-29": D("10.333333333333"),
                "2026-09-30": D("10.333333333333"),
                "2026-10-01": D(10),
            },
        ),
        ("yearly", {"2026-09-01": D(1), "2026-09-02": D(1)}),
    ],
)
def test_a_day_costs_its_part_of_the_hour_month_or_year(books, provider, by_day):
    assert by_day == books.parts("all_in_cost", "day", provider=provider)


ROWS.add(
    commitments=[
        {"commitment_id": "tokens", "provider": "metered", "valid_from": "2026-09-01", "valid_to": "2026-09-10",
         "unit": "1M tokens", "units": "1", "unit_rate": "10"},
        {"commitment_id": "dollars", "provider": "spend", "valid_from": "2026-09-01", "valid_to": "2026-09-02",
         "unit": "USD", "units": "100", "unit_rate": "0.9"},
    ],
    usage=[
        reserved("metered", 1, team="red", uncached_input_tokens=40_000),
        reserved("metered", 2, team="red", uncached_input_tokens=150_000),
        reserved("spend", 2, team="red", uncached_input_tokens=1),
    ],
)  # fmt: skip


def test_of_a_commitment_of_tokens_only_the_used_units_lie_on_rows(books):
    # 1 a day for 100,000 tokens: 40 % used, all used, eight days not used at all
    assert {"2026-09-01": D("0.4"), "2026-09-02": D(1)} == books.parts(
        "all_in_cost", "day", provider="metered", team="red"
    )
    rest = {f"2026-09-{day:02}": D(1) for day in range(3, 11)}
    assert {"2026-09-01": D("0.6")} | rest == unused(books, provider="metered")


def test_any_other_unit_pays_for_the_whole_validity(books):
    assert {"2026-09-02": D(45)} == books.parts("all_in_cost", "day", provider="spend", team="red")
    assert {"2026-09-01": D(45)} == unused(books, provider="spend")


ROWS.add(
    capacity=[
        {"capacity_id": "gpus", "provider": "own", "model": "llama", "team": "ops", "amount": "24",
         "started_at": "2026-09-01T12:00:00", "ended_at": "2026-09-03T00:00:00"}
    ],
    usage=[
        call("", provider="own", model="Llama", team="red", started_at="2026-09-01T09:00:00", uncached_input_tokens=3),
        call("", provider="own", model="llama", team="blue", started_at="2026-09-01T10:00", output_tokens=1, cost="7"),
        call("", provider="own", model="llama", team="blue", started_at="2026-09-04T10:00:00", output_tokens=1),
    ],
)  # fmt: skip


def test_capacity_lies_evenly_on_its_hours_and_pays_for_the_calls_of_its_model(books):
    # 12 of 36 hours: 8, shared 3 to 1; the fourth day has no capacity, and costs nothing all the same
    assert {"2026-09-01": D(6)} == books.parts("all_in_cost", "day", provider="own", team="red")
    assert {"2026-09-01": D(2), "2026-09-04": D(0)} == books.parts("all_in_cost", "day", provider="own", team="blue")
    assert books.one("unpriced_tokens", provider="own") == 0


def test_idle_capacity_keeps_the_team_that_it_names(books):
    assert {"2026-09-02": D(16)} == books.parts("all_in_cost", "day", provider="own", team="ops")


ROWS.add(
    commitments=[
        {"commitment_id": "billed", "provider": "invoicing", "account": "a", "valid_from": "2026-09-01",
         "valid_to": "2026-09-02", "unit": "day", "units": "1", "unit_rate": "50"}
    ],
    usage=[reserved("invoicing", 1, team="red", account="a", uncached_input_tokens=5)],
    billed=[
        {"billed_id": "b1", "provider": "invoicing", "account": "a", "charged_from": "2026-09-01",
         "charged_to": "2026-09-02", "billed_cost": "90"}
    ],
)  # fmt: skip


def test_a_bill_is_compared_with_what_was_committed_used_or_not(books):
    (row,) = [row for row in books.reconciled() if row["provider"] == "invoicing"]

    assert (row["metered"], row["invoiced"], row["difference"]) == (D(100), D(90), D(-10))
    assert row["reasons"] == {"below list": D(-10)}
    assert D(90) == books.one("all_in_cost", provider="invoicing", basis="invoiced")
    assert D(100) == books.one("all_in_cost", provider="invoicing", basis="metered")


def test_nothing_that_check_knows_is_broken(books):
    assert books.breaches() == []
