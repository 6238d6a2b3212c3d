"""Closing a month: an import of its own, whose rows are the month's figures as they stood. Its undo opens the month."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import duckdb

from app.metrics.closing import Month, Totals, closable, months, totals
from app.warehouse import closing
from app.warehouse.closing import ClosingRefusedError
from app.warehouse.connect import Warehouse
from ingest import audit, pipeline

__all__ = ["ClosingRefusedError", "close", "reopen"]


def close(warehouse: Warehouse, month: date, today: date, *, through: bool = False) -> list[Totals]:
    """Close the month of a day; with `through`, the open months before it first, each an import of its own.

    Returns what stays as it is. Raises ClosingRefusedError for a month that is not over, is closed already, has no
    figures, or has an open one before it.
    """
    done: list[Totals] = []
    with warehouse.writing() as con:
        audit.sweep(con, warehouse.archive)
        for each in _wanted(months(con, today), month.replace(day=1), through):
            import_id = _record(con, each)
            digest = closing.freeze(con, import_id, each.last, warehouse.archive)
            con.execute("update imports set sha256 = $sha, fingerprint = $sha where import_id = $id",
                        {"sha": digest, "id": import_id})  # fmt: skip
            closing.settle(con, [import_id], [], warehouse.archive)  # it brings no rows: the other steps have no work
            audit.write_card(con, import_id, warehouse.archive)
            done.append(totals(con, replace(each, state="closed", import_id=import_id), today))
    return done


def reopen(warehouse: Warehouse, month: date) -> str:
    """Open a closed month again: its figures are live. Returns the import that had closed it.

    Raises ClosingRefusedError for a month that is not closed, or has a closed one behind it.
    """
    con = warehouse.cursor()
    row = con.execute("select import_id from closings where month = ?", [month.replace(day=1)]).fetchone()
    if row is None:
        raise ClosingRefusedError(f"{month:%Y-%m} is not closed.")
    pipeline.undo(warehouse, str(row[0]))
    return str(row[0])


def _wanted(known: tuple[Month, ...], month: date, through: bool) -> tuple[Month, ...]:
    """The months to close, in order."""
    there = next((each for each in known if each.first == month), None)
    if there is None:
        raise ClosingRefusedError(f"{month:%Y-%m} has no figures: there is nothing to close.")
    if there.state == "closed":
        raise ClosingRefusedError(f"{month:%Y-%m} is closed already.")
    if there.state == "in progress":
        raise ClosingRefusedError(f"{month:%Y-%m} is not over yet: its last day is {there.last}.")
    wanted = closable(known, month)
    if len(wanted) > 1 and not through:
        first = wanted[0].first
        raise ClosingRefusedError(
            f"{first:%Y-%m} is open and comes before {month:%Y-%m}. Close it first, or all of them with --through."
        )
    return wanted


def _record(con: duckdb.DuckDBPyConnection, month: Month) -> str:
    """Write the closing into the audit trail. It is a statement about figures, and brings no rows of its own."""
    row = con.execute("select coalesce(max(number), 0) + 1 from imports").fetchone()
    number = int(row[0]) if row else 1
    moment = datetime.now(UTC).replace(tzinfo=None)
    import_id = f"i{number:06d}"
    audit.insert(
        con,
        {
            "import_id": import_id, "number": number, "status": "standing", "source": closing.SOURCE, "rank": 0,
            "renewal": "key", "replaces": False, "file": f"close {month.first:%Y-%m}", "sha256": "", "fingerprint": "",
            "imported_at": moment, "clock": moment, "tables": [],
            "period_start": month.first, "period_end": month.last,
            "rows_read": 0, "rows_new": 0, "rows_replaced": 0, "rows_unchanged": 0, "rows_rejected": 0,
            "rows_skipped": 0, "unknown_columns": [], "unknown_words": [],
        },
    )  # fmt: skip
    return import_id
