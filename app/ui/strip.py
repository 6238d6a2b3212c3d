"""The status strip: how far the data reaches, whether it is all there, what nobody can tell yet; each part leads on."""

from __future__ import annotations

import streamlit as st

from app.metrics.freshness import Gaps, gaps
from app.metrics.invoiced import Invoiced, invoiced
from app.ui import formats, navigate
from app.ui.data import Holdings, currency, kept
from app.ui.view import View
from app.warehouse.connect import current_warehouse


def strip(view: View, held: Holdings) -> None:
    """One line of parts, each a link to where it is dealt with."""
    today = current_warehouse().settings.clock()
    where = dict(view.where)
    since, until = view.period.since, view.period.until
    missing: Gaps = kept(
        "gaps",
        lambda con, viewer: gaps(con, viewer, since=since, until=until, where=where, today=today),
        since, until, where,
    )  # fmt: skip
    total = kept("invoiced", lambda con, viewer: invoiced(con, viewer, since, until, where), since, until, where).total
    parts = [*_delivered(held), *_money(total, currency()), *_unknown(missing, held, currency())]
    with st.container(horizontal=True, gap="small", key="strip"):
        for label, page, change in parts:
            if page == view.page:
                st.markdown(formats.md(label), width="content")
            else:
                navigate.link(formats.md(label), page, view.deeper() | change)


Part = tuple[str, str, dict[str, list[str]]]


def _delivered(held: Holdings) -> list[Part]:
    fresh = held.fresh
    if fresh.complete_to is None:
        return []
    zone = current_warehouse().settings.time_zone
    tells = fresh.late and not navigate.locked()  # a reader of one team's page need not know what others load
    late = [f"{fresh.late[0].name} is late by {formats.number_of(fresh.late[0].late, 'day')}"] if tells else []
    text = " · ".join([f"Complete to {formats.day(fresh.complete_to)} ({zone})", *late])
    return [(text, "imports", {})]


def _money(total: Invoiced, code: str) -> list[Part]:
    texts = [f"metered {formats.full(total.metered, code)}"]
    if total.invoiced is None:
        texts.append("no invoice for these days")
    else:
        because = f" (mostly {total.reason})" if total.reason and total.difference else ""
        texts.append(f"invoiced {formats.full(total.invoiced, code)}")
        texts.append(f"difference {formats.full(total.difference, code)}{because}")
        if total.not_yet_invoiced:
            texts.append(f"{formats.full(total.not_yet_invoiced, code)} not yet invoiced")
    return [(text, "reconcile", {}) for text in texts]


def _unknown(missing: Gaps, held: Holdings, reporting: str) -> list[Part]:
    parts: list[Part] = []
    if missing.unpriced:
        label = f"{formats.number_of(len(missing.unpriced), 'unpriced model')}"
        parts.append((label, "rules", {}))
    if held.fresh.rejected:
        parts.append((formats.number_of(held.fresh.rejected, "rejected row"), "imports", {}))
    if missing.unassigned_cost:
        label = f"{formats.money(missing.unassigned_cost, reporting)} unassigned"
        parts.append((label, "rules", {}))
    parts.extend(
        (f"{formats.money(amount, code)} without a rate", "figure", {"metric": ["unconverted"]})
        for code, amount in missing.unconverted.items()
    )
    return parts
