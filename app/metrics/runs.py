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
    workflow = answers(con, "workflow", run_id)
    if not workflow:
        raise UnknownRunError(f"There is no run {run_id!r} in any usage, step, check or outcome that stands.")
    return {
        "run_id": run_id,
        "which_workflow": workflow[0],
        "which_route": answers(con, "route", run_id),
        "which_context": answers(con, "context", run_id),
        "which_tools": answers(con, "tools", run_id),
        "which_checks": answers(con, "checks", run_id),
        "what_did_it_cost": answers(con, "cost", run_id)[0],
        "what_was_produced": answers(con, "produced", run_id),
        "was_it_trusted": answers(con, "trusted", run_id)[0],
        "calls": answers(con, "calls", run_id),
    }


def answers(con: duckdb.DuckDBPyConnection, question: str, run_id: str) -> list[dict[str, Any]]:
    """The rows of one question's SELECT."""
    cursor = con.execute(_text(question), {"run_id": run_id})
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@cache
def _text(question: str) -> str:
    return (HERE / f"{question}.sql").read_text()
