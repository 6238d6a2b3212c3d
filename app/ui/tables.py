"""Tables: a grid that sorts, searches and opens a row, with the row of totals below it, where no sorting moves it.

A grid sorts by the numbers and shows the words of `formats` for them. The first column stays in sight and opens a row
by mouse; the box before it does so by keyboard (arrow keys, then Shift and Space).
"""

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, Literal

import pandas as pd
import streamlit as st
from streamlit.column_config import (
    ButtonColumn,
    DatetimeColumn,
    LineChartColumn,
    NumberColumn,
    ProgressColumn,
)

from app.metrics.question import UNASSIGNED
from app.reports.table import MONEY, NUMBERS, WORDS, Column, Kind, Row, Table, notes
from app.ui import formats, navigate
from app.ui.clicks import Drill, follow, placed

OFFERED = "offered_tables"
MOST_ROWS = 10_000
MOST_WORDED = 1_000
"""Up to so many rows each cell is put into words here; a longer table is written by the browser, and its words stand in
a column of notes."""
LONG = 20
"""From so many rows on the order can be chosen without the mouse, which the labels of a grid need."""
ALL = "Total (as filtered)"
OPEN = "›"
SHARE = "_share"
NOTES = "notes"
DIGITS = {"count": 0, "tokens": 0, "ratio": 1, "change_ratio": 1, "duration": 1}
ROW, ROWS_SHOWN = 35, 16
BOX = 32
EARLIEST = pd.Timestamp("1900-01-01")
WIDTHS = {
    "text": 160,
    "money": 120,
    "unit_cost": 120,
    "count": 96,
    "tokens": 120,
    "ratio": 96,
    "date": 116,
    "time": 170,
    "duration": 104,
    "change_ratio": 104,
    "change_money": 120,
    "trend": 120,
    "number": 150,
}
FIRST, WIDEST, LETTER, PADDING = (180, 260), 330, 7.2, 34
LOOKED_AT = 200


def forget() -> None:
    """Begins a page: no table is offered as a file yet."""
    st.session_state[OFFERED] = []


def offered() -> list[Table]:
    """The tables that this run of the page has placed, in order: what Export offers."""
    return list(st.session_state.get(OFFERED, []))


def offer(table: Table) -> None:
    """Offers a table as a file that the page shows in another shape."""
    st.session_state.setdefault(OFFERED, []).append(table)


def table(
    table: Table,
    *,
    key: str,
    drill: Drill | None = None,
    bar: str | None = None,
    sort: str | None = None,
    height: int | None = None,
) -> None:
    """Places a table and offers it as a file.

    `drill` says where a row leads: (page, parameters), or None for a row that leads nowhere. `bar` names the column
    that is drawn as a bar too: a ratio as it is, an amount as its share of the whole. `sort` names the column that
    decides the first order, the largest on top; without it rows stay as they come. Unassigned and Other stay last.
    """
    offer(table)
    if navigate.locked():
        drill = None
    chosen = _order(table, key, sort)
    shown = replace(table, rows=ordered(table, chosen)[:MOST_ROWS])
    if bar is not None:
        shown = with_share(shown, bar)
    with st.container(key=f"table_{key}", gap="xxsmall"):
        clicked = _grid(shown, placed(key), drill is not None, bar, height)
        if shown.total is not None:
            st.html(total_row(shown, BOX if drill else 0))
        if (there := table.of or len(table.rows)) > len(shown.rows):
            st.caption(first_of(len(shown.rows), there, chosen, table))
    if drill and clicked is not None:
        follow(drill(shown.rows[clicked]))


def ordered(table: Table, by: str | None) -> list[Row]:
    """The rows with the largest first, no data after them, and Unassigned and Other last."""
    rows = list(table.rows)
    if by is not None:
        kind = next(column.kind for column in table.columns if column.name == by)
        known = sorted(
            (row for row in rows if row.get(by) is not None), key=lambda row: row[by], reverse=kind != "text"
        )
        rows = [*known, *(row for row in rows if row.get(by) is None)]
    return sorted(rows, key=partial(_is_rest, table.columns[0].name))


def with_share(table: Table, of: str) -> Table:
    """The table with the share that a column of amounts has of its whole, behind that column."""
    column = next(column for column in table.columns if column.name == of)
    if column.kind == "ratio":
        return table
    place = list(table.columns).index(column) + 1
    whole = (table.total or {}).get(of)
    if whole is None:
        whole = sum((row[of] for row in table.rows if row.get(of) is not None), Decimal(0))
    name = of + SHARE

    def shared(row: Row) -> Row:
        return {**row, name: row[of] / whole if whole and row.get(of) is not None else None}

    columns = [*table.columns[:place], Column(name, "Share", "ratio"), *table.columns[place:]]
    rows = [shared(row) for row in table.rows]
    return replace(table, columns=columns, rows=rows, total=None if table.total is None else shared(table.total))


def total_row(table: Table, before: int = 0) -> str:
    """The row of totals as markup, as wide as the grid above; on a narrow screen each figure stands under its label."""
    total = table.total or {}
    name, *others = table.columns
    label = html.escape(formats.clean(total.get(name.name) or ALL))
    cells = [f'<th scope="row" style="width:{_width(table, name) + before}px;">{label}</th>']
    for column in others:
        text = html.escape(in_words(table, total, column)) if column.name in total else ""
        side = "right" if column.kind in NUMBERS else "left"
        said = html.escape(table.header(column), quote=True)
        cells.append(f'<td data-label="{said}" style="width:{_width(table, column)}px;text-align:{side}">{text}</td>')
    width = before + sum(_width(table, column) for column in table.columns)
    region = f'role="region" tabindex="0" aria-label="Total of {html.escape(formats.clean(table.title), quote=True)}"'
    row = f'<table style="width:{width}px"><tbody><tr>{"".join(cells)}</tr></tbody></table>'
    return f'<div class="total" {region}>{row}</div>'


def in_words(table: Table, row: Row, column: Column, digits: Mapping[str, int] | None = None) -> str:
    """What a cell reads: its words where it has some, else its figure as `formats` writes it in tables."""
    words = (row.get(WORDS) or {}).get(column.name)
    if words:
        return str(words)
    decimals = (digits or _digits(table)).get(column.name, 2)
    return written(row.get(column.name), column.kind, decimals)


def written(value: Any, kind: Kind, digits: int) -> str:
    """A value as it reads in a table, where the header says the unit."""
    if value is None or kind == "trend":
        return formats.NO_DATA
    if kind in MONEY:
        text = formats.amount(value, digits)
        return formats.signed(text) if kind == "change_money" and value > 0 else text
    match kind:
        case "count" | "tokens":
            return formats.whole(value)
        case "ratio":
            return formats.ratio(value)
        case "change_ratio":
            return formats.points(value).removesuffix(" pp")
        case "duration":
            return formats.amount(value, 1)
        case "date":
            return formats.day(value)
        case "time":
            return formats.moment(value)
        case _:
            return formats.clean(value)


def first_of(shown: int, there: int, by: str | None, table: Table) -> str:
    """Says that there are more rows than the grid shows."""
    label = next((column.label for column in table.columns if column.name == by), "")
    order = f" by {formats.md(label[0].lower() + label[1:])}" if label else ""
    return f"First {formats.whole(shown)} of {formats.count(there)}{order}; the file has all."


def _order(table: Table, key: str, sort: str | None) -> str | None:
    """The column that decides the order: the address's, the page's, or the one that is chosen above a long table."""
    names = {column.name: table.header(column) for column in table.columns if column.kind != "trend"}
    said = navigate.current().sort
    now = said if said in names else sort
    if len(table.rows) < LONG or navigate.locked():
        return now
    options = list(names)
    chosen = st.selectbox(
        "Sort by",
        options,
        index=options.index(now) if now in names else None,
        format_func=lambda name: names[name],
        key=placed(f"sort_{key}"),
        width=260,
        placeholder="as they come",
    )
    if chosen != now:
        navigate.go(navigate.current().params(sort=chosen))
    return now


def _grid(table: Table, key: str, opens: bool, bar: str | None, height: int | None) -> int | None:
    """Draws the grid; gives the place of the row that was opened."""
    drawn = None if bar is None else bar if bar in _ratios(table) else bar + SHARE
    table = _with_notes(table)
    config = {column.name: _column(table, column, key, opens, drawn) for column in table.columns}
    rows_high = min(len(table.rows), ROWS_SHOWN) + 1
    common: dict[str, Any] = {
        "column_config": config,
        "hide_index": True,
        "placeholder": formats.NO_DATA,
        "width": "content",
        "height": height or rows_high * ROW + 2,
        "alt": f"{table.title}: {formats.whole(len(table.rows))} rows"
        + (". Arrow keys choose a row, Shift and Space open it" if opens else ""),
    }
    look = _styled(table, opens, drawn) if len(table.rows) <= MOST_WORDED else _frame(table, opens, drawn)
    if not opens:
        st.dataframe(look, **common)
        return None
    event = st.dataframe(look, key=key, on_select="rerun", selection_mode="single-row", **common)
    pressed = st.session_state.get(f"{key}_open")
    if pressed is not None:
        return int(pressed["row"])
    return event.selection.rows[0] if event.selection.rows else None


def _column(table: Table, column: Column, key: str, opens: bool, drawn: str | None) -> Any:
    first = column is table.columns[0]
    said: dict[str, Any] = {"width": _width(table, column), "pinned": first}
    label = formats.clean(table.header(column))
    if first and opens:
        return ButtonColumn(label, key=f"{key}_open", type="tertiary", alignment="left", **said)
    if column.name == drawn:
        return ProgressColumn(label, format="%.1f%%", min_value=0, max_value=100, **said)
    if column.kind == "trend":
        return LineChartColumn(label, y_min=0, **said)
    if len(table.rows) > MOST_WORDED and column.kind != "text":
        return _written_by_browser(column, label, _digits(table), said)
    side: Literal["left", "right"] = "right" if column.kind in NUMBERS else "left"
    return st.column_config.Column(label, alignment=side, **said)


def _written_by_browser(column: Column, label: str, digits: Mapping[str, int], said: dict[str, Any]) -> Any:
    if column.kind in ("date", "time"):
        shape = "D MMM YYYY" if column.kind == "date" else "D MMM YYYY, HH:mm [UTC]"
        return DatetimeColumn(label, format=shape, timezone="UTC", **said)
    decimals = digits.get(column.name, DIGITS.get(column.kind, 2))
    sign, percent = "+" if column.kind.startswith("change") else "", "%%" if column.kind == "ratio" else ""
    return NumberColumn(label, format=f"%{sign},.{decimals}f{percent}", **said)


def _with_notes(table: Table) -> Table:
    """A table too long for words in its cells, with the words beside them."""
    if len(table.rows) <= MOST_WORDED or not any(row.get(WORDS) for row in table.rows):
        return table
    rows = [{**row, NOTES: notes(table, row) or None} for row in table.rows]
    return replace(table, columns=[*table.columns, Column(NOTES, "Notes", "text")], rows=rows)


def _frame(table: Table, opens: bool, drawn: str | None) -> pd.DataFrame:
    """The rows as the grid sorts them; shares in percent."""
    worded = len(table.rows) <= MOST_WORDED
    frame = pd.DataFrame({column.name: _values(table.rows, column, worded) for column in table.columns})
    if opens:
        frame[table.columns[0].name] += f" {OPEN}"
    for column in table.columns:
        if column.name == drawn or (not worded and column.kind in ("ratio", "change_ratio")):
            frame[column.name] *= 100
    return frame


def _styled(table: Table, opens: bool, drawn: str | None) -> Any:
    """The rows as numbers to sort by, with the words that are shown for them."""
    frame = _frame(table, opens, drawn)
    digits = _digits(table)
    style = frame.style
    for column in table.columns:
        if column.kind not in ("trend", "text") and column.name != drawn:
            style = style.format(partial(_shown, column.kind, digits.get(column.name, 2)), subset=[column.name])
    for (name, words), lines in _worded(table.rows).items():
        if name in frame:
            style = style.format(partial(_said, words), subset=(lines, [name]))
    return style


def _worded(rows: Sequence[Row]) -> dict[tuple[str, str], list[int]]:
    """Where words stand instead of numbers: column and words, and the places of the rows."""
    found: dict[tuple[str, str], list[int]] = {}
    for line, row in enumerate(rows):
        for name, words in (row.get(WORDS) or {}).items():
            found.setdefault((name, words), []).append(line)
    return found


def _shown(kind: Kind, digits: int, value: Any) -> str:
    return formats.NO_DATA if value is pd.NaT or value != value else written(value, kind, digits)


def _said(words: str, _value: object) -> str:
    return formats.clean(words)


def _values(rows: Sequence[Row], column: Column, worded: bool) -> pd.Series:
    """A column's values as the grid sorts them. A cell of words alone needs a value that is not missing: the least."""
    least: dict[str, Any] = {"date": EARLIEST, "time": EARLIEST, "text": ""}

    def value(row: Row) -> Any:
        known = row.get(column.name)
        if known is None and worded and column.name in (row.get(WORDS) or {}):
            return least.get(column.kind, -math.inf)
        return known

    values = [value(row) for row in rows]
    if column.kind in NUMBERS:
        return pd.Series([None if value is None else float(value) for value in values], dtype="float64")
    if column.kind in ("date", "time"):
        return pd.to_datetime(pd.Series(values), utc=column.kind == "time")
    if column.kind == "trend":
        return pd.Series([[None if one is None else float(one) for one in value or ()] for value in values])
    return pd.Series([None if value is None else formats.clean(value) for value in values], dtype="object")


def _digits(table: Table) -> dict[str, int]:
    """The decimals of each column of unit costs: as many as its smallest amount needs."""
    thin = [column.name for column in table.columns if column.kind == "unit_cost"]
    return {name: formats.digits_for(row.get(name) for row in table.rows) for name in thin}


def _ratios(table: Table) -> set[str]:
    return {column.name for column in table.columns if column.kind == "ratio"}


def _is_rest(name: str, row: Row) -> int:
    """1 for what is named, but is nobody's: it stands below the rest, and Unassigned at the very end."""
    label = str(row.get(name))
    return 2 if label == UNASSIGNED else 1 if row.get("is_other") else 0


def _width(table: Table, column: Column) -> int:
    """Pixels that a column takes; the first one what its longest name needs, within reason."""
    texts = [table.header(column)]
    least, most = WIDTHS[column.kind], WIDEST
    if column is table.columns[0]:
        least, most = FIRST
        texts += [str(row.get(column.name)) for row in table.rows[:LOOKED_AT]] + [ALL]
    return max(least, min(most, round(max(map(len, texts)) * LETTER + PADDING)))
