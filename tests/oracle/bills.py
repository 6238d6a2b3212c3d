"""Bills: compared with the metered cost of their provider, account, project and period; the difference is posted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.buckets import order
from tests.oracle.columns import DIMENSIONS
from tests.oracle.commitments import tokens_in
from tests.oracle.lines import Line
from tests.oracle.money import Rates, cut, cut_over_rows, money, round12, units
from tests.oracle.rows import Row
from tests.oracle.runs import filled
from tests.oracle.standing_bills import COMPARED, Cell, overlapping, standing_cells
from tests.oracle.usage import all_tokens

HALF_A_CENT = Decimal("0.005")


@dataclass
class Period:
    """What bills say about some days of one scope, and the metered rows and lines that it is compared with."""

    cells: list[Cell]
    usage: list[Row]
    idle: list[Line]

    @property
    def days(self) -> set[date]:
        return {cell.day for cell in self.cells}

    @property
    def rows(self) -> list[Row]:
        return list({id(cell.row): cell.row for cell in self.cells}.values())

    def amount(self, row: Row) -> Decimal:
        return sum((cell.amount or Decimal(0) for cell in self.cells if cell.row is row), Decimal(0))


def bill_lines(billed: list[Row], usage: list[Row], idle: list[Line], rules: list[Row], rates: Rates) -> list[Line]:
    """True-up and purchase lines; marks the usage rows and unused commitments that a bill covers (`invoiced`)."""
    cells = standing_cells(billed, rates)
    unknown = {id(cell.row) for cell in cells if cell.amount is None and cell.row["category"] in COMPARED}
    lines = []
    compared = []
    for cell in cells:
        category = cell.row["category"]
        if category not in COMPARED:
            lines.append(_apart(cell, rules))
        elif _explains(cell, unknown, cells):
            compared.append(cell)
        else:
            currency = (cell.row["currency"] or rates.reporting).upper()
            lines.append(_line(cell.row, cell.day, None, rules, "", unconverted=(currency, cell.billed)))
    for period in periods_of(compared, usage, idle):
        lines += _posted(period, rules)
    return lines


def _explains(cell: Cell, unknown: set[int], cells: list[Cell]) -> bool:
    """A bill's period explains nothing where one of its rows has a day without a rate."""
    if not unknown:
        return True
    bill = cell.row["provider"], cell.row["account"], cell.row["invoice_id"] or cell.row["clock"]
    own = {id(one.row): one.row for one in cells if one.row["category"] in COMPARED}.values()
    same = [row for row in own if (row["provider"], row["account"], row["invoice_id"] or row["clock"]) == bill]
    period = next(rows for rows in overlapping(same) if any(row is cell.row for row in rows))
    return not any(id(row) in unknown for row in period)


def _line(row: Row, day: date, amount: Decimal | None, rules: list[Row], reason: str, **more: Any) -> Line:
    call = {name: row[name] for name in ("provider", "account", "project", "model")} | {"tags": row["tags"]}
    dims = filled(dict.fromkeys(DIMENSIONS), {**row, "workflow": None}, rules, day)
    kind = more.pop("kind", "true_up")
    return Line(kind, "true_up", day, dims, amount, call=call, invoiced=True, reason=reason, **more)


def _apart(cell: Cell, rules: list[Row]) -> Line:
    """A credit, tax or purchase: a line of its own."""
    category = cell.row["category"]
    unconverted = None if cell.amount is not None else (cell.row["currency"].upper(), cell.billed)
    kind = "purchase" if category == "purchase" else "true_up"
    reason = "prepaid" if category == "purchase" else str(category)
    return _line(cell.row, cell.day, cell.amount, rules, reason, kind=kind, unconverted=unconverted)


def periods_of(cells: list[Cell], usage: list[Row], idle: list[Line]) -> list[Period]:
    """Per provider and overlapping days; of these per account and project, where all rows of both sides name one."""
    found: list[Period] = []
    providers: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        providers[cell.row["provider"]].append(cell)
    for provider, own in providers.items():
        used = [row for row in usage if row["provider"] == provider]
        unused = [line for line in idle if line.call["provider"] == provider]
        for one in _periods(own, used, unused):
            for two in _by(one, "account"):
                found += _by(two, "project")
    return found


def _periods(cells: list[Cell], usage: list[Row], idle: list[Line]) -> list[Period]:
    rows: dict[int, Row] = {id(cell.row): {"days": set(), "of": cell.row} for cell in cells}
    for cell in cells:
        rows[id(cell.row)]["days"].add(cell.day)
    periods = []
    for group in overlapping(list(rows.values())):
        own = [cell for cell in cells if any(cell.row is row["of"] for row in group)]
        days = {cell.day for cell in own}
        used = [row for row in usage if row["utc_day"] in days]
        periods.append(Period(own, used, [line for line in idle if line.day in days]))
    return periods


def _by(period: Period, name: str) -> list[Period]:
    """One period per account or project, or the period as it is where a row of either side names none."""
    named = [cell.row[name] for cell in period.cells] + [row[name] for row in period.usage]
    if None in named:
        return [period]
    parts = []
    for value in sorted({cell.row[name] for cell in period.cells}):
        own = [cell for cell in period.cells if cell.row[name] == value]
        usage = [row for row in period.usage if row[name] == value]
        idle = [line for line in period.idle if line.call[name] == value]
        parts += _periods(own, usage, idle)
    return parts


def cost(row: Row) -> Decimal:
    """What a metered row costs: its own amount, and the commitment's money that lies on it."""
    return Decimal(row["cost_known"].amount or 0) + Decimal(row["committed"])


def _posted(period: Period, rules: list[Row]) -> list[Line]:
    for row in period.usage:
        row["invoiced"] = True
    for line in period.idle:
        line.invoiced = True
    known = sorted((row for row in period.usage if cost(row)), key=order)
    billed = sum((cell.amount or Decimal(0) for cell in period.cells), Decimal(0))
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
        paid = sum((Fraction(period.amount(row)) for row in rows), Fraction(0)) / billed
        metered = sum((Fraction(cost(row)) for row in priced), Fraction(0)) / traced
        part = round12((paid - metered) * min(billed, Fraction(traced)))
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
    sharing = [
        (row, amount) for row, amount in amounts if (row["category"] == "usage" and amount > 0) or difference < 0
    ]
    sharing = sharing or amounts
    shares = cut_over_rows(units(difference), [abs(units(amount)) or 1 for _, amount in sharing])
    lines = []
    for (row, _), share in zip(sharing, shares, strict=True):
        days = sorted(cell.day for cell in period.cells if cell.row is row)
        for day, part in zip(days, cut(share, [1] * len(days)), strict=True):
            lines.append(_line(row, day, money(part), rules, reason))
    return lines
