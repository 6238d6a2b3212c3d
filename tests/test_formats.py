"""How figures read. The examples are the promise."""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui import formats

JOINER = "\u2060"


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
    assert formats.dollars("$1 to $2") == r"\$1 to \$2"


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (110, 100, "+10.0%"),
        ("41220.10", "35910.10", "+14.8%"),  # 5,310.00 / 35,910.10 = 14.787 %
        (90, 100, "−10.0%"),
        (100, 100, "0.0%"),
        (1099, 100, "+999.0%"),
        (1100, 100, "x11"),  # 1,000 % more
        (5, 0, ""),
        (5, -5, ""),
        (None, 5, ""),
        (5, None, ""),
    ],
)
def test_a_change_reads(now, before, text):
    assert text == formats.change(now, before)


def test_a_change_of_a_share_is_in_percentage_points():
    assert formats.change_of_ratio("0.312", "0.291") == "+2.1 pp"
    assert formats.change_of_ratio("0.291", "0.312") == "−2.1 pp"
    assert formats.change_of_ratio("0.5", "0.5") == "0.0 pp"
    assert formats.change_of_ratio(None, "0.5") == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.00 s"),
        ("0.84", "0.84 s"),
        ("12.3", "12.3 s"),
        ("59.97", "1 min 0 s"),
        (252, "4 min 12 s"),
        (7500, "2 h 5 min"),
        (100_000, "1 d 3 h"),
        (None, "no data"),
    ],
)
def test_durations_read(seconds, text):
    assert text == formats.duration(seconds)


def test_a_length_in_milliseconds_reads():
    assert formats.milliseconds(840) == "0.84 s"


def test_dates_and_moments_read():
    assert formats.day(date(2026, 10, 31)) == "31 Oct 2026"
    assert formats.day_short(date(2026, 10, 1)) == "1 Oct"
    assert formats.month(date(2026, 10, 1)) == "Oct 2026"
    assert formats.moment(datetime(2026, 10, 31, 14, 3)) == "31 Oct 2026, 14:03 UTC"  # noqa: DTZ001 - as the database gives it
    assert formats.moment(datetime(2026, 10, 31, 14, 3, tzinfo=UTC), with_day=False) == "14:03 UTC"


def test_amounts_in_a_table_leave_the_currency_to_the_header():
    assert formats.amount("41220.1") == "41,220.10"
    assert formats.amount("-238.545") == "−238.55"
    assert formats.amount("0.00034", formats.digits_for(["0.00034", "2"])) == "0.00034"
    assert formats.digits_for(["12.5", None, "0"]) == 2
    assert formats.digits_for(["0.034"]) == 4


def test_what_is_not_known_reads_in_words():
    assert formats.few(7) == "few (n = 7)"
    assert formats.unconverted("1200", "EUR") == "1,200.00 EUR (no rate)"
    assert formats.signed("$5,310.00") == "+$5,310.00"
    assert formats.signed("−$5.00") == "−$5.00"


def test_figures_in_full_keep_cents_and_small_digits():
    assert formats.exact("41220.10", "money", "USD") == "$41,220.10"
    assert formats.exact("0.0034", "money", "USD") == "$0.0034"
    assert formats.exact(18_908, "count", "USD") == "18,908"
    assert formats.exact(None, "money", "USD") == "no data"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("![b](http://evil.test/b.png)", r"\!\[b\]\(http\:" + JOINER + r"//evil.test/b.png\)"),
        (":red[FAKE TOTAL $0]", r"\:red\[FAKE TOTAL \$0\]"),
        ("<img src=x onerror=alert(1)>", r"\<img src=x onerror=alert\(1\)\>"),
        ("**a** _b_ `c` ~d~ #e |f|", r"\*\*a\*\* \_b\_ \`c\` \~d\~ \#e \|f\|"),
        ("www.evil.test a@evil.test", f"www{JOINER}.evil.test a@{JOINER}evil.test"),
        (":material/home: :+1:", rf"\:{JOINER}material/home\: \:{JOINER}+1\:"),
        ("- list", r"\- list"),
        ("1. list", r"1\. list"),
        ("a -> b", rf"a -{JOINER}\> b"),
        ("Search & Ads", r"Search \& Ads"),
        ("two\nlines", "two lines"),
        ("Sup\u200bport\u202e\x00", "Support"),
    ],
)
def test_a_name_is_no_markup(name, text):
    assert text == formats.md(name)


def test_a_name_in_a_chart_is_no_markup():
    assert formats.plain('<a href="http://evil.test">R&D</a>') == '&lt;a href="http://evil.test"&gt;R&amp;D&lt;/a&gt;'
    assert formats.plain("Sup\u2066port\r\n") == "Support"


@given(st.text(max_size=40))
def test_no_name_keeps_an_unescaped_sign_or_what_cannot_be_seen(name):
    text = formats.md(name)

    assert not re.search(r"(?<!\\)(\\\\)*[\[\]!*_<>$:`~#|&]", text)
    assert "\n" not in text
    assert all(unicodedata.category(letter) not in {"Cc", "Cs"} for letter in text)
    assert not {"\u202e", "\u200b", "\ufeff"} & set(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**14), max_value=10**14))
def test_no_amount_but_zero_reads_as_zero(amount):
    text = formats.money(amount, "USD")

    assert (amount == 0) == (not any(digit in text for digit in "123456789"))
