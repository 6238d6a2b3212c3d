"""How far the data reaches, which feed is behind, and what of the cost nobody can place or price.

A feed is a source with the account and the scope that its imports were given. Days are as its exports state them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise
from pathlib import Path
from statistics import median_low
from typing import Any, NamedTuple

import duckdb

from app.metrics.ask import ask
from app.metrics.question import UNASSIGNED, Question, Viewer

FEEDS = (Path(__file__).resolve().parent / "feeds.sql").read_text()
FLOWS = frozenset(("usage", "steps", "checks", "outcomes"))
"""The facts that flow day by day. Bills and charges come by the month, and may name days ahead."""
ACTIVE = timedelta(days=45)
"""A feed that is further than this behind the newest one has ended: nothing waits for it."""
RHYTHM = 3
"""From so many deliveries on a feed has a rhythm of its own."""


class Feed(NamedTuple):
    """A row of feeds.sql."""

    source: str
    account: str | None
    scope: str | None
    tables: list[str]
    first: date
    last: date
    ends: list[date]
    """The distinct whole days that deliveries ended on, in order."""
    arrivals: list[tuple[date, date]]
    """The last whole day of each delivery, and the day it came."""


@dataclass(frozen=True)
class Delivery:
    """One feed, and how far it has delivered."""

    source: str
    account: str | None
    scope: str | None
    tables: tuple[str, ...]
    first: date
    last: date
    """The last whole day: the day on which an export was made is not whole in it."""
    usual: int | None
    """The usual number of days between two deliveries; None: too few to tell."""
    late: int
    """Days behind what its rhythm promises; 0: not late."""
    is_active: bool

    @property
    def name(self) -> str:
        """The feed in words."""
        return " · ".join(part for part in (self.source, self.account, self.scope) if part)


@dataclass(frozen=True)
class Freshness:
    """What was delivered."""

    first: date | None
    last: date | None
    """The first and the last day that any fact is about; None: nothing is loaded."""
    complete_to: date | None
    """The last day for which every active feed has delivered; None where no fact flows by the day."""
    deliveries: tuple[Delivery, ...]
    rejected: int
    """Records that standing imports rejected."""
    rejected_imports: tuple[str, ...]

    @property
    def late(self) -> tuple[Delivery, ...]:
        """The feeds that are behind, the latest first."""
        return tuple(sorted((one for one in self.deliveries if one.late), key=lambda one: (-one.late, one.name)))


@dataclass(frozen=True)
class Unpriced:
    """A model whose calls state no cost and have no price."""

    provider: str
    model: str
    tokens: int
    rows: int


@dataclass(frozen=True)
class Gaps:
    """What totals do not know, within a range."""

    unpriced: tuple[Unpriced, ...]
    """Most tokens first."""
    unassigned_cost: Decimal | None
    """The all-in cost that has no team; None where no cost is known."""
    unconverted: Mapping[str, Decimal]
    """Cost without a rate of exchange, by its own currency."""

    @property
    def unpriced_tokens(self) -> int:
        """Tokens whose cost nobody knows."""
        return sum(model.tokens for model in self.unpriced)


def freshness(con: duckdb.DuckDBPyConnection, today: date) -> Freshness:
    """How far each feed has delivered, as of `today`, which is never whole itself."""
    rejects = con.execute(
        "select import_id, rows_rejected from imports where status = 'standing' and rows_rejected > 0 order by number"
    ).fetchall()
    feeds = [Feed(*row) for row in con.execute(FEEDS).fetchall()]
    flows = [feed for feed in feeds if FLOWS & {*feed.tables}]
    newest = _newest(flows, today)
    deliveries = sorted(
        (_delivery(feed, newest, today) for feed in flows), key=lambda one: (-one.last.toordinal(), one.name)
    )
    return Freshness(
        first=min((feed.first for feed in feeds), default=None),
        last=max((feed.last for feed in feeds), default=None),
        complete_to=min((one.last for one in deliveries if one.is_active), default=None),
        deliveries=tuple(deliveries),
        rejected=sum(count for _, count in rejects),
        rejected_imports=tuple(import_id for import_id, _ in rejects),
    )


def gaps(
    con: duckdb.DuckDBPyConnection,
    viewer: Viewer,
    *,
    since: date | None = None,
    until: date | None = None,
    where: Mapping[str, tuple[str, ...]] | None = None,
    today: date,
) -> Gaps:
    """What is unpriced, unassigned and unconverted of the cost of a range, under filters. Raises UnknownNameError."""

    def asked(names: tuple[str, ...], *by: str) -> list[dict[str, Any]]:
        return ask(con, Question(names, by, since, until, where or {}), viewer, today).rows

    models = [
        Unpriced(str(row["provider"]), str(row["model"]), int(row["unpriced_tokens"]), int(row["unpriced_rows"]))
        for row in asked(("unpriced_tokens", "unpriced_rows"), "provider", "model")
        if row["unpriced_rows"]
    ]
    teams = asked(("all_in_cost", "unconverted"), "team")
    unassigned = next((row["all_in_cost"] for row in teams if row["team"] == UNASSIGNED), None) or Decimal(0)
    waiting: dict[str, Decimal] = {}
    for row in teams:
        for currency, amount in row["unconverted"].items():
            waiting[currency] = waiting.get(currency, Decimal(0)) + amount
    return Gaps(
        unpriced=tuple(sorted(models, key=lambda model: (-model.tokens, model.provider, model.model))),
        unassigned_cost=unassigned if any(row["all_in_cost"] is not None for row in teams) else None,
        unconverted=waiting,
    )


def _newest(flows: Sequence[Feed], today: date) -> date:
    """The day that feeds are measured by: the newest of usage, since outcomes may come long after it."""
    usage = [feed for feed in flows if "usage" in feed.tables]
    return max((_whole(feed, today) for feed in usage or flows), default=today)


def _delivery(feed: Feed, newest: date, today: date) -> Delivery:
    last = _whole(feed, today)
    is_active = newest - last <= ACTIVE
    usual = median_low((later - earlier).days for earlier, later in pairwise(feed.ends)) if _has(feed.ends) else None
    wait = _usual_wait(feed.arrivals)
    behind = (newest - last).days - ((usual or 1) - 1)
    overdue = (today - last).days - wait if wait is not None else 0
    return Delivery(
        source=feed.source,
        account=feed.account,
        scope=feed.scope,
        tables=tuple(feed.tables),
        first=feed.first,
        last=last,
        usual=usual,
        late=max(behind, overdue, 0) if is_active else 0,
        is_active=is_active,
    )


def _whole(feed: Feed, today: date) -> date:
    """The last day that is whole in one of the feed's exports, and over by today."""
    return min(feed.ends[-1], today - timedelta(days=1))


def _has(rhythm: Sequence[object]) -> bool:
    return len(rhythm) >= RHYTHM


def _usual_wait(arrivals: Sequence[tuple[date, date]]) -> int | None:
    """How many days old a feed's last day usually is when the next delivery comes; None without a rhythm.

    Files that were all loaded on one day say nothing about it.
    """
    ends = {arrived: end for end, arrived in sorted(arrivals)}
    days = sorted(ends)
    if not _has(days):
        return None
    reached = accumulate((ends[day] for day in days), max)
    return median_low((arrived - held).days for held, arrived in zip(reached, days[1:], strict=False))
