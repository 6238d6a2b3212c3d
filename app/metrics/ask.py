"""ask(question): names, dimensions and filters in, one SELECT out. Ratios of sums only, never a mean of ratios.

Facts of different grain are stacked, not joined: usage rows, runs and lines are each summed on their own, with the
dimensions that they have. Where a cut goes deeper than a run, the bottom of a ratio over runs is the whole slice's,
and each part shows its contribution.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import duckdb

from app.metrics import spread
from app.metrics.catalogue import Measure, Metric, catalogue
from app.metrics.parts import CLASSES, Sources, columns
from app.metrics.question import UNASSIGNED, Answer, Question, Viewer
from app.warehouse.build import meta

WHOLE = "whole_"


def ask(con: duckdb.DuckDBPyConnection, question: Question, viewer: Viewer, today: date) -> Answer:
    """Answer a question for a viewer; `today` decides what is provisional. Raises UnknownNameError."""
    asked = question.checked()
    question = viewer.narrowed(asked)
    rows = [] if asked.spans and not question.spans else answered(con, question, today)
    return Answer(rows, meta(con)["currency"], question.since, question.until, question.spans)


def answered(con: duckdb.DuckDBPyConnection, question: Question, today: date) -> list[dict[str, Any]]:
    """The rows of the answer: what one SELECT of sums gives, and beside it what does not add up."""
    text, values = statement(con, question, today)
    names = (*marks(question), *question.by, *single(question.names))
    rows = [dict(zip(names, row, strict=False)) for row in con.execute(text, values).fetchall()]
    spread.add(con, question, rows)
    return rows


def marks(question: Question) -> list[str]:
    """What the rows of an answer say of themselves, before their dimensions."""
    return [name for name, wanted in (("span", question.spans), ("is_total", question.totals)) if wanted]


def statement(con: duckdb.DuckDBPyConnection, question: Question, today: date) -> tuple[str, list[object]]:
    """The SELECT that answers a question, and the values that it binds.

    Its columns are the marks, the dimensions and the names of sums, in that order; at least one. With spans the parts
    are summed by day, and each span adds up its days.
    """
    sums = needed(question.names)
    sources = Sources(con, question)
    spans, bound = named_spans(question)
    stacked = "\n    union all by name\n    ".join(selects(sources, sums, today))
    keys = [*(("place", "span") if spans else ()), *(("is_total",) if question.totals else ()), *cuts(question)]
    kept = "".join(f"{key}, " for key in keys)
    order = f"order by {', '.join(keys)}" if keys else ""
    totals = ", ".join(f"sum({name}) as {name}" for name in sums)
    bottoms = ", ".join(over_the_slice(question, name, keys) for name in sums)
    shown = ", ".join(
        (
            *(key for key in keys if key in ("span", "is_total")),
            *(named(question, cut) for cut in cuts(question)),
            *(f"{figure(name)} as {name}" for name in single(question.names)),
        )
    )
    text = (
        f"with {spans}stacked as (\n    {stacked}\n),\n"
        f"summed as (select {kept.replace('is_total', is_total(question))}{totals} {grouped(question, bool(spans))}),\n"
        f"settled as (select {kept}{bottoms} from summed)\n"
        f"select {shown or '1'} from settled {order}"
    )
    return text, [*bound, *sources.values]


def cuts(question: Question) -> list[str]:
    """The columns that hold the dimensions of `by`: names of tags may be anything."""
    return [f"cut_{place}" for place in range(len(question.by))]


def named_spans(question: Question) -> tuple[str, list[object]]:
    """The spans as a table of the statement, and the values that it binds; nothing where none are asked."""
    if not question.spans:
        return "", []
    rows = ", ".join(["(?::integer, ?::varchar, ?::date, ?::date)"] * len(question.spans))
    bound: list[object] = [
        value for place, (name, days) in enumerate(question.spans.items()) for value in (place, name, *days)
    ]
    return f"spans(place, span, since, until) as (values {rows}),\n", bound


def is_total(question: Question) -> str:
    """Whether a row leaves the dimensions out."""
    return "grouping(cut_0) = 1 as is_total" if question.by else "true as is_total"


def grouped(question: Question, has_spans: bool) -> str:
    """Where the sums are taken from, and by what. A span without a row keeps its total."""
    source = "from stacked"
    if has_spans:
        source = "from spans left join stacked on stacked.span_day between spans.since and spans.until"
    span = ["place", "span"] if has_spans else []
    keys = ", ".join([*span, *cuts(question)])
    if not keys:
        return source
    if not question.by:
        return f"{source} group by {keys}"
    found = "count(stacked.span_day) > 0" if has_spans else "true"
    if question.totals:
        keys = f"grouping sets (({keys}), ({', '.join(span)}))"
        found = f"{found} or grouping(cut_0) = 1"
    return f"{source} group by {keys} having {found}"


def over_the_slice(question: Question, name: str, keys: list[str]) -> str:
    """A sum; one that only runs have is taken over all parts that runs do not tell apart."""
    known = catalogue()
    depths = [known.dimension(dimension).of in ("time", "run") for dimension in question.by]
    if all(depths) or known.measures[name.removeprefix(WHOLE)].of != "run":
        return name
    shared = [key for key in keys if not key.startswith("cut_")]
    shared += [cut for cut, is_shared in zip(cuts(question), depths, strict=True) if is_shared]
    return f"sum({name}) over (partition by {', '.join(shared) or '1'}) as {name}"


def named(question: Question, cut: str) -> str:
    """A dimension's value; NULL in a total."""
    value = f"coalesce({cut}, '{UNASSIGNED}')"
    return f"case when not is_total then {value} end" if question.totals else value


def single(names: Iterable[str]) -> list[str]:
    """The names that one SELECT of sums can answer."""
    known = catalogue()
    return [name for name in names if not spread.is_spread(known, name)]


def needed(names: Iterable[str]) -> list[str]:
    """The measures of kind sum that the names rest on, each once; `whole_` before those over whole runs."""
    known = catalogue()
    found: dict[str, None] = {"known_rows": None}
    for name in single(names):
        metric = known.metrics.get(name)
        tops = [metric.top, metric.bottom, metric.covered] if metric else [name]
        for part in tops:
            if part is None:
                continue
            measure = known.measures[part]
            prefix = WHOLE if metric and metric.whole and part == metric.top else ""
            for one in (part, measure.known, measure.present):
                if one is not None:
                    found[prefix + one] = None
    return list(found)


def selects(sources: Sources, sums: list[str], today: date) -> list[str]:
    """One SELECT per part: dimensions, then the columns of every sum that the part has."""
    plain = [name for name in sums if not name.startswith(WHOLE)]
    whole = [name for name in sums if name.startswith(WHOLE)]
    if not sources.deep_filter():
        return [select for kind in ("usage", "runs", "lines") for select in sliced(sources, kind, sums, today)]
    measures = catalogue().measures
    of_runs = [name for name in plain if measures[name].of == "run" or measures[name].brought]
    of_lines = [name for name in plain if name not in of_runs]
    return [
        *sliced(sources, "usage", plain, today),
        *sliced(sources, "lines", of_lines, today),
        *sliced(sources, "runs", of_lines, today),
        *(sliced(sources, "runs", [*of_runs, *whole], today, of_matching=True) if of_runs or whole else []),
        *(sliced(sources, "usage", whole, today, of_matching=True) if whole else []),
        *(sliced(sources, "lines", whole, today, of_matching=True) if whole else []),
    ]


def sliced(sources: Sources, kind: str, sums: list[str], today: date, of_matching: bool = False) -> list[str]:
    """The SELECTs of one part: one, or one per slice where a sum is cut by token class or cost component."""
    slices = wanted_slices(sources.question)
    return [select(sources, kind, sums, today, of_matching, dimension, value) for dimension, value in slices]


def wanted_slices(question: Question) -> list[tuple[str | None, str | None]]:
    """The (dimension, value) that sums are cut into; (None, None) where they are not."""
    known = catalogue()
    for name, values in (
        ("cost_component", [component.removeprefix("cost_") for component in known.components]),
        ("token_class", list(CLASSES)),
    ):
        if name in question.by or name in question.where:
            asked = question.where.get(name)
            return [(name, value) for value in (*values, None) if asked is None or (value or UNASSIGNED) in asked]
    return [(None, None)]


def select(
    sources: Sources,
    kind: str,
    sums: list[str],
    today: date,
    of_matching: bool,
    dimension: str | None,
    value: str | None,
) -> str:
    """One part's SELECT. Under `of_matching` it holds whole runs: those with a call that meets the deep filters."""
    shown = ["part.day as span_day"] if sources.question.spans else []
    for name, cut in zip(sources.question.by, cuts(sources.question), strict=True):
        if name == dimension:
            shown.append(f"'{value}' as {cut}" if value else f"null::varchar as {cut}")
        elif of_matching and catalogue().dimension(name).of == "call":
            shown.append(f"null::varchar as {cut}")
        else:
            shown.append(f"{sources.expression(name, kind)} as {cut}")
    keys = ", ".join(str(place + 1) for place in range(len(shown)))
    added = [f"{added_up(sources, kind, name, today, dimension, value)} as {name}" for name in sums]
    by_state = any("part.run_" in term for term in added)
    # No cube tells the components of a state's cost apart.
    source = sources.source(kind, detail=of_matching or (by_state and dimension == "cost_component"))
    if by_state and source == "usage_parts":
        source = "usage_run_parts"
    condition = sources.condition(kind, runs_only=of_matching)
    if of_matching:
        matching = sources.condition("usage", calls_only=True)
        condition += (
            " and part.run_id in (select part.run_id from usage_parts as part "
            f"where part.run_id is not null and {matching})"
        )
    grouping = f"group by {keys}" if keys else ""
    return f"select {', '.join((*shown, *added))} from {source} as part where {condition} {grouping}"


def added_up(sources: Sources, kind: str, name: str, today: date, dimension: str | None, value: str | None) -> str:
    """The sum of a measure's columns in one part, or in one slice of it."""
    measure = catalogue().measures[name.removeprefix(WHOLE)]
    if name.removeprefix(WHOLE) == "provisional":
        if kind != "runs" or value is not None:
            return "0"
        sources.values.append(today)
        return "sum(case when part.provisional_until > ? then part.outcomes else 0 end)"
    terms = [
        spread.in_slice(column, kind, measure, dimension, value)
        for column in columns(measure, kind, sources.question.basis)
    ]
    kept = [term for term in terms if term]
    empty = "null::decimal(38, 12)" if measure.unit == "money" else "0"
    return " + ".join(f"coalesce(sum({term}), 0)" for term in kept) or empty


def figure(name: str) -> str:
    """The expression of a metric or measure over summed columns; NULL where there is no data."""
    known = catalogue()
    metric = known.metrics.get(name)
    if metric is None:
        return amount(name, known.measures[name])
    return ratio(metric, known.measures)


def ratio(metric: Metric, measures: dict[str, Measure]) -> str:
    """per x top / bottom; a zero bottom is no data."""
    prefix = WHOLE if metric.whole else ""
    top = amount(metric.top, measures[metric.top], prefix)
    bottom = amount(str(metric.bottom), measures[str(metric.bottom)])
    return f"{metric.per} * ({top}) / nullif({bottom}, 0)"


def amount(name: str, measure: Measure, prefix: str = "") -> str:
    """A sum, or NULL where nothing of it is known."""
    column = prefix + name
    if measure.component:
        return f"case when known_rows > 0 then coalesce({column}, 0) end"
    if measure.known is None:
        return f"coalesce({column}, 0)"
    nothing = f"when {prefix}{measure.present} = 0 and known_rows > 0 then 0" if measure.present else ""
    return f"case when {prefix}{measure.known} > 0 then coalesce({column}, 0) {nothing} end"
