"""What loading a file would do, as its preview says it: rows, money, what goes, what is new and what nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

import pandas as pd
import streamlit as st

from app.ui import foreseen, formats, mapper, navigate, rules_moved
from app.ui.uploads import OPTIONS, begin, failure, follow, jobs, on_page
from ingest import registry
from ingest.jobs import Job, Line
from ingest.pipeline import ImportResult

FATES = ("new", "replaced", "unchanged", "rejected", "skipped")
MONEY_IS = {"cost": "Cost", "billed": "Billed", "value": "Value"}
SHOWN = 5
NOTHING: Mapping[str, Any] = {"rows": 0, "money": Decimal(0), "first_day": None, "last_day": None}
RECOGNISE = "recognise it"
BY_COLUMNS = "say which column is what"
AS_WRITTEN = "as written"
DATES = (AS_WRITTEN, "dmy", "mdy", "ymd")
DECIMALS = (AS_WRITTEN, "point", "comma")


def show(job: Job) -> None:
    """A job as far as it is: how it goes on, and in the end what came of it."""
    if job.is_running:
        follow(job.id)
    elif job.state == "cancelled":
        st.info("Stopped. What was loaded before that stays loaded; the file that was being worked on was taken back.")
    elif job.kind == "preview":
        _previewed(job)
    elif job.kind == "load":
        _loaded(job)
    elif job.kind == "undo":
        _undone(job)
    elif job.kind == "preview undo":
        st.markdown(f"**What undoing import {formats.md(job.undoes)} would do.** Nothing was changed.")
        rules_moved.show(job)
        navigate.link("To the import, and its undo", "imports", navigate.current().deeper() | _import(job.undoes))
    else:
        navigate.link(
            "What came of it stands on Prices & rules", "rules", navigate.current().params(**{"import": None})
        )


def _import(id: str | None) -> dict[str, list[str]]:
    return {"import": [id]} if id else {}


def forgotten() -> None:
    """The address names a job that nobody knows."""
    failure(
        "This job is not known any more.",
        "It ended more than a day ago, or the server was started again.",
        "Whatever it loaded is in the list below, whole.",
        "Drop the file again to go on.",
    )


def _previewed(job: Job) -> None:
    """Every file of a preview, then the one button that loads them."""
    if job.loaded_by is not None:
        navigate.link("This was loaded: see what came of it", "imports", navigate.current().params(job=job.loaded_by))
        return
    for at, line in enumerate(job.lines):
        for place, result in enumerate(line.results or (None,)):
            with st.container(border=True, key=f"file_{at}_{place}"):
                _file(line, result)
                if result is not None and result.sample:
                    mapper.show(job, at, place, result)
                if place == 0:
                    _how_it_reads(job, at)
    found = [result for result in job.results if result.status != "failed"]
    rows = sum(coming(result) for result in found)
    going = sum(removes(result)["rows"] for result in found)
    with st.container(horizontal=True, key="decide"):
        if rows or going:
            label = f"Load {foreseen.number(rows, 'row')}" if rows else f"Remove {foreseen.number(going, 'row')}"
            st.button(label, type="primary", key="load", on_click=_load, args=(job.id,))
        st.button("Cancel" if rows or going else "Done", key="cancel", on_click=_cancel, args=(job.id,))
    if len(found) > 1:
        st.caption("Each file was previewed by itself, beside what is loaded now.")


def _loaded(job: Job) -> None:
    """What a load brought, file by file, and where it can be seen."""
    for line in job.lines:
        for result in line.results or (None,):
            if result is None or result.status == "failed":
                name = result.file if result else line.task.name
                said = on_page((result.error if result else line.error) or "")
                failure(said if name in said else f"{name}: {said}", "", "Nothing of it was loaded.", "")
            else:
                _taken(result)
    first = min((r.period_start for r in job.results if r.period_start and r.status == "loaded"), default=None)
    last = max((r.period_end for r in job.results if r.period_end and r.status == "loaded"), default=None)
    with st.container(horizontal=True, key="after"):
        if first and last:
            days = {"from": first.isoformat(), "to": last.isoformat()}
            navigate.link("See it reconciled", "reconcile", navigate.current().deeper() | _only(days))
        for result in job.results:
            if result.status == "loaded" and result.import_id and len(job.results) <= SHOWN:
                label = "Undo this import" if len(job.results) == 1 else f"Undo {formats.md(result.file)}"
                navigate.link(label, "imports", navigate.current().deeper() | {"import": [result.import_id]})


def _only(days: Mapping[str, str]) -> dict[str, list[str]]:
    return {key: [value] for key, value in days.items()}


def _taken(result: ImportResult) -> None:
    rejected = f" {foreseen.number(result.rows_rejected, 'row')} rejected." if result.rows_rejected else ""
    same = f" {foreseen.number(result.rows_unchanged, 'row')} were here already." if result.rows_unchanged else ""
    if result.status == "unchanged":
        st.info(f"{formats.md(result.file)}: all its rows are already here.{rejected} Nothing changed.")
    else:
        rows = foreseen.number(result.rows_accepted, "row")
        st.success(f"Loaded {rows} of {formats.md(result.file)} (import {result.import_id}).{same}{rejected}")


def _undone(job: Job) -> None:
    line = job.lines[0]
    if job.state == "failed":
        failure(f"{line.task.name} was not undone: {line.error}", "", "Every figure is as it was.", "")
    else:
        st.success(f"Import {line.task.name} is undone: it no longer counts. Its file can be loaded again.")


def coming(result: ImportResult) -> int:
    """The rows that loading would bring."""
    rows = (result.preview or {}).get("rows", {})
    return int(rows.get("new", 0) + rows.get("replaced", 0))


def removes(result: ImportResult) -> Mapping[str, Any]:
    """What loading would remove: rows, money, days."""
    found: Mapping[str, Any] = (result.preview or {}).get("removes", NOTHING)
    return found


def _file(line: Line, result: ImportResult | None) -> None:
    name = result.file if result else line.task.name
    st.markdown(f"**{formats.md(name)}**")
    if result is None or result.status == "failed":
        said = (result.error if result else line.error) or "It could not be read."
        if line.task.options.sampled:
            return
        said = on_page(said.replace(registry.MAP_IT, ""))
        failure(said, "", "Nothing of it was loaded.", "Say below how it reads, or drop another file.")
        return
    shown = result.preview or {}
    _recognised(result, shown)
    _sums(result, shown)
    _warnings(result, shown)
    _rejects(result, shown)
    _first_rows(shown)


def _recognised(result: ImportResult, shown: Mapping[str, Any]) -> None:
    source = registry.sources().get(result.source or "")
    columns = shown["columns"]
    text = f"Recognised as {formats.md(source.label)}" if source else f"Mapped by {formats.md(result.source)}"
    if columns["all"]:
        text += f" ({columns['known']} of {foreseen.number(columns['all'], 'column')})"
    if result.period_start and result.period_end:
        text += f" · {formats.days(result.period_start, result.period_end)}, UTC"
    st.markdown(text)


def _sums(result: ImportResult, shown: Mapping[str, Any]) -> None:
    """Rows and money, each with the parts that add up to it."""
    rows, money = shown["rows"], shown["money"]
    parts = " + ".join(f"{formats.whole(rows[fate])} {fate}" for fate in FATES)
    st.markdown(f"**Rows read** {formats.whole(result.rows_read)} = {parts}")
    if money["of"] is None:
        return
    code = money["currency"]
    parts = " + ".join(f"{formats.full(money[fate], code)} {fate}" for fate in FATES[:3])
    if rows["replaced"] and money["replaced"] is not None and money["was"] is not None:
        moved = formats.full(money["replaced"] - money["was"], code)
        parts += f" (the replaced ones were {formats.full(money['was'], code)}: {formats.signed(moved)})"
    unknown = "; rejected rows: unknown" if rows["rejected"] else ""
    said = f"{formats.full(money['read'], code)} = {parts}{unknown}"
    st.markdown(f"**{MONEY_IS[money['of']]}** {formats.dollars(said)}")
    if money["rows_without_rate"]:
        st.markdown(
            f"{foreseen.number(money['rows_without_rate'], 'row')} in a currency without a rate: not in these sums. "
            "Load an fx table."
        )


def _warnings(result: ImportResult, shown: Mapping[str, Any]) -> None:
    """What a person should know before loading, the worst first."""
    gone = removes(result)
    if gone["rows"]:
        code = shown["money"]["currency"]
        days = f" of {formats.days(gone['first_day'], gone['last_day'])}" if gone["first_day"] else ""
        st.error(
            f"Removes {foreseen.number(gone['rows'], 'row')} worth {formats.dollars(formats.full(gone['money'], code))}"
            f"{days}: they stand now, and this file, which speaks for its days, does not hold them."
        )
    for newer in shown.get("newer_imports", ()):
        st.warning(
            f"This export is older than {formats.md(newer['file'])} ({newer['import_id']}, "
            f"as of {formats.moment(newer['clock'])}), which is loaded. Where both speak, the newer one stays."
        )
    if same := shown.get("same_as"):
        st.info(_already(shown, same))
    st.markdown("\n".join(f"- {sentence}" for sentence in foreseen.sentences(shown)))


def _already(shown: Mapping[str, Any], same: Mapping[str, Any]) -> str:
    rows = shown["rows"]
    again = "is" if rows["rejected"] == 1 else "are"
    rejected = f"; the same {formats.whole(rows['rejected'])} {again} still rejected" if rows["rejected"] else ""
    return (
        f"{formats.md(same['file'])} was loaded on {formats.moment(same['imported_at'])}. All its "
        f"{foreseen.number(rows['unchanged'], 'valid row')} are already here{rejected}. Loading it changes nothing."
    )


def _rejects(result: ImportResult, shown: Mapping[str, Any]) -> None:
    count = result.rows_rejected
    if not count:
        return
    rejects = shown.get("rejects", [])
    with st.expander(f"Rejected: {foreseen.number(count, 'row')}", expanded=count <= SHOWN):
        st.markdown(
            f"{formats.whole(count)} of {foreseen.number(result.rows_read, 'row')} will not be loaded. Each is listed "
            "with its line and reason; the others count. Correct them and load the file again: nothing will be counted "
            "twice."
        )
        grid([{"Line": row["line"], "Reason": on_page(row["reason"]), "Text": row["text"]} for row in rejects])
        if count > len(rejects):
            st.caption(f"The first {len(rejects)}; once the file is loaded, all of them can be downloaded.")


def _first_rows(shown: Mapping[str, Any]) -> None:
    for table, rows in shown.get("first_rows", {}).items():
        if rows:
            label = f"First {foreseen.number(len(rows), 'row')} of {table} as they will be stored"
            with st.expander(label):
                grid([{name.replace("_", " "): value for name, value in row.items()} for row in rows])


def grid(rows: Sequence[Mapping[str, Any]]) -> None:
    """Values of a file as they are, as text: nothing of it is markup or a number to sort."""
    texts = [{name: "" if value is None else formats.clean(value) for name, value in row.items()} for row in rows]
    st.dataframe(pd.DataFrame(texts, dtype="string"), hide_index=True, placeholder=formats.NO_DATA)


def _how_it_reads(job: Job, at: int) -> None:
    """What a person may say about a file that was read wrongly; the preview is then made again."""
    known = registry.sources()
    task = job.lines[at].task
    told = task.options
    key = f"{job.id}_{at}"
    with st.popover("Wrong? Say how it reads", key=f"read_{key}"), st.form(f"form_{key}", border=False):
        source = st.selectbox(
            OPTIONS["source"],
            [RECOGNISE, BY_COLUMNS, *known],
            index=[RECOGNISE, BY_COLUMNS, *known].index(BY_COLUMNS if told.sampled else told.source or RECOGNISE),
            format_func=lambda name: known[name].label if name in known else name,
        )
        account = st.text_input(OPTIONS["account"], told.account or "", help="The provider's account of its rows.")
        scope = st.text_input(OPTIONS["scope"], told.scope or "", help="A name for a filtered export.")
        whole = st.checkbox(OPTIONS["replace"], told.replace, help="It replaces all of its table, or of its days.")
        dates = st.selectbox(OPTIONS["dates"], DATES, index=DATES.index(told.dates or AS_WRITTEN))
        decimal = st.selectbox(OPTIONS["decimal"], DECIMALS, index=DECIMALS.index(told.decimal or AS_WRITTEN))
        encoding = st.text_input(OPTIONS["encoding"], told.encoding or "", placeholder="UTF-8")
        zone = st.text_input(OPTIONS["timezone"], told.timezone or "", placeholder="UTC")
        if not st.form_submit_button("Preview again"):
            return
    said = {
        "source": None if source in (RECOGNISE, BY_COLUMNS) else source, "account": account.strip() or None,
        "scope": scope.strip() or None, "replace": whole, "dates": None if dates == AS_WRITTEN else dates,
        "decimal": None if decimal == AS_WRITTEN else decimal, "encoding": encoding.strip() or None,
        "timezone": zone.strip() or None, "sampled": source == BY_COLUMNS,
        "mapping": told.mapping if source in (RECOGNISE, BY_COLUMNS) else None,
    }  # fmt: skip
    if zone.strip() and zone.strip() not in available_timezones():
        failure(
            f"There is no time zone {zone.strip()}.", "", "The preview is as it was.", "Say it as in Europe/Berlin."
        )
        return
    tasks = [line.task for line in job.lines]
    tasks[at] = replace(task, options=told.model_copy(update=said))
    navigate.go(navigate.current().params(job=jobs().preview(tasks)))


def _load(id: str) -> None:
    begin(jobs().load_previewed(id))


def _cancel(id: str) -> None:
    jobs().discard(id)
    begin("")
