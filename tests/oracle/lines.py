"""A line of the ledger: one known or unconverted amount of one component on one day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass
class Line:
    kind: str
    """usage, step, check, charge, review, commitment, capacity, true_up or purchase"""
    component: str
    day: date
    dims: dict[str, Any]
    amount: Decimal | None
    unconverted: tuple[str, Decimal] | None = None
    run_id: str | None = None
    call: dict[str, Any] = field(default_factory=dict)
    """provider, model, account ... and tags: what a call or a bill names"""
    invoiced: bool = False
    """whether a bill covers it"""
    reason: str = ""
    """why a true-up line is posted"""
    is_idle: bool = False
    """commitment and capacity: no row used it"""

    @property
    def is_model_cost(self) -> bool:
        return self.kind in ("usage", "commitment", "capacity", "true_up") or (
            self.kind == "charge" and self.component == "inference"
        )
