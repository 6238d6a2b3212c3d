"""Bills: compared with the metered cost of their provider, account, project and period; the difference is posted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.buckets import order
from tests.oracle.columns import DIMENSIONS
from tests.oracle.commitments import tokens_in
from tests.oracle.lines import Line
from tests.oracle.money import Rates, cut, cut_over_rows, money, units
from tests.oracle.rows import Row
from tests.oracle.runs import filled
from tests.oracle.standing_bills import (
    Cell,
    Side,
    bill_of,
    bill_rows,
    cells_of,
    periods_of,
    sides_of,
    standing_cells,
    total,
)
from tests.oracle.usage import all_tokens

HALF_A_CENT = Decimal("0.005")


@dataclass
class Period:
    """What bills of one length say about some days of one side, and the metered rows and lines of these days."""

    cells: list[Cell]
    """What is compared: usage and adjustments."""
    usage: list[Row]
    idle: list[Line]

    @property
    def rows(self) -> list[Row]:
        return list({id(cell.row): cell.row for cell in self.cells}.values())

    def amount(self, row: Row) -> Decimal:
        return total([cell for cell in self.cells if cell.row is row])


def bill_lines(billed: list[Row], usage: list[Row], idle: list[Line], rules: list[Row], rates: Rates) -> list[Line]:
    """True-up and purchase lines; marks the usage rows and unused commitments that a bill covers (`invoiced`)."""
    rows = bill_rows(billed)
    unknown = {bill_of(row) for row in rows for cell in cells_of(row, rates) if cell.amount is None}
    lines = [
        _unconverted(cell, rules, rates) for row in rows if bill_of(row) in unknown for cell in cells_of(row, rates)
    ]
    for side in sides_of([row for row in rows if bill_of(row) not in unknown], usage, idle):
        cells = standing_cells(side, rates)
        lines += [_apart(cell, rules) for cell in cells if cell.heap != "compared"]
        for period in _periods(side, cells):
            lines += _posted(period, rules)
    return lines


def _periods(side: Side, cells: list[Cell]) -> list[Period]:
    """Bills of one length whose rows overlap, taxes and credits too. A day is compared once: where its usage stands."""
    found = []
    stands = {cell.day: cell.level for cell in cells if cell.heap == "compared"}
    for level in sorted({cell.level for cell in cells}):
        for own in periods_of([cell for cell in cells if cell.level == level]):
            compared = [cell for cell in own if cell.heap == "compared"]
            if compared:
                days = {cell.day for cell in own if stands.setdefault(cell.day, level) == level}
                used = [row for row in side.usage if row["utc_day"] in days]
                found.append(Period(compared, used, [line for line in side.idle if line.day in days]))
    return found


def _line(row: Row, day: date, amount: Decimal | None, rules: list[Row], reason: str, **more: Any) -> Line:
    call = {name: row[name] for name in ("provider", "account", "project", "model")} | {"tags": row["tags"]}
    dims = filled(dict.fromkeys(DIMENSIONS), {**row, "workflow": None}, rules, day)
    kind = more.pop("kind", "true_up")
    return Line(kind, "true_up", day, dims, amount, call=call, invoiced=True, reason=reason, **more)


def _apart(cell: Cell, rules: list[Row]) -> Line:
    """A credit, tax or purchase: a line of its own."""
    if cell.heap == "purchase":
        return _line(cell.row, cell.day, cell.amount, rules, "prepaid", kind="purchase")
    return _line(cell.row, cell.day, cell.amount, rules, cell.heap)


def _unconverted(cell: Cell, rules: list[Row], rates: Rates) -> Line:
    """A bill without a rate explains nothing, and is shown in its own currency."""
    kind = "purchase" if cell.heap == "purchase" else "true_up"
    unknown = (cell.row["currency"] or rates.reporting).upper(), cell.billed
    return _line(cell.row, cell.day, None, rules, "", kind=kind, unconverted=unknown)


def cost(row: Row) -> Decimal:
    """What a metered row costs: its own amount, and the commitment's money that lies on it."""
    return Decimal(row["cost_known"].amount or 0) + Decimal(row["committed"])


def _posted(period: Period, rules: list[Row]) -> list[Line]:
    for row in period.usage:
        row["invoiced"] = True
    for line in period.idle:
        line.invoiced = True
    known = sorted((row for row in period.usage if cost(row)), key=order)
    billed = total(period.cells)
    unused = sum((line.amount or Decimal(0) for line in period.idle), Decimal(0))
    difference = billed - sum((cost(row) for row in known), Decimal(0)) - unused
    if difference < 0 and known:
        return _over(difference, known, "below list")
    lines = []
    for rows, part in _unit_prices(period, difference):
        lines += _over(part, rows, "unit price")
        difference -= part
    if difference:
        lines += _not_traced(difference, period, _reason(difference, period), rules)
    return lines


def _reason(difference: Decimal, period: Period) -> str:
    if difference < 0:
        return "adjustment"
    if difference <= HALF_A_CENT * len(period.rows):
        return "rounding"
    unpriced = any(all_tokens(row) and _is_unpriced(row) for row in period.usage)
    return "unpriced" if unpriced else "billed not traced"


def _is_unpriced(row: Row) -> bool:
    return row["cost_known"].amount is None and row["cost_known"].unconverted is None


def _over(difference: Decimal, rows: list[Row], reason: str) -> list[Line]:
    """Over metered rows in proportion to their cost, on their own days."""
    shares = cut_over_rows(units(difference), [units(cost(row)) for row in rows])
    return [
        Line("true_up", "true_up", row["day"], row["dims"], money(share), None, row["run_id"], row, True, reason)
        for row, share in zip(rows, shares, strict=True)
    ]


def _unit_prices(period: Period, difference: Decimal) -> list[tuple[list[Row], Decimal]]:
    """Per model: its traced rows, and what the bill's dearer tokens explain of a positive difference."""
    found = []
    for model in sorted({row["model"] for row in period.rows if row["model"]}):
        rows = [row for row in period.rows if row["model"] == model and row["category"] == "usage"]
        rows = [row for row in rows if row["quantity"] and tokens_in(row["unit"])]
        billed = sum((Fraction(row["quantity"]) * (tokens_in(row["unit"]) or 0) for row in rows), Fraction(0))
        priced = [row for row in period.usage if row["model"] == model and row["cost_known"].amount is not None]
        traced = sum(all_tokens(row) for row in priced)
        if billed <= 0 or not traced:
            continue
        paid = sum((Fraction(units(period.amount(row))) for row in rows), Fraction(0)) / billed
        metered = sum((Fraction(units(cost(row))) for row in priced), Fraction(0)) / traced
        compared = min(billed, Fraction(traced))
        part = money(int(paid * compared) - int(metered * compared))
        known = sorted((row for row in priced if cost(row)), key=order)
        if part > 0 and known:
            found.append((known, part))
    if difference <= 0 or not found:
        return []
    wanted = [units(part) for _, part in found]
    shares = wanted if sum(wanted) <= units(difference) else cut_over_rows(units(difference), wanted)
    return [(rows, money(share)) for (rows, _), share in zip(found, shares, strict=True)]


def _not_traced(difference: Decimal, period: Period, reason: str, rules: list[Row]) -> list[Line]:
    """Over the bill's positive usage rows, each part evenly over its days; an adjustment lies where its rows do."""
    amounts = [(row, period.amount(row)) for row in period.rows]
    alike = [(row, amount) for row, amount in amounts if amount and (amount > 0) == (difference > 0)]
    sharing = [(row, amount) for row, amount in alike if row["category"] == "usage"] or alike
    weights = [abs(units(amount)) for _, amount in sharing] or [1] * len(amounts)
    sharing = sharing or amounts
    shares = cut_over_rows(units(difference), weights)
    lines = []
    for (row, _), share in zip(sharing, shares, strict=True):
        days = sorted(cell.day for cell in period.cells if cell.row is row)
        for day, part in zip(days, cut(share, [1] * len(days)), strict=True):
            lines.append(_line(row, day, money(part), rules, reason))
    return lines
