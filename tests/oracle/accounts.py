"""Whose account a row without one belongs to, and which of several sources is believed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.oracle.canonical import canonical_provider
from tests.oracle.rows import Row

MICROSECOND = timedelta(microseconds=1)


def mapped(row: Row, accounts: list[Row]) -> str | None:
    """The row's own account, else that of its key, else that of its gateway."""
    if row["account"] is not None:
        return str(row["account"])
    fitting = [one for one in accounts if _names(one, row)]
    return max(fitting, key=_place)["account"] if fitting else None


def _place(one: Row) -> tuple[Any, ...]:
    return one["api_key"] is not None, one["gateway"] is not None, one["clock"]


def _names(one: Row, row: Row) -> bool:
    """Whether a row of `accounts` is about this row's key or gateway; one that names neither only names an account."""
    if canonical_provider(one["provider"]) != row["provider"] or (one["api_key"], one["gateway"]) == (None, None):
        return False
    return one["api_key"] in (None, row["api_key"]) and one["gateway"] in (None, row["source"])


def span_of(row: Row) -> list[date]:
    """The UTC days that a bucket stands for: that of its start to that of its end's last moment."""
    first = row["started_at"].date()
    last = max(first, (row["ended_at"] - MICROSECOND).date()) if row["ended_at"] else first
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def meet(one: str | None, other: str | None) -> bool:
    """A blank account meets every account."""
    return one is None or other is None or one == other


def set_aside(rows: list[Row]) -> None:
    """Writes `aside` into usage rows: whether a better source holds the same."""
    calls = [row for row in rows if row["grain"] == "call"]
    for row in rows:
        row["aside"] = False
    best: dict[str, Row] = {}
    for row in sorted(calls, key=lambda row: row["clock"], reverse=True):
        if row["record_id"] is not None and row["rank"] < best.get(row["record_id"], {"rank": row["rank"] + 1})["rank"]:
            best[row["record_id"]] = row
    for row in calls:
        row["aside"] = row["record_id"] is not None and best[row["record_id"]] is not row
    for kind, days_of in (("call", _only_day), ("bucket", span_of)):
        own = [row for row in rows if row["grain"] == kind and not row["aside"]]
        for row, owned in owned_days(own, days_of):
            row["aside"] = len(owned) == len(days_of(row))


def _only_day(row: Row) -> list[date]:
    return [row["utc_day"]]


def owned_days(rows: list[Row], days_of: Callable[[Row], list[date]]) -> list[tuple[Row, set[date]]]:
    """Each row with its days that a better rank owns. A row whose days are all owned owns none itself."""
    found: list[tuple[Row, set[date]]] = []
    owners: list[tuple[Any, ...]] = []
    for rank in sorted({row["rank"] for row in rows}):
        here = []
        for row in (one for one in rows if one["rank"] == rank):
            owned = {
                day
                for day in days_of(row)
                for provider, account, days in owners
                if provider == row["provider"] and meet(account, row["account"]) and day in days
            }
            found.append((row, owned))
            if len(owned) < len(days_of(row)):
                here.append((row["provider"], row["account"], days_of(row)))
        owners += here
    return found
