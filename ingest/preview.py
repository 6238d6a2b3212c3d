"""What a dry run shows: what would come, and the money that it would move, by month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from app.metrics.contract import metrics_document
from app.warehouse.settle import Tally
from ingest.worker import Converted

LISTED = 50


def money(con: duckdb.DuckDBPyConnection) -> dict[str, Decimal]:
    """The all-in cost of every month, as the ledger has it."""
    rows = metrics_document(con, by=("month",), today=date.max)["rows"]
    return {row["month"]: row["all_in_cost"] or Decimal(0) for row in rows}


def describe(
    con: duckdb.DuckDBPyConnection, converted: Converted, tally: Tally, before: dict[str, Decimal]
) -> dict[str, Any]:
    """Rows and money that the import would bring; what nobody knows: columns, words, prices."""
    after = money(con)
    months = [
        {"month": month, "before": before.get(month, Decimal(0)), "after": after.get(month, Decimal(0)),
         "moves": after.get(month, Decimal(0)) - before.get(month, Decimal(0))}
        for month in sorted(before.keys() | after.keys())
        if before.get(month) != after.get(month)
    ]  # fmt: skip
    unpriced = con.execute(
        "select distinct provider_id || ' ' || model_id from usage "
        "where counts and kind <> 'bucket' and own_cost is null order by 1 limit ?",
        [LISTED],
    ).fetchall()
    aside = con.execute(
        "select aside, count(*), sum(amount) from usage where aside is not null group by aside order by 1"
    ).fetchall()
    return {
        "rows": {"new": tally.new, "replaced": tally.replaced, "unchanged": tally.unchanged,
                 "rejected": converted.rows_rejected, "skipped": converted.rows_skipped},
        "months": months,
        "unknown_columns": list(converted.unknown_columns),
        "unknown_words": list(converted.unknown_words),
        "unpriced_models": [row[0] for row in unpriced],
        "set_aside": [{"reason": reason, "rows": rows, "money": amount} for reason, rows, amount in aside],
        "older_than_loaded": _older(con, converted),
    }  # fmt: skip


def _older(con: duckdb.DuckDBPyConnection, converted: Converted) -> bool:
    """Whether another standing import of the same source and days is newer on the clock."""
    row = con.execute(
        """
        select count(*)
        from imports as this
        join imports as other
            on other.source = this.source and other.status = 'standing'
            and other.number < this.number and other.clock > this.clock
            and other.period_start <= this.period_end and other.period_end >= this.period_start
        where this.fingerprint = ? and this.status = 'standing'
        """,
        [converted.fingerprint],
    ).fetchone()
    return bool(row and row[0])
