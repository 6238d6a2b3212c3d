"""Small worlds written by hand, and what the second reading says of them."""

from __future__ import annotations

from typing import Any

from tests.oracle.contract import metrics_document
from tests.oracle.reconcile import reconcile_document
from tests.oracle.standing import Import
from tests.oracle.usage import Settings

TRUSTED = dict.fromkeys(("completed", "accepted", "grounded", "policy_passed", "safe"), "true")
Cells = dict[str, str]


def call(record_id: str, **cells: str) -> Cells:
    """A call of an unknown model on 1 September 2026, so that nothing has a price but what a test says."""
    plain = {"started_at": "2026-09-01T10:00:00", "provider": "acme", "model": "m1", "uncached_input_tokens": "100"}
    return {"record_id": record_id, **plain, **cells}


def event(event_id: str, run_id: str, at: str = "2026-09-01T12:00:00", **cells: str) -> Cells:
    return {"event_id": event_id, "run_id": run_id, "occurred_at": at, **cells}


def bill(billed_id: str, cost: str, **cells: str) -> Cells:
    """A row of one invoice over the first two days of September."""
    days = {"charged_from": "2026-09-01", "charged_to": "2026-09-02"}
    return {"billed_id": billed_id, "invoice_id": "i", **days, "provider": "acme", "billed_cost": cost, **cells}


def bucket(record_id: str, first: int = 1, last: int = 1, **cells: str) -> Cells:
    """A bucket of whole days of September."""
    days = {"started_at": f"2026-09-{first:02d}T00:00:00", "ended_at": f"2026-09-{last + 1:02d}T00:00:00"}
    return call(record_id, grain="bucket", **{**days, **cells})


def world(**tables: list[Cells]) -> list[Import]:
    return [Import(number, table, rows) for number, (table, rows) in enumerate(tables.items(), 1)]


def ask(imports: list[Import], by: tuple[str, ...] = (), settings: Settings | None = None, **more: Any) -> Any:
    """The one row; or, with `by`, the rows by their values."""
    rows = metrics_document(imports, settings or Settings(), by=by, **more)["rows"]
    if not by:
        return rows[0]
    return {row[by[0]] if len(by) == 1 else tuple(row[name] for name in by): row for row in rows}


def reconciled(imports: list[Import], settings: Settings | None = None) -> dict[Any, tuple[Any, ...]]:
    """(provider, account, month) -> metered, invoiced, reasons."""
    rows = reconcile_document(imports, settings or Settings())["rows"]
    return {
        (row["provider"], row["account"], row["month"]): (row["metered"], row["invoiced"], row["reasons"])
        for row in rows
    }
