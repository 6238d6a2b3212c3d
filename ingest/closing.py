"""Closing a month: an import of its own, whose rows are the month's figures as they stood. Its undo opens the month."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

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
            said = {"period_start": each.first, "period_end": each.last}
            import_id = audit.decision(con, closing.SOURCE, f"close {each.first:%Y-%m}", **said)
            with audit.folder_of(warehouse, import_id):
                digest = closing.freeze(con, import_id, each.last, warehouse.archive)
                con.execute("update imports set sha256 = $sha, fingerprint = $sha where import_id = $id",
                            {"sha": digest, "id": import_id})  # fmt: skip
                # it brings no rows: the other steps have no work
                closing.settle(con, [import_id], [], warehouse.archive)
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
