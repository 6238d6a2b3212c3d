"""What a token costs: the override in force on the row's day, else the list price at the row's own time."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from genai_prices.types import ModelPrice, TieredPrices
from genai_prices.units import _get_registry

from tests.oracle.canonical import book_model
from tests.oracle.money import round12
from tests.oracle.rows import Row
from tests.oracle.standing import in_force

MILLION = Decimal(1_000_000)
# The parts that have a price of their own, each with the price book's name for it.
UNITS = {
    "uncached": "input_tokens",
    "audio_input": "input_audio_tokens",
    "image_input": "input_image_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
    "output": "output_tokens",
    "audio_output": "output_audio_tokens",
    "reasoning": "output_reasoning_tokens",
}
CONTEXTS = {
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
}


@dataclass(frozen=True)
class Price:
    """Per token of each part; None: the part has no price."""

    per_token: dict[str, Decimal | None]
    per_request: Decimal
    currency: str


def tokens_by_part(row: Row) -> dict[str, int]:
    """The row's tokens by what they are priced as; the parts add up to all tokens."""
    audio, image, spoken = (row[f"{name}_tokens"] or 0 for name in ("audio_input", "image_input", "audio_output"))
    hour = row["cache_write_1h_tokens"] or 0
    return {
        "uncached": (row["uncached_input_tokens"] or 0) - audio - image,
        "audio_input": audio,
        "image_input": image,
        "cache_read": row["cache_read_tokens"] or 0,
        "cache_write": (row["cache_write_tokens"] or 0) - hour,
        "cache_write_1h": hour,
        "output": (row["output_tokens"] or 0) - spoken,
        "audio_output": spoken,
        "reasoning": row["reasoning_tokens"] or 0,
    }


def list_price(row: Row) -> Price | None:
    """The book's price for this row, or None where the book does not know its provider or model."""
    found = book_model(row["provider"], row["model"])
    if found is None:
        return None
    provider, model = found
    own = any(model is one for one in provider.models)
    context = CONTEXTS.get(row["service_tier"] or "") if own else None
    prices = model.get_prices(row["started_at"], context)
    size = 0 if row["grain"] == "bucket" else _input_tokens(row)
    per_token = {part: _unit_price(prices, unit, size) for part, unit in UNITS.items()}
    per_request = round12((getattr(prices, "requests_kcount", None) or Decimal(0)) / 1000)
    return Price(per_token, per_request, "USD")


def _input_tokens(row: Row) -> int:
    return sum(row[name] or 0 for name in ("uncached_input_tokens", "cache_read_tokens", "cache_write_tokens"))


def _unit_price(prices: ModelPrice, usage_key: str, size: int) -> Decimal | None:
    """The unit's own price, else that of the nearest wider unit: cache reads without a price cost as input."""
    registry = _get_registry()
    unit = registry.units[usage_key]
    wider = [one for one in registry.units.values() if one.dimensions.items() <= unit.dimensions.items()]
    for one in sorted(wider, key=lambda one: -len(one.dimensions)):
        price = getattr(prices, one.price_key)
        if price is not None:
            return round12(_at_size(price, size) / one.per)
    return None


def _at_size(price: Decimal | TieredPrices, size: int) -> Decimal:
    if isinstance(price, Decimal):
        return price
    reached = [tier.price for tier in price.tiers if size > tier.start]
    return reached[-1] if reached else price.base


def override(rows: list[Row], row: Row) -> Row | None:
    """The price row that wins on the row's day: its own tier's, else the one that names no tier."""
    own = [one for one in rows if (one["provider"], one["model"]) == (row["provider"], row["model"])]
    tier = row["service_tier"] or "standard"
    exact = in_force([one for one in own if one["service_tier"] == tier], row["day"])
    return exact or in_force([one for one in own if one["service_tier"] is None], row["day"])


def price_of(overrides: list[Row], row: Row, reporting: str) -> Price | None:
    won = override(overrides, row)
    listed = list_price(row)
    if won is None:
        return listed
    if won["discount"] is not None:
        return None if listed is None else _discounted(listed, won)
    return _overridden(won, reporting)


def _discounted(listed: Price, won: Row) -> Price:
    kept = 1 - won["discount"]
    per_token = {part: None if price is None else round12(price * kept) for part, price in listed.per_token.items()}
    return Price(per_token, round12(listed.per_request * kept), listed.currency)


def _overridden(won: Row, reporting: str) -> Price:
    per_million: dict[str, Any] = {
        "uncached": won["input_per_1m"],
        "audio_input": won["input_per_1m"],
        "image_input": won["input_per_1m"],
        "cache_read": won["cache_read_per_1m"],
        "cache_write": won["cache_write_per_1m"],
        "cache_write_1h": won["cache_write_per_1m"],
        "output": won["output_per_1m"],
        "audio_output": won["output_per_1m"],
        "reasoning": won["output_per_1m"] if won["reasoning_per_1m"] is None else won["reasoning_per_1m"],
    }
    per_token = {part: None if price is None else round12(price / MILLION) for part, price in per_million.items()}
    return Price(per_token, won["per_request"] or Decimal(0), (won["currency"] or reporting).upper())
