"""The answer of the executive page in at most thirty words: subject, amount, comparison, largest cause in money.

With too little data it says what is missing instead. Rows hold measures of the catalogue, as `ask` answers them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.analysis.cause import VALUE, Cause
from app.analysis.words import Days, Money, Name, Number, Sentence, UnitCost

Row = Mapping[str, Any]
FEW = 30
"""A ratio over fewer is not compared."""
NO_CHANGE = Decimal("0.005")
"""A smaller part of the figure is no change."""
NAMED = {
    "cost_inference": "inference",
    "cost_input": "input",
    "cost_cached_input": "cached input",
    "cost_output": "output",
    "cost_reasoning": "reasoning",
    "cost_retry": "retries",
    "cost_evaluation": "evaluation",
    "cost_retrieval": "retrieval",
    "cost_tool": "tools",
    "cost_observability": "observability",
    "cost_human_review": "human review",
    "cost_infrastructure": "infrastructure",
    "cost_other": "seats and other cost",
}
"""Components of cost as the subject of "cost $1,840 more"."""
SUMS = {VALUE: "revenue and savings", "cost_true_up": "invoice differences"}
"""What is no cost by itself, as the subject of "came to $1,840 more"."""


@dataclass(frozen=True)
class Told:
    """A period with what it came to."""

    days: Days
    row: Row

    @property
    def is_partial(self) -> bool:
        """Whether a part of its cost is not known."""
        return bool(self.row.get("unpriced_rows") or self.row.get("unconverted"))

    @property
    def cost(self) -> Decimal | None:
        """Its all-in cost."""
        known: Decimal | None = self.row.get("all_in_cost")
        return known

    @property
    def trusted(self) -> int:
        """Its trusted outcomes."""
        return int(self.row.get("trusted") or 0)

    @property
    def value(self) -> Decimal:
        """What its trusted outcomes brought and saved."""
        return Decimal(self.row.get("trusted_revenue") or 0) + Decimal(self.row.get("trusted_cost_saved") or 0)

    @property
    def margin(self) -> Decimal | None:
        """What one trusted outcome earned."""
        return self.value_per_outcome(-(self.cost or Decimal(0))) if self.cost is not None else None

    def value_per_outcome(self, more: Decimal = Decimal(0)) -> Decimal | None:
        """What its trusted outcomes brought and something more, for each of them."""
        return (self.value + more) / self.trusted if self.trusted else None


def answer(now: Told, before: Told | None, cause: Cause | None = None) -> Sentence:
    """The sentence. `before` is None where nothing is compared; `cause` is that of the margin, else of the cost."""
    if now.cost is None:
        return _without_cost(now)
    if not now.row.get("outcomes"):
        return (*_cost(now, before, cause), " What it earned is unknown: no outcomes.")
    if now.trusted < FEW:
        return (*_spent(now), ". ", *_too_few(now))
    if not now.value:
        return (*_cost_of_an_outcome(now), ". No outcome says what it earned or saved.")
    return _earned(now, before, cause)


def _earned(now: Told, before: Told | None, cause: Cause | None) -> Sentence:
    margin = now.margin or Decimal(0)
    bound = "at most" if now.is_partial else ""
    verb = " earned " if margin >= 0 else " lost "
    amount = UnitCost(abs(margin), ("at least" if margin < 0 else bound) if now.is_partial else "")
    head: Sentence = (now.days, verb, amount, " per trusted outcome")
    if before is None or before.margin is None or before.trusted < FEW:
        return (*head, *_no_comparison(before))
    moved = margin - before.margin
    if abs(moved) < NO_CHANGE * abs(before.margin):
        return (*head, ", as much as ", before.days, ".")
    more, less = (" more than ", " less than ") if margin >= 0 else (" better than ", " worse than ")
    word = more if moved > 0 else less
    return (*head, ", ", UnitCost(abs(moved)), word, before.days, *_because(cause), ".")


def _cost(now: Told, before: Told | None, cause: Cause | None) -> Sentence:
    """What the days cost, against those before."""
    if before is None or before.cost is None:
        return (*_spent(now), *_no_comparison(before))
    moved = (now.cost or Decimal(0)) - before.cost
    if abs(moved) < NO_CHANGE * abs(before.cost):
        return (*_spent(now), ", as much as ", before.days, ".")
    word = " more than " if moved > 0 else " less than "
    return (*_spent(now), ", ", Money(abs(moved)), word, before.days, *_because(cause), ".")


def _spent(now: Told) -> Sentence:
    return (now.days, " cost ", Money(now.cost or Decimal(0), "at least" if now.is_partial else ""))


def _cost_of_an_outcome(now: Told) -> Sentence:
    cost = (now.cost or Decimal(0)) / now.trusted
    return (now.days, " cost ", UnitCost(cost, "at least" if now.is_partial else ""), " per trusted outcome")


def _too_few(now: Told) -> Sentence:
    if not now.trusted:
        unverified = int(now.row.get("unverified") or 0)
        if unverified:
            return (
                "Nothing is trusted: ",
                Number(unverified),
                " runs are unverified, since a condition is not reported.",
            )
        return ("None of its ", Number(int(now.row["outcomes"])), " outcomes was trusted.")
    return ("Only ", Number(now.trusted), " trusted outcomes: at least ", Number(FEW), " are needed to judge.")


def _without_cost(now: Told) -> Sentence:
    tokens = int(now.row.get("tokens") or 0)
    why = "no model has a price." if tokens else "no usage is loaded for these days."
    if not now.row.get("outcomes"):
        if not tokens:
            return ("Nothing is known of ", now.days, ".")
        return (now.days, " used ", Number(tokens), " tokens. What they cost is unknown: ", why)
    unknown = f". What they cost is unknown: {why}"
    if not now.trusted:
        return (now.days, " has ", Number(int(now.row["outcomes"])), " outcomes, none of them trusted", unknown)
    worth: Sentence = (" worth ", Money(now.value)) if now.value else ()
    return (now.days, " brought ", Number(now.trusted), " trusted outcomes", *worth, unknown)


def _no_comparison(before: Told | None) -> Sentence:
    if before is None:
        return (".",)
    if before.cost is None:
        return (". There is nothing to compare with: no cost in ", before.days, ".")
    return (". ", before.days, " has too few trusted outcomes to compare with.")


def _because(cause: Cause | None) -> Sentence:
    """The largest cause: of a margin against what as many outcomes came to before, of a cost as it is."""
    if cause is None:
        return ()
    amount = Money(abs(cause.amount))
    start = ": for as many outcomes, " if cause.per_outcome else ": "
    is_cost = cause.kind == "cost_component"
    # What adds to a cost takes from a margin.
    more = " more" if (cause.amount > 0) is not (is_cost and cause.per_outcome) else " less"
    if cause.name in SUMS:
        return (start, SUMS[cause.name], " came to ", amount, more)
    if is_cost:
        return (start, NAMED[cause.name], " cost ", amount, more)
    return (start, Name(cause.name), " earned " if cause.per_outcome else " cost ", amount, more)
