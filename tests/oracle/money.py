"""Exact money: whole units of 10^-12, cut so that the parts add up, and converted at a day's rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

ONE = Decimal("0.000000000001")


def round12(amount: Decimal | Fraction) -> Decimal:
    """Rounded to 12 places, a half away from zero."""
    with localcontext() as context:
        context.prec = 90
        if isinstance(amount, Fraction):
            amount = Decimal(amount.numerator) / Decimal(amount.denominator)
        return amount.quantize(ONE, ROUND_HALF_UP)


def units(amount: Decimal) -> int:
    with localcontext() as context:
        context.prec = 90
        return int(amount.scaleb(12).to_integral_exact())


def money(whole: int) -> Decimal:
    with localcontext() as context:
        context.prec = 90
        return Decimal(whole).scaleb(-12)


def cut(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in proportion to `weights`; left units go to the largest remainders, equal ones to the first."""
    sign, whole, size = (-1 if total < 0 else 1), abs(total), sum(weights)
    shares = [whole * weight // size for weight in weights]
    remainders = [whole * weight % size for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: (-remainders[place], place))
    for place in order[: whole - sum(shares)]:
        shares[place] += 1
    return [sign * share for share in shares]


def cut_over_rows(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in proportion to `weights`, each rounded down; what is left goes to the largest, the first of equals."""
    sign, whole, size = (-1 if total < 0 else 1), abs(total), sum(weights)
    shares = [whole * weight // size for weight in weights]
    largest = max(range(len(weights)), key=lambda place: (weights[place], -place))
    shares[largest] += whole - sum(shares)
    return [sign * share for share in shares]


@dataclass
class Rates:
    """What a unit of another currency is worth in the reporting currency, by day."""

    reporting: str
    known: dict[str, list[tuple[date, Decimal]]] = field(default_factory=dict)

    def add(self, day: date, currency: str, rate: Decimal) -> None:
        self.known.setdefault(currency.upper(), []).append((day, rate))

    def convert(self, amount: Decimal, currency: str | None, day: date) -> Decimal | None:
        """The amount in the reporting currency at the last rate on or before `day`; None without a rate."""
        if currency is None or currency.upper() == self.reporting:
            return amount
        earlier = [known for known in self.known.get(currency.upper(), []) if known[0] <= day]
        return round12(Fraction(amount) * Fraction(max(earlier)[1])) if earlier else None
