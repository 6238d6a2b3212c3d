"""Prices and rules on screen: what has no price or team yet, and what decides every other number, with its import."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from app.metrics import rules as reads
from app.metrics.rules import PLACES, Asked, Rules
from app.reports.table import WORDS, Column, Row, Table
from app.ui import formats, navigate, rules_forms, tables
from app.ui.clicks import Target
from app.ui.data import currency, kept
from app.ui.uploads import allowed
from app.warehouse.connect import current_warehouse
from ingest.typed import CALLED

BETWEEN = "|"
NEW = "new"
IMPORT = (Column("state", "State", "text"), Column("file", "Brought by", "text"), Column("imported_at", "On", "time"))
UNPRICED = (
    Column("model", "Model", "text"),
    Column("provider", "Provider", "text"),
    Column("tokens", "Tokens", "tokens"),
    Column("rows", "Rows", "count"),
    Column("first_day", "First day", "date"),
    Column("last_day", "Last day", "date"),
)
UNASSIGNED = (
    Column("place", "Where it comes from", "text"),
    Column("cost", "All-in cost", "money"),
    Column("tokens", "Tokens", "tokens"),
    *(Column(name, name.replace("_", " ").capitalize().replace("Api", "API"), "text") for name in PLACES),
)
NOWHERE = "Charges and other lines of no provider"
RATES = (
    ("input_per_1m", "Input"),
    ("cache_read_per_1m", "Cache read"),
    ("cache_write_per_1m", "Cache write"),
    ("output_per_1m", "Output"),
    ("reasoning_per_1m", "Reasoning"),
    ("per_request", "Per request"),
)


@dataclass(frozen=True)
class Section:
    """One table of what is in force: its heading, the words around it, its columns, and how a row reads."""

    table: Rules
    title: str
    says: str
    columns: Sequence[Column]
    shown: Callable[[Row], Mapping[str, Any]]
    none: str


def asked() -> Asked:
    """The days and filters of the page."""
    view = navigate.current()
    today = current_warehouse().settings.clock()
    return Asked(view.period.since, view.period.until, dict(view.where), today)


def unpriced() -> list[dict[str, Any]]:
    """The models without a price."""
    now = asked()
    return kept("unpriced", lambda con, viewer: reads.unpriced(con, viewer, now), now)


def unassigned() -> list[dict[str, Any]]:
    """Where the spend without a team comes from."""
    now = asked()
    return kept("unassigned", lambda con, viewer: reads.unassigned(con, viewer, now), now)


def answer(models: Sequence[Row], places: Sequence[Row]) -> str:
    """What has no price and no team, in one sentence."""
    tokens = formats.count(sum(row["tokens"] for row in models))
    priced = f"{formats.number_of(len(models), 'model')} without a price ({tokens} tokens, cost unknown)"
    cost = sum(row["cost"] for row in places if row["cost"] is not None)
    teams = f"{formats.full(cost, currency())} without a team"
    if not models and not places:
        return "Every model has a price and all cost a team."
    said = priced if not places else teams if not models else f"{priced}; {teams}"
    return f"{said}. Each can be fixed here; what it would move is shown before it is saved."


def show_unpriced(rows: Sequence[Row]) -> None:
    """The models without a price; a row opens the fields for one."""
    st.subheader("Models without a price", anchor=False)
    if not rows:
        st.write("Every model of these days and filters has a price, or a cost of its own.")
    else:
        total = {"model": "Total"} | {name: sum(row[name] for row in rows) for name in ("tokens", "rows")}
        total |= {WORDS: dict.fromkeys(("first_day", "last_day"), formats.NOT_APPLICABLE)}
        tables.table(
            Table("unpriced", "Models without a price", UNPRICED, rows, total),
            key="unpriced",
            drill=_opens(lambda row: ("unpriced", row["provider"], row["model"])),
        )
    said = opened("unpriced")
    if said and len(said) == len(("provider", "model")):
        provider, model = said
        needs = kept("needed", lambda con, _: reads.needed(con, provider, model), provider, model)
        rules_forms.form("prices", {"provider": provider, "model": model}, needs=needs)


def show_unassigned(rows: Sequence[Row]) -> None:
    """The spend without a team; a row opens the fields for a rule that places it."""
    st.subheader("Spend without a team", anchor=False)
    if not rows:
        st.write("All cost of these days and filters has a team.")
    else:
        known = [row["cost"] for row in rows if row["cost"] is not None]
        total = {"place": "Total", "cost": sum(known) if known else None, "tokens": sum(row["tokens"] for row in rows)}
        shown = [{**row, "place": _place(row)} | {name: row[name] or "none" for name in PLACES} for row in rows]
        tables.table(
            Table("unassigned", "Spend without a team", UNASSIGNED, shown, total, currency()),
            key="unassigned",
            bar="cost",
            drill=_into_unassigned,
        )
    said = opened("unassigned")
    if said and len(said) == len(PLACES):
        names = {f"match_{name}": value or None for name, value in zip(PLACES, said, strict=True)}
        rules_forms.form("assignments", {"rule_id": _rule_id(), **names}, adds=True)


def show_section(section: Section) -> None:
    """What is in force of one table, each row with its days and its import; a row opens it to be changed."""
    today = asked().today
    rows = kept(
        f"rules_{section.table}", lambda con, _: reads.in_force(con, section.table, today), section.table, today
    )
    st.subheader(section.title, anchor=False)
    st.write(section.says)
    if rows:
        shown = [{**row, **section.shown(row)} for row in rows]
        tables.table(
            Table(section.table, section.title, [*section.columns, *_imports(rows)], shown, None, currency()),
            key=section.table,
            drill=_opens(lambda row: (section.table, row["id"])),
        )
    else:
        st.caption(section.none)
    if allowed():
        called = CALLED[section.table]
        if section.table != "prices":  # a price is for a model, which is chosen above
            st.button(f"New {called}", key=f"new_{section.table}", on_click=_open, args=(section.table, NEW))
    said = opened(section.table)
    if not said:
        return
    row = next((row for row in rows if row["id"] == said[0]), None)
    if row is not None:
        rules_forms.form(section.table, row)
    elif said[0] == NEW:
        rules_forms.form(section.table, {"rule_id": _rule_id()}, adds=True)


def opened(what: str) -> list[str] | None:
    """What of a table the address opens to be changed; None: nothing, or not for who looks."""
    table, *names = (navigate.current().fix or "").split(BETWEEN)
    return names if names and table == what and allowed() else None


def _opens(named: Callable[[Row], Sequence[str]]) -> Callable[[Row], Target | None] | None:
    """Where a row leads: to itself, opened. Nowhere for who may not change it."""
    if not allowed():
        return None
    return lambda row: ("rules", navigate.current().params(fix=BETWEEN.join(named(row)), job=None))


def _into_unassigned(row: Row) -> Target | None:
    view = navigate.current()
    names = ["" if row[name] == "none" else str(row[name]) for name in PLACES]
    if not any(names):
        return "figure", view.params(metric="all_in_cost", team="Unassigned", fix=None, job=None)
    return ("rules", view.params(fix=BETWEEN.join(("unassigned", *names)), job=None)) if allowed() else None


def _open(*names: str) -> None:
    st.query_params.from_dict(navigate.current().params(fix=BETWEEN.join(names), job=None))


def _place(row: Row) -> str:
    return " · ".join(str(row[name]) for name in PLACES if row[name]) or NOWHERE


def _rule_id() -> str:
    """A name for a rule that is typed now; it stays while its fields are open."""
    key = f"rule_id_{navigate.current().fix}"
    made = f"typed-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    return str(st.session_state.setdefault(key, made))


def _imports(rows: Sequence[Row]) -> Sequence[Column]:
    return [column for column in IMPORT if column.name in rows[0]]


def _days(row: Row) -> str:
    first, last = row["valid_from"], row["valid_to"]
    if first and last:
        return f"{formats.day(first)} – {formats.day(last)}"
    return f"from {formats.day(first)}" if first else f"to {formats.day(last)}" if last else "always"


def _amount(value: Any, code: str | None) -> str:
    return "not set" if value is None else formats.exact(value, "money", code or currency())


def _price(row: Row) -> dict[str, Any]:
    off = f"list less {formats.ratio(row['discount'])}" if row["discount"] is not None else None
    rates = {name: off or _amount(row[name], row["currency"]) for name, _ in RATES}
    return rates | {"days": _days(row), "tier": row["service_tier"] or "any"}


def _rule(row: Row) -> dict[str, Any]:
    matches = {name.removeprefix("match_"): row[name] for name in row if name.startswith("match_") and row[name]}
    fills = {field.name: row[field.name] for field in rules_forms.FIELDS["assignments"] if field.kind == "name"}
    now = asked()
    found = kept("placed", lambda con, _: reads.placed(con, now.since, now.until), now.since, now.until)
    placed = found.get(row["rule_id"])
    return {
        "matches": ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in matches.items()) or "everything",
        "fills": ", ".join(f"{name} {value}" for name, value in fills.items() if value),
        "days": _days(row),
        "placed": placed["placed"] if placed else 0,
        "rows": placed["rows"] if placed else 0,
    }


def _trust(row: Row) -> dict[str, Any]:
    preset = f"preset of {row['use_case']}" if row["use_case"] else "the default"
    window, rate = row["window_days"], row["review_rate_per_hour"]
    return {
        "requires_said": row["requires"] or preset,
        "window": f"{formats.number_of(window or 0, 'day')}",
        "review": "minutes cost nothing" if rate is None else f"{_amount(rate, row['currency'])} an hour",
        "days": _days(row),
    }


def _account(row: Row) -> dict[str, Any]:
    return {"name_said": row["name"] or "none", "key_said": row["api_key"] or "any",
            "gateway_said": row["gateway"] or "any"}  # fmt: skip


SECTIONS = (
    Section(
        "prices", "Prices and discounts that were set",
        "Each wins over the price list on its days; of two for one day the newer import wins.",
        (
            Column("model", "Model", "text"), Column("provider", "Provider", "text"), Column("tier", "Tier", "text"),
            Column("days", "Days", "text"), *(Column(name, label, "text") for name, label in RATES),
        ),
        _price, "No price is set: the price list decides alone.",
    ),
    Section(
        "assignments", "Assignment rules, in their order",
        "Each dimension that is still blank is filled by the first rule that fits and names it. "
        "What a rule placed is the cost of these days that it filled a dimension of.",
        (
            Column("rule_id", "Rule", "text"), Column("matches", "Where", "text"), Column("fills", "Fills", "text"),
            Column("placed", "Placed", "money"), Column("rows", "Rows", "count"), Column("days", "Days", "text"),
        ),
        _rule, "No rule is set: what files do not assign stands in Unassigned.",
    ),
    Section(
        "accounts", "Accounts", "Which provider account the calls of a gateway or a key belong to.",
        (
            Column("account", "Account", "text"), Column("provider", "Provider", "text"),
            Column("name_said", "Name", "text"), Column("key_said", "API key", "text"),
            Column("gateway_said", "Gateway", "text"),
        ),
        _account, "No account is mapped: calls stand under the account that their file names.",
    ),
    Section(
        "workflows", "Trust rules",
        "What a run must show to be trusted, for how long its outcome is provisional, what people's minutes cost.",
        (
            Column("workflow", "Workflow", "text"), Column("requires_said", "Requires", "text"),
            Column("window", "Provisional for", "text"), Column("review", "Review rate", "text"),
            Column("days", "Days", "text"),
        ),
        _trust, "No rule is set: every workflow is held to the default.",
    ),
    Section(
        "fx", "Rates of exchange", "What one unit of a currency is worth in the reporting one, from its day on.",
        (
            Column("currency", "Currency", "text"), Column("day", "From", "date"), Column("rate_said", "Rate", "text"),
        ),
        lambda row: {"rate_said": rules_forms.text_of(row["rate"])},
        "No rate is set: amounts in another currency than the reporting one stay unconverted.",
    ),
)  # fmt: skip
