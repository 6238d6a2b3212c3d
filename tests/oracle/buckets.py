"""Calls explain buckets of their provider, model and days, account by account; what is left is a usage row a day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.oracle.accounts import span_of
from tests.oracle.money import Rates, cut, cut_over_rows, money, units
from tests.oracle.prices import price_of
from tests.oracle.rows import Row
from tests.oracle.usage import Cost, Settings, all_tokens, components_of, cost_of, weights_of

INPUTS = ("uncached_input_tokens", "cache_read_tokens", "cache_write_tokens")
OUTPUTS = ("output_tokens", "reasoning_tokens")
COUNTED = (*INPUTS, *OUTPUTS, "requests")
COST = ("cost",)
Group = tuple[str, ...]


@dataclass
class Key:
    """The buckets of one provider, model, account and span of days, and what explains them."""

    account: str | None
    buckets: list[Row] = field(default_factory=list)
    explaining: list[Row] = field(default_factory=list)
    left: dict[Group, int] = field(default_factory=dict)


@dataclass
class Pricing:
    """What a remainder without a cost of its own is priced with."""

    overrides: list[Row]
    settings: Settings
    rates: Rates


def explained(rows: list[Row], overrides: list[Row], settings: Settings, rates: Rates) -> list[Row]:
    """The calls, and of each bucket what neither calls nor shorter buckets explain."""
    pricing = Pricing(overrides, settings, rates)
    found = [row for row in rows if row["grain"] == "call"]
    spans: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        if row["grain"] == "bucket":
            span = span_of(row)
            spans[len(span), span[0], row["provider"], row["model"]].append(row)
    shorter = list(found)
    for length in sorted({span[0] for span in spans}):
        left = []
        for (days, _, provider, model), buckets in spans.items():
            if days != length:
                continue
            span = span_of(buckets[0])
            explaining = [
                row
                for row in shorter
                if (row["provider"], row["model"]) == (provider, model) and row["utc_day"] in span
            ]
            left += _remainders(explaining, sorted(buckets, key=order), pricing)
        shorter += left
    return shorter


def order(row: Row) -> tuple[Any, ...]:
    """The order of a run's rows."""
    return row["started_at"], row["record_id"] or "", row["line"], row["clock"]


def _remainders(explaining: list[Row], buckets: list[Row], pricing: Pricing) -> list[Row]:
    """Of all buckets of one provider, model and span: first equal accounts, then blank calls, then blank buckets."""
    keys: dict[str | None, Key] = {bucket["account"]: Key(bucket["account"]) for bucket in buckets}
    for bucket in buckets:
        keys[bucket["account"]].buckets.append(bucket)
    mixed = None in keys or any(row["account"] is None for row in explaining)
    whole = compared(explaining)
    for key in keys.values():
        key.explaining = [row for row in explaining if row["account"] == key.account]
        for group in whole if mixed else compared(key.explaining):
            key.left[group] = 0
    for group in {group for key in keys.values() for group in key.left}:
        _explain(group, [key for key in keys.values() if group in key.left], explaining)
    _explain(COST, [key for key in keys.values() if _saying(key)], explaining)
    return [row for key in keys.values() for row in _rows(key, pricing)]


def compared(explaining: list[Row]) -> list[Group]:
    """The columns that are compared together: a class that one of them does not tell is merged into the input."""
    untold = {name for name in INPUTS if any(row[name] is None for row in explaining)}
    merged = tuple(INPUTS) if "uncached_input_tokens" in untold else (INPUTS[0], *sorted(untold))
    alone = [(name,) for name in INPUTS if name not in merged]
    return [merged, *alone, OUTPUTS, ("requests",)]


def _amount(rows: list[Row], group: Group) -> int:
    """Tokens, requests, or units of known cost."""
    if group == COST:
        return sum(units(row["cost_known"].amount or Decimal(0)) for row in rows)
    return sum(row[name] or 0 for row in rows for name in group)


def _explain(group: Group, keys: list[Key], explaining: list[Row]) -> None:
    """Three passes: equal named accounts; what names none, over what is left; all that is left, the blank buckets."""
    named = sorted((key for key in keys if key.account is not None), key=lambda key: str(key.account))
    spare = 0
    for account in {row["account"] for row in explaining} - {None} | {key.account for key in named}:
        held = _amount([bucket for key in named if key.account == account for bucket in _sharing(key, group)], group)
        known = _amount([row for row in explaining if row["account"] == account], group)
        spare += max(0, known - held)
        for key in named:
            if key.account == account:
                key.left[group] = max(0, held - known)
    blank = _amount([row for row in explaining if row["account"] is None], group)
    open_ = [key.left[group] for key in named]
    used = min(blank, sum(open_))
    for key, share in zip(named, cut_over_rows(used, open_) if sum(open_) else [0] * len(open_), strict=True):
        key.left[group] -= share
    for key in keys:
        if key.account is None:
            key.left[group] = max(0, _amount(_sharing(key, group), group) - spare - (blank - used))


def _saying(key: Key) -> list[Row]:
    """The buckets that say a cost; none where one of them has no rate."""
    saying = [bucket for bucket in key.buckets if bucket["source_cost"] is not None]
    return [] if any(bucket["cost_known"].amount is None for bucket in saying) else saying


def _sharing(key: Key, group: Group) -> list[Row]:
    return _saying(key) if group == COST else key.buckets


def _rows(key: Key, pricing: Pricing) -> list[Row]:
    """What is left of one key, cut over its buckets, each evenly over its days."""
    left = [dict(bucket) for bucket in key.buckets]
    for group, rest in key.left.items():
        if group != COST:
            _leave(group, rest, key.buckets, left)
    if not any(row["requests"] or all_tokens(row) for row in left):
        return []
    _leave_cost(key, left)
    return [day for row in left for day in _days(row, pricing)]


def _leave(group: Group, rest: int, buckets: list[Row], left: list[Row]) -> None:
    """Write into `left` what is not explained of these columns, in whole numbers."""
    held = [_amount([bucket], group) for bucket in buckets]
    shares = cut_over_rows(rest, held) if sum(held) else [0] * len(held)
    for bucket, row, share in zip(buckets, left, shares, strict=True):
        own = [bucket[name] or 0 for name in group]
        parts = cut_over_rows(share, own) if sum(own) else [0] * len(own)
        for name, part in zip(group, parts, strict=True):
            row[name] = None if bucket[name] is None else part


def _leave_cost(key: Key, left: list[Row]) -> None:
    """Buckets that say their cost share what is left of it; `share` is left out where tokens are priced instead."""
    saying = _saying(key)
    weights = [units(bucket["cost_known"].amount) for bucket in saying]
    shares = iter(cut_over_rows(key.left[COST], weights) if sum(weights) else [0] * len(weights))
    for bucket, row in zip(key.buckets, left, strict=True):
        if bucket in saying:
            row["share"] = next(shares)


def _days(row: Row, pricing: Pricing) -> list[Row]:
    """One row a day of the bucket's span: counts and money lie evenly on it."""
    span = span_of(row)
    even = [1] * len(span)
    counts = {name: cut(row[name], even) for name in COUNTED if row[name] is not None}
    shares = cut(row["share"], even) if "share" in row else None
    found = []
    for place, day in enumerate(span):
        one = {**row, **{name: parts[place] for name, parts in counts.items()}, "utc_day": day, "day": day}
        if shares is not None:
            one["cost_known"] = _known(one, money(shares[place]), pricing)
        elif row["source_cost"] is None:
            one["cost_known"] = cost_of(one, pricing.overrides, pricing.settings, pricing.rates)
        found.append(one)
    return found


def _known(row: Row, amount: Decimal, pricing: Pricing) -> Cost:
    price = price_of(pricing.overrides, row, pricing.settings.currency)
    return Cost(amount, components=components_of(amount, row, weights_of(row, price)))
