"""One provider and account: calls, buckets and invoice lines of the same days, with what remains at each step.

Single rows, as the files hold them, on UTC days; so it is answered to who sees everything, and to nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from app.metrics.question import UNASSIGNED, Viewer

HERE = Path(__file__).resolve().parent / "reconciled"
LISTED = 200
NOTHING = Decimal(0)
Row = dict[str, Any]


class Step(NamedTuple):
    """What one way of seeing it holds."""

    members: int = 0
    requests: int = 0
    tokens: int = 0
    amount: Decimal = NOTHING

    def plus(self, other: Step) -> Step:
        """Both together."""
        return Step(
            self.members + other.members,
            self.requests + other.requests,
            self.tokens + other.tokens,
            self.amount + other.amount,
        )


NO_STEP = Step()


@dataclass(frozen=True)
class Model:
    """One model's calls, its buckets, and what calls leave of them; `excess` are tokens that its buckets lack."""

    model: str
    calls: Step = NO_STEP
    buckets: Step = NO_STEP
    remainders: Step = NO_STEP
    excess: int = 0


@dataclass(frozen=True)
class Chain:
    """From calls over buckets to invoice lines, the largest rows of each."""

    models: tuple[Model, ...]
    calls: list[Row]
    buckets: list[Row]
    bills: list[Row]
    excesses: list[Row]

    def whole(self, step: str) -> Step:
        """A step over all models: calls, buckets or remainders."""
        found = NO_STEP
        for model in self.models:
            found = found.plus(getattr(model, step))
        return found


def sees_rows(viewer: Viewer) -> bool:
    """Whether single rows of all teams may be shown."""
    return not viewer.where


def chain(
    con: duckdb.DuckDBPyConnection,
    viewer: Viewer,
    provider: str,
    account: str,
    since: date,
    until: date,
    model: str | None = None,
) -> Chain:
    """The three steps of one provider and account ("Unassigned": of rows that name none), perhaps of one model."""
    if not sees_rows(viewer):
        return Chain((), [], [], [], [])
    asked: Mapping[str, object] = {
        "provider": provider,
        "account": None if account == UNASSIGNED else account,
        "since": max(since, viewer.since or since),
        "until": min(until, viewer.until or until),
        "model": model,
    }
    listed = {**asked, "listed": LISTED}
    excesses = _rows(con, "excesses", asked)
    return Chain(
        _models(_rows(con, "steps", asked), excesses),
        _rows(con, "call_lines", listed),
        _rows(con, "bucket_lines", listed),
        _rows(con, "bill_lines", listed),
        excesses,
    )


def set_aside(
    con: duckdb.DuckDBPyConnection,
    viewer: Viewer,
    since: date,
    until: date,
    providers: Sequence[str] | None,
    accounts: Sequence[str] | None,
) -> list[Row]:
    """What stands and counts nothing on these UTC days, with its reason and money. None: of all of them."""
    if not sees_rows(viewer):
        return []
    asked = {
        "since": max(since, viewer.since or since),
        "until": min(until, viewer.until or until),
        "providers": list(providers) if providers else None,
        "accounts": list(accounts) if accounts else None,
    }
    return _rows(con, "aside", asked)


def _models(steps: Sequence[Row], excesses: Sequence[Row]) -> tuple[Model, ...]:
    found: dict[str, dict[str, Any]] = {}
    for row in steps:
        step = Step(row["members"], row["requests"], row["tokens"], row["amount"] or NOTHING)
        found.setdefault(row["model"], {})[row["step"]] = step
    for row in excesses:
        found.setdefault(row["model"], {})["excess"] = row["tokens"] or 0
    models = [Model(name, **steps) for name, steps in found.items()]
    return tuple(sorted(models, key=lambda one: (-(one.calls.amount + one.remainders.amount), one.model)))


def _rows(con: duckdb.DuckDBPyConnection, script: str, values: Mapping[str, object]) -> list[Row]:
    cursor = con.execute(_text(script), values)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@cache
def _text(script: str) -> str:
    return (HERE / f"{script}.sql").read_text()
