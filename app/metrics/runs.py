"""One run's ledger: eight questions, answered for one run id by the SELECTs in run/."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from app.metrics.parts import Sources
from app.metrics.question import Question, Viewer

HERE = Path(__file__).resolve().parent / "run"
VIEWS = {"usage": "usage_parts", "runs": "run_parts", "lines": "line_parts"}


class UnknownRunError(Exception):
    """No usage row, step, check or outcome names this run, or a part of it is not for who asks."""


def run_document(con: duckdb.DuckDBPyConnection, run_id: str, viewer: Viewer | None = None) -> dict[str, Any]:
    """What a run consumed, chose, compiled, called, checked, cost, produced, and whether it was trusted.

    Raises UnknownRunError, also when any part of the run is outside of what the viewer may see: whoever asks cannot
    tell the two apart.
    """
    row = con.execute("select first_day, last_day from runs where run_id = ?", [run_id]).fetchone()
    if row is None or (viewer is not None and reaches_outside(con, run_id, viewer)):
        raise UnknownRunError(f"There is no run {run_id!r} in any usage, step, check or outcome that stands.")
    run = {"run_id": run_id, "first_day": row[0], "last_day": row[1]}
    return {
        "run_id": run_id,
        "which_workflow": answers(con, "workflow", run)[0],
        "which_route": answers(con, "route", run),
        "which_context": answers(con, "context", run),
        "which_tools": answers(con, "tools", run),
        "which_checks": answers(con, "checks", run),
        "what_did_it_cost": answers(con, "cost", run)[0],
        "what_was_produced": answers(con, "produced", run),
        "was_it_trusted": answers(con, "trusted", run)[0],
        "calls": answers(con, "calls", run),
        "other_costs": answers(con, "other_costs", run),
    }


def reaches_outside(con: duckdb.DuckDBPyConnection, run_id: str, viewer: Viewer) -> bool:
    """Whether a call, a step, an outcome or a line of the run is one that the viewer may not see."""
    allowed = viewer.narrowed(Question(()))
    if allowed == Question(()):
        return False
    for kind, view in VIEWS.items():
        sources = Sources(con, allowed)
        condition = sources.condition(kind, runs_only=kind == "runs")
        text = f"select count(*) from {view} as part where not coalesce({condition}, false) and part.run_id = ?"
        found = con.execute(text, [*sources.values, run_id]).fetchone()
        if found is None or found[0]:
            return True
    return False


def answers(con: duckdb.DuckDBPyConnection, question: str, run: dict[str, object]) -> list[dict[str, Any]]:
    """The rows of one question's SELECT."""
    text = _text(question)
    cursor = con.execute(text, {name: value for name, value in run.items() if f"${name}" in text})
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@cache
def _text(question: str) -> str:
    return (HERE / f"{question}.sql").read_text()
