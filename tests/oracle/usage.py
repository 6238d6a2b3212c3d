"""Usage rows with all that each decides alone: ids, day, token classes, cost and components."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.oracle.accounts import mapped
from tests.oracle.canonical import canonical_model, canonical_provider
from tests.oracle.money import Rates, cut_over_rows, money, round12, units
from tests.oracle.prices import Price, price_of, tokens_by_part
from tests.oracle.rows import Row
from tests.oracle.standing import Import, standing

UTC = ZoneInfo("UTC")
RETRY_ROLES, EVALUATOR_ROLES = {"retry", "repair", "replan"}, {"verify", "evaluate", "guardrail"}
THROWN_AWAY = {"error", "timeout", "rejected"}
PART_COMPONENT = {
    "uncached": "input",
    "audio_input": "input",
    "image_input": "input",
    "cache_read": "cached_input",
    "cache_write": "cached_input",
    "cache_write_1h": "cached_input",
    "output": "output",
    "audio_output": "output",
    "reasoning": "reasoning",
}
CLASS_COMPONENT = {
    "uncached_input": "input",
    "tool_result": "input",
    "cache_read": "cached_input",
    "cache_write": "cached_input",
    "output": "output",
    "reasoning": "reasoning",
}


@dataclass(frozen=True)
class Settings:
    currency: str = "USD"
    time_zone: str = "UTC"
    today: date = date(2026, 11, 20)

    def day_of(self, moment: datetime) -> date:
        """The reporting zone's day of a naive UTC time."""
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.time_zone)).date()


@dataclass
class Cost:
    """What is known of a row's cost: an amount, an amount in a currency without a rate, or neither (unpriced)."""

    amount: Decimal | None = None
    unconverted: tuple[str, Decimal] | None = None
    components: dict[str, Decimal] = field(default_factory=dict)


def usage_rows(imports: list[Import], settings: Settings, rates: Rates) -> list[Row]:
    """Standing usage rows, priced. Buckets are whole here: what calls explain is taken off later."""
    overrides = [with_ids(row) for row in standing(imports, "prices")]
    accounts, capacity = standing(imports, "accounts"), standing(imports, "capacity")
    rows = [own_columns(row, settings) for row in standing(imports, "usage")]
    for row in rows:
        row["account"] = mapped(row, accounts)
        row["is_free"] = row["service_tier"] == "provisioned" or any(serves(one, row) for one in capacity)
        row["cost_known"] = cost_of(row, overrides, settings, rates)
    return rows


def serves(capacity: Row, row: Row) -> bool:
    """Whether self-hosted capacity is that of the row's model; one that names no provider is every provider's."""
    if capacity["provider"] is not None and canonical_provider(capacity["provider"]) != row["provider"]:
        return False
    return bool(canonical_model(row["provider"], capacity["model"]) == row["model"])


def with_ids(row: Row) -> Row:
    model = canonical_model(row["provider"], row["model"])
    return {**row, "provider": canonical_provider(row["provider"]), "model": model}


def own_columns(row: Row, settings: Settings) -> Row:
    row = with_ids(row)
    row["grain"] = row["grain"] or "call"
    row["utc_day"] = row["started_at"].date()
    row["day"] = row["utc_day"] if row["grain"] == "bucket" else settings.day_of(row["started_at"])
    row["requests"] = 1 if row["requests"] is None else row["requests"]
    row["source_cost"], row["source_currency"] = row["cost"], row["currency"]
    return row


def all_tokens(row: Row) -> int:
    counted = ["uncached_input", "cache_read", "cache_write", "output", "reasoning"]
    return sum(row[f"{name}_tokens"] or 0 for name in counted)


def token_classes(row: Row) -> dict[str, int]:
    """The row's tokens by exclusive class; they add up to all its tokens."""
    if _is_retry(row):
        return {"retry": all_tokens(row)}
    if row["role"] in EVALUATOR_ROLES:
        return {"evaluator": all_tokens(row)}
    results = row["tool_result_tokens"] or 0
    return {
        "tool_result": results,
        "uncached_input": (row["uncached_input_tokens"] or 0) - results,
        "cache_read": row["cache_read_tokens"] or 0,
        "cache_write": row["cache_write_tokens"] or 0,
        "reasoning": row["reasoning_tokens"] or 0,
        "output": row["output_tokens"] or 0,
    }


def _is_retry(row: Row) -> bool:
    again = row["status"] is None and (row["attempt"] or 1) > 1
    return row["role"] in RETRY_ROLES or row["status"] in THROWN_AWAY or again


def cost_of(row: Row, overrides: list[Row], settings: Settings, rates: Rates) -> Cost:
    if row["is_free"]:
        return Cost(Decimal(0))
    price = price_of(overrides, row, settings.currency)
    weights = weights_of(row, price)
    if row["source_cost"] is not None:
        return _in_reporting(row["source_cost"], row["source_currency"], weights, row, rates)
    if price is None or weights is None:
        return Cost()
    whole = sum(weights.values(), Decimal(0))
    return _in_reporting(whole, price.currency, weights, row, rates)


def weights_of(row: Row, price: Price | None) -> dict[str, Decimal] | None:
    """The row at its price, by component; None where a part that has tokens has no price."""
    if price is None:
        return None
    weights: dict[str, Decimal] = {}
    for part, tokens in tokens_by_part(row).items():
        per_token = price.per_token[part]
        if tokens and per_token is None:
            return None
        component = PART_COMPONENT[part]
        weights[component] = weights.get(component, Decimal(0)) + tokens * (per_token or Decimal(0))
    weights["inference"] = price.per_request * row["requests"]
    return weights


def _in_reporting(
    amount: Decimal, currency: str | None, weights: dict[str, Decimal] | None, row: Row, rates: Rates
) -> Cost:
    converted = rates.convert(amount, currency, row["day"])
    if converted is None:
        return Cost(unconverted=((currency or "").upper(), amount))
    return Cost(converted, components=components_of(converted, row, weights))


def components_of(amount: Decimal, row: Row, weights: dict[str, Decimal] | None) -> dict[str, Decimal]:
    """One amount, placed: whole where all tokens are of one class, else in proportion to the price of each."""
    classes = [name for name, tokens in token_classes(row).items() if tokens]
    if _is_retry(row):
        return {"retry": amount}
    if row["role"] in EVALUATOR_ROLES:
        return {"evaluation": amount}
    if row["source_cost"] is not None and len(classes) == 1:
        return {CLASS_COMPONENT[classes[0]]: amount}
    if weights is None or not any(weights.values()):
        return {"inference": amount}
    names = [name for name in ("input", "cached_input", "output", "reasoning", "inference") if weights.get(name)]
    shares = cut_over_rows(units(amount), [units(round12(weights[name])) for name in names])
    return {name: money(share) for name, share in zip(names, shares, strict=True)}
