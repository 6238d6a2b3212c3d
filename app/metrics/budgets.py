"""Budgets in money that hold on a day: of the company, a team or a workflow."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

IN_FORCE = (Path(__file__).resolve().parent / "budgets.sql").read_text()


@dataclass(frozen=True)
class Budget:
    """A limit on money that is spent in a day, week, month or quarter."""

    budget_id: str
    dimension: str
    """Blank: the company."""
    value: str
    metric: str
    period: str
    limit: Decimal
    owner: str | None

    def window(self, day: date) -> tuple[date, date]:
        """The first and the last day of the period that a day belongs to."""
        if self.period == "day":
            return day, day
        if self.period == "week":
            monday = day - timedelta(days=day.weekday())
            return monday, monday + timedelta(days=6)
        first, months = day.month, 1
        if self.period == "quarter":
            first, months = day.month - (day.month - 1) % 3, 3
        last = first + months - 1
        return day.replace(month=first, day=1), date(day.year, last, calendar.monthrange(day.year, last)[1])


def budgets(con: duckdb.DuckDBPyConnection, day: date) -> list[Budget]:
    """The budgets in force on a day. One in another currency than the reporting one is left out."""
    return [Budget(*row) for row in con.execute(IN_FORCE, {"day": day}).fetchall()]
