"""What saving a price or a rule would move, by month and team, while it is worked out and once it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.reports.table import WORDS, Column, Table
from app.ui import formats, navigate, tables
from app.ui.data import currency
from app.ui.uploads import allowed, failure, follow, jobs, on_page
from ingest.jobs import Job
from ingest.typed import CALLED

COLUMNS = (
    Column("month", "Month", "text"),
    Column("team", "Team", "text"),
    Column("before", "All-in cost before", "money"),
    Column("after", "All-in cost after", "money"),
    Column("all_in_cost", "Change", "change_money"),
    Column("margin", "Change of the gross margin", "change_money"),
    Column("trusted", "Change of trusted outcomes", "count"),
    Column("unpriced_tokens", "Change of unpriced tokens", "count"),
)
CHANGES = ("all_in_cost", "margin", "trusted", "unpriced_tokens")


def job_of(table: str) -> Job | None:
    """The preview that the address names, if it is one of a typed row of this table."""
    id = navigate.current().job
    job = jobs().find(id) if id and allowed() else None
    if job is None or job.kind != "preview" or len(job.lines) != 1:
        return None
    return job if job.lines[0].task.options.source == table else None


def can_be_saved(job: Job | None) -> bool:
    """Whether a preview is done and its row can be loaded."""
    return job is not None and job.state == "done" and any(result.status == "loaded" for result in job.results)


def show(job: Job) -> None:
    """A preview as far as it is."""
    if job.is_running:
        follow(job.id)
        return
    if job.state == "cancelled":
        st.info("Stopped. Nothing was changed.")
        return
    for result in job.results:
        if result.status == "failed":
            rejects = (result.preview or {}).get("rejects", ())
            reasons = "; ".join(on_page(row["reason"]) for row in rejects)
            failure(on_page(result.error or "It could not be read."), reasons, "Nothing was changed.", "")
        elif result.status == "unchanged":
            st.info("This stands already: saving it changes nothing.")
        else:
            moves((result.preview or {})["moves"])
    if job.state == "failed" and not job.results:
        failure(job.lines[0].error or "It could not be previewed.", "", "Nothing was changed.", "")


def moves(moved: Mapping[str, Any]) -> None:
    """What moves, in one sentence and as a table."""
    rows = [_row(row) for row in moved["rows"]]
    if not rows:
        st.info("It moves nothing: no loaded row fits it, or what fits still lacks something, or it changes no figure.")
        return
    st.markdown(formats.dollars(sentence(moved["total"], currency())))
    total = _row({"month": "Total", "team": "", **moved["total"]})
    tables.table(Table("moves", "What it would move, by month and team", COLUMNS, rows, total, currency()), key="moves")


def sentence(total: Mapping[str, Mapping[str, Any]], code: str) -> str:
    """The total of what moves: each figure that differs, with what it was and what it would be."""
    said = []
    for name, label, unit in (
        ("all_in_cost", "all-in cost", "money"), ("unassigned_cost", "unassigned", "money"),
        ("margin", "gross margin", "money"), ("trusted", "trusted outcomes", "count"),
        ("unpriced_tokens", "unpriced tokens", "tokens"),
    ):  # fmt: skip
        figure = total[name]
        if not figure["difference"] and figure["before"] == figure["after"]:
            continue
        before, after = (formats.exact(figure[when], unit, code) for when in ("before", "after"))
        by = formats.exact(figure["difference"], unit, code)
        said.append(f"{label} {before} → {after} ({formats.signed(by) if figure['difference'] > 0 else by})")
    start = "Moves nothing in the total, only between teams or months" if not said else "Moves " + ", ".join(said)
    return f"**{start}.**"


def saved(job: Job) -> None:
    """What came of saving: the import that it is, and the way back."""
    if job.is_running:
        follow(job.id)
        return
    for result in job.results:
        called = CALLED.get(result.source or "", "file")
        if job.kind == "book":
            called = "price list"
        if result.status == "loaded":
            st.success(f"Saved the {called} as “{formats.md(result.file)}” (import {result.import_id}).")
            to = navigate.current().deeper() | {"import": [str(result.import_id)]}
            navigate.link("Its import, and undo", "imports", to, icon=":material/undo:")
        elif result.status == "unchanged":
            st.info("It stood already: nothing changed.")
        else:
            failure(on_page(result.error or "It could not be saved."), "", "Nothing was changed.", "Type it again.")
    if not job.results:
        failure(job.lines[0].error or "It was not saved.", "", "Nothing was changed.", "Type it again.")


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    cost = row["all_in_cost"]
    shown: dict[str, Any] = {
        "month": row["month"],
        "team": row["team"],
        "before": cost["before"],
        "after": cost["after"],
    }
    shown |= {name: row[name]["difference"] for name in CHANGES}
    words = {
        name: formats.signed(formats.whole(shown[name])) for name in ("trusted", "unpriced_tokens") if shown[name] > 0
    }
    return shown | {WORDS: words}
