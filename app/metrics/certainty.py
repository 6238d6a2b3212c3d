"""How far a rate that was seen may lie from the true one."""

from __future__ import annotations

from decimal import Decimal

NORMAL_95 = Decimal("1.959963984540054")
"""Of a normal distribution, 95 percent lie within so many standard deviations."""


def wilson(hits: int, tries: int) -> tuple[Decimal, Decimal] | None:
    """The range that holds the true rate with 95 percent certainty (Wilson's score interval).

    None without a try, and where there are more hits than tries: outcomes may lie on other days than their runs.
    """
    if not tries or hits > tries:
        return None
    n, square = Decimal(tries), NORMAL_95**2
    middle = (hits + square / 2) / (n + square)
    half = NORMAL_95 / (n + square) * (Decimal(hits) * (n - hits) / n + square / 4).sqrt()
    return middle - half if hits else Decimal(0), middle + half if hits < tries else Decimal(1)
