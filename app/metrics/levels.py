"""A level of figures over several spans: each part and the total now, before and step by step, and how they moved.

`spans` and `asked` say what to ask for, with totals; `compared` puts the rows of the answer together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from app.metrics.catalogue import Unit, catalogue
from app.metrics.question import Answer, Span

NOW, BEFORE = "now", "before"
FEW = 30
"""A ratio over fewer runs, outcomes or requests says more of chance than of them: it has no change and no rank."""
BAND = Decimal("0.005")
BAND_OF_RATIO = Decimal("0.001")
"""A move that is smaller is no change: half a percent, or a tenth of a percentage point of a ratio."""
Good = Literal["up", "down", "neither"]
Word = Literal["better", "worse", "changed", "no change"]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """How a figure moved."""

    absolute: Decimal
    """In the figure's own unit: 0.021 of a ratio are 2.1 percentage points."""
    relative: Decimal | None
    """0.148 is 14.8 percent; None where the base is zero or negative."""
    word: Word


def change(now: object, before: object, unit: Unit, good: Good = "neither") -> Change | None:
    """How a figure moved; None where one of both is not known."""
    if now is None or before is None:
        return None
    new, old = Decimal(str(now)), Decimal(str(before))
    absolute = new - old
    relative = absolute / old if old > 0 else None
    if abs(absolute) < BAND_OF_RATIO if unit == "ratio" else abs(absolute) < BAND * abs(old) or not absolute:
        return Change(absolute, relative, "no change")
    if good == "neither":
        return Change(absolute, relative, "changed")
    return Change(absolute, relative, "better" if (absolute > 0) == (good == "up") else "worse")


@dataclass(frozen=True)
class Line:
    """One part of a level, or its total. Where a part has nothing in a span, its names are None there."""

    key: tuple[str | None, ...]
    """The part's values of `by`, in order; None in a total."""
    is_total: bool
    now: Row
    before: Row | None
    """None: there is no comparison, or not all of its days may be seen."""
    steps: tuple[Row | None, ...]
    """Oldest first; None: not all days of the step may be seen."""
    days: tuple[int, int | None]
    """How many days now and before have."""

    def trend(self, name: str) -> list[Any]:
        """A figure step by step, None where there is none or too few of its bottom."""
        return [None if step is None or few(name, step) is not None else step[name] for step in self.steps]

    def few(self, name: str) -> int | None:
        """The bottom of the figure now, where it is so small that the figure says little; else None."""
        return few(name, self.now)

    def why_not(self, name: str) -> Literal["no comparison", "no data", "few"] | None:
        """Why a figure has no change; None where it has one."""
        if self.before is None:
            return "no comparison"
        if self.now[name] is None or self.before[name] is None:
            return "no data"
        return None if self.few(name) is None and few(name, self.before) is None else "few"

    def change(self, name: str) -> Change | None:
        """How a metric or measure moved; None: see `why_not`. More of a measure is neither better nor worse."""
        if self.before is None or self.why_not(name):
            return None
        return change(self.now[name], self.before[name], *_unit_and_good(name))

    def daily_change(self, name: str) -> Change | None:
        """How a measure moved per day, where now and before differ in length; else None."""
        days_now, days_before = self.days
        if self.before is None or self.why_not(name) or days_before in (None, days_now) or _is_metric(name):
            return None
        now, before = (Decimal(str(row[name])) for row in (self.now, self.before))
        return change(now / days_now, before / Decimal(days_before), *_unit_and_good(name))


@dataclass(frozen=True)
class Compared:
    """The parts of a level, those that only `before` has too, in the answer's order; and what they add up to."""

    rows: tuple[Line, ...]
    total: Line | None


def spans(now: Span, before: Span | None = None, steps: Mapping[str, Span] | None = None) -> dict[str, Span]:
    """What to ask for: the period, its comparison, and the steps of its trend, oldest first."""
    return {NOW: now, **({BEFORE: before} if before else {}), **(steps or {})}


def asked(names: Iterable[str]) -> tuple[str, ...]:
    """The names, and the bottoms that tell how many each rests on."""
    return tuple(dict.fromkeys(name for one in names for name in (one, _counted(one)) if name))


def compared(answer: Answer, by: Sequence[str], wanted: Mapping[str, Span]) -> Compared:
    """The rows of an answer to `wanted` spans, put together by their values of `by`.

    A span that the viewer may not see whole is left out: a part of a month is no comparison for a month.
    """
    whole = {name for name, days in wanted.items() if answer.spans.get(name) == days or name == NOW}
    found: dict[tuple[tuple[str | None, ...], bool], dict[str, Row]] = {}
    for row in answer.rows:
        if row["span"] in whole:
            place = tuple(row[name] for name in by), bool(row.get("is_total", False))
            found.setdefault(place, {})[row["span"]] = row
    names = dict.fromkeys(name for row in answer.rows for name in row)
    days = _length(answer.spans.get(NOW)) or 0, _length(wanted.get(BEFORE))
    lines = [
        _line(
            key,
            is_total,
            dict.fromkeys(names),
            {name: rows.get(name) for name in wanted if name in whole},
            wanted,
            days,
        )
        for (key, is_total), rows in found.items()
    ]
    return Compared(
        tuple(line for line in lines if not line.is_total), next((line for line in lines if line.is_total), None)
    )


def few(name: str, row: Row) -> int | None:
    """The bottom of a ratio of counted things, where it is under FEW and not nothing; else None."""
    bottom = _counted(name)
    if bottom is None or not row[bottom] or row[bottom] >= FEW:
        return None
    return int(row[bottom])


def _line(
    key: tuple[str | None, ...],
    is_total: bool,
    nothing: Row,
    rows: Mapping[str, Row | None],
    wanted: Mapping[str, Span],
    days: tuple[int, int | None],
) -> Line:
    def row(span: str) -> Row | None:
        return (rows[span] or nothing) if span in rows else None

    steps = tuple(row(span) for span in wanted if span not in (NOW, BEFORE))
    return Line(key, is_total, row(NOW) or nothing, row(BEFORE), steps, days)


def _length(span: Span | None) -> int | None:
    return None if span is None else (span[1] - span[0]).days + 1


def _is_metric(name: str) -> bool:
    return name in catalogue().metrics


def _unit_and_good(name: str) -> tuple[Unit, Good]:
    known = catalogue()
    metric = known.metrics.get(name)
    return (metric.unit, metric.good) if metric else (known.measures[name].unit, "neither")


def _counted(name: str) -> str | None:
    """The bottom of a metric, where it counts things."""
    known = catalogue()
    metric = known.metrics.get(name)
    bottom = metric.bottom if metric else None
    return bottom if bottom and known.measures[bottom].unit == "count" else None
