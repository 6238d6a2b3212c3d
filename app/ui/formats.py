"""How figures are written for people: one rule for tile, table, chart and report. Files carry full precision instead.

What is None reads "no data". Rounding is half up, and happens here alone.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import (
    format_currency,
    format_percent,
    get_currency_precision,
    get_decimal_symbol,
    get_group_symbol,
)

LOCALE = "en_US"
"""Of separators, names of months and the place of the currency."""
NO_DATA = "no data"
NOT_APPLICABLE = "n/a"
MINUS = "−"
THIN_UNIT_COST = Decimal("0.10")  # a unit cost below it needs more than two decimals
COMPACT_FROM = 10_000
SEPARATORS = str.maketrans({",": get_group_symbol(LOCALE), ".": get_decimal_symbol(LOCALE)})
STEPS = ((3, "K"), (6, "M"), (9, "B"), (12, "T"))
X_FROM = Decimal(10)  # a growth by 1,000% and more reads as a multiple
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
JOINER = "\u2060"  # has no width; what follows it is no longer part of an address or of a sign by name
SIGNS = re.compile(
    r"\b(?:https?|ftp|mailto|xmpp)\\:|\bwww(?=\.)|(?<=\w)@(?=\w)|\\:(?=[\w+/\\-]+:)|-(?=-|\\>)|\\<(?=-)", re.IGNORECASE
)
"""What is made a link, a picture or an arrow even where it is escaped."""

Number = Decimal | int | float | str
"""Sums come exact; ratios, which nothing is added up from, may come as float."""


def figure(value: Number | None, unit: str, currency: str) -> str:
    """A metric's value by the unit of its catalogue entry: money, ratio, tokens, count or milliseconds."""
    if unit == "money":
        return unit_cost(value, currency)
    if unit == "milliseconds":
        return milliseconds(value)
    return ratio(value) if unit == "ratio" else count(value)


def exact(value: Number | None, unit: str, currency: str) -> str:
    """A figure in full, for what is read closely: $41,220.10, 18,908, 31.2%."""
    if value is None:
        return NO_DATA
    if unit == "money":
        number = _exact(value)
        small = number and abs(number) < THIN_UNIT_COST
        return _money(number, currency, max(4, _two_significant(number))) if small else full(number, currency)
    return ratio(value) if unit == "ratio" else milliseconds(value) if unit == "milliseconds" else whole(value)


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


def full(value: Number | None, currency: str) -> str:
    """An amount to the last cent, however large: $31,220.10; what is less than half a cent shows two digits."""
    if value is None:
        return NO_DATA
    number, digits = _exact(value), get_currency_precision(currency)
    is_thin = number and not _rounded(number, digits)
    return _money(number, currency, _two_significant(number) if is_thin else digits)


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


def signed(text: str) -> str:
    """An amount or count that is a change, with its sign: +$5,310.00, −$238.55."""
    return text if text.startswith(MINUS) or text == NO_DATA else f"+{text}"


def change(now: Number | None, before: Number | None) -> str:
    """How much an amount, a count or a price moved: +14.8%, from 1,000% on x12. Nothing to compare with: "".

    An absolute change belongs beside it.
    """
    if now is None or before is None or not _exact(before):
        return ""
    moved = _exact(now) / _exact(before) - 1 if _exact(before) > 0 else None
    if moved is None:
        return ""
    if moved >= X_FROM:
        return f"x{_decimal(_exact(now) / _exact(before), 0)}"
    return signed(_percent(moved)) if _rounded(moved, 3) else _percent(Decimal(0))


def change_of_ratio(now: Number | None, before: Number | None) -> str:
    """How much a share moved, in percentage points: +2.1 pp. Nothing to compare: ""."""
    if now is None or before is None:
        return ""
    return points(_exact(now) - _exact(before))


def points(difference: Number | None) -> str:
    """A difference of shares in percentage points: +2.1 pp."""
    if difference is None:
        return NO_DATA
    moved = _rounded(_exact(difference) * 100, 1)
    return f"{signed(_decimal(moved, 1)) if moved else '0.0'} pp"


def amount(value: Number | None, digits: int = 2) -> str:
    """An amount in a table, whose header names the currency: 41,220.10."""
    return NO_DATA if value is None else _decimal(_exact(value), digits)


def digits_for(values: Iterable[Number | None], least: int = 2, most: int = 8) -> int:
    """The decimals that a column of amounts needs, so that its smallest still shows two significant digits."""
    sizes = [abs(_exact(value)) for value in values if value is not None]
    small = [size for size in sizes if 0 < size < THIN_UNIT_COST]
    return min(most, max([least, *(max(4, _two_significant(size)) for size in small)]))


def whole(value: Number | None) -> str:
    """A count in a table, in full: 18,908. A mean keeps one decimal."""
    if value is None:
        return NO_DATA
    number = _exact(value)
    return _decimal(number, 0 if number == _rounded(number, 0) else 1)


def unconverted(value: Number, currency: str) -> str:
    """An amount that no rate converts: 1,200.00 EUR (no rate)."""
    return f"{_decimal(_exact(value), get_currency_precision(currency))} {currency} (no rate)"


def few(n: Number) -> str:
    """What stands for a ratio over too little: few (n = 7)."""
    return f"few (n = {whole(n)})"


def duration(seconds: Number | None) -> str:
    """A length of time: 0.84 s, 12.3 s, 4 min 12 s, 2 h 5 min, 3 d 4 h."""
    if seconds is None:
        return NO_DATA
    length = _exact(seconds)
    if length < 60:
        digits = 2 if length < 1 else 1
        return f"{_decimal(length, digits)} s" if _rounded(length, digits) < 60 else "1 min 0 s"
    whole_seconds = int(_rounded(length, 0))
    for size, name, smaller, rest in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole_seconds >= size:
            return f"{_decimal(Decimal(whole_seconds // size), 0)} {name} {whole_seconds % size // smaller} {rest}"
    return f"{whole_seconds} s"


def milliseconds(value: Number | None) -> str:
    """A duration that is counted in milliseconds."""
    return NO_DATA if value is None else duration(_exact(value) / 1000)


def days(first: date, last: date) -> str:
    """A range of days with its length: 1–31 Oct 2026 (31 days), 1 Aug – 31 Oct 2026 (92 days)."""
    length = (last - first).days + 1
    return f"{span(first, last)} ({number_of(length, 'day')})"


def span(first: date, last: date) -> str:
    """A range of days: 1–31 Oct 2026, 1 Aug – 31 Oct 2026, and a day alone as itself."""
    if first == last:
        return day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last)}"
    return f"{format_date(first, 'd MMM' if first.year == last.year else 'd MMM y', locale=LOCALE)} – {day(last)}"


@lru_cache(maxsize=4000)
def day(value: date | None) -> str:
    """A day: 31 Oct 2026, never 10/11/2026."""
    return NO_DATA if value is None else format_date(value, "d MMM y", locale=LOCALE)


def day_short(value: date) -> str:
    """A day on an axis: 1 Oct."""
    return format_date(value, "d MMM", locale=LOCALE)


def month(value: date) -> str:
    """A month: Oct 2026."""
    return format_date(value, "MMM y", locale=LOCALE)


def month_name(value: date, with_year: bool = True) -> str:
    """A month in a sentence: October 2026, or October."""
    return format_date(value, "LLLL y" if with_year else "LLLL", locale=LOCALE)


def moment(value: datetime | None, with_day: bool = True) -> str:
    """A moment with its zone: 31 Oct 2026, 14:03 UTC. What has no zone is UTC."""
    if value is None:
        return NO_DATA
    zone = value.tzname() or "UTC"
    return f"{day(value.date())}, {value:%H:%M} {zone}" if with_day else f"{value:%H:%M} {zone}"


def number_of(number: int, thing: str) -> str:
    """A count with what is counted: 1 day, 3 days."""
    return f"{count(number)} {thing}" if number == 1 else f"{count(number)} {thing}s"


def at_least(text: str) -> str:
    """Says of a figure that a part of it is not known."""
    return text if text == NO_DATA else f"at least {text}"


def clean(text: object) -> str:
    """One line without what cannot be seen: control, direction and zero-width characters."""
    line = re.sub(r"\s+", " ", str(text))
    return "".join(letter for letter in line if unicodedata.category(letter) not in UNSEEN).strip()


def md(text: object) -> str:
    """The text for Markdown: what is a sign in it stands as itself, and no address in it becomes a link."""
    line = re.sub(r"([\\\[\]!*_<>$:`~#|&{}()])", r"\\\1", clean(text))
    line = re.sub(r"^(\d+)([.)])", r"\1\\\2", re.sub(r"^([-+=])", r"\\\1", line))
    return SIGNS.sub(rf"\g<0>{JOINER}", line)


def dollars(text: str) -> str:
    """Markdown of the house with figures in it: a dollar sign would otherwise begin a formula."""
    return text.replace("$", "\\$")


def plain(text: object) -> str:
    """The text for a chart: Plotly reads < and & as markup."""
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


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
    """The number in the locale's signs, in groups of three: the plain way, for a table has thousands of them."""
    return _signed(f"{_rounded(number, digits):,.{digits}f}".translate(SEPARATORS))


def _percent(share: Decimal) -> str:
    return _percent_of(_rounded(share, 3))


@lru_cache(maxsize=4000)
def _percent_of(rounded: Decimal) -> str:
    return _signed(format_percent(rounded, "#,##0.0%", locale=LOCALE))


def _suffixed(text: str, suffix: str) -> str:
    """The suffix behind the last digit, wherever the locale puts the currency."""
    return re.sub(r"(\d)(\D*)$", rf"\g<1>{suffix}\g<2>", text)


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
