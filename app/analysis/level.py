"""What a level of the drill-down comes to, in one sentence: cost, share of the company, how much of it was trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from app.analysis.words import Days, Money, Name, Number, Sentence, Share
from app.metrics.levels import FEW

WANTED = ("all_in_cost", "runs", "trusted", "outcomes", "unpriced_rows", "unconverted")
"""What to ask of the level's total."""
Row = Mapping[str, Any]


def level(names: Sequence[str], days: tuple[date, date], now: Row, company: Decimal | None) -> Sentence:
    """The sentence over a level, named by its filters from the widest to the finest; no names: all of it.

    `company` is the all-in cost of the same days without any filter; None where that is not to be said.
    """
    who: list[str | Name] = []
    for name in names:
        who += [" / ", Name(name)] if who else [Name(name)]
    cost = now["all_in_cost"]
    if cost is None:
        said: tuple[Any, ...] = ("What ", *(who or ["all teams"]), " cost in ", Days(*days), " is not known")
    else:
        bound = "at least" if now["unpriced_rows"] or now["unconverted"] else ""
        said = (*(who or ["All teams"]), " cost ", Money(cost, bound), " in ", Days(*days))
        if who and company:
            said = (*said, ", ", Share(cost / company), " of the company")
    return (*said, "; ", *_trusted(now, "its " if who else ""))


def _trusted(now: Row, whose: str) -> Sentence:
    """How many of the runs were trusted; what is missing where nobody can say."""
    runs, trusted = now["runs"], now["trusted"]
    if not runs:
        return ("no run began in these days.",)
    if not now["outcomes"]:
        return (f"no outcome says which of {whose}", Number(runs), " runs were trusted.")
    if trusted > runs:  # outcomes may lie on other days than their runs
        return (Number(trusted), " trusted outcomes, and ", Number(runs), " runs that began in these days.")
    if runs < FEW:
        return (Number(trusted), f" of {whose}", Number(runs), " runs were trusted.")
    return (Share(Decimal(trusted) / runs), f" of {whose}", Number(runs), " runs were trusted.")
