"""Bills: compared with the metered cost of their provider, account and period; the difference is posted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tests.oracle.canonical import canonical_model, canonical_provider
from tests.oracle.charges import days_of
from tests.oracle.columns import DIMENSIONS
from tests.oracle.lines import Line
from tests.oracle.money import Rates, cut, cut_over_rows, money, units
from tests.oracle.rows import Row
from tests.oracle.runs import filled
from tests.oracle.usage import Settings


@dataclass
class Period:
    """Rows of one bill whose days overlap."""

    provider: str
    account: str | None
    rows: list[Row]
    days: set[date] = field(default_factory=set)


def bill_lines(billed: list[Row], usage: list[Row], rules: list[Row], settings: Settings, rates: Rates) -> list[Line]:
    """True-up and purchase lines; marks the usage rows that a bill covers (`invoiced`)."""
    lines: list[Line] = []
    for period in periods_of([_with_ids(row) for row in billed]):
        lines += _apart(period, rules, rates)
        lines += _compared(period, usage, rules, rates)
    return lines


def _with_ids(row: Row) -> Row:
    model = row["model"] and canonical_model(row["provider"], row["model"])
    amount = row["billed_cost"] if row["effective_cost"] is None else row["effective_cost"]
    category = row["charge_category"] or "usage"
    days = days_of(row["charged_from"], row["charged_to"])
    ids = {"provider": canonical_provider(row["provider"]), "model": model}
    return {**row, **ids, "amount": amount, "category": category, "days": days}


def periods_of(rows: list[Row]) -> list[Period]:
    bills: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        bills[row["provider"], row["account"], row["invoice_id"] or ("import", row["clock"])].append(row)
    periods = []
    for (provider, account, _), own in bills.items():
        open_period: Period | None = None
        for row in sorted(own, key=lambda row: row["days"][0]):
            if open_period is None or row["days"][0] > max(open_period.days):
                open_period = Period(provider, account, [])
                periods.append(open_period)
            open_period.rows.append(row)
            open_period.days |= set(row["days"])
    return periods


def by_day(row: Row, rates: Rates) -> list[tuple[date, Decimal | None, Decimal]]:
    """(day, amount in the reporting currency or None, amount as billed), spread evenly over the row's days."""
    shares = [money(share) for share in cut(units(row["amount"]), [1] * len(row["days"]))]
    return [
        (day, rates.convert(share, row["currency"], day), share) for day, share in zip(row["days"], shares, strict=True)
    ]


def _line(row: Row, component: str, day: date, amount: Decimal | None, rules: list[Row], **more: Any) -> Line:
    call = {name: row[name] for name in ("provider", "account", "project", "model")} | {"tags": row["tags"]}
    dims = filled(dict.fromkeys(DIMENSIONS), {**row, "workflow": None}, rules, day)
    return Line(more.pop("kind", "true_up"), component, day, dims, amount, call=call, invoiced=True, **more)


def _apart(period: Period, rules: list[Row], rates: Rates) -> list[Line]:
    """Credits, taxes and purchases: lines of their own."""
    lines = []
    for row in period.rows:
        if row["category"] not in ("credit", "tax", "purchase"):
            continue
        kind = "purchase" if row["category"] == "purchase" else "true_up"
        for day, amount, own in by_day(row, rates):
            unconverted = None if amount is not None else (row["currency"].upper(), own)
            lines.append(_line(row, "true_up", day, amount, rules, kind=kind, unconverted=unconverted))
    return lines


def _compared(period: Period, usage: list[Row], rules: list[Row], rates: Rates) -> list[Line]:
    rows = [row for row in period.rows if row["category"] in ("usage", "adjustment")]
    spread = [(row, by_day(row, rates)) for row in rows]
    if not rows:
        return []
    if any(amount is None for _, parts in spread for _, amount, _ in parts):
        return [
            _line(row, "true_up", day, None, rules, unconverted=(row["currency"].upper(), own))
            for row, parts in spread
            for day, _, own in parts
        ]
    metered = [row for row in usage if _in_scope(row, period)]
    for row in metered:
        row["invoiced"] = True
    amounts = [sum((amount or Decimal(0) for _, amount, _ in parts), Decimal(0)) for _, parts in spread]
    known = [row for row in metered if row["cost_known"].amount]
    difference = sum(amounts, Decimal(0)) - sum((row["cost_known"].amount for row in known), Decimal(0))
    if difference < 0 and known:
        return _below_list(difference, known)
    if difference:
        return _not_traced(difference, rows, amounts, rules)
    return []


def _in_scope(row: Row, period: Period) -> bool:
    same = (row["provider"], row["account"]) == (period.provider, period.account)
    return same and row["utc_day"] in period.days


def _below_list(difference: Decimal, known: list[Row]) -> list[Line]:
    """Over the metered rows in proportion to their cost, on their own days."""
    known = sorted(known, key=lambda row: (row["started_at"], row["record_id"] or "", row["line"], row["clock"]))
    shares = cut_over_rows(units(difference), [units(row["cost_known"].amount) for row in known])
    return [
        Line("true_up", "true_up", row["day"], row["dims"], money(share), None, row["run_id"], row, True)
        for row, share in zip(known, shares, strict=True)
    ]


def _not_traced(difference: Decimal, rows: list[Row], amounts: list[Decimal], rules: list[Row]) -> list[Line]:
    """Over the bill's positive usage rows, each part evenly over its days; an adjustment where there is none."""
    sharing = [
        (row, amount)
        for row, amount in zip(rows, amounts, strict=True)
        if (row["category"] == "usage" and amount > 0) or difference < 0
    ]
    sharing = sharing or list(zip(rows, amounts, strict=True))
    shares = cut_over_rows(units(difference), [abs(units(amount)) or 1 for _, amount in sharing])
    lines = []
    for (row, _), share in zip(sharing, shares, strict=True):
        for day, part in zip(row["days"], cut(share, [1] * len(row["days"])), strict=True):
            lines.append(_line(row, "true_up", day, money(part), rules))
    return lines
