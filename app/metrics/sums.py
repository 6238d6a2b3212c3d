"""The SELECTs that a statement stacks: each adds up one part's columns once, and makes its measures out of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from app.metrics import spread
from app.metrics.catalogue import Measure, catalogue
from app.metrics.parts import CLASSES, Sources, columns
from app.metrics.question import UNASSIGNED, Question, Segment

WHOLE = "whole_"
Slice = tuple[str | None, str | None]
"""A dimension that slices sums, and the value of one slice."""
NO_SLICE: Slice = (None, None)
PROVISIONAL = "case when part.provisional_until > ? then part.outcomes else 0 end"


def selects(sources: Sources, sums: Sequence[str], today: date) -> list[str]:
    """One SELECT per part: the segment where spans are asked, the cuts, then the asked sums."""
    plain = [name for name in sums if not name.startswith(WHOLE)]
    whole = [name for name in sums if name.startswith(WHOLE)]
    if not sources.deep_filter():
        return [Part(sources, kind, today).select(sums) for kind in ("usage", "runs", "lines")]
    measures = catalogue().measures
    of_runs = [name for name in plain if measures[name].of == "run" or measures[name].brought]
    of_lines = [name for name in plain if name not in of_runs]
    return [
        Part(sources, "usage", today).select(plain),
        Part(sources, "lines", today).select(of_lines),
        Part(sources, "runs", today).select(of_lines),
        Part(sources, "runs", today, of_matching=True).select([*of_runs, *whole]),
        *(Part(sources, kind, today, of_matching=True).select(whole) for kind in ("usage", "lines") if whole),
    ]


def cuts(question: Question) -> list[str]:
    """The columns that hold the dimensions of `by`: names of tags may be anything."""
    return [f"cut_{place}" for place in range(len(question.by))]


def wanted_slices(question: Question) -> list[Slice]:
    """The slices that sums are cut into; one of nothing where they are not, none where no such slice exists."""
    known = catalogue()
    for name, values in (
        ("cost_component", [component.removeprefix("cost_") for component in known.components]),
        ("token_class", list(CLASSES)),
    ):
        if name in question.by or name in question.where:
            asked = question.where.get(name)
            return [(name, value) for value in (*values, None) if asked is None or (value or UNASSIGNED) in asked]
    return [NO_SLICE]


@dataclass
class Part:
    """Usage rows, runs or lines. Under `of_matching` whole runs: those with a call that meets the deep filters."""

    sources: Sources
    kind: str
    today: date
    of_matching: bool = False
    _added: dict[str, str] = field(default_factory=dict)
    """What is added up -> its column."""

    def select(self, sums: Sequence[str]) -> str:
        """The part's SELECT of the sums. Values are bound in the order in which the text names them."""
        question = self.sources.question
        slices = wanted_slices(question)
        keys, shown = self._keys(slices)
        measures = [f"{self._measure(name, slices)} as {name}" for name in sums]
        added = [f"coalesce(sum({term}), 0) as {column}" for term, column in self._added.items()]
        self.sources.values.extend(self.today for term in self._added if "?" in term)
        grouping = f"group by {', '.join(str(place + 1) for place in range(len(keys)))}" if keys else ""
        if question.by and not keys:
            grouping = "having count(*) > 0"  # slices of nothing are no rows
        inner = ", ".join((*keys, *added)) or "1"
        outer = ", ".join((*shown, *measures)) or "1 as nothing"
        condition = self._condition()
        return (
            f"select {outer} from "
            f"(select {inner} from {self._source()} as part where {condition} {grouping}) as part{sliced(slices)}"
        )

    def _keys(self, slices: list[Slice]) -> tuple[list[str], list[str]]:
        """What the columns are added up by, and how the SELECT shows it."""
        question = self.sources.question
        keys, shown = [], []
        if question.spans:
            keys.append(f"{segment_of(question.segments(), self.sources.values)} as segment")
            shown.append("segment")
        for name, cut in zip(question.by, cuts(question), strict=True):
            if slices and name == slices[0][0]:
                shown.append(f"slice.value as {cut}")
                continue
            runs_have_it = catalogue().dimension(name).of != "call"
            value = (
                self.sources.expression(name, self.kind) if runs_have_it or not self.of_matching else "null::varchar"
            )
            keys.append(f"{value} as {cut}")
            shown.append(cut)
        return keys, shown

    def _measure(self, name: str, slices: list[Slice]) -> str:
        """A measure out of the part's columns, in whichever slice a row is."""
        measure = catalogue().measures[name.removeprefix(WHOLE)]
        empty = "null::decimal(38, 12)" if measure.unit == "money" else "0"
        found = [self._in_slice(name.removeprefix(WHOLE), measure, one) or empty for one in slices]
        if len(set(found)) <= 1:
            return found[0] if found else empty
        cases = " ".join(f"when {place} then {amount}" for place, amount in enumerate(found) if amount != empty)
        return f"case slice.place {cases} else {empty} end"

    def _in_slice(self, name: str, measure: Measure, one: Slice) -> str | None:
        """A measure in one slice; None where it has nothing of it."""
        if name == "provisional":
            nowhere = self.kind != "runs" or one[1] is not None
            return None if nowhere else self._column(PROVISIONAL)
        terms = [
            term
            for column in columns(measure, self.kind, self.sources.question.basis)
            if (term := spread.in_slice(column, self.kind, measure, *one))
        ]
        signed = [f"- {self._column(term[1:])}" if term[0] == "-" else f"+ {self._column(term)}" for term in terms]
        return f"({' '.join(signed).removeprefix('+ ')})" if signed else None

    def _column(self, term: str) -> str:
        """The column that holds the sum of a term."""
        return self._added.setdefault(term, f"sum_{len(self._added)}")

    def _source(self) -> str:
        """The smallest table or view that has it all. No cube tells the components of a state's cost apart."""
        by_state = any("part.run_state" in term for term in self._added)
        source = self.sources.source(self.kind, detail=self.of_matching or by_state)
        is_judged = by_state or any("part.run_" in term for term in self._added)
        return "usage_run_parts" if is_judged and source == "usage_parts" else source

    def _condition(self) -> str:
        condition = self.sources.condition(self.kind, runs_only=self.of_matching)
        if not self.of_matching:
            return condition
        matching = self.sources.condition("usage", calls_only=True)
        return (
            f"{condition} and part.run_id in (select part.run_id from usage_parts as part "
            f"where part.run_id is not null and {matching})"
        )


def sliced(slices: list[Slice]) -> str:
    """The slices, as a table to join; nothing where sums are not cut into slices."""
    if slices == [NO_SLICE]:
        return ""
    rows = ", ".join(f"({place}, {repr(value) if value else 'null'})" for place, (_, value) in enumerate(slices))
    return f" cross join {f'(values {rows})' if slices else '(select 0, null where false)'} as slice(place, value)"


def segment_of(segments: Sequence[Segment], values: list[object], first: int = 0) -> str:
    """The place of a day's segment: halves are told apart until one is left."""
    if len(segments) == 1:
        return str(first)
    half = len(segments) // 2
    values.append(segments[half - 1].until)
    before = segment_of(segments[:half], values, first)
    return f"case when part.day <= ? then {before} else {segment_of(segments[half:], values, first + half)} end"
