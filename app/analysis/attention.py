"""What deserves attention: at most three things, ranked by the money at stake. Few runs are never ranked.

Lines are those of `ask` by team and workflow, now and before; what they do not hold is passed beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from app.analysis.words import Money, Name, Number, Sentence, Share
from app.metrics.budgets import Budget
from app.metrics.invoiced import Statement
from app.metrics.levels import FEW, Line
from app.metrics.question import UNASSIGNED

BY = ("team", "workflow")
"""The dimensions of the lines."""
WANTED = (
    "all_in_cost",
    "model_cost",
    "margin",
    "tokens",
    "runs",
    "outcomes",
    "trusted",
    "unverified",
    "unverified_run_cost",
    "retry_tokens",
    "retry_reported_tokens",
    "cost_retry",
    "cost_human_review",
    "unpriced_tokens",
)
"""What to ask of each line."""
MOST = 3
GREW = Decimal("0.01")
"""By how much a share of retries must have grown: a percentage point."""
LITTLE = Decimal("0.001")
"""The part of the all-in cost below which nothing is worth attention."""
MANY = Decimal("0.2")
"""The share of a team's runs from which unverified ones are many."""
NOT_TRACED = ("billed not traced", "unpriced")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Item:
    """One thing, and where it is seen."""

    kind: str
    money: Decimal
    said: Sentence
    page: str
    params: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What the address of that page says beside the view's own filters."""


@dataclass(frozen=True)
class Group:
    """A team or a workflow: the sums of its lines."""

    dimension: str
    name: str
    now: Row
    before: Row


def attention(
    lines: Sequence[Line],
    bills: Statement,
    budgets: Iterable[Budget] = (),
    days: tuple[date, date] | None = None,
) -> list[Item]:
    """The three that matter most, each of a kind of its own. Budgets are held against `days`, those of the lines."""
    whole = add_up(lines, lambda _: "", "")
    cost = _of(whole[0].now, "all_in_cost") if whole else Decimal(0)
    teams = [group for group in groups(lines, "team") if group.name != UNASSIGNED]
    workflows = [group for group in groups(lines, "workflow") if group.name != UNASSIGNED]
    found = [
        *_retries(teams),
        *_losses(workflows),
        *_review(workflows),
        *_unverified(teams),
        *_unpriced(whole),
        *_unassigned(lines, bills),
        *_not_traced(bills),
        *(_at_risk(budgets, {"": whole, "team": teams, "workflow": workflows}, days) if days else ()),
    ]
    worth = sorted((item for item in found if item.money > LITTLE * cost), key=lambda item: (item.money, item.kind))
    of_each_kind = {item.kind: item for item in worth}  # the last, which is the largest, stays
    return sorted(of_each_kind.values(), key=lambda item: -item.money)[:MOST]


def may_lack_conditions(lines: Iterable[Line]) -> bool:
    """Whether nothing is trusted of a workflow that has outcomes: only there may a condition be reported by nobody."""
    return any(_of(one.now, "outcomes") and not _of(one.now, "trusted") for one in groups(lines, "workflow"))


def groups(lines: Iterable[Line], dimension: str) -> list[Group]:
    """The lines added up by one of their dimensions."""
    place = BY.index(dimension)
    return add_up(lines, lambda line: line.key[place] or UNASSIGNED, dimension)


def add_up(lines: Iterable[Line], name: Callable[[Line], str], dimension: str) -> list[Group]:
    """The measures of lines added up by a name; what is unknown in all of them stays unknown."""
    now: dict[str, dict[str, Any]] = {}
    before: dict[str, dict[str, Any]] = {}
    for line in lines:
        for sums, row in ((now, line.now), (before, line.before or {})):
            own = sums.setdefault(name(line), {})
            for measure in WANTED:
                if row.get(measure) is not None:
                    own[measure] = own.get(measure, 0) + row[measure]
    return [Group(dimension, each, now[each], before[each]) for each in now]


def _retries(teams: Iterable[Group]) -> Iterator[Item]:
    """The retry share grew: what its growth cost."""
    for team in teams:
        share, was = _retry_share(team.now), _retry_share(team.before)
        enough = min(_of(team.now, "runs"), _of(team.before, "runs")) >= FEW
        if share is None or was is None or not enough or share - was < GREW:
            continue
        money = _of(team.now, "cost_retry") * (1 - was / share)
        said = ("Retry share of ", Name(team.name), " rose from ", Share(was), " to ", Share(share), ": ", Money(money))
        yield Item("retries", money, (*said, " more."), "teams", _only(team) | {"by": ["workflow"]})


def _losses(workflows: Iterable[Group]) -> Iterator[Item]:
    """A workflow costs more than its trusted outcomes bring."""
    for workflow in workflows:
        margin, cost = _of(workflow.now, "margin"), _of(workflow.now, "all_in_cost")
        if margin >= 0 or _of(workflow.now, "outcomes") < FEW:
            continue
        said = (Name(workflow.name), " lost ", Money(-margin), ": it cost ", Money(cost), " and brought ")
        yield Item("loss", -margin, (*said, Money(margin + cost), "."), "teams", _only(workflow))


def _review(workflows: Iterable[Group]) -> Iterator[Item]:
    """People's minutes cost more than the models that they check."""
    for workflow in workflows:
        review, models = _of(workflow.now, "cost_human_review"), _of(workflow.now, "model_cost")
        if review <= models or _of(workflow.now, "runs") < FEW:
            continue
        said = (
            "Human review of ",
            Name(workflow.name),
            " cost ",
            Money(review),
            ", its model calls ",
            Money(models),
            ".",
        )
        yield Item("review", review - models, said, "teams", _only(workflow) | {"by": ["cost_component"]})


def _unverified(teams: Iterable[Group]) -> Iterator[Item]:
    """Many runs of which nobody says whether they can be trusted, although some outcomes are reported."""
    for team in teams:
        runs, unverified = _of(team.now, "runs"), _of(team.now, "unverified")
        money = _of(team.now, "unverified_run_cost")
        if runs < FEW or unverified < MANY * runs or not _of(team.now, "outcomes"):
            continue
        said = (
            Number(unverified),
            " of ",
            Number(runs),
            " runs of ",
            Name(team.name),
            " are unverified: ",
            Money(money),
        )
        yield Item("unverified", money, (*said, "."), "teams", _only(team) | {"by": ["workflow"]})


def _unpriced(whole: Sequence[Group]) -> Iterator[Item]:
    """Tokens without a price: what they would cost at the mean price of the others."""
    for group in whole:
        unpriced = _of(group.now, "unpriced_tokens")
        priced = _of(group.now, "tokens") - unpriced
        if not unpriced or not priced:
            continue
        money = _of(group.now, "model_cost") / priced * unpriced
        said = (Number(unpriced), " tokens have no price: about ", Money(money), " at the mean price of the others.")
        yield Item("unpriced", money, said, "figure", {"metric": ["unpriced_tokens"]})


def _unassigned(lines: Sequence[Line], bills: Statement) -> Iterator[Item]:
    """Cost that no team answers for; what bills alone know of is told by itself."""
    for group in groups(lines, "team"):
        traced = _of(group.now, "all_in_cost") - _sum_not_traced(bills)
        if group.name == UNASSIGNED and traced > 0:
            said = (Money(traced), " of the cost of calls and charges has no team.")
            yield Item("unassigned", traced, said, "teams", {"team": [UNASSIGNED]})


def _not_traced(bills: Statement) -> Iterator[Item]:
    """Billed, and no log knows what for."""
    for row in bills.rows:
        money = sum((row.reasons.get(reason, Decimal(0)) for reason in NOT_TRACED), Decimal(0))
        if money > 0:
            said = (Name(row.provider or UNASSIGNED), " billed ", Money(money), " that no log explains.")
            params = {"provider": [row.provider or UNASSIGNED], "cost_component": ["true_up"]}
            yield Item("not traced", money, said, "teams", params)


def _at_risk(
    budgets: Iterable[Budget], known: Mapping[str, Sequence[Group]], days: tuple[date, date]
) -> Iterator[Item]:
    """Budgets that are overspent, or will be at the pace of the days so far."""
    since, until = days
    for budget in budgets:
        first, last = budget.window(until)
        group = next((each for each in known.get(budget.dimension, ()) if each.name == budget.value), None)
        if since != first or group is None or budget.metric not in WANTED:
            continue
        spent = _of(group.now, budget.metric)
        length, passed = (last - first).days + 1, (until - since).days + 1
        expected = spent * length / passed
        if expected <= budget.limit:
            continue
        who: Sentence = (Name(budget.value), " has") if budget.value else ("The company has",)
        if spent > budget.limit:
            said = (*who, " spent ", Money(spent), " of a budget of ", Money(budget.limit), ".")
        else:
            said = (*who, " a budget of ", Money(budget.limit), " and reaches ", Money(expected), " at this pace.")
        yield Item("budget", expected - budget.limit, said, "teams", _only(group) if budget.value else {})


def _retry_share(row: Row) -> Decimal | None:
    reported = _of(row, "retry_reported_tokens")
    return _of(row, "retry_tokens") / reported if reported else None


def _sum_not_traced(bills: Statement) -> Decimal:
    return sum((bills.total.reasons.get(reason, Decimal(0)) for reason in NOT_TRACED), Decimal(0))


def _only(group: Group) -> dict[str, list[str]]:
    return {group.dimension: [group.name]}


def _of(row: Row, name: str) -> Decimal:
    return Decimal(row.get(name) or 0)
