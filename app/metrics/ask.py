"""ask(question): names, dimensions and filters in, one SELECT out. Ratios of sums only, never a mean of ratios.

Facts of different grain are stacked, not joined: usage rows, runs and lines are each summed on their own, with the
dimensions that they have. Where a cut goes deeper than a run, the bottom of a ratio over runs is the whole slice's,
and each part shows its contribution.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import duckdb

from app.metrics import spread
from app.metrics.catalogue import Measure, Metric, catalogue
from app.metrics.parts import CLASSES, Sources, columns
from app.metrics.question import UNASSIGNED, Answer, Question, Viewer
from app.warehouse.build import meta

WHOLE = "whole_"


def ask(con: duckdb.DuckDBPyConnection, question: Question, viewer: Viewer, today: date) -> Answer:
    """Answer a question for a viewer; `today` decides what is provisional. Raises UnknownNameError."""
    question = narrowed(question.checked(), viewer)
    text, values = statement(con, question, today)
    cursor = con.execute(text, values)
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    spread.add(con, question, rows)
    known = meta(con)
    return Answer(rows, known["currency"], question.since, question.until)


def narrowed(question: Question, viewer: Viewer) -> Question:
    """The question within what the viewer may see."""
    where = {name: tuple(values) for name, values in question.where.items()}
    for name, allowed in viewer.where.items():
        where[name] = tuple(value for value in where.get(name, allowed) if value in allowed)
    return Question(question.names, question.by, question.since, question.until, where, question.basis)


def statement(con: duckdb.DuckDBPyConnection, question: Question, today: date) -> tuple[str, list[object]]:
    """The SELECT that answers a question, and the values that it binds."""
    known = catalogue()
    sums = needed(question.names)
    sources = Sources(con, question)
    stacked = "\n    union all by name\n    ".join(selects(sources, sums, today))
    dims = ", ".join(f'"{name}"' for name in question.by)
    shared = ", ".join(f'"{name}"' for name in question.by if known.dimension(name).of in ("time", "run")) or "1"
    totals = ", ".join(f"sum({name}) as {name}" for name in sums)
    finer = any(known.dimension(name).of not in ("time", "run") for name in question.by)
    bottoms = ", ".join(
        f"sum({name}) over (partition by {shared}) as {name}"
        if finer and known.measures[name.removeprefix(WHOLE)].of == "run"
        else name
        for name in sums
    )
    shown = ", ".join(
        (
            *(f'coalesce("{name}", \'{UNASSIGNED}\') as "{name}"' for name in question.by),
            *(f"{figure(name)} as {name}" for name in single(question.names)),
        )
    )
    group = f"group by {dims}" if dims else ""
    order = f"order by {dims}" if dims else ""
    keys = f"{dims}, " if dims else ""
    text = (
        f"with stacked as (\n    {stacked}\n),\nsummed as (select {keys}{totals} from stacked {group}),\n"
        f"settled as (select {keys}{bottoms} from summed)\nselect {shown or '1 as none'} from settled {order}"
    )
    return text, sources.values


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
        *sliced(sources, "runs", [*of_runs, *whole], today, of_matching=True),
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
    shown = []
    for name in sources.question.by:
        if name == dimension:
            shown.append(f"'{value}' as \"{name}\"" if value else f'null::varchar as "{name}"')
        elif of_matching and catalogue().dimension(name).of == "call":
            shown.append(f'null::varchar as "{name}"')
        else:
            shown.append(f'{sources.expression(name, kind)} as "{name}"')
    shown.extend(f"{added_up(sources, kind, name, today, dimension, value)} as {name}" for name in sums)
    source = sources.source(kind, detail=of_matching)
    condition = sources.condition(kind, runs_only=of_matching)
    if of_matching:
        matching = sources.condition("usage", calls_only=True)
        condition += (
            " and part.run_id in (select part.run_id from usage_parts as part "
            f"where part.run_id is not null and {matching})"
        )
    keys = (
        f"group by {', '.join(str(place + 1) for place in range(len(sources.question.by)))}"
        if sources.question.by
        else ""
    )
    return f"select {', '.join(shown)} from {source} as part where {condition} {keys}"


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
