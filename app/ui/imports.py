"""The audit trail on screen: every import, one import with its rejects and its way back, the days of each source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import streamlit as st

from app.reports.csv import csv_bytes
from app.reports.table import WORDS, Column, Head, Row, Table
from app.ui import charts, formats, health, navigate, tables
from app.ui.data import currency, holdings, kept
from app.ui.foreseen import number
from app.ui.incoming import FATES, MONEY_IS, grid
from app.ui.uploads import allowed, begin, jobs, on_page
from app.warehouse.connect import current_warehouse
from ingest import audit, registry
from ingest.calendar import Calendar, Standing, calendar
from ingest.health import health as healthy

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "sample_data" / "formats"
SHOWN_DAYS = 92
SHOWN_REJECTS = 1000
TRAIL = (
    Column("file", "File", "text"),
    Column("imported_at", "Loaded", "time"),
    Column("source", "Format", "text"),
    Column("status", "State", "text"),
    Column("rows_read", "Read", "count"),
    *(Column(f"rows_{fate}", fate.capitalize(), "count") for fate in FATES),
    Column("money_new", "New", "money"),
    Column("money_replaced", "Replaced", "money"),
    Column("money_unchanged", "Unchanged", "money"),
    Column("rows_standing", "Rows that stand", "count"),
    Column("money_standing", "Money that stands", "money"),
    Column("money_is", "Money is", "text"),
    Column("import_id", "Import", "text"),
)
REJECTS = (Column("line", "Line", "count"), Column("reason", "Reason", "text"), Column("text", "Text", "text"))


def trail() -> None:
    """Every import, newest first; a row leads to its import."""
    found = all_imports()
    rows = [row | {"money_is": _means(row), WORDS: _words(row)} for row in found]
    total: dict[str, Any] = {
        "file": "Total",
        WORDS: dict.fromkeys(("money_standing", "imported_at"), formats.NOT_APPLICABLE),
    }
    for column in TRAIL:
        if column.kind == "count":
            total[column.name] = sum(row[column.name] for row in rows)
    table = Table("imports", "Imports", TRAIL, rows, total, currency())
    tables.table(table, key="imports", drill=lambda row: ("imports", _address(str(row["import_id"]))))


def all_imports() -> list[dict[str, Any]]:
    """The audit trail with what stands of each import."""
    stands = days_of_sources().imports
    return [
        row | {"rows_standing": now.rows, "money_standing": now.money}
        for row in kept("imports", lambda con, _: audit.imports(con))
        for now in [stands.get(row["import_id"], Standing(0, None))]
    ]


def days_of_sources() -> Calendar:
    """What was delivered on which day."""
    today = current_warehouse().settings.clock()
    return kept("calendar", lambda con, _: calendar(con, today))


def days() -> None:
    """Days by source: complete, partial, late or missing; below it how each source delivers."""
    found = days_of_sources().rows
    if not found:
        return
    last = max(max(row.days) for row in found)
    first = max(min(row.first for row in found), last - timedelta(days=SHOWN_DAYS - 1))
    shown = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    states = {
        (row.label, day): str(there.state) for row in found for day, there in row.days.items() if first <= day <= last
    }
    holes = sum(len(row.missing) for row in found)
    says = f"{len(found)} sources from {formats.day(first)} to {formats.day(last)}; {holes} days are missing in all"
    st.markdown(f"**Days by source**, {formats.days(first, last)}")
    charts.show(charts.calendar([row.label for row in found], shown, states, says=says), key="days")
    health.show(healthy(found, holdings().fresh, all_imports()), holdings().fresh)


def one(import_id: str) -> None:
    """One import: what it brought, what stands of it, what it rejected, and how to take it back."""
    row = next((row for row in all_imports() if row["import_id"] == import_id), None)
    navigate.link("All imports", "imports", _address(None))
    if row is None:
        st.error(f"There is no import {formats.md(import_id)} here. Nothing was changed. Choose one from the list.")
        return
    st.subheader(formats.md(row["file"]))
    source = registry.sources().get(row["source"])
    label = source.label if source else row["source"]
    period = f" · {formats.days(row['period_start'], row['period_end'])}" if row["period_start"] else ""
    facts = [f"Import {import_id}", label, row["status"], f"loaded {formats.moment(row['imported_at'])}"]
    facts += [f"as of {formats.moment(row['as_of'])}"] if row["as_of"] else []
    facts += [f"{name} {row[name]}" for name in ("account", "scope") if row[name]]
    st.markdown(formats.md(" · ".join(facts)) + period)
    parts = " + ".join(f"{formats.whole(row[f'rows_{fate}'])} {fate}" for fate in FATES)
    st.markdown(f"**Rows read** {formats.whole(row['rows_read'])} = {parts}")
    if row["money_of"]:
        st.markdown(formats.dollars(_came(row)))
    st.markdown(f"**Stands now** {formats.dollars(_worth(row))}")
    if row["status"] == "standing" and row["period_start"]:
        its_days = {"from": [row["period_start"].isoformat()], "to": [row["period_end"].isoformat()]}
        navigate.link("See it reconciled", "reconcile", navigate.current().deeper() | its_days)
    if row["status"] == "standing" and allowed():
        with st.container(horizontal=True, key="undo_buttons"):
            asks = st.button("Undo this import", key="undo")
            label = "What would undoing it move?"
            st.button(label, key="preview_undo", on_click=_preview_undo, args=(row["import_id"],))
        if asks:
            _ask(row)
    _rejects(row)


def _came(row: Mapping[str, Any]) -> str:
    """The money of an import as it came, with the parts that add up to it."""
    code = currency()
    known = [row[f"money_{fate}"] for fate in FATES[:3] if row[f"money_{fate}"] is not None]
    parts = " + ".join(f"{formats.full(row[f'money_{fate}'], code)} {fate}" for fate in FATES[:3])
    unknown = "; rejected rows: unknown" if row["rows_rejected"] else ""
    return f"**{MONEY_IS[row['money_of']]}** {formats.full(sum(known) if known else None, code)} = {parts}{unknown}"


def _worth(row: Mapping[str, Any]) -> str:
    money = formats.full(row["money_standing"], currency()) if row["money_standing"] is not None else ""
    return f"{number(row['rows_standing'], 'row')}" + (f", {money} {_means(row).lower()}" if money else "")


@st.dialog("Undo this import?")
def _ask(row: Mapping[str, Any]) -> None:
    if row["source"] == "close":
        st.markdown("The month opens again: its figures are live, and what changed about it is part of them.")
    else:
        st.markdown(
            f"{formats.md(row['file'])}: {formats.dollars(_worth(row))} would no longer count. "
            "What it replaced returns; what another import holds too stays. The file can be loaded again."
        )
    with st.container(horizontal=True):
        if st.button("Cancel", key="undo_cancel"):
            st.rerun()
        label = f"Undo {number(row['rows_standing'], 'row')}"
        if st.button(label, type="primary", key="undo_now", on_click=_undo, args=(row["import_id"],)):
            st.rerun()


def _preview_undo(import_id: str) -> None:
    if allowed():
        begin(jobs().preview_undo(import_id))


def _undo(import_id: str) -> None:
    if allowed():
        begin(jobs().undo(import_id))


def _rejects(row: Mapping[str, Any]) -> None:
    count = row["rows_rejected"]
    if not count:
        st.markdown("No row was rejected.")
        return
    import_id = row["import_id"]
    found: list[dict[str, Any]] = kept("rejects", lambda con, _: audit.rejects(con, import_id), import_id)
    shown = [one | {"reason": on_page(one["reason"])} for one in found[:SHOWN_REJECTS]]
    table = Table(
        f"rejects_{import_id}", f"Rejected rows of {row['file']}", REJECTS, shown, None, "", len(found), lambda: found
    )
    st.markdown(
        f"**{formats.whole(count)} of {number(row['rows_read'], 'row')} were not loaded.** Each is listed "
        "with its line and reason; the others count. "
        "Correct them and load the file again: nothing will be counted twice."
    )
    st.download_button(
        "Download rejects",
        _file(table, row),
        file_name=f"rejects_{import_id}.csv",
        mime="text/csv",
        on_click="ignore",
        key="download_rejects",
    )
    tables.offer(table)
    grid([{column.label: one[column.name] for column in REJECTS} for one in shown])
    if len(found) > len(shown):
        st.caption(f"The first {formats.whole(len(shown))}; the file has all.")


def _file(table: Table, row: Mapping[str, Any]) -> Callable[[], bytes]:
    facts = [("Import", str(row["import_id"])), ("File", str(row["file"])), ("Made", formats.moment(datetime.now(UTC)))]
    return lambda: csv_bytes(table, Head("Imports", "What was not loaded, and why?", facts))


def templates() -> None:
    """An empty template of every table, and an example of every format that others define."""
    known = registry.sources()
    with st.popover("Templates and formats", key="templates"):
        name = st.selectbox("Format", list(known), format_func=lambda name: known[name].label, key="template")
        source = known[name]
        st.markdown(
            f"Fills {formats.md(', '.join(source.loads))}. Needs {formats.md(', '.join(sorted(source.requires)))}."
        )
        if source.rules:
            header = ",".join(source.template()) + "\n"
            st.download_button(
                f"Template {name}.csv",
                header,
                file_name=f"{name}.csv",
                mime="text/csv",
                on_click="ignore",
                key="get_template",
            )
        else:
            st.link_button("How to export it", source.url)
            for path in sorted(EXAMPLES.glob(f"{name}.*")):
                st.download_button(
                    f"Example {path.name}", path.read_bytes, file_name=path.name, on_click="ignore", key="get_template"
                )


def _address(import_id: str | None) -> dict[str, list[str]]:
    return navigate.current().deeper() | ({"import": [import_id]} if import_id else {})


def _means(row: Row) -> str:
    return MONEY_IS.get(row["money_of"] or "", "")


def _words(row: Row) -> dict[str, str]:
    if _means(row):
        return {}
    return {column.name: formats.NOT_APPLICABLE for column in TRAIL if column.name.startswith("money")}
