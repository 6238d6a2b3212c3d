"""The values that dimensions have, for filters to choose from: read from the cubes, within what a viewer may see."""

from __future__ import annotations

import duckdb

from app.metrics.catalogue import TAG, catalogue
from app.metrics.parts import LINE_DIMENSIONS, RUN_COLUMNS, Sources
from app.metrics.question import Question, Viewer
from app.warehouse import cubes

SLICES = {
    "token_class": "uncached_input tool_result cache_read cache_write output reasoning evaluator retry",
    "cost_component": " ".join(name.removeprefix("cost_") for name in catalogue().components),
}
# What is looked up by another dimension stands in a table of its own.
LOOKED_UP = {
    "use_case": "select distinct use_case from workflows where counts and use_case is not null order by 1",
    "model_tier": "select distinct tier from models where counts and tier is not null order by 1",
}


def values(con: duckdb.DuckDBPyConnection, viewer: Viewer) -> dict[str, tuple[str, ...]]:
    """Every dimension of runs and calls with its values in order of the alphabet; tags have none here."""
    found: dict[str, set[str]] = {name: set() for name in catalogue().dimensions}
    for table, kind, dimensions in _places():
        sources = Sources(con, Question((), where=dict(viewer.where)))
        shown = ", ".join(f"list(distinct part.{name})" for name in dimensions)
        held = sources.condition(kind)
        row = con.execute(f"select {shown} from {table} as part where {held}", sources.values).fetchone() or ()
        for name, listed in zip(dimensions, row, strict=True):
            found[name] |= {value for value in listed or () if value is not None}
    for name, text in LOOKED_UP.items():
        found[name] = {row[0] for row in con.execute(text).fetchall()}
    for name, words in SLICES.items():
        found[name] = {*words.split()}
    return {name: tuple(sorted(listed)) for name, listed in found.items()}


def tag_values(con: duckdb.DuckDBPyConnection, name: str) -> tuple[str, ...]:
    """The values of one tag, as in tag:team_lead."""
    rows = con.execute(
        "select distinct tags[$tag] from usage where counts and tags[$tag] is not null order by 1",
        {"tag": name.removeprefix(TAG)},
    )
    return tuple(row[0] for row in rows.fetchall())


def _places() -> list[tuple[str, str, tuple[str, ...]]]:
    """Tables that hold the values of dimensions: the first cube that has one, and what lines alone may have."""
    places: list[tuple[str, str, tuple[str, ...]]] = []
    for kind, all_cubes in (("usage", cubes.USAGE), ("runs", cubes.RUNS)):
        seen: set[str] = set()
        for cube in all_cubes:
            fresh = tuple(name for name in cube.dimensions if name not in seen and name in catalogue().dimensions)
            places.append((cube.table, kind, fresh))
            seen |= {*fresh}
    return [*places, ("line_parts", "lines", (*RUN_COLUMNS, *LINE_DIMENSIONS))]
