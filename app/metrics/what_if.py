"""What a change moves: the figures that decide, by month and team, as they were before it and as they are after it.

Whoever previews a change takes the figures, lets the real settle do it, takes them again, and rolls back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from app.metrics.ask import ask
from app.metrics.question import UNASSIGNED, Question, Viewer

ASKED = ("all_in_cost", "trusted", "margin", "unpriced_tokens")
FIGURES = (*ASKED, "unassigned_cost")
"""What is compared. Money is in the reporting currency; the unassigned cost is the all-in cost that has no team."""

Sums = Mapping[str, Any]
"""The figures of one month and team by name; None where nothing of one is known."""


@dataclass(frozen=True)
class Figures:
    """What stands at one moment."""

    parts: Mapping[tuple[str, str], Sums]
    """By month (2026-10) and team; only those that have any row."""
    total: Sums


def figures(con: duckdb.DuckDBPyConnection) -> Figures:
    """The figures of every month and team as the cubes and lines of this connection's transaction have them."""

    def asked(*by: str) -> list[dict[str, Any]]:
        return ask(con, Question(ASKED, by), Viewer.everything(), date.max).rows

    parts = {(row["month"], row["team"]): _with_unassigned(row) for row in asked("month", "team")}
    (whole,) = asked()
    unassigned = [sums["all_in_cost"] for (_, team), sums in parts.items() if team == UNASSIGNED]
    known = [cost for cost in unassigned if cost is not None]
    return Figures(parts, {**whole, "unassigned_cost": sum(known, Decimal(0)) if known or not unassigned else None})


def moved(before: Figures, after: Figures) -> dict[str, Any]:
    """What differs: `rows`, one per month and team, and the `total`; of each figure before, after and difference."""
    nothing: Sums = dict.fromkeys(FIGURES)
    rows = [
        {"month": month, "team": team}
        | _compared(before.parts.get((month, team), nothing), after.parts.get((month, team), nothing))
        for month, team in sorted(before.parts.keys() | after.parts.keys())
        if before.parts.get((month, team), nothing) != after.parts.get((month, team), nothing)
    ]
    return {"rows": rows, "total": _compared(before.total, after.total)}


def _with_unassigned(row: Sums) -> Sums:
    own = row["all_in_cost"] if row["team"] == UNASSIGNED else Decimal(0)
    return {name: row[name] for name in ASKED} | {"unassigned_cost": own}


def _compared(was: Sums, now: Sums) -> dict[str, dict[str, Any]]:
    return {
        name: {"before": was[name], "after": now[name], "difference": (now[name] or 0) - (was[name] or 0)}
        for name in FIGURES
    }
