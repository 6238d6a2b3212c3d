"""The documents that other programs read: `metrics --json` and `reconcile --json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from app.metrics.ask import ask
from app.metrics.catalogue import catalogue
from app.metrics.question import UNASSIGNED, Basis, Question, Viewer
from app.metrics.reconcile import Account, reconciled, together
from app.warehouse import closing

MEASURES = (
    "all_in_cost", "model_cost", "tokens", "runs", "trusted", "successful", "user_requests", "unverified",
    "provisional",
    "unpriced_tokens",
    "unconverted",
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
    return {"currency": answer.currency, "from": since, "to": until, "rows": answer.rows}


def reconcile_document(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Metered, invoiced and their difference with its reasons, per provider, account and UTC month.

    Once a month is closed, they are the closed figures, by months of the reporting time zone.
    """
    if closing.stands(con):
        return {"rows": closed_rows(con)}
    cursor = con.execute("select * from reconciliation order by provider, account, month")
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row["reasons"] = {key: value for key, value in (row["reasons"] or {}).items() if value}
    return {"rows": rows}


def closed_rows(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of `reconcile --json` with closed months as they were closed."""
    parts: dict[tuple[Any, ...], list[Account]] = {}
    for row in reconciled(con, Viewer.everything()).rows:
        parts.setdefault((row.provider, row.account, row.month), []).append(row)
    rows = []
    for (provider, account, month), members in parts.items():
        whole = together(members)  # what changed about closed months is a part of the month that it counts in
        money, coverage = whole.money, whole.traced.token_coverage
        prepaid = money.reasons.get("prepaid", Decimal(0))
        open_days = {"not yet invoiced": -money.not_yet_invoiced} if money.not_yet_invoiced else {}
        rows.append(
            {
                "provider": provider,
                "account": None if account == UNASSIGNED else account,
                "month": f"{month:%Y-%m}",
                "metered": money.metered,
                "invoiced": money.invoiced,
                "difference": None if money.invoiced is None else money.invoiced - money.metered,
                "true_up": sum(money.reasons.values(), Decimal(0)) - prepaid,
                "reasons": {**money.reasons, **open_days},
                "token_coverage": None if coverage is None else float(coverage),
            }
        )
    return sorted(rows, key=lambda row: (row["provider"], row["account"] is None, row["account"] or "", row["month"]))
