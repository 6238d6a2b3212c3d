"""Sentences whose figures and names are still themselves: the screen writes and escapes them, the file keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Money:
    """An amount in the reporting currency."""

    amount: Decimal
    bound: str = ""
    """at least or at most, where a part of it is unknown."""


@dataclass(frozen=True)
class UnitCost(Money):
    """An amount for one thing, which may be thin."""


@dataclass(frozen=True)
class Share:
    """A ratio."""

    value: Decimal | float


@dataclass(frozen=True)
class Number:
    """A count, or tokens."""

    value: Decimal | int


@dataclass(frozen=True)
class Name:
    """What a file calls a team, workflow, provider ...: never markup."""

    text: str


@dataclass(frozen=True)
class Days:
    """A range of days, both inclusive: October where it is that month."""

    since: date
    until: date


Sentence = tuple[str | Money | Share | Number | Name | Days, ...]
"""Parts of a sentence in order; blanks stand in the texts."""
