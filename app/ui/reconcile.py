"""Reconcile on screen: what was metered beside what was invoiced, month by month, and one account down to its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import streamlit as st

from app.metrics.invoiced import Invoiced
from app.metrics.reconcile import AGES, UNEXPLAINED, Account, Aged, Reconciled, reconciled, together, unexplained
from app.reports.table import WORDS, Column, Row, Table
from app.ui import charts, formats, navigate, periods, tables
from app.ui.clicks import Target
from app.ui.data import currency, holdings, kept
from app.ui.statement import reasons
from app.ui.template import AROUND, BAR, NEUTRAL, ONE_HUE, Part, layout, marker, names_axis
from app.ui.view import View

MOST_BARS, EXPLAINED = 12, 20
PAIR = (Part("metered", "Metered", NEUTRAL, "."), Part("invoiced", "Invoiced", ONE_HUE))
LEDGER = (
    Column("provider", "Provider", "text"),
    Column("account", "Account", "text"),
    Column("month", "Month", "text"),
    Column("metered", "Metered", "money"),
    Column("invoiced", "Invoiced", "money"),
    Column("difference", "Difference", "change_money"),
    Column("reasons", "Reasons", "text"),
    Column("not_yet_invoiced", "Not yet invoiced", "money"),
    Column("state", "Month is", "text"),
    Column("token_coverage", "Tokens with a run", "ratio"),
    Column("run_coverage", "Cost with a run", "ratio"),
    Column("outcome_coverage", "Cost with an outcome", "ratio"),
)
AGED = (
    Column("provider", "Provider", "text"),
    *(Column(name, name, "money") for _, name in AGES),
    Column("amount", "Unexplained", "money"),
    Column("reasons", "Reasons", "text"),
)


def found(view: View) -> Reconciled:
    """What was metered and invoiced on the days and under the filters of a view."""
    since, until, where = view.period.since, view.period.until, dict(view.where)
    return kept("reconciled", lambda con, viewer: reconciled(con, viewer, since, until, where), since, until, where)


def answer(view: View, money: Invoiced) -> str:
    """The answer in a sentence, in Markdown."""
    code, when = currency(), _when(view)
    metered = formats.full(money.metered, code)
    metered = formats.at_least(metered) if money.unpriced_tokens else metered
    if money.invoiced is None:
        said = f"{when}: metered {metered}; no invoice is about these days."
        return f"**{formats.dollars(said)}**"
    difference = money.difference or Decimal(0)
    compared = money.metered - money.not_yet_invoiced
    share = f" ({formats.change(money.invoiced, compared)})" if 0 < abs(difference) <= compared else ""
    said = f"{when}: invoiced {formats.full(money.invoiced, code)}, metered {metered}, difference "
    said += f"{formats.full(difference, code)}{share}."
    if money.not_yet_invoiced:
        said += f" {formats.full(money.not_yet_invoiced, code)} of metered is not yet invoiced."
    open_amount = sum((money.reasons.get(reason, Decimal(0)) for reason in UNEXPLAINED), Decimal(0))
    every = "Every part has a reason" if not open_amount else "Every part has a name"
    said += f" {every}: {formats.full(open_amount, code)} unexplained."
    return f"**{formats.dollars(said)}**"


def bars(rows: Sequence[Account]) -> None:
    """Metered beside invoiced per provider and month, the difference at the end of each pair."""
    pairs = by_provider(rows)
    shown = pairs[:MOST_BARS]
    code = currency()
    st.subheader(f"Metered and invoiced by provider and month, {code}", anchor=False)
    largest = shown[0]
    says = (
        f"Metered beside invoiced for {formats.number_of(len(shown), 'provider and month')}. {_label(largest)}: "
        f"metered {formats.full(largest.money.metered, code)}, invoiced {invoiced_in_words(largest.money, code)}."
    )
    charts.show(paired(shown, says), key="pairs", drill=lambda row: into(navigate.current(), row))
    if len(pairs) > len(shown):
        st.caption(f"The first {len(shown)} of {len(pairs)}; the table has all.")


def by_provider(rows: Sequence[Account]) -> list[Account]:
    """The accounts of a provider and month as one, newest month first."""
    groups: dict[tuple[date | None, str | None], list[Account]] = {}
    for row in rows:
        groups.setdefault((row.month, row.provider), []).append(row)
    found = []
    for (month, provider), members in groups.items():
        whole = together(members)
        found.append(Account(provider, None, month, whole.money, whole.traced))
    return found


def paired(rows: Sequence[Account], says: str) -> charts.Chart:
    """Two bars for each row, and the difference in words behind the longer one."""
    code = currency()
    traces: list[dict[str, Any]] = []
    for part, values in (
        (PAIR[0], [row.money.metered for row in rows]),
        (PAIR[1], [row.money.invoiced for row in rows]),
    ):
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": part.label,
                "x": [None if value is None else float(value) for value in values],
                "y": list(range(len(rows))),
                "marker": marker(part.colour, part.pattern),
                "customdata": [
                    [place, f"{formats.plain(_label(row))}<br>{part.label}: {_amount(value, code)}"]
                    for place, (row, value) in enumerate(zip(rows, values, strict=True))
                ],
                "hovertemplate": "%{customdata[1]}<extra></extra>",
            }
        )
    ends = [difference_in_words(row.money, code) for row in rows]
    reach = [max(row.money.metered, row.money.invoiced or Decimal(0), Decimal(0)) for row in rows]
    traces.append(
        {
            "type": "scatter",
            "mode": "text",
            "x": [float(value) for value in reach],
            "y": list(range(len(rows))),
            "text": [f" {text}" for text in ends],
            "textposition": "middle right",
            "cliponaxis": False,
            "hoverinfo": "skip",
        }
    )
    low = min([Decimal(0), *(row.money.metered for row in rows), *(row.money.invoiced or Decimal(0) for row in rows)])
    figure = {
        "data": traces,
        "layout": layout(
            AROUND + round(BAR * 1.6) * max(1, len(rows)),
            barmode="group",
            bargap=0.3,
            margin={"r": charts.room(ends)},
            xaxis={"range": [float(low), float(max(reach, default=Decimal(1))) or 1.0], "showticklabels": False},
            yaxis=names_axis([_label(row) for row in rows]),
        ),
    }
    marks = [{"provider": row.provider, "account": None, "month": row.month} for row in rows]
    return charts.Chart(figure, says, PAIR, marks)


def ledger(found: Reconciled, states: Mapping[date, str]) -> None:
    """Every provider, account and month with its reasons; a row opens its calls, buckets and invoice lines."""
    code = currency()
    rows = [_line(row, states, code) for row in found.rows]
    total = _line(found.total, {}, code) | {"provider": tables.ALL}
    for name in ("account", "month", "reasons", "state"):
        del total[name]  # a total has none, and its reasons are in the answer
    table = Table("reconcile", "Metered and invoiced by account and month", LEDGER, rows, total, code)
    tables.table(table, key="reconcile", drill=lambda row: into(navigate.current(), row))


def explain(found: Reconciled) -> None:
    """A note in plain words: each account's difference with its reasons, largest first, to be copied into a mail."""
    code = currency()
    rows = sorted(found.rows, key=lambda row: -abs(row.money.difference or Decimal(0)))
    with st.popover("Explain", key="explain"):
        if not rows or not rows[0].money.difference:
            st.markdown("Nothing differs: what is invoiced was metered.")
        for row in rows[:EXPLAINED]:
            if row.money.difference:
                st.markdown(f"- {formats.md(sentence(row, code))}")


def sentence(row: Account, code: str) -> str:
    """One account's difference: how much less or more, of what share, and why."""
    money = row.money
    difference = money.difference or Decimal(0)
    compared = money.metered - money.not_yet_invoiced
    share = f" ({formats.ratio(abs(difference) / compared)})" if abs(difference) <= compared else ""
    open_amount = sum((money.reasons.get(reason, Decimal(0)) for reason in UNEXPLAINED), Decimal(0))
    side = "less" if difference < 0 else "more"
    why = ", ".join(f"{reason} {formats.full(amount, code)}" for reason, amount in money.reasons.items())
    return (
        f"{row.provider} / {row.account}, {_month(row)}: {formats.full(abs(difference), code)} {side} was invoiced "
        f"than metered{share}: {why}. Unexplained: {formats.full(open_amount, code)}."
    )


def into(view: View, row: Row) -> Target | None:
    """The account of a row, in its month: the same page, one level down."""
    month: date | None = row.get("month_begins") or (row["month"] if isinstance(row["month"], date) else None)
    if month is None or not row.get("provider"):
        return None
    since, until = max(month, view.period.since), min(periods.month_end(month), view.period.until)
    change = {"provider": row["provider"], "p": None, "from": since.isoformat(), "to": until.isoformat(), "sort": None}
    if row.get("account"):
        change["account"] = row["account"]
    return "reconcile", view.params(**change)


def ages(view: View) -> None:
    """What nobody can explain, by its age on the last complete day."""
    fresh = holdings().fresh
    as_of = fresh.complete_to or fresh.last
    if as_of is None:
        return
    where = dict(view.where)
    rows = kept("unexplained", lambda con, viewer: unexplained(con, viewer, as_of, where), as_of, where)
    st.subheader("Unexplained, by age", anchor=False)
    if not rows:
        st.markdown("Nothing is unexplained: every invoiced amount is traced, or has a reason.")
        return
    st.caption(
        "Billed and not traced, or without a price, of all days: "
        f"by age on {formats.day(as_of)}, the last complete day."
    )
    code = currency()
    *each, whole = [_aged(row, code) for row in rows]
    del whole["reasons"]
    tables.table(Table("unexplained", "Unexplained by age", AGED, each, whole, code), key="unexplained")


def _line(row: Account, states: Mapping[date, str], code: str) -> dict[str, object]:
    money = row.money
    cells: dict[str, object] = {
        "provider": row.provider,
        "account": row.account,
        "month": _month(row),
        "month_begins": row.month,
        "metered": money.metered,
        "not_yet_invoiced": money.not_yet_invoiced,
        "invoiced": money.invoiced,
        "difference": money.difference,
        "reasons": reasons(money, code),
        "token_coverage": row.traced.token_coverage,
        "run_coverage": row.traced.run_coverage,
        "outcome_coverage": row.traced.outcome_coverage,
        "state": states.get(row.month, "") if row.month else "",
    }
    words = {}
    if money.unpriced_tokens:
        words["metered"] = formats.at_least(formats.amount(money.metered))
    if money.invoiced is None:
        words |= {"invoiced": "no invoice", "difference": formats.NOT_APPLICABLE}
    return cells | {WORDS: words}


def _aged(row: Aged, code: str) -> dict[str, object]:
    said = "; ".join(f"{reason} {formats.full(amount, code)}" for reason, amount in row.reasons.items())
    return {"provider": row.provider or "Total", **row.amounts, "amount": row.amount, "reasons": said}


def _month(row: Account) -> str | None:
    if row.month is None:
        return None
    of = f", of {formats.month(row.about)}" if row.about else ""
    return formats.month(row.month) + of


def _label(row: Account) -> str:
    return f"{row.provider}, {formats.month(row.month)}" if row.month else str(row.provider)


def _amount(value: Decimal | None, code: str) -> str:
    return "no invoice" if value is None else formats.full(value, code)


def invoiced_in_words(money: Invoiced, code: str) -> str:
    """What was invoiced, or that nothing was."""
    return _amount(money.invoiced, code)


def difference_in_words(money: Invoiced, code: str) -> str:
    """The difference with its sign, or that nothing was invoiced."""
    if money.difference is None:
        return "no invoice"
    return formats.signed(formats.full(money.difference, code)) if money.difference else formats.full(0, code)


def _when(view: View) -> str:
    since, until = view.period.since, view.period.until
    if since.day == 1 and until == periods.month_end(since):
        return formats.month_name(since)
    return formats.span(since, until)
