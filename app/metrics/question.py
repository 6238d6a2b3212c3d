"""A question in names: what, cut by what, over which days, under which filter, on which basis, for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any, Literal

from app.metrics.catalogue import Catalogue, catalogue

UNASSIGNED = "Unassigned"
Basis = Literal["ledger", "metered", "invoiced"]
Span = tuple[date, date]


@dataclass(frozen=True)
class Viewer:
    """Who asks, and what is never answered to them.

    `where` is the row filter that holds for everything this viewer sees: dimension -> allowed values. `since` and
    `until` are the first and last day that they see; None is no limit.
    """

    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None

    @classmethod
    def everything(cls) -> Viewer:
        """A viewer who may see all."""
        return cls()

    def narrowed(self, question: Question) -> Question:
        """The question within what this viewer may see; spans of which nothing is left are gone."""
        where = {name: tuple(values) for name, values in question.where.items()}
        for name, allowed in self.where.items():
            where[name] = tuple(value for value in where.get(name, allowed) if value in allowed)
        clipped = {name: (self._first(since), self._last(until)) for name, (since, until) in question.spans.items()}
        return replace(
            question,
            where=where,
            since=question.since if self.since is None else self._first(question.since),
            until=question.until if self.until is None else self._last(question.until),
            spans={name: (since, until) for name, (since, until) in clipped.items() if since <= until},
        )

    def _first(self, day: date | None) -> date:
        return max(one for one in (day, self.since) if one is not None)

    def _last(self, day: date | None) -> date:
        return min(one for one in (day, self.until) if one is not None)


@dataclass(frozen=True)
class Segment:
    """Days that lie in the same spans."""

    since: date
    until: date
    spans: frozenset[str]


@dataclass(frozen=True)
class Question:
    """Names of metrics and measures, dimensions, first and last day (inclusive), and filters.

    Several values of one dimension mean either, several dimensions mean both.

    `spans` are named ranges (first and last day, inclusive) that may overlap; they stand instead of `since` and
    `until`, and every row of the answer says in "span" which one it is about. `totals` adds a row that leaves the
    dimensions of `by` out: "is_total" is True there, False in the others, and its dimensions are None. Without `by`
    the one row is the total.
    """

    names: tuple[str, ...]
    by: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    basis: Basis = "ledger"
    spans: Mapping[str, Span] = field(default_factory=dict)
    totals: bool = False

    def checked(self) -> Question:
        """Itself. Raises UnknownNameError for a name that the catalogue does not have."""
        known = catalogue()
        for name in self.names:
            if name not in known.measures:
                known.known(name, known.metrics, "metric")
        for name in (*self.by, *self.where):
            known.dimension(name)
        return self

    def ranges(self) -> list[tuple[date | None, date | None]]:
        """The days asked for, as ranges that do not overlap."""
        if not self.spans:
            return [(self.since, self.until)]
        merged: list[Span] = []
        for segment in self.segments():
            if merged and segment.since.toordinal() == merged[-1][1].toordinal() + 1:
                merged[-1] = (merged[-1][0], segment.until)
            else:
                merged.append((segment.since, segment.until))
        return [*merged]

    def segments(self) -> list[Segment]:
        """The days of the spans in order of time, cut wherever a span begins or ends."""
        starts = {since.toordinal() for since, _ in self.spans.values()}
        ends = {until.toordinal() + 1 for _, until in self.spans.values()}
        bounds = sorted(starts | ends)
        found = []
        for first, following in pairwise(bounds):
            since, until = date.fromordinal(first), date.fromordinal(following - 1)
            names = {name for name, span in self.spans.items() if span[0] <= since and until <= span[1]}
            if names:
                found.append(Segment(since, until, frozenset(names)))
        return found


@dataclass(frozen=True)
class Answer:
    """One row per combination of `by`: dimension values as text, one entry per name; None where there is no data.

    Where spans were asked, one row per span and combination that has any, in the order of the spans, with "span"; a
    span without `by`, and its total, have a row even if there is nothing. `spans`, `since` and `until` are the days
    answered: what was asked, cut to what the viewer may see.
    """

    rows: list[dict[str, Any]]
    currency: str
    since: date | None
    until: date | None
    spans: Mapping[str, Span] = field(default_factory=dict)


def deep(names: tuple[str, ...] | Mapping[str, Any], known: Catalogue) -> tuple[str, ...]:
    """The dimensions among `names` that only a call has."""
    return tuple(name for name in names if known.dimension(name).of == "call")
