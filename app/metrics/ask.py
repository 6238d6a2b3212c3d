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
from app.metrics.parts import Sources
from app.metrics.question import UNASSIGNED, Answer, Question, Viewer
from app.metrics.sums import WHOLE, cuts, selects
from app.warehouse.build import meta


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
    are summed by segment (days that lie in the same spans), and each span adds up its segments.
    """
    sources = Sources(con, question)
    whole = sources.deep_filter()
    sums = needed(question.names, whole)
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
            *(f"{figure(name, whole)} as {name}" for name in single(question.names)),
        )
    )
    text = (
        f"with {spans}stacked as (\n    {stacked}\n),\n"
        f"summed as (select {kept.replace('is_total', is_total(question))}{totals} {grouped(question, bool(spans))}),\n"
        f"settled as (select {kept}{bottoms} from summed)\n"
        f"select {shown or '1'} from settled {order}"
    )
    return text, [*bound, *sources.values]


def named_spans(question: Question) -> tuple[str, list[object]]:
    """The spans with their segments as a table of the statement, and the values that it binds; else nothing."""
    if not question.spans:
        return "", []
    bound: list[object] = []
    for place, name in enumerate(question.spans):
        for number, segment in enumerate(question.segments()):
            if name in segment.spans:
                bound += [place, name, number]
    rows = ", ".join(["(?::integer, ?::varchar, ?::integer)"] * (len(bound) // 3))
    return f"spans(place, span, segment) as (values {rows}),\n", bound


def is_total(question: Question) -> str:
    """Whether a row leaves the dimensions out."""
    return "grouping(cut_0) = 1 as is_total" if question.by else "true as is_total"


def grouped(question: Question, has_spans: bool) -> str:
    """Where the sums are taken from, and by what. A span without a row keeps its total."""
    source = "from stacked"
    if has_spans:
        source = "from spans left join stacked on stacked.segment = spans.segment"
    span = ["place", "span"] if has_spans else []
    keys = ", ".join([*span, *cuts(question)])
    if not keys:
        return source
    if not question.by:
        return f"{source} group by {keys}"
    found = "count(stacked.segment) > 0" if has_spans else "true"
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


def needed(names: Iterable[str], whole: bool = True) -> list[str]:
    """The measures of kind sum that the names rest on, each once; `whole_` before those over whole runs, where told."""
    known = catalogue()
    found: dict[str, None] = {"known_rows": None}
    for name in single(names):
        metric = known.metrics.get(name)
        tops = [metric.top, metric.bottom, metric.covered] if metric else [name]
        for part in tops:
            if part is None:
                continue
            measure = known.measures[part]
            prefix = WHOLE if whole and metric and metric.whole and part == metric.top else ""
            for one in (part, measure.known, measure.present):
                if one is not None:
                    found[prefix + one] = None
    return list(found)


def figure(name: str, whole: bool = True) -> str:
    """The expression of a metric or measure over summed columns; NULL where there is no data."""
    known = catalogue()
    metric = known.metrics.get(name)
    if metric is None:
        return amount(name, known.measures[name])
    return ratio(metric, known.measures, WHOLE if whole and metric.whole else "")


def ratio(metric: Metric, measures: dict[str, Measure], prefix: str) -> str:
    """per x top / bottom; a zero bottom is no data."""
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
