"""What one model cost over time: list prices and prices that people set, as the steps that one after the other held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

DAY = timedelta(days=1)
RATES = ("input_per_1m", "cache_read_per_1m", "cache_write_per_1m", "output_per_1m", "reasoning_per_1m")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """The price of the standard tier on some days, per million tokens; both days inclusive."""

    first: date
    last: date
    rates: Mapping[str, Decimal | None]
    list_price: Row | None
    """The list price below it; None: the book had none, or the model was not used."""
    override: Row | None
    """The price or discount that somebody set; None: the list price held."""

    @property
    def currency(self) -> str | None:
        """The currency of its rates; None: the reporting one."""
        if self.override is not None and self.override["discount"] is None:
            said = self.override["currency"]
            return str(said) if said else None
        return "USD"


def steps(listed: Sequence[Row], overrides: Sequence[Row], first: date, last: date) -> list[Step]:
    """The steps from the first day to the last. Days without any price are left out.

    `listed` are list prices with `first_day`, `last_day` and rates, of the shortest context and the first part of the
    day; they hold until the next one begins. `overrides` are standing rows of the table prices, later rows before
    earlier ones where two hold on one day.
    """
    plain = sorted((row for row in listed if row["tier"] == "standard"), key=lambda row: row["first_day"])
    if plain:
        shortest = min(row["above_tokens"] for row in plain)
        begins = min(row["from_second"] for row in plain)
        plain = [row for row in plain if (row["above_tokens"], row["from_second"]) == (shortest, begins)]
    fitting = [row for row in overrides if row["service_tier"] in (None, "standard")]
    edges = {first, *(row["first_day"] for row in plain)}
    edges |= {row["valid_from"] for row in fitting if row["valid_from"]}
    edges |= {row["valid_to"] + DAY for row in fitting if row["valid_to"]}
    starts = sorted(edge for edge in edges if first <= edge <= last)
    found: list[Step] = []
    for place, start in enumerate(starts):
        end = starts[place + 1] - DAY if place + 1 < len(starts) else last
        step = _step(plain, fitting, start, end)
        if step is None:
            continue
        if found and _same(found[-1], step):
            found[-1] = Step(found[-1].first, end, step.rates, step.list_price, step.override)
        else:
            found.append(step)
    return found


def by_day(found: Sequence[Step], rate: str, first: date, last: date) -> list[Decimal | None]:
    """One rate for each day from the first to the last; None where there was no price."""
    days = [first + DAY * offset for offset in range((last - first).days + 1)]
    values: dict[date, Decimal | None] = {}
    for step in found:
        for offset in range((step.last - step.first).days + 1):
            values[step.first + DAY * offset] = step.rates[rate]
    return [values.get(day) for day in days]


def _step(listed: Sequence[Row], overrides: Sequence[Row], start: date, end: date) -> Step | None:
    below = next((row for row in reversed(listed) if row["first_day"] <= start), None)
    above = _holding(overrides, start)
    if above is not None and above["discount"] is None:
        rates = {name: above[name] for name in RATES}
        if rates["reasoning_per_1m"] is None:
            rates["reasoning_per_1m"] = above["output_per_1m"]
        return Step(start, end, rates, below, above)
    if below is None:
        return None
    left = 1 - (above["discount"] if above is not None else Decimal(0))
    rates = {name: None if below[name] is None else below[name] * left for name in RATES}
    return Step(start, end, rates, below, above)


def _holding(overrides: Sequence[Row], day: date) -> Row | None:
    """The row that holds on a day: one for the tier before one for every tier, then the newer import."""
    fitting = [
        row
        for row in overrides
        if (row["valid_from"] is None or row["valid_from"] <= day)
        and (row["valid_to"] is None or row["valid_to"] >= day)
    ]
    return max(
        fitting,
        key=lambda row: (row["service_tier"] is not None, row["clock"], row["number"], row["valid_from"] or date.min),
        default=None,
    )


def _same(one: Step, other: Step) -> bool:
    return (one.rates, one.list_price, one.override) == (other.rates, other.list_price, other.override)
