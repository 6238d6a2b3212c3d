"""Typing a price, a rule or a rate: the fields, the preview of what it would move, and the button that saves it.

What is typed becomes a file of one row. It is previewed and loaded by the same jobs as any upload, so a reload keeps
both, and the audit trail and undo are those of every import.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import streamlit as st

from app.metrics.values import values
from app.ui import formats, navigate, rules_moved
from app.ui.data import kept
from app.ui.uploads import allowed, failure, jobs
from app.warehouse.connect import current_warehouse
from ingest.typed import CALLED, typed

Kind = Literal["fixed", "text", "amount", "share", "whole", "day", "name", "tier"]
Texts = Mapping[str, str]
PREFIX, SHOWN, PRESSED = "fix", "fix_shown", "fix_pressed"
TIERS = ("standard", "batch", "flex", "priority", "provisioned")
LARGEST = Decimal(10) ** 12


@dataclass(frozen=True)
class Field:
    """One column of a reference table as it is typed. A `name` is chosen from what is known, or new."""

    name: str
    label: str
    kind: Kind
    is_main: bool = True


DAYS = (Field("valid_from", "From day", "day", False), Field("valid_to", "To day", "day", False))
FIELDS: Mapping[str, Sequence[Field]] = {
    "prices": (
        Field("provider", "Provider", "fixed"), Field("model", "Model", "fixed"),
        Field("input_per_1m", "Input", "amount"), Field("cache_read_per_1m", "Cache read", "amount"),
        Field("cache_write_per_1m", "Cache write", "amount"), Field("output_per_1m", "Output", "amount"),
        Field("reasoning_per_1m", "Reasoning", "amount"), Field("per_request", "Per request", "amount", False),
        Field("discount", "Discount (0.15 is 15%)", "share", False), Field("service_tier", "Tier", "tier", False),
        Field("currency", "Currency", "text", False), *DAYS,
    ),
    "assignments": (
        Field("rule_id", "Rule", "fixed"), Field("team", "Team", "name"), Field("product", "Product", "name"),
        Field("workflow", "Workflow", "name"), Field("match_provider", "Where provider is", "text"),
        Field("match_account", "Where account is", "text"), Field("match_project", "Where project is", "text"),
        Field("match_api_key", "Where API key is", "text"), Field("match_user_id", "Where user is", "text", False),
        Field("match_model", "Where model is", "text", False),
        Field("match_workflow", "Where workflow is", "text", False),
        Field("match_tag", "Where tag is (name=value)", "text", False), Field("feature", "Feature", "name", False),
        Field("customer", "Customer", "name", False), Field("segment", "Segment", "name", False),
        Field("region", "Region", "name", False), Field("environment", "Environment", "name", False),
        Field("priority", "Priority (smallest first)", "whole", False), *DAYS,
    ),
    "workflows": (
        Field("workflow", "Workflow", "name"), Field("requires", "Requires (joined by |, !name = must not be)", "text"),
        Field("window_days", "Provisional for so many days", "whole"),
        Field("review_rate_per_hour", "Review rate per hour", "amount"), Field("use_case", "Use case", "text", False),
        Field("product", "Product", "name", False), Field("owner", "Owner", "text", False),
        Field("currency", "Currency", "text", False), *DAYS,
    ),
    "fx": (Field("day", "From day", "day"), Field("currency", "Currency", "text"), Field("rate", "Rate", "amount")),
    "accounts": (
        Field("provider", "Provider", "text"), Field("account", "Account", "text"), Field("api_key", "API key", "text"),
        Field("gateway", "Gateway", "text"), Field("name", "Name", "text"),
    ),
}  # fmt: skip
NEEDED = {
    "prices": ("provider", "model"), "assignments": ("rule_id",), "workflows": ("workflow",),
    "fx": ("day", "currency", "rate"), "accounts": ("provider", "account"),
}  # fmt: skip


def form(table: str, row: Mapping[str, Any], *, adds: bool = False, needs: Sequence[str] = ()) -> None:
    """The fields of a row, beginning with what it holds, then what saving it would move, then the button.

    A price is previewed as soon as it is typed; anything else by a button, which reads Add where the row is new.
    `needs` are the prices without which some row of the model stays unpriced.
    """
    called = CALLED[table]
    with st.container(border=True, key="fix_form"):
        st.markdown(f"**{_heading(table, row)}**")
        live = table == "prices"
        labels = [field.label.lower() for field in FIELDS[table] if field.name in needs]
        if labels:
            st.caption(f"Its rows hold {', '.join(labels)} tokens: each needs a price, else the row stays unpriced.")
        texts = _fields(table, row, live=live)
        job = rules_moved.job_of(table)
        pressed = st.session_state.pop(PRESSED, False)
        if (problem := problem_of(table, texts)) and (pressed or _touched(table, row, texts)):
            failure(problem, "", "Nothing was changed.", "")
        what = (table, dict(row))
        with st.container(horizontal=True, key="fix_buttons"):
            if not live:
                label = f"{'Add' if adds else 'Preview'} {called}"
                st.button(label, key="fix_preview", on_click=_typed, args=what)
            ready = rules_moved.can_be_saved(job)
            if live or job is not None:
                label, id = f"Save {called}", job.id if job else ""
                st.button(label, type="primary", key="fix_save", disabled=not ready, on_click=_save, args=(*what, id))
            st.button("Cancel", key="fix_cancel", on_click=close, args=(job.id if job else "",))
        if job is not None:
            rules_moved.show(job)


def preview(table: str, texts: Texts) -> None:
    """In a callback: begins the preview of a row; the one that was shown before is forgotten."""
    if not allowed():
        return
    view = navigate.current()
    if view.job and rules_moved.job_of(table) is not None:
        jobs().discard(view.job)
    begun = jobs().preview([typed(current_warehouse(), table, texts)])
    st.session_state[SHOWN] = (begun, texts)
    st.query_params.from_dict(view.params(job=begun))


def close(job: str = "") -> None:
    """In a callback: leaves the form, and forgets what was previewed in it."""
    if job and allowed():
        jobs().discard(job)
    st.query_params.from_dict(navigate.current().params(job=None, fix=None))


def problem_of(table: str, texts: Texts) -> str:
    """Why the texts are no row of the table yet; nothing where they are."""
    lacking = [field.label for field in FIELDS[table] if field.name in NEEDED[table] and not texts.get(field.name)]
    if lacking:
        return f"{', '.join(lacking)}: needed."
    for field in FIELDS[table]:
        if (text := texts.get(field.name, "")) and (wrong := _wrong(field, text)):
            return wrong
    if table == "prices":
        return _wrong_price(texts)
    if table == "assignments":
        fills = [field.name for field in FIELDS[table] if field.kind == "name" and texts.get(field.name)]
        return "" if fills else "A rule fills something: name a team, a product or another dimension."
    return ""


def _wrong(field: Field, text: str) -> str:
    if field.kind == "day":
        try:
            date.fromisoformat(text)
        except ValueError:
            return f"{field.label}: {text!r} is no day; say it as 2026-09-30."
    if field.kind in ("amount", "share", "whole"):
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or not 0 <= number < LARGEST or (field.kind == "whole" and number % 1):
            return f"{field.label}: {text!r} is no {'whole number' if field.kind == 'whole' else 'amount'}."
        if field.kind == "share" and number > 1:
            return f"{field.label}: {text!r} is more than the whole price; 0.15 is 15%."
    return ""


def _wrong_price(texts: Texts) -> str:
    priced = [field.name for field in FIELDS["prices"] if field.kind == "amount" and texts.get(field.name)]
    if priced and texts.get("discount"):
        return "A discount is taken off the list price: type either prices or a discount."
    return "" if priced or texts.get("discount") else "Type at least one price, or a discount."


def _heading(table: str, row: Mapping[str, Any]) -> str:
    match table:
        case "prices":
            return f"Price of {formats.md(row['model'])} ({formats.md(row['provider'])}), per million tokens"
        case "assignments":
            return f"Rule {formats.md(row['rule_id'])}: what fits takes the team, product or workflow named here"
        case "workflows":
            return "Trust rule: what a run must show to be trusted"
        case "fx":
            return "Rate: reporting currency for 1 unit of the other, from its day on"
    return "Which account the calls of a gateway or key belong to"


def _fields(table: str, row: Mapping[str, Any], *, live: bool) -> dict[str, str]:
    """The widgets; gives what they hold as texts."""
    texts: dict[str, str] = {}
    main = [field for field in FIELDS[table] if field.is_main and field.kind != "fixed"]
    with st.container(horizontal=True, gap="small", key="fix_main"):
        for field in main:
            texts[field.name] = _widget(table, field, row, live=live)
    more = [field for field in FIELDS[table] if not field.is_main]
    if more:
        is_open = any(row.get(field.name) not in (None, "") for field in more)
        with st.expander("Days and more", expanded=is_open), st.container(horizontal=True, gap="small", key="fix_more"):
            for field in more:
                texts[field.name] = _widget(table, field, row, live=live)
    for field in FIELDS[table]:
        if field.kind == "fixed":
            texts[field.name] = text_of(row.get(field.name))
    return texts


def _widget(table: str, field: Field, row: Mapping[str, Any], *, live: bool) -> str:
    key, begins = _key(field), text_of(row.get(field.name))
    after: dict[str, Any] = {"on_change": _typed, "args": (table, dict(row))} if live else {}
    if field.kind in ("name", "tier"):
        options = list(TIERS) if field.kind == "tier" else _known(field.name)
        if begins and begins not in options:
            options.append(begins)
        chosen = st.selectbox(
            field.label, options, index=options.index(begins) if begins else None, key=key, width=220,
            accept_new_options=field.kind == "name", placeholder="any" if field.kind == "tier" else "as it is", **after,
        )  # fmt: skip
        return (chosen or "").strip()
    wide = 300 if field.name == "requires" else 150
    return (st.text_input(field.label, begins, key=key, width=wide, max_chars=300, **after) or "").strip()


def _typed(table: str, row: Mapping[str, Any]) -> None:
    """In a callback: previews what is typed once it is a row."""
    texts = _now(table, row)
    st.session_state[PRESSED] = True
    if not problem_of(table, texts):
        preview(table, texts)


def _save(table: str, row: Mapping[str, Any], id: str) -> None:
    """In a callback: loads what was previewed. What was typed since is previewed first: nothing unseen is saved."""
    if not allowed():
        return
    seen, texts = st.session_state.get(SHOWN, ("", {}))
    if seen == id and texts != _now(table, row):
        _typed(table, row)
        return
    begun = jobs().load_previewed(id)
    if begun is not None:
        st.query_params.from_dict(navigate.current().params(job=begun, fix=None))


def _now(table: str, row: Mapping[str, Any]) -> dict[str, str]:
    """What the fields hold in a callback, in which values may be newer than the page."""
    return {
        field.name: text_of(row.get(field.name))
        if field.kind == "fixed"
        else str(st.session_state.get(_key(field)) or "").strip()
        for field in FIELDS[table]
    }


def text_of(value: Any) -> str:
    """A stored value as it is typed: amounts without trailing zeros, days as 2026-09-30."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def _touched(table: str, row: Mapping[str, Any], texts: Texts) -> bool:
    """Whether anything was typed: an empty form need not complain."""
    return any(texts[field.name] != text_of(row.get(field.name)) for field in FIELDS[table])


def _key(field: Field) -> str:
    return f"{PREFIX}_{navigate.current().fix}_{field.name}"


def _known(name: str) -> list[str]:
    """The values that a dimension has."""
    found: dict[str, tuple[str, ...]] = kept("values", lambda con, viewer: values(con, viewer, [name]), name)
    return list(found[name])
