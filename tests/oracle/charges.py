"""Charges: spread over days, split over (team, workflow) pairs, or taken by a run."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.oracle.columns import DIMENSIONS
from tests.oracle.lines import Line
from tests.oracle.money import Rates, cut, money, units
from tests.oracle.rows import Row
from tests.oracle.runs import Run, filled
from tests.oracle.usage import all_tokens

Pair = tuple[str | None, str | None]


def days_of(first: date, last: date | None) -> list[date]:
    return [first + timedelta(days=number) for number in range(((last or first) - first).days + 1)]


def months_of(days: list[date]) -> list[list[date]]:
    months: dict[tuple[int, int], list[date]] = defaultdict(list)
    for day in days:
        months[day.year, day.month].append(day)
    return [months[key] for key in sorted(months)]


def charge_lines(
    charges: list[Row], usage: list[Row], runs: dict[str, Run], rules: list[Row], rates: Rates
) -> list[Line]:
    return [line for row in charges for line in _lines(row, usage, runs, rules, rates)]


def _lines(row: Row, usage: list[Row], runs: dict[str, Run], rules: list[Row], rates: Rates) -> list[Line]:
    every = days_of(row["charged_from"], row["charged_to"])
    by_day = dict(zip(every, cut(units(row["amount"]), [1] * len(every)), strict=True))
    lines = []
    for days in months_of(every):
        amount = sum(by_day[day] for day in days)
        drivers = _drivers(row, days, usage, runs)
        pairs = sorted(drivers, key=_name)
        cells = [(day, pair) for day in days for pair in pairs]
        shares = cut(amount, [drivers[pair] for _, pair in cells])
        for (day, pair), share in zip(cells, shares, strict=True):
            lines.append(_line(row, day, pair, money(share), runs, rules, rates))
    return [line for line in lines if line.amount != 0 or row["amount"] == 0]


def _name(pair: Pair) -> tuple[str, str]:
    return pair[0] or "Unassigned", pair[1] or "Unassigned"


def _drivers(row: Row, days: list[date], usage: list[Row], runs: dict[str, Run]) -> dict[Pair, int]:
    """Pair -> weight; the charge's own pair alone where it is not split or its driver is zero."""
    own: dict[Pair, int] = {(row["team"], row["workflow"]): 1}
    if row["split_by"] is None or row["run_id"] is not None:
        return own
    drivers: dict[Pair, int] = defaultdict(int)
    for used in usage:
        if used["day"] in days and _matches(row, used["dims"]):
            drivers[_pair(used["dims"])] += _driver(row["split_by"], used)
    if row["split_by"] == "even":
        drivers = dict.fromkeys(drivers, 1)
    if row["split_by"] == "runs":
        for run in runs.values():
            if run.day in days and _matches(row, run.dims) and _pair(run.dims) in drivers:
                drivers[_pair(run.dims)] += 1
    drivers = {pair: weight for pair, weight in drivers.items() if weight}
    return drivers or own


def _pair(dims: dict[str, Any]) -> Pair:
    return dims["team"], dims["workflow"]


def _matches(row: Row, dims: dict[str, Any]) -> bool:
    return all(row[name] is None or row[name] == dims[name] for name in ("team", "workflow", "product", "customer"))


def _driver(split_by: str, used: Row) -> int:
    if split_by == "cost":
        return units(used["cost_known"].amount or Decimal(0))
    if split_by == "tokens":
        return all_tokens(used)
    return used["requests"] if split_by == "requests" else 0


def _line(
    row: Row, day: date, pair: Pair, amount: Decimal, runs: dict[str, Run], rules: list[Row], rates: Rates
) -> Line:
    converted = rates.convert(amount, row["currency"], day)
    unconverted = None if converted is not None else (row["currency"].upper(), amount)
    run = runs.get(row["run_id"]) if row["run_id"] is not None else None
    if run is not None:
        dims = dict(run.dims)
    else:
        said = {**dict.fromkeys(DIMENSIONS), "product": row["product"], "customer": row["customer"]}
        said["team"], said["workflow"] = pair
        seen = {"workflow": row["workflow"], "tags": row["tags"]}
        dims = filled_by(said, seen, rules, day)
    return Line("charge", row["component"], day, dims, converted, unconverted, run.run_id if run else None)


def filled_by(said: dict[str, Any], seen: Row, rules: list[Row], day: date) -> dict[str, Any]:
    """Rules read what the row says (`seen`), and fill what is blank after the split (`said`)."""
    read = filled(dict.fromkeys(DIMENSIONS) | {"workflow": seen["workflow"]}, seen, rules, day)
    return {name: value or read[name] for name, value in said.items()}
