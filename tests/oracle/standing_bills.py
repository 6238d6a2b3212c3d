"""Which bill stands on which days: rows -> cells of money by day, of which a longer bill posts only the rest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tests.oracle.accounts import meet, owned_days
from tests.oracle.canonical import canonical_model, canonical_provider
from tests.oracle.charges import days_of
from tests.oracle.money import Rates, cut, cut_over_rows, money, units
from tests.oracle.rows import Row

COMPARED = ("usage", "adjustment")


@dataclass
class Cell:
    """What one row of a bill says about one day, in the reporting currency (None: without a rate) and as billed."""

    row: Row
    day: date
    amount: Decimal | None
    billed: Decimal


@dataclass
class Bill:
    """The rows of one invoice at one provider."""

    provider: str
    rows: list[Row] = field(default_factory=list)

    @property
    def longest(self) -> int:
        return max(int(row["length"]) for row in self.rows)


def standing_cells(billed: list[Row], rates: Rates) -> list[Cell]:
    """All that counts of all bills. Cells without a rate stay as they are, and nothing stands against them."""
    rows = [_with_ids(row) for row in billed]
    for row, owned in owned_days(rows, lambda row: list(row["days"])):
        row["days"] = [day for day in row["days"] if day not in owned]
    bills: dict[Any, Bill] = {}
    for row in sorted((row for row in rows if row["days"]), key=_order):
        name = row["provider"], row["invoice_id"] or ("import", row["clock"])
        bills.setdefault(name, Bill(row["provider"])).rows.append(row)
    cells: list[Cell] = []
    posted: list[tuple[Bill, Cell]] = []
    for bill in sorted(bills.values(), key=lambda bill: bill.longest):
        for own in _alike(bill, rates):
            if any(cell.amount is None for cell in own):
                cells += own
                continue
            against = [
                cell for other, cell in posted if other.provider == bill.provider and other.longest < bill.longest
            ]
            left = _rest(own, against)
            cells += left
            posted += [(bill, cell) for cell in left]
    return cells


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


def _order(row: Row) -> tuple[Any, ...]:
    return row["days"][0], row["clock"], row["line"]


def by_day(row: Row, rates: Rates) -> list[Cell]:
    """A row spread evenly over its days, each converted at its own day's rate; of these the days that it has."""
    every = days_of(row["charged_from"], row["charged_to"])
    cells = []
    for day, share in zip(every, cut(units(row["amount"]), [1] * len(every)), strict=True):
        if day in row["days"]:
            cells.append(Cell(row, day, rates.convert(money(share), row["currency"], day), money(share)))
    return cells


def _alike(bill: Bill, rates: Rates) -> list[list[Cell]]:
    """The cells of a bill that stand or go together: of one account, and compared, credit, tax or purchase."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in bill.rows:
        found[row["account"], row["category"] in COMPARED or row["category"]].append(row)
    return [
        [cell for row in period for cell in by_day(row, rates)]
        for rows in found.values()
        for period in (overlapping(rows) if rows[0]["category"] in COMPARED else [rows])
    ]


def overlapping(rows: list[Row]) -> list[list[Row]]:
    """Rows whose days overlap, directly or through others."""
    groups: list[tuple[set[date], list[Row]]] = []
    for row in rows:
        days, members = set(row["days"]), [row]
        apart = []
        for known, others in groups:
            if known & days:
                days, members = days | known, others + members
            else:
                apart.append((known, others))
        groups = [*apart, (days, members)]
    return [members for _, members in groups]


def _rest(own: list[Cell], against: list[Cell]) -> list[Cell]:
    """What a longer bill posts: its amount less the shorter ones' on its days, on the days that they leave open."""
    account, category = own[0].row["account"], own[0].row["category"]
    kinds = COMPARED if category in COMPARED else (category,)
    days = {cell.day for cell in own}
    shorter = [
        cell
        for cell in against
        if cell.row["category"] in kinds and meet(account, cell.row["account"]) and cell.day in days
    ]
    if not shorter:
        return own
    covered = {cell.day for cell in shorter}
    open_ = sorted([cell for cell in own if cell.day not in covered] or own, key=lambda cell: cell.day)
    rest = _sum(own) - _sum(shorter)
    weights = [abs(units(cell.amount or Decimal(0))) for cell in open_]
    shares = cut_over_rows(units(rest), weights if sum(weights) else [1] * len(open_))
    return [Cell(cell.row, cell.day, money(share), cell.billed) for cell, share in zip(open_, shares, strict=True)]


def _sum(cells: list[Cell]) -> Decimal:
    return sum((cell.amount or Decimal(0) for cell in cells), Decimal(0))
