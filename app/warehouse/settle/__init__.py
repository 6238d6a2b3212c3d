"""Settling: facts and lines as a pure function of the standing imports, one step after the other.

Each step reads only earlier ones. It takes what an import, an undo or a changed reference row touches, the old and the
new side both, and makes just that again. Everything happens in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from app.warehouse import build, closing, cubes
from app.warehouse.settle import bills, books, charges, commitments, outcomes, remainders, standing, usage
from app.warehouse.settle.scripts import variables


@dataclass(frozen=True)
class Changes:
    """What came and what went. `everything`: all is made again, from the standing imports."""

    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    everything: bool = False


@dataclass(frozen=True)
class Tally:
    """What an import brought, in rows of canonical tables."""

    new: int = 0
    replaced: int = 0
    unchanged: int = 0


@dataclass
class Settled:
    """What settling did: rows per import and table, and the days whose figures were made again."""

    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    days: int = 0


Progress = Callable[[str], None]


def silent(step: str) -> None:
    """Tells nobody of a step."""


def settle(con: duckdb.DuckDBPyConnection, changes: Changes, archive: Path, progress: Progress = silent) -> Settled:
    """Bring facts, lines, runs and cubes to what the standing imports give. Returns what changed."""
    variables(con)
    if changes.everything:
        clear(con)
    progress("standing rows")
    tallies = standing.stand(con, changes.added, changes.removed, archive)
    books.switch(con, archive, everything=changes.everything)
    progress("prices, days and runs")
    usage.settle(con, archive)
    progress("remainders")
    remainders.settle(con)
    progress("commitments and capacity")
    commitments.settle(con)
    progress("outcomes")
    outcomes.settle(con)
    progress("bills")
    bills.settle(con)
    progress("charges")
    charges.settle(con)
    progress("cubes")
    days = cubes.refresh(con)
    closing.settle(con, changes.added, changes.removed, archive)
    return Settled({key: Tally(*tally) for key, tally in tallies.items()}, days)


def clear(con: duckdb.DuckDBPyConnection) -> None:
    """Empty all that settling makes; the audit trail, names and list prices stay."""
    made = (
        "runs", "reviews", "lines", "metered_days", "bill_scopes", "bill_days", "unit_prices", "spread_days",
        "excesses", "pool_days", "import_scopes", "repeats", *cubes.TABLES,
    )  # fmt: skip
    closing.clear(con)
    for table in (*build.FACTS, *build.REFERENCES, *made):
        con.execute(f"delete from {table}")
