"""From what trusted outcomes are worth to the gross margin: every component of cost on the way, to the last decimal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.metrics.catalogue import catalogue

Row = Mapping[str, Any]
VALUE = {"trusted_revenue": "revenue", "trusted_cost_saved": "cost_saved"}
"""The measures of trusted outcomes, and those whose short names they go by here."""
MARGIN = "margin"
COST = "all_in_cost"


@dataclass(frozen=True)
class Step:
    """A measure of the catalogue, and what it adds to the margin or takes from it."""

    name: str
    label: str
    amount: Decimal
    is_total: bool = False


def value_to_margin(row: Row) -> list[Step]:
    """Revenue and savings of trusted outcomes, less each of the fourteen components, down to the gross margin."""
    known = catalogue()
    return [
        *(_step(row, name, 1, label) for name, label in VALUE.items()),
        *(_step(row, name, -1, name) for name in known.components),
        Step(MARGIN, known.measures[MARGIN].label or "", Decimal(row[MARGIN] or 0), is_total=True),
    ]


def cost(row: Row) -> list[Step]:
    """The fourteen components, up to the all-in cost: what is known where no outcome says what it earned."""
    known = catalogue()
    whole = Step(COST, known.measures[COST].label or "", Decimal(row[COST] or 0), is_total=True)
    return [*(_step(row, name, 1, name) for name in known.components), whole]


def beside_models(row: Row) -> Decimal:
    """The part of the all-in cost that is no model call."""
    return Decimal(row[COST] or 0) - Decimal(row["model_cost"] or 0)


def measures() -> Sequence[str]:
    """What a row must hold."""
    return (*VALUE, *catalogue().components, MARGIN, COST, "model_cost")


def _step(row: Row, name: str, sign: int, named: str) -> Step:
    return Step(name, catalogue().measures[named].label or "", sign * Decimal(row[name] or 0))
