"""The column mapper: which column of a file that nobody knows is what, tried on its beginning at every change."""

from __future__ import annotations

from collections.abc import Mapping as Names
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from app.ui import formats, navigate
from app.ui.uploads import allowed, jobs
from app.warehouse.connect import current_warehouse
from ingest import mappings
from ingest.canonical import Column, says, tables
from ingest.guessing import Guess, guess
from ingest.jobs import Job
from ingest.mapping import MOMENTS, WORDS, Cell, Mapping
from ingest.mappings import MappingError
from ingest.pipeline import ImportResult
from ingest.registry import UnknownFormatError
from ingest.samples import Sample, given_sample
from ingest.trial import Check, Sums, Trial, attempt

NOTHING, ALWAYS = "(not in the file)", "(always the same)"
AS_WRITTEN = "as written"
SHOWN = 20
UNITS = {
    "as it is": Decimal(1), "thousands": Decimal(1000), "millions": Decimal(1_000_000), "cents": Decimal("0.01"),
    "thousandths": Decimal("0.001"), "millionths": Decimal("0.000001"),
}  # fmt: skip
COUNTS = {
    "a time": None, "seconds since 1970": Decimal(1), "milliseconds since 1970": Decimal("0.001"),
    "microseconds since 1970": Decimal("0.000001"),
}  # fmt: skip


def show(job: Job, at: int, place: int, result: ImportResult) -> None:
    """The fields, what the rows become with them, and the way on."""
    assert result.sample is not None
    sample = given_sample(result.sample)
    task = job.lines[at].task
    key = f"map_{job.id}_{at}_{place}"
    st.markdown("**Which column is what?** Everything below is a proposal; change what is wrong.")
    before = task.options.mapping
    names = list(tables())
    first = before.table if before else _guessed(sample, None, key).table
    table = st.selectbox("A row of the file is one row of", names, names.index(first), key=f"{key}_table",
        format_func=lambda name: f"{name}: {says(name)[:1].lower()}{says(name)[1:]}")  # fmt: skip
    found = _guessed(sample, table, key)
    if before is not None and before.table == table:
        found = replace(found, columns=dict(before.columns), decimal=before.decimal, dates=before.dates)
    cells = _cells(found, sample, f"{key}_{table}")
    style = _style(found, before, sample, cells, f"{key}_{table}")
    name = st.text_input("Name of the mapping", before.name if before else _called(result.file), key=f"{key}_name")
    mapping = _made(name, table, sample, cells, style)
    if mapping is None:
        return
    _tried(sample, mapping, found.sums, f"{key}_{table}")
    _go_on(job, at, mapping, key)


def kept() -> None:
    """The mappings that were saved: to write out, and to end."""
    warehouse = current_warehouse()
    newest = {change.name: change for change in mappings.trail(warehouse.archive)}
    there = [mapping.name for mapping in mappings.saved(warehouse.archive)]
    if not there:
        return
    with st.popover("Column mappings", key="mappings"):
        name = st.selectbox("Mapping", there, key="mapping")
        mapping, change = mappings.find(warehouse.archive, name), newest[name]
        by = f" by {change.by}" if change.by else ""
        head = ", ".join(mapping.header)
        st.markdown(
            formats.md(f"Fills {mapping.table}. Saved {formats.moment(change.at)}{by}. Reads files with {head}.")
        )
        with st.container(horizontal=True, key="mapping_ways"):
            st.download_button(
                "Mapping as a file", mappings.text(mapping), file_name=f"{name}.json", mime="application/json",
                on_click="ignore", key="get_mapping",
            )  # fmt: skip
            st.button("Forget it", key="forget_mapping", on_click=_forget, args=(name,),
                help="It reads no further file. What it loaded stays.")  # fmt: skip


def _forget(name: str) -> None:
    if allowed():
        mappings.forget(current_warehouse(), name, navigate.visitor().name)


def _guessed(sample: Sample, table: str | None, key: str) -> Guess:
    place = f"{key}_guess_{table}"
    if place not in st.session_state:
        st.session_state[place] = guess(sample, table)
    found: Guess = st.session_state[place]
    return found


def _called(file: str) -> str:
    stem = file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    plain = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in stem)
    return " ".join(plain.split())[:60] or "my mapping"


# --- the fields ---


def _cells(found: Guess, sample: Sample, key: str) -> dict[str, Cell]:
    columns = {column.name: column for column in tables()[found.table]}
    at_first = [name for name, column in columns.items() if column.required or name in found.columns]
    others = [name for name in columns if name not in at_first]
    more = st.multiselect("Further columns to fill", others, key=f"{key}_more", format_func=_label)
    turned = st.session_state.get(f"{key}_turned", {})
    cells = {}
    for name in [*at_first, *more]:
        start = turned.get(name) or found.columns.get(name)
        cell = _cell(columns[name], start, found.why.get(name, ""), sample, f"{key}_{name}")
        if cell is not None:
            cells[name] = cell
    return cells


def _label(name: str) -> str:
    return name.replace("_", " ")


def _cell(column: Column, start: Cell | None, why: str, sample: Sample, key: str) -> Cell | None:
    """One row of fields. Of a number also its unit, its sign, and what it contains that is counted elsewhere."""
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}_row"):
        choices = [NOTHING, ALWAYS, *sample.columns]
        chosen = start.column or ALWAYS if start else NOTHING
        label = f"{_label(column.name)}{' (needed)' if column.required else ''}"
        help_ = f"{column.says}.{f' Proposed by {why}.' if why else ''}"
        picked = st.selectbox(label, choices, choices.index(chosen), key=f"{key}_of", help=formats.md(help_))
        if picked == NOTHING:
            return None
        if picked == ALWAYS:
            text = st.text_input("is always", (start.constant or "") if start else "", key=f"{key}_always")
            return Cell(constant=text.strip()) if text.strip() else None
        blank = {"constant": start.constant} if start and start.constant else {}
        if column.type in WORDS:
            return Cell(column=picked, **blank)
        if column.type in MOMENTS:
            return _moment(picked, start, key, blank)
        return _number(picked, start, sample, key, blank)


def _moment(picked: str, start: Cell | None, key: str, blank: dict[str, str]) -> Cell:
    now = next((word for word, unit in COUNTS.items() if start and start.since_1970 and unit == start.unit), "a time")
    unit = COUNTS[st.selectbox("written as", list(COUNTS), list(COUNTS).index(now), key=f"{key}_unit")]
    return Cell(column=picked, since_1970=unit is not None, unit=unit or Decimal(1), **blank)


def _number(picked: str, start: Cell | None, sample: Sample, key: str, blank: dict[str, str]) -> Cell:
    unit = start.unit if start else Decimal(1)
    units = UNITS if unit in UNITS.values() else UNITS | {f"x {unit:f}": unit}
    now = next(word for word, one in units.items() if one == unit)
    chosen = st.selectbox("in", list(units), list(units).index(now), key=f"{key}_unit")
    others = [name for name in sample.columns if name != picked]
    less = [name for name in start.less if name in others] if start else []
    parts = st.multiselect("which contains", others, less, key=f"{key}_less", help="Counted in a column of its own.")
    negate = st.checkbox("other sign", bool(start and start.negate), key=f"{key}_negate")
    return Cell(column=picked, unit=units[chosen], less=tuple(parts), negate=negate, **blank)


def _style(found: Guess, before: Mapping | None, sample: Sample, cells: Names[str, Cell], key: str) -> dict[str, Any]:
    marks, orders = [AS_WRITTEN, "point", "comma"], [AS_WRITTEN, "dmy", "mdy", "ymd"]
    used = {name for cell in cells.values() for name in (cell.column, *cell.less)}
    with st.container(horizontal=True, key=f"{key}_style"):
        mark = st.selectbox("Decimal sign", marks, marks.index(found.decimal or AS_WRITTEN), key=f"{key}_mark")
        order = st.selectbox("Order of dates", orders, orders.index(found.dates or AS_WRITTEN), key=f"{key}_order")
        zones = ["UTC", *sorted(available_timezones() - {"UTC"})]
        said = before.timezone if before and before.timezone else "UTC"
        zone = st.selectbox("Zone of times without one", zones, zones.index(said), key=f"{key}_zone")
    free = [name for name in sample.columns if name not in used]
    kept = [name for name in (before.tags.values() if before else ()) if name in free]
    tags = st.multiselect("Keep as tags", free, kept, key=f"{key}_tags", help="Columns to group and filter by.")
    return {
        "decimal": None if mark == AS_WRITTEN else mark, "dates": None if order == AS_WRITTEN else order,
        "timezone": None if zone == "UTC" else zone, "tags": {name: name for name in tags},
    }  # fmt: skip


def _made(name: str, table: str, sample: Sample, cells: Names[str, Cell], style: Names[str, Any]) -> Mapping | None:
    try:
        return Mapping(name=name.strip(), table=table, header=sample.header, columns=dict(cells), **style)
    except ValidationError as error:
        first = error.errors()[0]
        said = first["msg"].removeprefix("Value error, ")
        if first["loc"] == ("name",):
            said = "the name holds something else than letters, digits, spaces, dots and lines"
        st.warning(f"Not whole yet: {formats.md(said)}.")
        return None


# --- what comes of it ---


def _tried(sample: Sample, mapping: Mapping, sums: Sums, key: str) -> None:
    try:
        tried = attempt(sample, mapping)
    except UnknownFormatError as error:
        st.warning(formats.md(str(error)))
        return
    st.markdown(
        f"**Of the first {len(sample.rows)} rows** {len(tried.rows)} can be loaded, {len(tried.rejects)} cannot. "
        + formats.md(" · ".join(f"{_label(n)} {_amount(total)}" for n, total in tried.totals.items()))
    )
    if sums.says:
        _verdict("Sums", sums.verdict, sums.says)
    if tried.price is not None:
        _verdict("Prices", tried.price.verdict, tried.price.says)
        if tried.price.proposes:
            st.button("Take the proposal", key=f"{key}_take", on_click=_take, args=(key, tried.price))
    if tried.rejects:
        with st.expander(f"Rows that cannot be loaded: {len(tried.rejects)}", expanded=not tried.rows):
            _grid([{"Line": line, "Reason": reason} for line, reason in tried.rejects[:SHOWN]])
    _first_rows(tried)


def _amount(total: Decimal) -> str:
    text = f"{total:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _verdict(what: str, verdict: str, says: str) -> None:
    said = formats.md(f"{what}: {says}")
    (st.success if verdict == "agrees" else st.warning if verdict == "differs" else st.info)(said)


def _take(key: str, check: Check) -> None:
    """In a callback: the fields of these columns begin anew with what the check proposes."""
    st.session_state[f"{key}_turned"] = st.session_state.get(f"{key}_turned", {}) | check.proposes
    for name in check.proposes:
        for field in ("of", "unit", "less", "negate", "always"):
            st.session_state.pop(f"{key}_{name}_{field}", None)


def _first_rows(tried: Trial) -> None:
    if tried.rows:
        st.markdown("First rows as they would be stored")
        said = [name for name in tried.rows[0] if any(row[name] is not None for row in tried.rows)]
        _grid([{_label(name): row[name] for name in said} for row in tried.rows[:SHOWN]])


def _grid(rows: list[dict[str, Any]]) -> None:
    texts = [{name: "" if value is None else formats.clean(value) for name, value in row.items()} for row in rows]
    st.dataframe(pd.DataFrame(texts, dtype="string"), hide_index=True, placeholder=formats.NO_DATA)


def _go_on(job: Job, at: int, mapping: Mapping, key: str) -> None:
    is_one_of_many = len(job.lines[at].results) > 1
    keep = st.checkbox(
        "Read every file with these columns so", True, key=f"{key}_keep", disabled=is_one_of_many,
        help="The mapping is saved under its name; a saved one of that name is replaced.",
    )  # fmt: skip
    with st.container(horizontal=True, key=f"{key}_on"):
        goes = st.button("Preview all rows", type="primary", key=f"{key}_go")
        st.download_button(
            "Mapping as a file", mappings.text(mapping), file_name=f"{mapping.name}.json", mime="application/json",
            on_click="ignore", key=f"{key}_file",
        )  # fmt: skip
    if not goes:
        return
    if keep or is_one_of_many:
        try:
            mappings.save(current_warehouse(), mapping, navigate.visitor().name)
        except MappingError as error:
            st.error(formats.md(str(error)))
            return
    tasks = [line.task for line in job.lines]
    said = {"mapping": None if is_one_of_many else mapping, "sampled": False, "source": None}
    tasks[at] = replace(tasks[at], options=tasks[at].options.model_copy(update=said))
    navigate.go(navigate.current().params(job=jobs().preview(tasks)))
