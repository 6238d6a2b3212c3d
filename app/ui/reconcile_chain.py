"""One account down to its rows: calls, buckets and invoice lines side by side, what remains at each step, what is set
aside. A row leads to its days and model, to its run, or to the import that it came with."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from app.metrics.question import UNASSIGNED
from app.metrics.reconcile_chain import Chain, Step, chain, sees_rows, set_aside
from app.reports.table import Column, Row, Table
from app.ui import formats, navigate, tables
from app.ui.clicks import Target
from app.ui.data import currency, kept
from app.ui.reconcile import difference_in_words, found, invoiced_in_words
from app.ui.statement import reasons
from app.ui.view import View

MODELS = (
    Column("model", "Model", "text"),
    Column("calls_tokens", "Calls, tokens", "tokens"),
    Column("buckets_tokens", "Buckets, tokens", "tokens"),
    Column("left_tokens", "In no call, tokens", "tokens"),
    Column("excess", "In no bucket, tokens", "tokens"),
    Column("calls_amount", "Calls", "money"),
    Column("left_amount", "In no call", "money"),
    Column("metered", "Metered", "money"),
)
CALLS = (
    Column("record_id", "Call", "text"),
    Column("run_id", "Run", "text"),
    Column("started_at", "Started", "time"),
    Column("model", "Model", "text"),
    Column("team", "Team", "text"),
    Column("tokens", "Tokens", "tokens"),
    Column("amount", "Cost", "money"),
    Column("file", "File", "text"),
    Column("line", "Line", "count"),
)
BUCKETS = (
    Column("model", "Model", "text"),
    Column("first_day", "First day", "date"),
    Column("last_day", "Last day", "date"),
    Column("project", "Project", "text"),
    Column("tokens", "Tokens", "tokens"),
    Column("tokens_left", "In no call, tokens", "tokens"),
    Column("stated", "Cost of the bucket", "money"),
    Column("amount_left", "Cost in no call", "money"),
    Column("file", "File", "text"),
    Column("line", "Line", "count"),
)
BILLS = (
    Column("name", "Invoice line", "text"),
    Column("invoice_id", "Invoice", "text"),
    Column("category", "Category", "text"),
    Column("first_day", "First day", "date"),
    Column("last_day", "Last day", "date"),
    Column("model", "Model", "text"),
    Column("billed", "Billed", "number"),
    Column("currency", "Currency", "text"),
    Column("not_traced", "Of it not traced", "money"),
    Column("reason", "Reason", "text"),
    Column("file", "File", "text"),
    Column("line", "Line", "count"),
)
EXCESSES = (
    Column("model", "Model", "text"),
    Column("first_day", "First day", "date"),
    Column("last_day", "Last day", "date"),
    Column("tokens", "Tokens", "tokens"),
    Column("requests", "Calls", "count"),
    Column("amount", "Cost", "money"),
)
ASIDE = (
    Column("reason", "Why it counts nothing", "text"),
    Column("provider", "Provider", "text"),
    Column("account", "Account", "text"),
    Column("source", "Format", "text"),
    Column("first_day", "First day", "date"),
    Column("last_day", "Last day", "date"),
    Column("members", "Rows", "count"),
    Column("tokens", "Tokens", "tokens"),
    Column("amount", "Money stated", "money"),
    Column("file", "File", "text"),
)


def focus(view: View) -> tuple[str, str] | None:
    """The provider and account that the filters name, if they name one of each."""
    named = [view.where.get(name, ()) for name in ("provider", "account")]
    return (named[0][0], named[1][0]) if all(len(values) == 1 for values in named) else None


def steps(view: View, provider: str, account: str) -> None:
    """Calls, buckets and invoice lines of one account side by side, then the rows of each."""
    models = view.where.get("model", ())
    model = models[0] if len(models) == 1 else None
    since, until = view.period.since, view.period.until
    st.subheader(f"{formats.md(provider)} / {formats.md(account)}: calls, buckets, invoice lines", anchor=False)
    if not sees_rows(navigate.visitor().viewer):
        st.info("Single calls and invoice lines are shown to those who see all teams.")
        return
    links: Chain = kept(
        "chain",
        lambda con, viewer: chain(con, viewer, provider, account, since, until, model),
        provider, account, since, until, model,
    )  # fmt: skip
    _side_by_side(view, links)
    _rows_of(view, links)


def aside(view: View) -> None:
    """What stands and counts nothing, since a better source has it."""
    since, until = view.period.since, view.period.until
    providers, accounts = view.where.get("provider"), view.where.get("account")
    rows = kept(
        "aside",
        lambda con, viewer: set_aside(con, viewer, since, until, providers, accounts),
        since, until, providers, accounts,
    )  # fmt: skip
    if not rows:
        return
    st.subheader("Set aside", anchor=False)
    st.caption("Seen twice, counted once: a better source has the same calls, days or invoice.")
    listed = [row | {"account": row["account"] or UNASSIGNED} for row in rows]
    total = _sums(rows, "reason", "members", "tokens", "amount")
    table = Table("set_aside", "Set aside", ASIDE, listed, total, currency())
    tables.table(table, key="set_aside", drill=lambda row: _import(view, row))


def _side_by_side(view: View, links: Chain) -> None:
    code = currency()
    calls, buckets, left = (links.whole(step) for step in ("calls", "buckets", "remainders"))
    excess = sum(model.excess for model in links.models)
    money = found(view).total.money
    metered = calls.amount + left.amount
    one, two, three = st.columns(3)
    with one, st.container(border=True, height="stretch", key="step_calls"):
        st.markdown("**1 Calls**")
        st.markdown(_step(calls, "call", code))
        st.markdown(f"In no bucket: {formats.count(excess)} tokens" if buckets.members else "No bucket to compare with")
    with two, st.container(border=True, height="stretch", key="step_buckets"):
        st.markdown("**2 Buckets**")
        st.markdown(_step(buckets, "bucket", code) if buckets.members else "No bucket is loaded for these days.")
        if buckets.members:
            st.markdown(
                formats.dollars(f"In no call: {formats.count(left.tokens)} tokens, {formats.full(left.amount, code)}")
            )
        st.markdown(formats.dollars(f"Metered: {formats.full(metered, code)}"))
    with three, st.container(border=True, height="stretch", key="step_bills"):
        st.markdown("**3 Invoice lines**")
        lines = formats.number_of(len(links.bills), "line")
        st.markdown(formats.dollars(f"{lines}, invoiced {invoiced_in_words(money, code)}"))
        st.markdown(formats.dollars(f"Difference: {difference_in_words(money, code)}"))
        if said := reasons(money, code):
            st.markdown(formats.dollars(formats.clean(said)))


def _rows_of(view: View, links: Chain) -> None:
    code = currency()
    if links.models:
        rows = [
            {
                "model": one.model, "calls_tokens": one.calls.tokens, "buckets_tokens": one.buckets.tokens,
                "left_tokens": one.remainders.tokens, "excess": one.excess, "calls_amount": one.calls.amount,
                "left_amount": one.remainders.amount, "metered": one.calls.amount + one.remainders.amount,
            }
            for one in links.models
        ]  # fmt: skip
        total = _sums(rows, "model", *(column.name for column in MODELS[1:]))
        st.markdown("**By model**")
        tables.table(
            Table("by_model", "Calls and buckets by model", MODELS, rows, total, code),
            key="by_model",
            drill=lambda row: (None, view.params(model=str(row["model"]), sort=None)),
        )
    listed = (
        ("Invoice lines", BILLS, links.bills, lambda row: _days(view, row), "bills"),
        ("Largest buckets", BUCKETS, links.buckets, lambda row: _days(view, row), "buckets"),
        ("Largest calls", CALLS, links.calls, lambda row: _run(view, row), "calls"),
        ("Traced, not in the bucket", EXCESSES, links.excesses, lambda row: _days(view, row), "excesses"),
    )
    for title, columns, rows, drill, key in listed:
        if rows:
            st.markdown(f"**{title}**")
            tables.table(Table(key, title, columns, rows, None, code), key=key, drill=drill)


def _days(view: View, row: Row) -> Target:
    """The calls and buckets of a row's days and model, on the same page."""
    first, last = row["first_day"].isoformat(), row["last_day"].isoformat()
    change = {"p": None, "from": first, "to": last, "sort": None}
    if row.get("model"):
        change["model"] = row["model"]
    return "reconcile", view.params(**change)


def _run(view: View, row: Row) -> Target | None:
    if row.get("run_id"):
        return "run", view.params(by=None, sort=None, run=str(row["run_id"]))
    return _import(view, row)


def _import(view: View, row: Row) -> Target | None:
    return ("imports", view.deeper() | {"import": [str(row["import_id"])]}) if row.get("import_id") else None


def _step(step: Step, thing: str, code: str) -> str:
    said = f"{formats.number_of(step.members, thing)}, {formats.count(step.tokens)} tokens"
    return formats.dollars(f"{said}, {formats.full(step.amount, code)}")


def _sums(rows: Iterable[Row], name: str, *columns: str) -> dict[str, object]:
    rows = list(rows)
    return {name: "Total", **{column: sum((row[column] or 0 for row in rows), 0) for column in columns}}
