"""What a model cost over time: list prices as they changed, and what was set over them, each for its days."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.analysis.price_history import Step, by_day, steps

D = Decimal
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
RATES = ("input_per_1m", "cache_read_per_1m", "cache_write_per_1m", "output_per_1m", "reasoning_per_1m")


def listed(day: date, output: str, tier: str = "standard", above: int = -1) -> dict[str, Any]:
    rates = dict.fromkeys(RATES, None) | {
        "input_per_1m": D(1),
        "output_per_1m": D(output),
        "reasoning_per_1m": D(output),
    }
    return {
        "tier": tier,
        "first_day": day,
        "last_day": day,
        "from_second": 0,
        "above_tokens": above,
        "book": "1",
        **rates,
    }


def override(first: date | None, last: date | None, number: int, **fields: Any) -> dict[str, Any]:
    clock = datetime(2026, 1, number)  # noqa: DTZ001 - naive UTC
    empty = dict.fromkeys((*RATES, "discount", "currency", "service_tier"))
    return {**empty, "valid_from": first, "valid_to": last, "clock": clock, "number": number, **fields}


def outputs(found: list[Step]) -> list[tuple[date, date, Decimal | None]]:
    return [(step.first, step.last, step.rates["output_per_1m"]) for step in found]


def test_a_list_price_holds_until_the_next_one() -> None:
    prices = [listed(date(2026, 3, 1), "4"), listed(date(2026, 6, 1), "3"), listed(date(2026, 3, 1), "2", tier="batch")]

    assert outputs(steps(prices, [], FIRST, LAST)) == [
        (date(2026, 3, 1), date(2026, 5, 31), D(4)),
        (date(2026, 6, 1), LAST, D(3)),
    ]


def test_a_discount_is_taken_off_whatever_list_price_stands_below_it() -> None:
    prices = [listed(date(2026, 3, 1), "4"), listed(date(2026, 6, 1), "3")]
    off = override(date(2026, 5, 1), date(2026, 6, 30), 1, discount=D("0.25"))

    assert outputs(steps(prices, [off], FIRST, LAST)) == [
        (date(2026, 3, 1), date(2026, 4, 30), D(4)),
        (date(2026, 5, 1), date(2026, 5, 31), D(3)),
        (date(2026, 6, 1), date(2026, 6, 30), D("2.25")),
        (date(2026, 7, 1), LAST, D(3)),
    ]


def test_of_two_set_prices_the_one_for_the_tier_and_then_the_newer_import_holds() -> None:
    any_tier = override(None, None, 3, output_per_1m=D(9))
    older = override(date(2026, 2, 1), None, 1, output_per_1m=D(7), service_tier="standard")
    newer = override(date(2026, 4, 1), None, 2, output_per_1m=D(8), service_tier="standard", currency="EUR")
    found = steps([], [any_tier, older, newer], FIRST, LAST)

    assert [output for *_, output in outputs(found)] == [D(9), D(7), D(8)]
    assert [step.currency for step in found] == [None, None, "EUR"]
    assert found[0].rates["reasoning_per_1m"] == D(9)  # reasoning costs what output does where nothing is said


def test_days_without_a_price_are_gaps() -> None:
    found = steps([], [override(date(2026, 1, 2), date(2026, 1, 3), 1, output_per_1m=D(5))], FIRST, LAST)

    assert by_day(found, "output_per_1m", FIRST, date(2026, 1, 4)) == [None, D(5), D(5), None]
