"""What was paid for capacity: commitments and self-hosted models, each day's money over that day's rows."""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.buckets import order
from tests.oracle.canonical import canonical_model, canonical_provider
from tests.oracle.columns import DIMENSIONS
from tests.oracle.lines import Line
from tests.oracle.money import Rates, cut, cut_over_rows, money, round12, units
from tests.oracle.rows import Row
from tests.oracle.usage import all_tokens, serves

HOURS = Fraction(24)
TOKENS = {"token": 1, "tokens": 1, "1k tokens": 1_000, "1m tokens": 1_000_000}


@dataclass
class DayMoney:
    """What one day of a commitment or of capacity costs, in its own currency, and how many tokens that pays for."""

    day: date
    amount: Decimal
    tokens: Fraction | None = None


def tokens_in(unit: str | None) -> int | None:
    """How many tokens one unit is; None where it counts something else."""
    return TOKENS.get(" ".join((unit or "").lower().split()))


def commitment_lines(commitments: list[Row], usage: list[Row], rates: Rates) -> list[Line]:
    """Lines of used and unused money; what lies on a row is added up in its `committed`."""
    lines: list[Line] = []
    ever = sorted(row["utc_day"] for row in usage)
    for row in sorted(commitments, key=lambda row: row["commitment_id"]):
        one = with_ids(row)
        said = {name: one[name] for name in ("provider", "account", "model")}
        dims = {**dict.fromkeys(DIMENSIONS), "region": one["region"]}
        for each in commitment_days(one, ever):
            rows = [used for used in usage if used["utc_day"] == each.day and _is_of(one, used)]
            lines += _posted("commitment", each, rows, one["currency"], said, dims, rates)
    return lines


def capacity_lines(capacity: list[Row], usage: list[Row], rates: Rates) -> list[Line]:
    """The same for self-hosted models."""
    lines: list[Line] = []
    for row in sorted(capacity, key=lambda row: row["capacity_id"]):
        one = with_ids(row)
        said = {"provider": one["provider"], "account": None, "model": one["model"]}
        dims = {**dict.fromkeys(DIMENSIONS), "team": one["team"]}
        for each in capacity_days(one):
            rows = [used for used in usage if used["utc_day"] == each.day and serves(row, used)]
            lines += _posted("capacity", each, rows, one["currency"], said, dims, rates)
    return lines


def with_ids(row: Row) -> Row:
    """Canonical ids where they are named."""
    provider = row["provider"] and canonical_provider(row["provider"])
    model = row["model"] and canonical_model(row["provider"] or "", row["model"])
    return {**row, "provider": provider, "model": model}


def _is_of(commitment: Row, used: Row) -> bool:
    if used["service_tier"] != "provisioned" or used["provider"] != commitment["provider"]:
        return False
    named = {"account": used["account"], "model": used["model"], "region": used["dims"]["region"]}
    return all(None in (commitment[name], value) or commitment[name] == value for name, value in named.items())


def commitment_days(row: Row, ever: list[date]) -> list[DayMoney]:
    """Each UTC day of the validity with its money; an open one reaches as far as there is usage."""
    unit = " ".join((row["unit"] or "").lower().split())
    first = row["valid_from"] or (ever[0] if ever else None)
    last = row["valid_to"] or (ever[-1] if ever else None)
    if first is None or last is None or row["units"] is None or row["unit_rate"] is None:
        return []
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    whole = round12(Fraction(row["units"]) * Fraction(row["unit_rate"]))
    if unit.endswith("hour"):
        return [DayMoney(day, round12(Fraction(row["units"]) * Fraction(row["unit_rate"]) * HOURS)) for day in days]
    if unit.endswith("day"):
        return [DayMoney(day, whole) for day in days]
    if unit.endswith(("month", "year")):
        return [DayMoney(day, _part(whole, day, yearly=unit.endswith("year"))) for day in days]
    if row["valid_to"] is None or not days:
        return []
    tokens = tokens_in(unit)
    each = None if tokens is None else Fraction(row["units"]) * tokens / len(days)
    shares = cut(units(whole), [1] * len(days))
    return [DayMoney(day, money(share), each) for day, share in zip(days, shares, strict=True)]


def _part(whole: Decimal, day: date, *, yearly: bool) -> Decimal:
    """A day's part of a month's or a year's money, cut evenly, the earlier days first."""
    if yearly:
        size, place = 366 if calendar.isleap(day.year) else 365, day.timetuple().tm_yday
    else:
        size, place = calendar.monthrange(day.year, day.month)[1], day.day
    return money(cut(units(whole), [1] * size)[place - 1])


def capacity_days(row: Row) -> list[DayMoney]:
    """The amount in proportion to the time on each UTC day."""
    if row["amount"] is None:
        return []
    time: dict[date, int] = defaultdict(int)
    at = row["started_at"]
    while at < row["ended_at"]:
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        until = min(midnight, row["ended_at"])
        time[at.date()] += (until - at) // timedelta(microseconds=1)
        at = until
    shares = cut(units(row["amount"]), list(time.values())) if time else []
    return [DayMoney(day, money(share)) for day, share in zip(time, shares, strict=True)]


def _posted(
    kind: str, each: DayMoney, rows: list[Row], currency: str | None, said: Row, dims: Row, rates: Rates
) -> list[Line]:
    """A day's money over that day's rows in proportion to tokens; what no row uses on a line of its own."""
    call: dict[str, Any] = {**said, "project": None, "tags": {}}
    amount = rates.convert(each.amount, currency, each.day)
    if amount is None:
        unknown = (currency or "").upper(), each.amount
        return [Line(kind, "inference", each.day, dims, None, unknown, call=call)]
    rows = sorted((row for row in rows if all_tokens(row)), key=order)
    tokens = sum(all_tokens(row) for row in rows)
    used = amount if tokens else Decimal(0)
    if tokens and each.tokens is not None and each.tokens > tokens:
        used = money(int(Fraction(units(amount)) * tokens / each.tokens))
    lines = []
    for row, share in zip(
        rows, cut_over_rows(units(used), [all_tokens(row) for row in rows]) if rows else [], strict=True
    ):
        row["committed" if kind == "commitment" else "capacity_cost"] += money(share)
        lines.append(Line(kind, "inference", row["day"], row["dims"], money(share), None, row["run_id"], row))
    if amount != used or not rows:
        lines.append(Line(kind, "inference", each.day, dims, amount - used, call=call, is_idle=True))
    return lines
