"""How figures read. The examples are the promise."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui import formats


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.875"), "$1.88"),  # the worked example: 1.50 / 0.80
        (Decimal("1.20") / Decimal("0.55"), "$2.18"),  # and 1.20 / 0.55
        (Decimal("1.865"), "$1.87"),  # half up, never half even
        ("-238.55", "−$238.55"),
        (0, "$0.00"),
        ("9999.99", "$9,999.99"),
        ("9999.995", "$10.0K"),
        ("41220.10", "$41.2K"),
        ("999499", "$999K"),
        ("999500", "$1.00M"),
        ("99950", "$100K"),
        ("1234567", "$1.23M"),
        ("0.004", "$0.0040"),
        ("0.000041", "$0.000041"),
        ("-0.0001", "−$0.00010"),
        (2.675, "$2.68"),  # a float is meant as it is written
        (None, "no data"),
    ],
)
def test_money_reads(value, text):
    assert text == formats.money(value, "USD")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.034", "$0.0340"),
        ("0.0034", "$0.0034"),
        ("0.000041", "$0.000041"),
        ("0.10", "$0.10"),
        (0, "$0.00"),
        ("4.119", "$4.12"),
    ],
)
def test_a_unit_cost_keeps_its_small_digits(value, text):
    assert text == formats.unit_cost(value, "USD")


def test_a_currency_without_cents_has_none():
    assert formats.money("1234.4", "JPY") == "¥1,234"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (9999, "9,999"),
        (10_000, "10.0K"),
        (48_231, "48.2K"),
        (999_940, "999.9K"),
        (999_960, "1.0M"),
        (1_234_567, "1.2M"),
        (Decimal("1.5"), "1.5"),
        (Decimal("9999.6"), "10.0K"),
        (Decimal("1234.5"), "1,235"),
        (3_200_000_000_000, "3.2T"),
        (None, "no data"),
    ],
)
def test_counts_read(value, text):
    assert text == formats.count(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.312", "31.2%"),
        ("0.0004", "<0.1%"),
        (0, "0%"),
        (1, "100%"),
        ("0.99951", ">99.9%"),
        ("0.9994", "99.9%"),
        ("1.25", "125.0%"),
        ("-0.05", "−5.0%"),
        (None, "no data"),
    ],
)
def test_ratios_read(value, text):
    assert text == formats.ratio(value)


def test_a_range_of_days_says_how_long_it_is():
    assert formats.days(date(2026, 8, 1), date(2026, 10, 31)) == "1 Aug – 31 Oct 2026 (92 days)"
    assert formats.days(date(2025, 12, 31), date(2026, 1, 1)) == "31 Dec 2025 – 1 Jan 2026 (2 days)"
    assert formats.days(date(2026, 10, 31), date(2026, 10, 31)) == "31 Oct 2026 (1 day)"


def test_at_least_says_nothing_about_nothing():
    assert formats.at_least("$41.2K") == "at least $41.2K"
    assert formats.at_least(formats.NO_DATA) == "no data"


def test_a_dollar_sign_begins_no_formula():
    assert formats.md("$1 to $2") == r"\$1 to \$2"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**14), max_value=10**14))
def test_no_amount_but_zero_reads_as_zero(amount):
    text = formats.money(amount, "USD")

    assert (amount == 0) == (not any(digit in text for digit in "123456789"))
