"""Which days a page is about, and which it is compared with. Complete days only: `latest` is the last of them.

A range that begins a month, quarter or year is compared with the same part of the one before; any other range with
as many days right before it.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

PRESETS = {
    "mtd": "Month to date",
    "month": "Last month",
    "7d": "Last 7 complete days",
    "28d": "Last 28 complete days",
    "90d": "Last 90 complete days",
    "qtd": "Quarter to date",
    "quarter": "Last quarter",
    "ytd": "Year to date",
    "12m": "Last 12 months",
    "all": "All days",
}
CUSTOM = "custom"
DEFAULT = "month"
COMPARISONS = {"previous": "Previous period", "year": "Same period last year", "none": "None"}
COMPARED_ALIKE = {"mtd": 1, "qtd": 3, "ytd": 12, "all": 0}
"""Presets whose days alone do not tell what they are compared with: so many months before, or nothing."""
STEPS = 12
DAYS_AT_MOST, WEEKS_AT_MOST = 12, 27
"""How long a range is whose trend is drawn by days, and by weeks; a longer one is drawn by months."""


@dataclass(frozen=True)
class Period:
    """A range of days, both inclusive, and how it was asked for."""

    preset: str
    since: date
    until: date
    label: str
    like: str = ""
    """The preset that chosen days once came from, where it decides what they are compared with."""

    @property
    def length(self) -> int:
        """How many days."""
        return (self.until - self.since).days + 1


def period(preset: str, first: date, latest: date) -> Period:
    """The days that a preset stands for, when `first` and `latest` are the days that data is complete for."""
    month, quarter = latest.replace(day=1), latest.replace(day=1, month=latest.month - (latest.month - 1) % 3)
    whole_month = month if latest == month_end(latest) else back(month, 1)
    whole_quarter = quarter if latest == month_end(back(quarter, -2)) else back(quarter, 3)
    since, until = {
        "mtd": (month, latest),
        "month": (whole_month, month_end(whole_month)),
        "7d": (latest - timedelta(days=6), latest),
        "28d": (latest - timedelta(days=27), latest),
        "90d": (latest - timedelta(days=89), latest),
        "qtd": (quarter, latest),
        "quarter": (whole_quarter, month_end(back(whole_quarter, -2))),
        "ytd": (latest.replace(month=1, day=1), latest),
        "12m": (back(whole_month, 11), month_end(whole_month)),
        "all": (min(first, latest), latest),
    }[preset]
    return Period(preset, since, until, PRESETS[preset])


def usual(first: date, latest: date) -> str:
    """The preset of an address that names none: the last month, or the present one where no data is older."""
    return DEFAULT if first <= period(DEFAULT, first, latest).until else "mtd"


def custom(since: date, until: date, like: str = "") -> Period:
    """A range that somebody chose, in either order; `like` is the preset that its days came from."""
    return Period(CUSTOM, min(since, until), max(since, until), "Custom", like if like in COMPARED_ALIKE else "")


def compared(now: Period, how: str) -> Period | None:
    """The period that another is compared with; None where none is wanted, or none lies before it."""
    if how == "none" or (now.like or now.preset) == "all":
        return None
    months = 12 if how == "year" else _months(now)
    if months is None:
        since, until = now.since - timedelta(days=now.length), now.since - timedelta(days=1)
    else:
        since = back(now.since, months)
        whole = now.until == month_end(now.until) and now.since.day == 1
        until = back(now.until, months) if not whole or how == "year" else back(now.until.replace(day=1), months)
        until = month_end(until) if whole else min(until, now.since - timedelta(days=1))
    return Period(how, since, until, COMPARISONS[how])


def steps(now: Period) -> dict[str, tuple[date, date]]:
    """Twelve ranges that end with the period, oldest first, by day, week or month: what a trend is drawn from."""
    if now.length > WEEKS_AT_MOST:
        months = [back(now.until.replace(day=1), STEPS - 1 - at) for at in range(STEPS)]
        spans = [(first, min(month_end(first), now.until)) for first in months]
    else:
        width = 1 if now.length <= DAYS_AT_MOST else 7
        ends = [now.until - timedelta(days=width * (STEPS - 1 - at)) for at in range(STEPS)]
        spans = [(end - timedelta(days=width - 1), end) for end in ends]
    return {f"s{at:02}": span for at, span in enumerate(spans, start=1)}


def month_end(day: date) -> date:
    """The last day of a day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def back(day: date, months: int) -> date:
    """The same day so many months before; the month's last where it has no such day."""
    place = day.year * 12 + day.month - 1 - months
    year, month = divmod(place, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _months(now: Period) -> int | None:
    """By how many months a period moves to the one before it; None where it is no part of a calendar."""
    begun = COMPARED_ALIKE.get(now.like or now.preset)
    if begun:
        return begun
    if now.since.day == 1 and now.until == month_end(now.until):
        return (now.until.year - now.since.year) * 12 + now.until.month - now.since.month + 1
    return None
