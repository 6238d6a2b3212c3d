"""The values that dimensions have, for filters to choose from: read from the cubes, within what a viewer may see."""

from __future__ import annotations

from collections.abc import Sequence

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


def values(con: duckdb.DuckDBPyConnection, viewer: Viewer, wanted: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The dimensions of runs and calls with their values in order of the alphabet. Tags: see `tag_values`."""
    found: dict[str, tuple[str, ...]] = {name: tuple(SLICES[name].split()) for name in wanted if name in SLICES}
    for name in wanted:
        if name in LOOKED_UP:
            found[name] = tuple(row[0] for row in con.execute(LOOKED_UP[name]).fetchall())
    listed = [name for name in wanted if name not in found]
    question = Question((), where=dict(viewer.where))
    sources = Sources(con, question)
    selects = [
        f"select {at} as place, part.{name} as value from {table} as part "
        f"where part.{name} is not null and {sources.condition(kind)} group by value"
        for at, name in enumerate(listed)
        for table, kind in _places(name)
    ]
    rows = con.execute(" union ".join(selects) + " order by all", sources.values).fetchall() if selects else []
    for at, name in enumerate(listed):
        found[name] = tuple(value for place, value in rows if place == at)
    return found


def tag_values(con: duckdb.DuckDBPyConnection, name: str) -> tuple[str, ...]:
    """The values of one tag, as in tag:team_lead."""
    rows = con.execute(
        "select distinct tags[$tag] from usage where counts and tags[$tag] is not null order by 1",
        {"tag": name.removeprefix(TAG)},
    )
    return tuple(row[0] for row in rows.fetchall())


def _places(name: str) -> list[tuple[str, str]]:
    """The tables that hold the values of a dimension: of each kind the first cube that has it, and lines."""
    places = [
        (next((cube.table for cube in all_cubes if name in cube.dimensions), None), kind)
        for kind, all_cubes in (("usage", cubes.USAGE), ("runs", cubes.RUNS))
    ]
    if name in (*RUN_COLUMNS, *LINE_DIMENSIONS):
        places.append(("line_parts", "lines"))
    return [(table, kind) for table, kind in places if table is not None]
