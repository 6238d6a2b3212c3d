"""How figures are written for people: one rule for tile, table, chart and report. Files carry full precision instead.

What is None reads "no data". Rounding is half up, and happens here alone.
"""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

LOCALE = "en_US"
NO_DATA = "no data"
MINUS = "−"
THIN_UNIT_COST = Decimal("0.10")  # a unit cost below it needs more than two decimals
COMPACT_FROM = 10_000
STEPS = ((3, "K"), (6, "M"), (9, "B"), (12, "T"))

Number = Decimal | int | float | str
"""Sums come exact; ratios, which nothing is added up from, may come as float."""


def figure(value: Number | None, unit: str, currency: str) -> str:
    """A metric's value by the unit of its catalogue entry: money, ratio, tokens or count."""
    if unit == "money":
        return unit_cost(value, currency)
    return ratio(value) if unit == "ratio" else count(value)


def money(value: Number | None, currency: str) -> str:
    """An amount: $1,234.56, from 10,000 on three digits ($41.2K), and never $0.00 for what is not zero."""
    if value is None:
        return NO_DATA
    amount = _exact(value)
    digits = get_currency_precision(currency)
    if amount and not _rounded(amount, digits):
        return _money(amount, currency, _two_significant(amount))
    if abs(_rounded(amount, digits)) < COMPACT_FROM:
        return _money(amount, currency, digits)
    scaled, suffix, digits = _three_digits(amount)
    return _suffixed(_money(scaled, currency, digits), suffix)


def unit_cost(value: Number | None, currency: str) -> str:
    """A price of one thing: as money, but below 0.10 with four decimals, or with two significant digits if smaller."""
    if value is None:
        return NO_DATA
    amount = _exact(value)
    if not amount or abs(amount) >= THIN_UNIT_COST:
        return money(amount, currency)
    return _money(amount, currency, max(4, _two_significant(amount)))


def count(value: Number | None) -> str:
    """Tokens and counts: 9,812, and from 10,000 on one decimal: 48.2K, 1.2M. A small mean keeps one decimal."""
    if value is None:
        return NO_DATA
    number = _exact(value)
    if abs(_rounded(number, 0)) < COMPACT_FROM:
        return _decimal(number, 0 if number == _rounded(number, 0) or abs(number) >= 100 else 1)
    scaled, suffix = _scaled(number, digits=1)
    return _suffixed(_decimal(scaled, 1), suffix)


def ratio(value: Number | None) -> str:
    """A share as percent with one decimal. A trace is <0.1%, nearly all is >99.9%; 0% and 100% are exact."""
    if value is None:
        return NO_DATA
    share = _exact(value)
    if share in (0, 1):
        return _signed(format_percent(share, locale=LOCALE))
    if 0 < share < Decimal("0.0005"):
        return f"<{_percent(Decimal('0.001'))}"
    if Decimal("0.9995") <= share < 1:
        return f">{_percent(Decimal('0.999'))}"
    return _percent(share)


def days(first: date, last: date) -> str:
    """A range of days with its length: 1 Aug – 31 Oct 2026 (92 days)."""
    length = (last - first).days + 1
    start = format_skeleton("dMMM" if first.year == last.year else "yMMMd", first, locale="en_GB")
    end = format_date(last, "d MMM y", locale="en_GB")
    return f"{start} – {end} ({length} day{'s' if length > 1 else ''})" if length > 1 else f"{end} (1 day)"


def at_least(text: str) -> str:
    """Says of a figure that a part of it is not known."""
    return text if text == NO_DATA else f"at least {text}"


def md(text: str) -> str:
    """The text for Markdown: a dollar sign would otherwise begin a formula."""
    return text.replace("$", "\\$")


def _exact(value: Number) -> Decimal:
    """The number as it is written: a float of 2.675 is meant as that, though it is a little less."""
    return Decimal(str(value))


def _rounded(number: Decimal, digits: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _two_significant(amount: Decimal) -> int:
    """How many decimals show two significant digits of an amount below 1."""
    return 1 - amount.adjusted()


def _three_digits(amount: Decimal) -> tuple[Decimal, str, int]:
    """The amount in thousands, millions ..., its suffix, and the decimals that leave three digits."""
    scaled, suffix = _scaled(_rounded(amount, 2 - amount.adjusted()), 0)
    return scaled, suffix, max(0, 2 - scaled.adjusted())


def _scaled(number: Decimal, digits: int) -> tuple[Decimal, str]:
    """The number in the smallest unit in which it rounds to less than 1,000, and that unit: 999,960 is 1.0M."""
    fitting = (step for step in STEPS if abs(_rounded(number.scaleb(-step[0]), digits)) < 1000)
    power, suffix = next(fitting, STEPS[-1])
    return number.scaleb(-power), suffix


def _money(amount: Decimal, currency: str, digits: int) -> str:
    pattern = f"¤#,##0.{'0' * digits}" if digits else "¤#,##0"
    text = format_currency(
        _rounded(amount, digits), currency, pattern, locale=LOCALE, currency_digits=False, decimal_quantization=False
    )
    return _signed(text)


def _decimal(number: Decimal, digits: int) -> str:
    return _signed(format_decimal(_rounded(number, digits), f"#,##0.{'0' * digits}".rstrip("."), locale=LOCALE))


def _percent(share: Decimal) -> str:
    return _signed(format_percent(_rounded(share, 3), "#,##0.0%", locale=LOCALE))


def _suffixed(text: str, suffix: str) -> str:
    """The suffix behind the last digit, wherever the locale puts the currency."""
    return re.sub(r"(\d)(\D*)$", rf"\g<1>{suffix}\g<2>", text)


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
