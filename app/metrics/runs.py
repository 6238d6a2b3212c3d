"""One run's ledger: eight questions, answered for one run id by the SELECTs in run/."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import duckdb

HERE = Path(__file__).resolve().parent / "run"


class UnknownRunError(Exception):
    """No usage row, step, check or outcome names this run."""


def run_document(con: duckdb.DuckDBPyConnection, run_id: str) -> dict[str, Any]:
    """What a run consumed, chose, compiled, called, checked, cost, produced, and whether it was trusted.

    Raises UnknownRunError.
    """
    row = con.execute("select first_day, last_day from runs where run_id = ?", [run_id]).fetchone()
    if row is None:
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
    }


def answers(con: duckdb.DuckDBPyConnection, question: str, run: dict[str, object]) -> list[dict[str, Any]]:
    """The rows of one question's SELECT."""
    text = _text(question)
    cursor = con.execute(text, {name: value for name, value in run.items() if f"${name}" in text})
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@cache
def _text(question: str) -> str:
    return (HERE / f"{question}.sql").read_text()
