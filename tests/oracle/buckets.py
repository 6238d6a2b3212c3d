"""Calls explain buckets of their provider, account, model and UTC day; what is left is a usage row."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from tests.oracle.money import Rates, cut_over_rows, money, units
from tests.oracle.prices import price_of
from tests.oracle.rows import Row
from tests.oracle.usage import Cost, Settings, all_tokens, components_of, cost_of, weights_of

INPUTS = ("uncached_input_tokens", "cache_read_tokens", "cache_write_tokens")
OUTPUTS = ("output_tokens", "reasoning_tokens")


def explained(rows: list[Row], overrides: list[Row], settings: Settings, rates: Rates) -> list[Row]:
    """The calls, and of each bucket what no call explains."""
    calls = [row for row in rows if row["grain"] == "call"]
    keyed: dict[Any, tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for row in rows:
        keyed[_key(row)][row["grain"] == "bucket"].append(row)
    left = [
        remainder
        for known, buckets in keyed.values()
        if buckets
        for remainder in _remainders(known, sorted(buckets, key=_order), overrides, settings, rates)
    ]
    return calls + left


def _key(row: Row) -> tuple[Any, ...]:
    return row["provider"], row["account"], row["model"], row["utc_day"]


def _order(row: Row) -> tuple[Any, ...]:
    return row["started_at"], row["record_id"] or "", row["line"], row["clock"]


def _remainders(
    calls: list[Row], buckets: list[Row], overrides: list[Row], settings: Settings, rates: Rates
) -> list[Row]:
    left = [dict(bucket) for bucket in buckets]
    for group in _compared(calls):
        _leave(group, calls, buckets, left)
    if not any(row["requests"] or all_tokens(row) for row in left):
        return []
    _leave_cost(calls, buckets, left, overrides, settings, rates)
    return left


def _compared(calls: list[Row]) -> list[tuple[str, ...]]:
    """The columns that are compared together: a class that a call does not tell is merged into the input."""
    untold = {name for name in INPUTS if any(call[name] is None for call in calls)}
    merged = tuple(INPUTS) if "uncached_input_tokens" in untold else (INPUTS[0], *sorted(untold))
    alone = [(name,) for name in INPUTS if name not in merged]
    return [merged, *alone, OUTPUTS, ("requests",)]


def _sum(rows: list[Row], group: tuple[str, ...]) -> int:
    return sum(row[name] or 0 for row in rows for name in group)


def _leave(group: tuple[str, ...], calls: list[Row], buckets: list[Row], left: list[Row]) -> None:
    """Write into `left` what the calls do not explain of these columns, in whole numbers."""
    held = [_sum([bucket], group) for bucket in buckets]
    rest = max(0, sum(held) - _sum(calls, group))
    shares = cut_over_rows(rest, held) if sum(held) else [0] * len(held)
    for bucket, row, share in zip(buckets, left, shares, strict=True):
        own = [bucket[name] or 0 for name in group]
        parts = cut_over_rows(share, own) if sum(own) else [0] * len(own)
        for name, part in zip(group, parts, strict=True):
            row[name] = None if bucket[name] is None else part


def _leave_cost(
    calls: list[Row],
    buckets: list[Row],
    left: list[Row],
    overrides: list[Row],
    settings: Settings,
    rates: Rates,
) -> None:
    """Buckets that say their cost share what the calls do not cost; the others are priced by what is left."""
    saying = [place for place, bucket in enumerate(buckets) if bucket["source_cost"] is not None]
    for place, row in enumerate(left):
        if place not in saying:
            row["cost_known"] = cost_of(row, overrides, settings, rates)
    costs = [buckets[place]["cost_known"].amount for place in saying]
    if not saying or any(cost is None for cost in costs):
        return
    spent = sum((call["cost_known"].amount or Decimal(0) for call in calls), Decimal(0))
    rest = max(Decimal(0), sum(costs, Decimal(0)) - spent)
    weights = [units(cost) for cost in costs]
    shares = cut_over_rows(units(rest), weights) if sum(weights) else [0] * len(weights)
    for place, share in zip(saying, shares, strict=True):
        row = left[place]
        price = price_of(overrides, row, settings.currency)
        row["cost_known"] = Cost(money(share), components=components_of(money(share), row, weights_of(row, price)))
