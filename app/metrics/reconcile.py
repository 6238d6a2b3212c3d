"""Does every invoiced dollar stand once? Per provider, account and month: metered, invoiced, and how much is traced.

Sums come from cubes and lines. Single rows are read for one provider and account at a time (`reconcile_chain`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import duckdb

from app.metrics.invoiced import Invoiced, apart
from app.metrics.invoiced import total as money_of
from app.metrics.parts import Sources
from app.metrics.question import UNASSIGNED, Question, Viewer
from app.warehouse import closing

BY = ("provider", "account", "month")
UNEXPLAINED = ("billed not traced", "unpriced")
"""The reasons that explain nothing: somebody billed what nobody can show."""
AGES = ((30, "0-30 days"), (60, "31-60 days"), (90, "61-90 days"), (None, "over 90 days"))
NOTHING = Decimal(0)


class Traced(NamedTuple):
    """How much of what was metered is known down to its run, and to what the run came to."""

    tokens: int = 0
    tokens_with_run: int = 0
    cost: Decimal = NOTHING
    cost_with_run: Decimal = NOTHING
    cost_with_outcome: Decimal = NOTHING
    """Of runs that are known to be trusted or not."""

    @property
    def token_coverage(self) -> Decimal | None:
        """The share of the tokens that belongs to a run."""
        return Decimal(self.tokens_with_run) / self.tokens if self.tokens else None

    @property
    def run_coverage(self) -> Decimal | None:
        """The share of the metered cost that belongs to a run."""
        return self.cost_with_run / self.cost if self.cost else None

    @property
    def outcome_coverage(self) -> Decimal | None:
        """The share of the metered cost whose run came to something that is known."""
        return self.cost_with_outcome / self.cost if self.cost else None


@dataclass(frozen=True)
class Account:
    """One provider, account and month; None where it is all of them."""

    provider: str | None
    account: str | None
    month: date | None
    money: Invoiced
    traced: Traced = field(default_factory=Traced)
    about: date | None = None
    """The closed month that it is a change about, on days of the other one; None of what is the month's own."""


class ByMonth(Sources):
    """The parts of a question where what changed about a closed month stands apart from the month that it counts in."""

    def table(self, kind: str, detail: bool = False) -> str:
        """The smallest table of a kind that reaches; of single rows the view that knows what their runs came to."""
        found = super().table(kind, detail)
        return "usage_run_parts" if found == "usage_parts" else found

    def source(self, kind: str, detail: bool = False) -> str:
        """That table with the closed month that a row is a change about."""
        return closing.as_stored(self.con, self.table(kind, detail), with_about=True)

    def expression(self, name: str, kind: str) -> str:
        """A dimension's value in a part; of a month with the closed one, as in 2026-11 2026-10."""
        if name == "month":
            return "strftime(part.day, '%Y-%m') || coalesce(strftime(part.about, ' %Y-%m'), '')"
        return super().expression(name, kind)


@dataclass(frozen=True)
class Reconciled:
    """Accounts month by month, the newest month and the one with most money first; and all together."""

    rows: tuple[Account, ...]
    total: Account


@dataclass(frozen=True)
class Aged:
    """What nobody can explain of one provider, by how old it is."""

    provider: str | None
    amounts: Mapping[str, Decimal]
    """By the names of AGES."""
    reasons: Mapping[str, Decimal]

    @property
    def amount(self) -> Decimal:
        """All of it."""
        return sum(self.amounts.values(), NOTHING)


def reconciled(
    con: duckdb.DuckDBPyConnection,
    viewer: Viewer,
    since: date | None = None,
    until: date | None = None,
    where: Mapping[str, tuple[str, ...]] | None = None,
) -> Reconciled:
    """Metered, invoiced and coverage from `since` to `until`, both inclusive. Raises UnknownNameError."""
    question = viewer.narrowed(Question((), BY, since, until, where or {}).checked())
    money, traced = apart(con, question, ByMonth), _traced(ByMonth(con, question))
    rows = []
    for cut, row in money.items():
        month, *about = (date.fromisoformat(f"{each}-01") for each in cut[2].split())
        rows.append(Account(cut[0], cut[1], month, row, traced.get(cut, Traced()), about[0] if about else None))
    rows.sort(key=_order)
    return Reconciled(tuple(rows), together(rows))


def together(rows: Iterable[Account]) -> Account:
    """Several rows as one."""
    rows = list(rows)
    traced = Traced(
        sum(row.traced.tokens for row in rows),
        sum(row.traced.tokens_with_run for row in rows),
        sum((row.traced.cost for row in rows), NOTHING),
        sum((row.traced.cost_with_run for row in rows), NOTHING),
        sum((row.traced.cost_with_outcome for row in rows), NOTHING),
    )
    return Account(None, None, None, money_of(row.money for row in rows), traced)


def unexplained(
    con: duckdb.DuckDBPyConnection, viewer: Viewer, as_of: date, where: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Aged, ...]:
    """What was billed and is not traced, or has no price, of all days, by its age on a day: most money first.

    The last row is all providers together; nothing where everything has an explanation. Days after it are new.
    """
    question = viewer.narrowed(Question((), ("provider",), None, None, where or {}, "invoiced").checked())
    sources = Sources(con, question)
    provider = sources.expression("provider", "lines")
    limits = [limit for limit, _ in AGES if limit is not None]
    sources.values.extend([as_of] * len(limits))
    age = " ".join(f"when date_diff('day', part.day, ?) <= {limit} then {place}" for place, limit in enumerate(limits))
    condition = sources.condition("lines")
    text = f"""
        select coalesce({provider}, 'Unassigned'), part.reason, case {age} else {len(limits)} end, sum(part.true_up)
        from {sources.source("lines")} as part
        where part.true_up is not null and {condition} and part.reason in (select unnest(?::varchar[]))
        group by 1, 2, 3
        having sum(part.true_up) <> 0
    """
    found: dict[str, list[tuple[str, str, Decimal]]] = {}
    for name, reason, place, amount in con.execute(text, [*sources.values, list(UNEXPLAINED)]).fetchall():
        found.setdefault(name, []).append((AGES[place][1], reason, amount))
    rows = sorted((_aged(name, parts) for name, parts in found.items()), key=lambda row: (-row.amount, row.provider))
    every = [part for parts in found.values() for part in parts]
    return (*rows, _aged(None, every)) if rows else ()


def _aged(provider: str | None, parts: Iterable[tuple[str, str, Decimal]]) -> Aged:
    amounts = dict.fromkeys((name for _, name in AGES), NOTHING)
    reasons: dict[str, Decimal] = {}
    for age, reason, amount in parts:
        amounts[age] += amount
        reasons[reason] = reasons.get(reason, NOTHING) + amount
    return Aged(provider, amounts, reasons)


def _traced(sources: Sources) -> dict[tuple[str, ...], Traced]:
    """Tokens and cost of usage rows with their run, per part: from the smallest cube that reaches."""
    by = sources.question.by
    shown = ", ".join(f"coalesce({sources.expression(name, 'usage')}, '{UNASSIGNED}')" for name in by)
    places = ", ".join(str(place + 1) for place in range(len(by)))
    text = f"""
        select
            {shown},
            coalesce(sum(part.tokens), 0),
            coalesce(sum(part.traced_tokens), 0),
            coalesce(sum(part.cost_usage), 0),
            coalesce(sum(part.run_cost_trusted + part.run_cost_refuted + part.run_cost_unverified), 0),
            coalesce(sum(part.run_cost_trusted + part.run_cost_refuted), 0)
        from {sources.source("usage")} as part
        where {sources.condition("usage")}
        group by {places}
    """
    width = len(by)
    return {row[:width]: Traced(*row[width:]) for row in sources.con.execute(text, sources.values).fetchall()}


def _order(row: Account) -> tuple[int, bool, Decimal, str, str]:
    """The newest month first, in it the most money, and what is about closed months last."""
    size = max(row.money.metered, row.money.invoiced or NOTHING)
    month = (row.month or date.min).toordinal()
    return -month, row.about is not None, -size, row.provider or "", row.account or ""
