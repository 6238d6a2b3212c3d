"""Sentences of app.analysis as they are read: figures by the house's formats, names as they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from app.analysis.words import Days, Money, Name, Number, Sentence, Share, UnitCost
from app.ui import formats, periods


def markdown(sentence: Sentence, currency: str) -> str:
    """For Markdown: names and figures escaped."""
    return _written(sentence, currency, formats.md)


def text(sentence: Sentence, currency: str) -> str:
    """As plain text, for files and for what reads aloud."""
    return _written(sentence, currency, lambda words: words)


def days(since: date, until: date, with_year: bool = True) -> str:
    """A range in the fewest words that say it: October, October 2026, Q4 2026, 2026, 1–20 Nov 2026."""
    if since.day == 1 and until == periods.month_end(since):
        return formats.month_name(since, with_year)
    if since.day == 1 and since.month % 3 == 1 and until == periods.month_end(periods.back(since, -2)):
        return f"Q{(since.month + 2) // 3} {since.year}"
    if (since.month, since.day, until.month, until.day) == (1, 1, 12, 31) and since.year == until.year:
        return str(since.year)
    return formats.span(since, until).replace(" – ", "–")


def _written(sentence: Sentence, currency: str, escaped: Callable[[str], str]) -> str:
    """The year stands beside a month only where the sentence is about two years."""
    years = {day.year for part in sentence if isinstance(part, Days) for day in (part.since, part.until)}
    written = [
        part if isinstance(part, str) else escaped(_figure(part, currency, with_year=len(years) > 1))
        for part in sentence
    ]
    return "".join(written)


def _figure(part: Money | Share | Number | Name | Days, currency: str, *, with_year: bool) -> str:
    match part:
        case UnitCost():
            return _bounded(part, formats.unit_cost(part.amount, currency))
        case Money():
            return _bounded(part, formats.money(part.amount, currency))
        case Share():
            return formats.ratio(part.value)
        case Number():
            return formats.count(part.value)
        case Name():
            return part.text
        case Days():
            return days(part.since, part.until, with_year)


def _bounded(part: Money, written: str) -> str:
    return f"{part.bound} {written}" if part.bound else written
