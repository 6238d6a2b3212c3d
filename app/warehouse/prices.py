"""The list-price book: canonical names and list prices per token, from genai-prices.

Everything is resolved once per distinct (provider, model) and (provider, model, tier, UTC day), stored, and then joined
in SQL. What is stored stays: a newer price book changes figures only when somebody asks for it.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import pairwise

import duckdb
from genai_prices import types
from genai_prices.data_snapshot import find_provider_by_id, get_snapshot

BOOK = importlib.metadata.version("genai-prices")
DAY = 24 * 60 * 60
OPEN = 2**62
PLACES = Decimal("1e-12")
ROWS_AT_ONCE = 100  # a statement for each row would take a millisecond each: seconds for a year of prices

# How a service tier is asked for in the price book.
CONTEXTS = {
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
}

# Our unit -> the book's price keys, the most special first: a unit without a price of its own costs what holds it.
KEYS = {
    "input": ("input_mtok",),
    "cache_read": ("cache_read_mtok", "input_mtok"),
    "cache_write": ("cache_write_mtok", "input_mtok"),
    "cache_write_1h": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "output": ("output_mtok",),
    "reasoning": ("output_reasoning_mtok", "output_mtok"),
    "audio_input": ("input_audio_mtok", "input_mtok"),
    "image_input": ("input_image_mtok", "input_mtok"),
    "audio_output": ("output_audio_mtok", "output_mtok"),
}


@cache
def canonical_provider(name: str) -> str:
    """The price book's id of a provider; a name that it does not know stands in lower case."""
    found = find_provider_by_id(get_snapshot().providers, name)
    return found.id if found else " ".join(name.lower().split())


@cache
def canonical_model(provider: str, name: str) -> str:
    """The price book's id of a provider's model; a name that it does not know stands in lower case."""
    found = _model(provider, name)
    return found.id if found else " ".join(name.lower().split())


@cache
def _model(provider: str, name: str) -> types.ModelInfo | None:
    providers = get_snapshot().providers
    owner = find_provider_by_id(providers, provider)
    return owner.find_model(name.strip().lower(), all_providers=providers) if owner else None


def _priced_model(provider: str, model_id: str) -> types.ModelInfo | None:
    """The model of this canonical id: its own name first, since a pattern of another model may fit it as well."""
    owner = find_provider_by_id(get_snapshot().providers, provider)
    own = next((model for model in owner.models if model.id == model_id), None) if owner else None
    return own or _model(provider, model_id)


def learn_names(con: duckdb.DuckDBPyConnection, wanted: str) -> None:
    """Add the canonical ids of every (provider, model) that the query `wanted` gives and `names` lacks."""
    rows = con.execute(
        f"select distinct provider, coalesce(model, '') from ({wanted}) as wanted(provider, model) "
        "where provider is not null except select provider, model from names"
    ).fetchall()
    named = [(p, m, canonical_provider(p), canonical_model(canonical_provider(p), m) if m else "") for p, m in rows]
    if named:
        con.executemany("insert into names values (?, ?, ?, ?)", named)


def learn_prices(con: duckdb.DuckDBPyConnection, wanted: str) -> None:
    """Add the list prices of every (provider_id, model_id, tier, utc_day) of `wanted` that are not held yet."""
    things = con.execute(
        f"select distinct provider_id, model_id, tier, utc_day from ({wanted}) as wanted "
        "except select provider_id, model_id, tier, utc_day from list_prices"
    ).fetchall()
    rows = [row for thing in things for row in _segments(*thing) or [_unlisted(*thing)]]
    for first in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[first : first + ROWS_AT_ONCE]
        marks = ", ".join([f"({', '.join('?' * len(some[0]))})"] * len(some))
        con.execute(f"insert into list_prices values {marks}", [value for row in some for value in row])


def resolve(con: duckdb.DuckDBPyConnection, wanted: str) -> None:
    """Make `resolved`: what the installed book says of every (provider_id, model_id, tier, utc_day) of `wanted`.

    Of a model whose price no longer depends on the day, one day is looked up for all.
    """
    con.execute("create or replace temp table resolved as from list_prices limit 0")
    things = con.execute(
        f"select provider_id, model_id, tier, list(distinct utc_day order by utc_day) from ({wanted}) as wanted "
        "group by all"
    ).fetchall()
    for provider, model, tier, days in things:
        info = _priced_model(provider, model)
        alike = info is None or not isinstance(info.prices, list)
        found: dict[tuple[object, ...], list[date]] = {}
        for day in days[:1] if alike else days:
            for row in _segments(provider, model, tier, day) or [_unlisted(provider, model, tier, day)]:
                found.setdefault(row[4:], []).extend(days if alike else [day])
        for row, on in found.items():
            marks = ", ".join("?" * len(row))
            con.execute(
                f"insert into resolved select ?, ?, ?, day, {marks} from (select unnest(?::date[]) as day)",
                [provider, model, tier, *row, on],
            )


def _unlisted(provider: str, model: str, tier: str, day: date) -> tuple[object, ...]:
    """The row of what the book does not list, so that a newer one does not price it unasked: no second of the day."""
    return (provider, model, tier, day, 0, 0, -1, OPEN, *(None for _ in KEYS), None, BOOK)


def _segments(provider: str, model: str, tier: str, day: date) -> list[tuple[object, ...]]:
    """The rows of list_prices for one thing on one day: one per part of the day and of the context length."""
    info = _priced_model(provider, model)
    return [] if info is None else [*_priced(info, provider, model, tier, day)]


def _priced(info: types.ModelInfo, provider: str, model: str, tier: str, day: date) -> Iterator[tuple[object, ...]]:
    owner = find_provider_by_id(get_snapshot().providers, provider)
    known_here = owner is not None and any(info is candidate for candidate in owner.models)
    context = CONTEXTS.get(tier) if known_here else None  # a fallback provider's tier rates are not applied
    edges = sorted({0, DAY, *_edges_of_day(info)})
    for start, end in pairwise(edges):
        clock = time(start // 3600, start // 60 % 60, start % 60)
        price = info.get_prices(datetime.combine(day, clock, tzinfo=UTC), context)
        for above, upto in _context_lengths(price):
            rates = {unit: _rate(price, keys, above) for unit, keys in KEYS.items()}
            if any(rate is not None for rate in rates.values()):
                yield (
                    provider, model, tier, day, start, end, above, upto, *rates.values(),
                    _per_request(price, above), BOOK,
                )  # fmt: skip


def _edges_of_day(info: types.ModelInfo) -> Iterator[int]:
    """The UTC seconds of the day at which a time-of-day price begins or ends."""
    for conditional in info.prices if isinstance(info.prices, list) else ():
        constraint = conditional.constraint
        if isinstance(constraint, types.TimeOfDateConstraint):
            for edge in (constraint.start_time, constraint.end_time):
                moment = (
                    edge if edge.tzinfo is None else datetime.combine(date(1970, 1, 1), edge).astimezone(UTC).timetz()
                )
                yield moment.hour * 3600 + moment.minute * 60 + moment.second


def _context_lengths(price: types.ModelPrice) -> list[tuple[int, int]]:
    """(above, up to) of total input tokens, at which the price changes."""
    starts = {0} | {
        tier.start for value in price.__dict__.values() if isinstance(value, types.TieredPrices) for tier in value.tiers
    }
    edges = sorted(starts)
    lows = [-1, *edges[1:]]
    return list(zip(lows, [*edges[1:], OPEN], strict=True))


def _rate(price: types.ModelPrice, keys: tuple[str, ...], above: int) -> Decimal | None:
    """Price of one token in a context longer than `above` tokens; None where the book has none."""
    for key in keys:
        per_million = _at(getattr(price, key), above)
        if per_million is not None:
            return (per_million / 1_000_000).quantize(PLACES, ROUND_HALF_UP)
    return None


def _per_request(price: types.ModelPrice, above: int) -> Decimal | None:
    per_thousand = _at(price.requests_kcount, above)
    return None if per_thousand is None else (per_thousand / 1_000).quantize(PLACES, ROUND_HALF_UP)


def _at(value: Decimal | types.TieredPrices | None, above: int) -> Decimal | None:
    """The price that holds in a context longer than `above` tokens."""
    if not isinstance(value, types.TieredPrices):
        return value
    reached = [tier.price for tier in value.tiers if tier.start <= above]
    return reached[-1] if reached else value.base
