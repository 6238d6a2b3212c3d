"""Why a figure moved: the component of cost, the value or the team that accounts for most of it, in money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

Row = Mapping[str, Any]
Kind = Literal["cost_component", "value", "team"]
VALUE = "value"
HALF = Decimal("0.5")


@dataclass(frozen=True)
class Cause:
    """What accounts for most of a change."""

    kind: Kind
    name: str
    """The measure of a component, `value`, or the team."""
    amount: Decimal
    """Money by which it raised the figure; negative: by which it lowered it."""
    per_outcome: bool = False
    """Whether the figure is the margin of as many outcomes, not the cost."""


def of_cost(
    now: Row, before: Row, components: Sequence[str], teams: Sequence[tuple[str, Row, Row]] = ()
) -> Cause | None:
    """Why the all-in cost moved. `teams` holds a team with its rows of both periods; None: nothing moved."""
    return _largest(
        _of(now, "all_in_cost") - _of(before, "all_in_cost"),
        [Cause("cost_component", name, _of(now, name) - _of(before, name)) for name in components],
        [Cause("team", team, _of(one, "all_in_cost") - _of(other, "all_in_cost")) for team, one, other in teams],
    )


def of_margin(
    now: Row, before: Row, components: Sequence[str], teams: Sequence[tuple[str, Row, Row]] = ()
) -> Cause | None:
    """Why the margin of a trusted outcome moved: what each part came to, less what it came to before for as many.

    The parts add up to the change of the margin per outcome times the outcomes. None: nothing moved, or nothing was
    trusted in one of the periods.
    """
    if not now["trusted"] or not before["trusted"]:
        return None
    scale = Decimal(now["trusted"]) / Decimal(before["trusted"])

    def moved(name: str, one: Row = now, other: Row = before) -> Decimal:
        return _of(one, name) - _of(other, name) * scale

    parts: list[tuple[Kind, str, Decimal]] = [("value", VALUE, moved("margin") + moved("all_in_cost"))]
    parts += [("cost_component", name, -moved(name)) for name in components]
    return _largest(
        moved("margin"),
        [Cause(kind, name, amount, per_outcome=True) for kind, name, amount in parts],
        [Cause("team", team, moved("margin", one, other), per_outcome=True) for team, one, other in teams],
    )


def pairs(rows: Iterable[Row], dimension: str, now: str = "now", before: str = "before") -> list[tuple[str, Row, Row]]:
    """The values of a dimension with their rows of two spans; an empty row where one has none."""
    spans: dict[str, dict[str, Row]] = {now: {}, before: {}}
    for row in rows:
        spans[row["span"]][row[dimension]] = row
    names = {**spans[now], **spans[before]}
    return [(name, spans[now].get(name, {}), spans[before].get(name, {})) for name in names]


def _largest(change: Decimal, parts: list[Cause], teams: list[Cause]) -> Cause | None:
    """The part that accounts for half of the change; else the team or part that accounts for most."""
    if not change:
        return None
    sign = 1 if change > 0 else -1
    part, team = (max(some, key=lambda cause: sign * cause.amount, default=None) for some in (parts, teams))
    if part and (team is None or part.amount / change >= HALF or sign * part.amount >= sign * team.amount):
        team = None
    best = team or part
    return best if best and sign * best.amount > 0 else None


def _of(row: Row, name: str) -> Decimal:
    return Decimal(row.get(name) or 0)
