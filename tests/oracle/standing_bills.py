"""Which bill stands on which days: rows, sides, cells of money by day, of which a longer bill posts only the rest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from tests.oracle.accounts import owned_days
from tests.oracle.canonical import canonical_model, canonical_provider
from tests.oracle.charges import days_of
from tests.oracle.lines import Line
from tests.oracle.money import Rates, cut, cut_over_rows, money, units
from tests.oracle.rows import Row

COMPARED = ("usage", "adjustment")


@dataclass(frozen=True, eq=False)
class Cell:
    """What one row of a bill says about one day, in the reporting currency (None: without a rate) and as billed."""

    row: Row
    day: date
    amount: Decimal | None
    billed: Decimal
    level: int = 0
    """The longest row of its bill, in days: of several bills for one day the smallest stands."""

    @property
    def heap(self) -> str:
        """What is subtracted from each other: what is compared; credits; taxes; purchases."""
        return "compared" if self.row["category"] in COMPARED else str(self.row["category"])


@dataclass
class Side:
    """Bills of one provider, account and project, as far as both sides name them, and what they are compared with."""

    rows: list[Row]
    usage: list[Row]
    idle: list[Line]


def bill_rows(billed: list[Row]) -> list[Row]:
    """Rows with their days, less those on which a better source bills."""
    rows = [_with_ids(row) for row in billed]
    for row, owned in owned_days(rows, lambda row: list(row["days"])):
        row["days"] = [day for day in row["days"] if day not in owned]
    rows = sorted((row for row in rows if row["days"]), key=lambda row: (row["days"][0], row["clock"], row["line"]))
    levels: dict[Any, int] = defaultdict(int)
    for row in rows:
        levels[bill_of(row)] = max(levels[bill_of(row)], row["length"])
    for row in rows:
        row["level"] = levels[bill_of(row)]
    return rows


def bill_of(row: Row) -> tuple[Any, ...]:
    """The rows of one invoice at one provider, else of one import, are one bill."""
    return row["provider"], row["invoice_id"] or ("import", row["clock"])


def _with_ids(row: Row) -> Row:
    days = days_of(row["charged_from"], row["charged_to"])
    return {
        **row,
        "provider": canonical_provider(row["provider"]),
        "model": row["model"] and canonical_model(row["provider"], row["model"]),
        "amount": row["billed_cost"] if row["effective_cost"] is None else row["effective_cost"],
        "category": row["charge_category"] or "usage",
        "days": days,
        "length": len(days),
    }


def cells_of(row: Row, rates: Rates) -> list[Cell]:
    """A row spread evenly over its days, each converted at its own day's rate; of these the days that it has."""
    every = days_of(row["charged_from"], row["charged_to"])
    shares = cut(units(row["amount"]), [1] * len(every))
    return [
        Cell(row, day, rates.convert(money(share), row["currency"], day), money(share), row["level"])
        for day, share in zip(every, shares, strict=True)
        if day in row["days"]
    ]


def overlapping(days: list[set[date]]) -> list[list[int]]:
    """Places of the sets that overlap, directly or through others."""
    groups: list[tuple[set[date], list[int]]] = []
    for place, own in enumerate(days):
        found, members = own, [place]
        apart = []
        for known, others in groups:
            if known & found:
                found, members = found | known, others + members
            else:
                apart.append((known, others))
        groups = [*apart, (found, members)]
    return [sorted(members) for _, members in groups]


def periods_of(cells: list[Cell]) -> list[list[Cell]]:
    """Cells of rows whose days overlap."""
    rows = list({id(cell.row): cell.row for cell in cells}.values())
    days = [{cell.day for cell in cells if cell.row is row} for row in rows]
    groups = [[id(rows[place]) for place in group] for group in overlapping(days)]
    return [[cell for cell in cells if id(cell.row) in group] for group in groups]


def sides_of(rows: list[Row], usage: list[Row], idle: list[Line]) -> list[Side]:
    """Per provider and overlapping days; of these per account and project, where all rows of both sides name one."""
    sides: list[Side] = []
    for provider in sorted({row["provider"] for row in rows}):
        whole = Side(
            [row for row in rows if row["provider"] == provider],
            [row for row in usage if row["provider"] == provider],
            [line for line in idle if line.call["provider"] == provider],
        )
        for one in _apart(whole):
            sides += [part for two in _by(one, "account") for three in _apart(two) for part in _by(three, "project")]
    return sides


def _apart(side: Side) -> list[Side]:
    """One side for each group of rows whose days overlap."""
    found = []
    for group in overlapping([set(row["days"]) for row in side.rows]):
        rows = [side.rows[place] for place in group]
        days = {day for row in rows for day in row["days"]}
        used = [row for row in side.usage if row["utc_day"] in days]
        found.append(Side(rows, used, [line for line in side.idle if line.day in days]))
    return found


def _by(side: Side, name: str) -> list[Side]:
    """One side per account or project, or the side as it is where a row of either names none."""
    metered = [row[name] for row in side.usage] + [line.call[name] for line in side.idle]
    if None in [row[name] for row in side.rows] + metered or (name == "project" and not metered):
        return [side]
    return [
        Side(
            [row for row in side.rows if row[name] == value],
            [row for row in side.usage if row[name] == value],
            [line for line in side.idle if line.call[name] == value],
        )
        for value in sorted({row[name] for row in side.rows})
    ]


def standing_cells(side: Side, rates: Rates) -> list[Cell]:
    """What counts: bills of one length add up; a longer one posts what the shorter ones leave of it."""
    cells = [cell for row in side.rows for cell in cells_of(row, rates)]
    found: list[Cell] = []
    for level in sorted({cell.level for cell in cells}):
        finer = list(found)
        for period in periods_of([cell for cell in cells if cell.level == level]):
            days = {cell.day for cell in period}
            for heap in sorted({cell.heap for cell in period}):
                own = [cell for cell in period if cell.heap == heap]
                found += _rest(own, [cell for cell in finer if cell.heap == heap and cell.day in days])
    return found


def _rest(own: list[Cell], finer: list[Cell]) -> list[Cell]:
    """The amount less the shorter bills' on its days, on the days that they leave open; if there are none, on all."""
    if not finer:
        return own
    stands = {cell.day: min(other.level for other in finer if other.day == cell.day) for cell in finer}
    open_ = [cell for cell in own if cell.day not in stands] or own
    open_ = sorted(open_, key=lambda cell: (cell.day, cell.row["days"][0], cell.row["clock"], cell.row["line"]))
    weights = [abs(units(cell.amount or Decimal(0))) for cell in open_]
    rest = units(total(own) - total(finer))
    shares = cut_over_rows(rest, weights if sum(weights) else [1] * len(open_))
    return [
        replace(cell, amount=money(share), level=stands.get(cell.day, cell.level))
        for cell, share in zip(open_, shares, strict=True)
    ]


def total(cells: list[Cell]) -> Decimal:
    return sum((cell.amount or Decimal(0) for cell in cells), Decimal(0))
