"""What does not add up over the stacked parts: distinct counts, quantiles, currencies; and slices of a sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import duckdb

from app.metrics.catalogue import Catalogue, Measure, catalogue
from app.metrics.parts import Sources, reads
from app.metrics.question import UNASSIGNED, Question
from app.warehouse import build, closing, cubes
from app.warehouse.build import meta

STEP = 1.05


def is_spread(known: Catalogue, name: str) -> bool:
    """Whether a name is a distinct count or rests on a histogram."""
    metric = known.metrics.get(name)
    return known.measures[metric.top if metric else name].kind != "sum"


def add(con: duckdb.DuckDBPyConnection, question: Question, rows: list[dict[str, Any]]) -> None:
    """Put the asked distinct counts and quantiles into the rows of an answer: a question each per span and total."""
    known = catalogue()
    for name in question.names:
        if not is_spread(known, name):
            continue
        for span, is_total, part in _parts(question):
            found, nothing = _found(con, part, known, name)
            for row in rows:
                if (row.get("span"), row.get("is_total", False)) == (span, is_total):
                    row[name] = found.get(tuple(row[dimension] for dimension in part.by), nothing)


def _parts(question: Question) -> Iterator[tuple[str | None, bool, Question]]:
    """The question of each span, and of its total."""
    for span, (since, until) in question.spans.items() or [(None, (question.since, question.until))]:
        part = replace(question, spans={}, since=since, until=until)
        if question.by or not question.totals:
            yield span, False, part
        if question.totals:
            yield span, True, replace(part, by=())


def _found(
    con: duckdb.DuckDBPyConnection, question: Question, known: Catalogue, name: str
) -> tuple[Mapping[tuple[str, ...], Any], Any]:
    """What was found per cut, and what stands where nothing was."""
    metric = known.metrics.get(name)
    if metric and metric.quantile:
        return quantiles(con, question, metric.quantile), None
    measure = known.measures[name]
    return (unconverted(con, question), {}) if measure.kind == "currencies" else (distinct(con, question, measure), 0)


def distinct(con: duckdb.DuckDBPyConnection, question: Question, measure: Measure) -> dict[tuple[str, ...], Any]:
    """Distinct values of a column per cut, counted over the whole asked range."""
    sources = Sources(con, question)
    shown = "".join(f"{_value(sources, name)}, " for name in question.by)
    held = sources.condition("usage")
    rows = con.execute(
        f"select {shown} count(distinct part.{measure.column}) from usage_parts as part where {held} group by all",
        sources.values,
    ).fetchall()
    return {tuple(row[:-1]): row[-1] for row in rows}


def quantiles(con: duckdb.DuckDBPyConnection, question: Question, wanted: float) -> dict[tuple[str, ...], Any]:
    """A quantile per cut: the middle of the bin in which it lies."""
    sources = Sources(con, question)
    columns = {column for name in (*question.by, *question.where) for column in reads(name)}
    table = cubes.LATENCY.table if columns <= set(cubes.LATENCY.dimensions) else cubes.LATENCY.view
    source = closing.as_stored(con, table)
    names = [f"cut_{place}" for place in range(len(question.by))]
    shown = "".join(f"{_value(sources, name)} as {alias}, " for name, alias in zip(question.by, names, strict=True))
    kept = "".join(f"{name}, " for name in names)
    apart = f"partition by {', '.join(names)}" if names else ""
    held = sources.condition("usage")
    sources.values.append(wanted)
    rows = con.execute(
        f"""
        with
            bins as (
                select {shown} part.latency_bin as bin, sum(part.timed_calls) as calls
                from {source} as part
                where {held} and part.latency_bin is not null
                group by {kept} bin
            ),
            running as (
                select {kept} bin, sum(calls) over ({apart} order by bin) as reached, sum(calls) over ({apart}) as total
                from bins
            )
        select {kept} min(bin) filter (reached >= ? * total) from running group by all
        """,
        sources.values,
    ).fetchall()
    return {tuple(row[:-1]): None if row[-1] is None else round(float(STEP ** (row[-1] + 0.5)), 1) for row in rows}


def unconverted(con: duckdb.DuckDBPyConnection, question: Question) -> dict[tuple[str, ...], dict[str, Decimal]]:
    """Cost that has no rate of exchange, in its own currency, per cut."""
    found: dict[tuple[str, ...], dict[str, Decimal]] = {}
    if meta(con).get("unconverted") != "true":
        return found
    sources = Sources(con, question)
    for kind, view in (("usage", "usage_parts"), ("runs", "run_parts"), ("lines", "line_parts")):
        if kind == "runs" and question.basis == "invoiced":
            continue  # no invoice holds what a run costs beside its calls
        sources.values.clear()
        shown = "".join(f"{_value(sources, name, kind)}, " for name in question.by)
        held = sources.condition(kind)
        rows = con.execute(
            f"select {shown} part.unconverted_currency, sum(part.unconverted) from {view} as part "
            f"where {held} and part.unconverted is not null group by all",
            sources.values,
        ).fetchall()
        for *cut, currency, amount in rows:
            own = found.setdefault(tuple(cut), {})
            own[currency] = own.get(currency, Decimal(0)) + amount
    return found


def _value(sources: Sources, name: str, kind: str = "usage") -> str:
    return f"coalesce({sources.expression(name, kind)}::varchar, '{UNASSIGNED}')"


def in_slice(column: str, kind: str, measure: Measure, dimension: str | None, value: str | None) -> str | None:
    """The signed column as one slice sees it; None where the slice has nothing of it."""
    sign, name = ("-", column[1:]) if column.startswith("-") else ("", column)
    if dimension is None:
        return f"{sign}part.{name}"
    if dimension == "cost_component" and name.startswith(BY_STATE):
        own = _own_column(name, kind, value)
        return f"{sign}case when part.run_state = '{name.rpartition('_')[2]}' then part.{own} end" if own else None
    seen = _in_class(name, kind, value) if dimension == "token_class" else _in_component(name, measure, value)
    return f"{sign}part.{seen}" if seen else None


BY_STATE = ("run_cost_", "run_true_up_")
OF_USAGE = build.COMPONENTS_OF_USAGE
OF_LINES = (
    "inference", "retrieval", "tool", "evaluation", "observability", "human_review", "infrastructure", "other",
)  # fmt: skip
OF_RUNS = ("tool", "retrieval", "human_review", "evaluation", "other")


def _own_column(name: str, kind: str, value: str | None) -> str | None:
    """The column of a component whose rows the cost of one state is a part of."""
    if name.startswith("run_true_up_"):
        return "true_up" if value == "true_up" else None
    of_kind = {"usage": OF_USAGE, "runs": OF_RUNS, "lines": OF_LINES}[kind]
    return f"cost_{value}" if value in of_kind else None


def _in_component(name: str, measure: Measure, value: str | None) -> str | None:
    own = "true_up" if value == "true_up" else f"cost_{value}"
    if measure.unit != "money" or name in ("revenue", "cost_saved", "trusted_revenue", "trusted_cost_saved"):
        counts_lines = name.startswith("known") or name in ("usage_rows", "model_lines")
        return name if value is None or counts_lines else None
    if name == "cost_usage":
        return own if value in OF_USAGE else None
    return name if name == own else None


def _in_class(name: str, kind: str, value: str | None) -> str | None:
    if kind != "usage":
        return name if value is None or name.startswith("known") else None
    if name == "tokens":
        return f"class_{value}" if value else None
    if name == "class_retry":
        return name if value == "retry" else None
    if name.startswith("known") or name == "usage_rows":
        return name
    return name if value is None else None
