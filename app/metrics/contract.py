"""The documents that other programs read: `metrics --json` and `reconcile --json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from app.metrics.ask import ask
from app.metrics.catalogue import catalogue
from app.metrics.parts import Sources
from app.metrics.question import UNASSIGNED, Basis, Question, Viewer

MEASURES = (
    "all_in_cost", "model_cost", "tokens", "runs", "trusted", "successful", "user_requests", "unverified", "provisional",
    "unpriced_tokens",
)  # fmt: skip


def metrics_document(
    con: duckdb.DuckDBPyConnection,
    by: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    where: Mapping[str, Sequence[str]] | None = None,
    basis: Basis = "ledger",
    *,
    today: date,
    viewer: Viewer | None = None,
) -> dict[str, Any]:
    """Currency, first and last day, and one row per combination of `by` with the ten metrics and their measures."""
    known = catalogue()
    names = (*known.ten, *MEASURES, *known.components)
    question = Question(
        names, tuple(by), since, until, {name: tuple(values) for name, values in (where or {}).items()}, basis
    )
    answer = ask(con, question, viewer or Viewer.everything(), today)
    waiting = unconverted(con, question)
    for row in answer.rows:
        row["unconverted"] = waiting.get(tuple(row[name] for name in by), {})
    return {"currency": answer.currency, "from": since, "to": until, "rows": answer.rows}


def unconverted(con: duckdb.DuckDBPyConnection, question: Question) -> dict[tuple[str, ...], dict[str, Decimal]]:
    """Cost that has no rate of exchange, in its own currency, per cut."""
    found: dict[tuple[str, ...], dict[str, Decimal]] = {}
    sources = Sources(con, question)
    for kind in ("usage", "runs", "lines"):
        sources.values.clear()
        shown = [f"coalesce({sources.expression(name, kind)}, '{UNASSIGNED}')" for name in question.by]
        condition = sources.condition(kind)
        listed = ", ".join((*shown, "part.unconverted_currency", "sum(part.unconverted)"))
        rows = con.execute(
            f"select {listed} from {kind.removesuffix('s') if kind != 'usage' else kind}_parts as part "
            f"where {condition} and part.unconverted is not null group by all",
            sources.values,
        ).fetchall()
        for *cut, currency, amount in rows:
            held = found.setdefault(tuple(cut), {})
            held[currency] = held.get(currency, Decimal(0)) + amount
    return found


def reconcile_document(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Metered, invoiced and their difference with its reasons, per provider, account and UTC month."""
    cursor = con.execute("select * from reconciliation order by provider, account, month")
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row["reasons"] = {key: value for key, value in (row["reasons"] or {}).items() if value}
    return {"rows": rows}
