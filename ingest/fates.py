"""What becomes of each row of an import, and of the rows that stood before, in rows and money.

A row is new, replaced (its key stood with other content) or unchanged (it stands already, or something newer does);
a row that stood and that nothing stands for afterwards is removed.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from app.warehouse.build import meta
from app.warehouse.settle import scripts, standing
from ingest.worker import Converted

LATE = "a newer export of its days does not name it"
FATES = ("new", "replaced", "unchanged")

# A table's own money, its currency and the day of its rate; settled rows are in the reporting currency already.
_SETTLED = ("amount", "null::varchar", "null::date")
OWN = {
    "usage": _SETTLED,
    "steps": _SETTLED,
    "checks": _SETTLED,
    "charges": ("amount", "currency", "charged_from"),
    "billed": ("coalesce(effective_cost, billed_cost)", "currency", "charged_from"),
    "outcomes": (
        "case when coalesce(revenue, cost_saved) is not null then coalesce(revenue, 0) + coalesce(cost_saved, 0) end",
        "currency",
        "occurred_at::date",
    ),
}
MEANS = {"usage": "cost", "steps": "cost", "checks": "cost", "charges": "cost", "billed": "billed", "outcomes": "value"}


def keep(con: duckdb.DuckDBPyConnection, table: str, import_id: str, archive: Path) -> None:
    """Make `stood_<table>`: the counting rows whose keys the import has, and those on its days if it is a window."""
    scripts.variables(con)
    con.execute(
        f"""
        create or replace temp table stood_{table} as
        select row_key, content_key, clock, utc_day, {own(table)}
        from {table}
        where counts and row_key in (select row_key from read_parquet(?))
        """,
        [str(archive / import_id / f"{table}.parquet")],
    )
    speaks = "select count(*) from imports where import_id = ? and (replaces or renewal = 'window')"
    (row,) = con.execute(speaks, [import_id]).fetchall()
    if not row[0]:
        return
    con.execute(
        f"""
        insert into stood_{table}
        select rows.row_key, rows.content_key, rows.clock, rows.utc_day, {own(table)}
        from {table} as rows
        join imports as this
            on this.import_id = ? and (this.replaces or this.renewal = 'window') and this.source = rows.source
            and (this.period_start is null or rows.utc_day is null
                or rows.utc_day between this.period_start and this.period_end)
        where rows.counts and rows.row_key not in (select row_key from stood_{table})
        """,
        [import_id],
    )


def money(con: duckdb.DuckDBPyConnection, converted: Converted) -> dict[str, Any]:
    """The money of the settled import by what becomes of its rows; what was before of the replaced ones."""
    sums = {fate: Sum() for fate in (*FATES, "was")}
    for table in _telling(converted):
        _compare(con, table)
        rows = con.execute(
            "select fate, count(*), sum(money), count(*) filter (own is not null and money is null), "
            "count(*) filter (own is null), sum(was) from fates group by fate"
        ).fetchall()
        for fate, count, amount, unconverted, unknown, was in rows:
            sums[fate].add(count, amount, unconverted, unknown)
            if fate == "replaced":
                sums["was"].add(count, was, 0, 0)
    return _document(con, converted, sums)


def money_standing(con: duckdb.DuckDBPyConnection, converted: Converted) -> dict[str, Any]:
    """The money of a file whose every row stands already."""
    sums = {fate: Sum() for fate in (*FATES, "was")}
    for table in _telling(converted):
        assert converted.folder is not None
        con.execute(
            f"create or replace temp table shown_rows as select {own(table)} from {table} "
            "where row_key in (select row_key from read_parquet(?))",
            [str(converted.folder / f"{table}.parquet")],
        )
        rates(con, "select currency, day from shown_rows")
        row = con.execute(
            f"select count(*), sum({in_currency('shown_rows')}), "
            f"count(*) filter (own is not null and {in_currency('shown_rows')} is null), "
            "count(*) filter (own is null) from shown_rows "
            "left join rates on rates.currency = shown_rows.currency and rates.day = shown_rows.day"
        ).fetchone()
        assert row is not None
        sums["unchanged"].add(*row)
    return _document(con, converted, sums)


def removed(con: duckdb.DuckDBPyConnection, converted: Converted) -> dict[str, Any]:
    """What stood and goes: rows, money, first and last day. Only a window, or a file that is all there is, removes."""
    rows, total, first, last = 0, Decimal(0), None, None
    for table in converted.tables:
        rates(con, f"select currency, day from stood_{table}")
        row = con.execute(
            f"""
            select count(*), sum({in_currency("stood")}), min(utc_day), max(utc_day)
            from stood_{table} as stood
            left join rates on rates.currency = stood.currency and rates.day = stood.day
            where row_key not in (select row_key from incoming_{table})
                and row_key not in (select row_key from {table} where counts or aside is distinct from ?)
            """,
            [LATE],
        ).fetchone()
        if row and row[0]:
            rows += row[0]
            total += row[1] or 0
            first = min(filter(None, (first, row[2])), default=None)
            last = max(filter(None, (last, row[3])), default=None)
    return {"rows": rows, "money": total if rows else Decimal(0), "first_day": first, "last_day": last}


def outdated(con: duckdb.DuckDBPyConnection, converted: Converted) -> int:
    """How many of the unchanged rows are older than what stands."""
    count = 0
    for table in converted.tables:
        row = con.execute(
            f"""
            select count(*)
            from (
                select row_key, clock, {standing.superseded(con, table, "incoming")} as late
                from incoming_{table} as incoming
            ) as incoming
            left join stood_{table} as stood using (row_key)
            where late or stood.clock > incoming.clock
            """
        ).fetchone()
        count += int(row[0]) if row else 0
    return count


class Sum:
    """Rows, what is known of their money, and how many have money that is not known."""

    def __init__(self) -> None:
        self.rows, self.unconverted, self.unknown = 0, 0, 0
        self.money: Decimal | None = None

    def add(self, rows: int, money: Decimal | None, unconverted: int, unknown: int) -> None:
        """Count rows in; None is money that nobody knows."""
        self.rows += rows
        self.unconverted += unconverted
        self.unknown += unknown
        if money is not None:
            self.money = (self.money or Decimal(0)) + money


def _document(con: duckdb.DuckDBPyConnection, converted: Converted, sums: dict[str, Sum]) -> dict[str, Any]:
    tables = _telling(converted)
    known = [amount for fate in FATES if (amount := sums[fate].money) is not None]
    said = {fate: sums[fate].money if sums[fate].rows else Decimal(0) for fate in (*FATES, "was")}
    return {
        "of": MEANS[tables[0]] if tables else None,
        "currency": meta(con)["currency"],
        "read": sum(known, Decimal(0)) if known else None,
        **(said if tables else dict.fromkeys(said)),
        "rejected": None,
        "skipped": None,
        "rows_without_money": sum(sums[fate].unknown for fate in FATES),
        "rows_without_rate": sum(sums[fate].unconverted for fate in FATES),
    }


def _telling(converted: Converted) -> list[str]:
    """The tables of a file whose money means the same as that of its first one."""
    tables = [table for table in converted.tables if table in OWN]
    return [table for table in tables if MEANS[table] == MEANS[tables[0]]]


def _compare(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make `fates`: what becomes of each incoming row of a table, its money, and what stood in its place."""
    con.execute(
        f"""
        create or replace temp table compared as
        with
            incoming as (
                select row_key, content_key, clock, {standing.superseded(con, table, "incoming")} as late
                from incoming_{table} as incoming
            ),
            now as (
                select row_key, {own(table)} from {table} where row_key in (select row_key from incoming_{table})
            )
        select
            case
                when late or stood.content_key = incoming.content_key or stood.clock > incoming.clock then 'unchanged'
                when stood.row_key is null then 'new'
                else 'replaced'
            end as fate,
            now.own, now.currency, now.day, stood.own as own_was, stood.currency as currency_was, stood.day as day_was
        from incoming
        left join stood_{table} as stood on stood.row_key = incoming.row_key
        left join now on now.row_key = incoming.row_key
        """
    )
    rates(con, "select currency, day from compared union select currency_was, day_was from compared")
    con.execute(
        f"""
        create or replace temp table fates as
        select fate, own, {in_currency("compared")} as money,
            case when currency_was is null then own_was else convert(own_was, before.rate) end as was
        from compared
        left join rates on rates.currency = compared.currency and rates.day = compared.day
        left join rates as before on before.currency = currency_was and before.day = day_was
        """
    )


def note(con: duckdb.DuckDBPyConnection, import_id: str, money: dict[str, Any]) -> None:
    """Keep the money of an import beside its rows, as it came."""
    con.execute(
        "update imports set money_of = ?, money_new = ?, money_replaced = ?, money_was = ?, money_unchanged = ? "
        "where import_id = ?",
        [*(money[name] for name in ("of", "new", "replaced", "was", "unchanged")), import_id],
    )


def own(table: str) -> str:
    """A row's own money with its currency (NULL: the reporting one, converted already) and day."""
    if table not in OWN:
        return "null::decimal(38, 12) as own, null::varchar as currency, null::date as day"
    amount, currency, day = OWN[table]
    if currency == "currency":
        currency = "coalesce(upper(currency), getvariable('currency'))"
    return f"({amount})::decimal(38, 12) as own, {currency} as currency, {day} as day"


def rates(con: duckdb.DuckDBPyConnection, wanted: str) -> None:
    """Make `rates` for the (currency, day) that the query `wanted` gives."""
    con.execute(f"create or replace temp view wanted_rates as select * from ({wanted}) where currency is not null")
    scripts.run(con, "rates")


def in_currency(rows: str) -> str:
    """Own money in the reporting currency, beside a left join of `rates`; NULL without a rate."""
    return f"case when {rows}.currency is null then {rows}.own else convert({rows}.own, rates.rate) end"
