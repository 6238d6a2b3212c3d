"""Metered, invoiced, and the difference with its reasons: of any days, filters and viewer, per provider and in all.

The money is that of `reconcile` and of the three bases of `ask`, on the days of the reporting time zone. What is not
yet invoiced (days that no bill covers) is a part of metered, and never a part of the difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import duckdb

from app.metrics.parts import Sources
from app.metrics.question import UNASSIGNED, Question, Viewer
from app.warehouse.build import COMPONENTS_OF_USAGE as OF_USAGE

BELOW_LIST, UNIT_PRICE = "below list", "unit price"
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Invoiced:
    """One provider, or all of them."""

    provider: str | None
    """None: all."""
    metered: Decimal
    """What usage rows and unused commitments cost; at least that, where tokens are unpriced. No provider bills capacity
    of one's own: it is no part of it."""
    not_yet_invoiced: Decimal
    """The part of metered that lies on days without a bill."""
    invoiced: Decimal | None
    """None: no bill is about these days."""
    reasons: Mapping[str, Decimal] = field(default_factory=dict)
    """Why invoiced and metered differ, the largest first; their sum is the difference."""
    unpriced_tokens: int = 0

    @property
    def difference(self) -> Decimal | None:
        """Invoiced less what was metered on the invoiced days; None where nothing is invoiced."""
        return None if self.invoiced is None else self.invoiced - (self.metered - self.not_yet_invoiced)

    @property
    def reason(self) -> str | None:
        """The reason that moves most money; None where nothing differs."""
        return next(iter(self.reasons), None)


@dataclass(frozen=True)
class Statement:
    """Providers, the one with most money first, and all of them together."""

    rows: tuple[Invoiced, ...]
    total: Invoiced


def invoiced(
    con: duckdb.DuckDBPyConnection,
    viewer: Viewer,
    since: date | None = None,
    until: date | None = None,
    where: Mapping[str, tuple[str, ...]] | None = None,
) -> Statement:
    """What was metered and invoiced from `since` to `until`, both inclusive. Raises UnknownNameError.

    Under a filter of cost components or token classes, a bill's own lines count as component true_up.
    """
    found = apart(con, viewer.narrowed(Question((), ("provider",), since, until, where or {}).checked()))
    rows = [replace(row, provider=provider) for (provider,), row in found.items()]
    return Statement(
        tuple(sorted(rows, key=lambda row: (-max(row.metered, row.invoiced or NOTHING), row.provider or ""))),
        total(rows),
    )


def apart(
    con: duckdb.DuckDBPyConnection, question: Question, reading: type[Sources] = Sources
) -> dict[tuple[str, ...], Invoiced]:
    """What was metered and invoiced for each combination of the dimensions of a question, which is narrowed already."""
    reasons = _reasons(reading(con, replace(question, basis="invoiced")))
    metered = _metered(reading(con, question))
    for cut, unused in _unused(reading(con, question)).items():
        metered[cut] = metered[cut].plus(unused) if cut in metered else unused
    return {cut: _row(metered.get(cut), reasons.get(cut, {})) for cut in {**metered, **reasons}}


def total(rows: Iterable[Invoiced], name: str | None = None) -> Invoiced:
    """Several rows as one, under a name."""
    rows = list(rows)
    known = [row.invoiced for row in rows if row.invoiced is not None]
    reasons: dict[str, Decimal] = {}
    for row in rows:
        _add(reasons, row.reasons)
    return Invoiced(
        name,
        sum((row.metered for row in rows), NOTHING),
        sum((row.not_yet_invoiced for row in rows), NOTHING),
        sum(known, NOTHING) if known else None,
        _largest_first(reasons),
        sum(row.unpriced_tokens for row in rows),
    )


@dataclass(frozen=True)
class Metered:
    """What usage rows of one part add up to."""

    amount: Decimal
    not_billed: Decimal
    billed: Decimal | None
    below_list: Decimal
    unit_price: Decimal
    unpriced_tokens: int

    def plus(self, unused: Metered) -> Metered:
        """With what nobody used of commitments."""
        billed = [amount for amount in (self.billed, unused.billed) if amount is not None]
        return replace(
            self,
            amount=self.amount + unused.amount,
            not_billed=self.not_billed + unused.not_billed,
            billed=sum(billed, NOTHING) if billed else None,
        )


def _row(usage: Metered | None, lines: Mapping[str, Decimal]) -> Invoiced:
    usage = usage or Metered(NOTHING, NOTHING, None, NOTHING, NOTHING, 0)
    reasons = {BELOW_LIST: usage.below_list, UNIT_PRICE: usage.unit_price}
    _add(reasons, lines)
    nothing = usage.billed is None and not lines
    return Invoiced(
        None,
        usage.amount,
        usage.not_billed,
        None if nothing else (usage.billed or NOTHING) + sum(reasons.values(), NOTHING),
        _largest_first(reasons),
        usage.unpriced_tokens,
    )


def _metered(sources: Sources) -> dict[tuple[str, ...], Metered]:
    """Usage rows per part, from the smallest cube that reaches."""
    question, width = sources.question, len(sources.question.by)
    components = [f"part.cost_{name}" for name in OF_USAGE if _is_asked(name, question.where)]
    cost = "part.cost_usage" if len(components) == len(OF_USAGE) else _added(components)
    if _is_asked("inference", question.where):
        cost = f"({cost} - coalesce(part.capacity_cost, 0))"
    true_up, dearer = ("part.true_up", "part.unit_price") if _is_asked("true_up", question.where) else ("0", "0")
    text = f"""
        select
            {_shown(sources, "usage")}
            coalesce(sum({cost}), 0),
            coalesce(sum(case when not part.invoiced then {cost} end), 0),
            case
                when sum(case when part.invoiced then part.known_rows end) > 0
                then coalesce(sum(case when part.invoiced then {cost} end), 0)
            end,
            coalesce(sum({true_up}), 0) - coalesce(sum({dearer}), 0),
            coalesce(sum({dearer}), 0),
            coalesce(sum(part.unpriced_tokens), 0)
        from {sources.source("usage")} as part
        where {sources.condition("usage")}
        group by {_places(width)}
    """
    return {row[:width]: Metered(*row[width:]) for row in sources.con.execute(text, sources.values).fetchall()}


def _unused(sources: Sources) -> dict[tuple[str, ...], Metered]:
    """What nobody used of commitments, per part."""
    if not _is_asked("inference", sources.question.where):
        return {}
    text = f"""
        select
            {_shown(sources, "lines")}
            coalesce(sum(part.cost_inference), 0),
            coalesce(sum(part.cost_inference) filter (not part.invoiced), 0),
            sum(part.cost_inference) filter (part.invoiced)
        from {sources.source("lines")} as part
        where part.kind = 'commitment' and {sources.condition("lines")}
        group by {_places(len(sources.question.by))}
    """
    return {
        tuple(cut): Metered(amount, not_billed, billed, NOTHING, NOTHING, 0)
        for *cut, amount, not_billed, billed in sources.con.execute(text, sources.values).fetchall()
    }


def _reasons(sources: Sources) -> dict[tuple[str, ...], dict[str, Decimal]]:
    """What bills posted as lines of their own, per part and reason."""
    if not _is_asked("true_up", sources.question.where):
        return {}
    text = f"""
        select {_shown(sources, "lines")} part.reason, sum(part.true_up)
        from {sources.source("lines")} as part
        where part.true_up is not null and {sources.condition("lines")}
        group by {_places(len(sources.question.by) + 1)}
    """
    found: dict[tuple[str, ...], dict[str, Decimal]] = {}
    for *cut, reason, amount in sources.con.execute(text, sources.values).fetchall():
        found.setdefault(tuple(cut), {})[reason] = amount
    return found


def _shown(sources: Sources, kind: str) -> str:
    """The dimensions of the question, each with a comma behind it."""
    return "".join(f"coalesce({sources.expression(name, kind)}, '{UNASSIGNED}'), " for name in sources.question.by)


def _places(count: int) -> str:
    return ", ".join(str(place + 1) for place in range(count))


def _is_asked(component: str, where: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether the filters leave this component of cost; money has no token class."""
    if UNASSIGNED not in where.get("token_class", (UNASSIGNED,)):
        return False
    return component in where.get("cost_component", (component,))


def _added(columns: list[str]) -> str:
    return " + ".join(f"coalesce({column}, 0)" for column in columns) or "0"


def _add(reasons: dict[str, Decimal], more: Mapping[str, Decimal]) -> None:
    for reason, amount in more.items():
        reasons[reason] = reasons.get(reason, NOTHING) + amount


def _largest_first(reasons: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The reasons that moved any money."""
    moved = [(reason, amount) for reason, amount in reasons.items() if amount]
    return dict(sorted(moved, key=lambda one: (-abs(one[1]), one[0])))
