"""What a dry run shows: which rows would come and go, the money of each, and what nobody knows of them.

`look` notes the figures before the import is settled, `describe` compares; both in the transaction that is rolled back.
Records of the file are counted; money is that of the rows that they become, in the reporting currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from app.metrics import what_if
from app.metrics.contract import metrics_document
from app.warehouse.build import REFERENCES, canonical, meta
from app.warehouse.settle import Tally, scripts, standing
from ingest import fates
from ingest.worker import Converted

LISTED = 50
ASIDE = """
    select source, aside, count(*), sum(amount) from usage where aside is not null and aside <> $late group by all
    union all
    select source, aside, count(*), sum(coalesce(effective_cost, billed_cost))
    from billed
    where aside is not null and aside <> $late and coalesce(upper(currency), $currency) = $currency
    group by all
"""
NAMES = """
    select 'teams' as what, team as name from usage_cube
    union select 'teams', team from run_cube
    union select 'teams', team from lines
    union select 'workflows', workflow from usage_cube
    union select 'workflows', workflow from run_cube
    union select 'providers', provider from usage_cube
    union select 'models', provider || ' ' || model from usage_cube
"""


@dataclass(frozen=True)
class Before:
    """What stood before the import, beside the rows that it touches: those wait in temporary tables."""

    months: dict[str, Decimal]
    names: set[tuple[str, str]]
    aside: dict[tuple[str, str], tuple[int, Decimal]]
    figures: what_if.Figures | None
    """By month and team; None for files of facts, whose rows and money tell more."""


def look(con: duckdb.DuckDBPyConnection, converted: Converted) -> Before:
    """Note what stands."""
    is_reference = any(table in REFERENCES for table in converted.tables)
    return Before(money(con), _names(con), _aside(con), what_if.figures(con) if is_reference else None)


def money(con: duckdb.DuckDBPyConnection) -> dict[str, Decimal]:
    """The all-in cost of every month, as the ledger has it."""
    rows = metrics_document(con, by=("month",), today=date.max)["rows"]
    return {row["month"]: row["all_in_cost"] or Decimal(0) for row in rows}


def describe(
    con: duckdb.DuckDBPyConnection,
    import_id: str,
    converted: Converted,
    tally: Tally,
    worth: dict[str, Any],
    before: Before,
) -> dict[str, Any]:
    """Rows and money that the import would bring and take; what nobody knows: columns, words, prices."""
    unpriced = _unpriced(con, import_id)
    return {
        "rows": {"new": tally.new, "replaced": tally.replaced, "unchanged": tally.unchanged,
                 "rejected": converted.rows_rejected, "skipped": converted.rows_skipped},
        "money": worth,
        "removes": fates.removed(con, converted),
        "outdated": fates.outdated(con, converted),
        "months": _months(before.months, money(con)),
        "moves": what_if.moved(before.figures, what_if.figures(con)) if before.figures else None,
        "columns": {"known": converted.columns - len(converted.unknown_columns), "all": converted.columns},
        "unknown_columns": list(converted.unknown_columns),
        "unknown_words": list(converted.unknown_words),
        "unpriced_models": [f"{row['provider']} {row['model']}" for row in unpriced],
        "unpriced": unpriced,
        "new_names": _new_names(before.names, _names(con)),
        "set_aside": _more_aside(before.aside, _aside(con)),
        "overlaps": _overlaps(con, import_id),
        "older_than_loaded": bool(newer := _newer(con, import_id)),
        "newer_imports": newer,
        "days_without_rows": _holes(con, converted),
        "rejects": _rejects(con, import_id),
        "first_rows": {table: _first_rows(con, table, import_id) for table in converted.tables},
    }  # fmt: skip


def unchanged(con: duckdb.DuckDBPyConnection, converted: Converted, same: str) -> dict[str, Any]:
    """What a file shows whose every row stands already, in the import `same`."""
    scripts.variables(con)
    kept = converted.rows_read - converted.rows_rejected - converted.rows_skipped
    return {
        "rows": {"new": 0, "replaced": 0, "unchanged": kept,
                 "rejected": converted.rows_rejected, "skipped": converted.rows_skipped},
        "money": fates.money_standing(con, converted),
        "months": [],
        "columns": {"known": converted.columns - len(converted.unknown_columns), "all": converted.columns},
        "unknown_columns": list(converted.unknown_columns),
        "unknown_words": list(converted.unknown_words),
        "same_as": _rows(con, "select import_id, file, imported_at from imports where import_id = ?", [same])[0],
        "rejects": rejects_of(con, converted),
    }  # fmt: skip


def rejects_of(con: duckdb.DuckDBPyConnection, converted: Converted) -> list[dict[str, Any]]:
    """The first rejects of a file that is not on record."""
    path = converted.folder / "rejects.parquet" if converted.folder else None
    if path is None or not path.exists():
        return []
    return _rows(con, "select line, text, reason from read_parquet(?) order by line limit ?", [str(path), LISTED])


def _months(before: dict[str, Decimal], after: dict[str, Decimal]) -> list[dict[str, Any]]:
    nothing = Decimal(0)
    return [
        {"month": month, "before": before.get(month, nothing), "after": after.get(month, nothing),
         "moves": after.get(month, nothing) - before.get(month, nothing)}
        for month in sorted(before.keys() | after.keys())
        if before.get(month) != after.get(month)
    ]  # fmt: skip


def _unpriced(con: duckdb.DuckDBPyConnection, import_id: str) -> list[dict[str, Any]]:
    """Models whose calls, or what is left of whose buckets, nobody knows the price of; most tokens first."""
    return _rows(
        con,
        """
        select
            provider_id as provider, model_id as model, count(*) as rows,
            sum(
                coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
                + coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0)
            )::bigint as tokens
        from usage
        where counts and kind <> 'bucket' and own_cost is null and import_id = ?
        group by all order by tokens desc, provider, model limit ?
        """,
        [import_id, LISTED],
    )


def _names(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    return {(what, name) for what, name in con.execute(NAMES).fetchall() if name is not None}


def _new_names(before: set[tuple[str, str]], after: set[tuple[str, str]]) -> dict[str, list[str]]:
    new = after - before
    return {
        kind: sorted(name for what, name in new if what == kind)
        for kind in ("teams", "workflows", "providers", "models")
    }


def _aside(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[int, Decimal]]:
    rows = con.execute(ASIDE, {"late": fates.LATE, "currency": meta(con)["currency"]}).fetchall()
    return {(source, reason): (count, amount or Decimal(0)) for source, reason, count, amount in rows}


def _more_aside(
    before: dict[tuple[str, str], tuple[int, Decimal]], after: dict[tuple[str, str], tuple[int, Decimal]]
) -> list[dict[str, Any]]:
    """What is set aside that was not, or is no longer: rows and money per source and reason."""
    none = (0, Decimal(0))
    moved = {
        key: (after.get(key, none)[0] - before.get(key, none)[0], after.get(key, none)[1] - before.get(key, none)[1])
        for key in sorted(before.keys() | after.keys())
    }
    return [
        {"source": source, "reason": reason, "rows": rows, "money": amount}
        for (source, reason), (rows, amount) in moved.items()
        if rows or amount
    ]


def _overlaps(con: duckdb.DuckDBPyConnection, import_id: str) -> list[dict[str, Any]]:
    """Standing imports of the same source that are about the same days, newest first."""
    return _rows(
        con,
        """
        select other.import_id, other.file, other.imported_at, other.rows_read,
            greatest(this.period_start, other.period_start) as first_day,
            least(this.period_end, other.period_end) as last_day
        from imports as this
        join imports as other
            on other.source = this.source and other.status = 'standing' and other.number <> this.number
            and other.period_start <= this.period_end and other.period_end >= this.period_start
        where this.import_id = ?
        order by other.number desc limit ?
        """,
        [import_id, LISTED],
    )


def _newer(con: duckdb.DuckDBPyConnection, import_id: str) -> list[dict[str, Any]]:
    """Standing imports of the same source and days that are newer on the clock, though they came before."""
    return _rows(
        con,
        """
        select other.import_id, other.file, other.clock
        from imports as this
        join imports as other
            on other.source = this.source and other.status = 'standing'
            and other.number < this.number and other.clock > this.clock
            and other.period_start <= this.period_end and other.period_end >= this.period_start
        where this.import_id = ?
        order by other.clock desc limit ?
        """,
        [import_id, LISTED],
    )


def _holes(con: duckdb.DuckDBPyConnection, converted: Converted) -> list[date]:
    """Days between the first and the last of a file on which it has no row at all."""
    tables = [table for table in converted.tables if table in standing.MOMENT and table not in ("charges", "billed")]
    if not tables or converted.period_start is None or converted.period_end is None:
        return []
    days = " union ".join(f"select utc_day from incoming_{table}" for table in tables)
    rows = con.execute(
        f"""
        select day::date from range(?::date, ?::date + interval 1 day, interval 1 day) as days (day)
        where day::date not in (select utc_day from ({days})) order by day limit ?
        """,
        [converted.period_start, converted.period_end, LISTED],
    ).fetchall()
    return [row[0] for row in rows]


def _rejects(con: duckdb.DuckDBPyConnection, import_id: str) -> list[dict[str, Any]]:
    return _rows(
        con, "select line, text, reason from rejects where import_id = ? order by line limit ?", [import_id, LISTED]
    )


def _first_rows(con: duckdb.DuckDBPyConnection, table: str, import_id: str) -> list[dict[str, Any]]:
    """The first rows as they would be stored: the columns that say anything, and what settling adds."""
    names = ", ".join(f'"{column.name}"' for column in canonical()[table])
    added = ", amount, team_final as team_after_rules" if table == "usage" else ""
    rows = _rows(
        con,
        f"select line, {names}{added}, tags from {table} where import_id = ? order by line limit ?",
        [import_id, LISTED],
    )
    said = [name for name in (rows[0] if rows else ()) if any(row[name] not in (None, {}) for row in rows)]
    return [{name: row[name] for name in said} for row in rows]


def _rows(con: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[dict[str, Any]]:
    cursor = con.execute(query, values)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
