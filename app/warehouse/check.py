"""Proves the accounting rules on this database: every audit is a SELECT of the rows that break a rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from app.warehouse import closing, cubes

AUDITS = Path(__file__).resolve().parent / "audits"
SHOWN = 20


@dataclass(frozen=True)
class Breach:
    """A rule that does not hold: which, where, and what was found."""

    rule: str
    where: str
    detail: str


def check(con: duckdb.DuckDBPyConnection) -> list[Breach]:
    """Every breach of every rule, at most 20 of each; empty when all is well."""
    return [*audited(con), *cubes_differ(con), *closed_differ(con)]


def audited(con: duckdb.DuckDBPyConnection) -> Iterator[Breach]:
    """The breaches that the audits find."""
    for path in sorted(AUDITS.glob("*.sql")):
        text = path.read_text()
        rule = text.splitlines()[0].removeprefix("-- ")
        rows = con.execute(f"select place, detail from ({text}) limit {SHOWN}").fetchall()
        yield from (Breach(rule, str(place), str(detail)) for place, detail in rows)


def cubes_differ(con: duckdb.DuckDBPyConnection) -> Iterator[Breach]:
    """Days on which a cube does not hold what its view gives."""
    for cube in (*cubes.USAGE, cubes.LATENCY, *cubes.RUNS):
        names = cube.sums or tuple(cubes.measures(con, cube.view))
        sums = ", ".join(cubes.total(name) for name in names)
        columns = ", ".join(("day", *names))
        rows = con.execute(
            f"with held as (select day, {sums} from {cube.table} group by day), "
            f"given as (select day, {sums} from {cube.view} group by day) "
            f"select distinct day from ((select {columns} from held except select {columns} from given) "
            f"union all (select {columns} from given except select {columns} from held)) limit {SHOWN}"
        ).fetchall()
        yield from (
            Breach("A cube holds what its rows add up to.", f"{cube.table} {day}", f"differs from {cube.view}")
            for (day,) in rows
        )


def closed_differ(con: duckdb.DuckDBPyConnection) -> Iterator[Breach]:
    """Closed months of which what is kept, and what changed since, is not what stands."""
    for table, month in closing.differing(con):
        detail = "what was closed and what changed since is not what stands"
        yield Breach("Closed months and their changes add up to what stands.", f"{table} {month:%Y-%m}", detail)
