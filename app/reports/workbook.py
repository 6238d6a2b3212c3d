"""Tables as a workbook: a sheet for each with real numbers and days, and a sheet that says what they stand for."""

import io
import re
from datetime import date, datetime
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from app.reports.table import MONEY, WORDS, Column, Head, Row, Table, cell, notes

MOST_ROWS = 1_048_576 - 3  # what a sheet holds, less labels, total and a note
FORMATS = {
    "money": "#,##0.00;[Red]-#,##0.00",
    "unit_cost": "#,##0.000000;[Red]-#,##0.000000",
    "change_money": "+#,##0.00;[Red]-#,##0.00;0.00",
    "count": "#,##0.##",
    "tokens": "#,##0",
    "ratio": "0.0%",
    "change_ratio": "+0.0;-0.0;0.0",
    "duration": "#,##0.00",
    "number": "#,##0.00######",
    "date": "yyyy-mm-dd",
    "time": "yyyy-mm-dd hh:mm:ss",
}
TEXT = {"quote_prefix": True}  # what begins like a formula stays text, also when somebody edits the cell
WIDTHS = {"text": 28, "time": 20, "date": 12}
READ_ME = "Read me"


def workbook_bytes(tables: list[Table], head: Head) -> bytes:
    """A workbook of the tables, each on its sheet, and the head on the first one."""
    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
        "remove_timezone": True,
        "default_date_format": "yyyy-mm-dd",
    }
    with Workbook(file, options) as book:
        names = sheet_names(tables)
        _read_me(book, tables, names, head)
        for table, name in zip(tables, names, strict=True):
            _sheet(book, name, table)
    return file.getvalue()


def sheet_names(tables: list[Table]) -> list[str]:
    """A name for each sheet that a workbook accepts: at most 31 letters, no signs of a path, no two alike."""
    names: list[str] = []
    taken = {READ_ME.lower()}
    for table in tables:
        plain = re.sub(r"[\[\]:*?/\\]", " ", table.title).strip().strip("'") or table.name
        name = plain[:31]
        number = 2
        while name.lower() in taken:
            name = f"{plain[: 28 - len(str(number))]} ({number})"
            number += 1
        taken.add(name.lower())
        names.append(name)
    return names


def _read_me(book: Workbook, tables: list[Table], names: list[str], head: Head) -> None:
    sheet = book.add_worksheet(READ_ME)
    bold = book.add_format(TEXT | {"bold": True, "font_size": 14})
    strong = book.add_format(TEXT | {"bold": True, "valign": "top"})
    wrap = book.add_format(TEXT | {"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 80)
    sheet.write_string(0, 0, head.title, bold)
    sheet.write_string(1, 0, head.question)
    said = [*head.facts, *((f"Sheet {name}", table.title) for table, name in zip(tables, names, strict=True))]
    for line, (name, value) in enumerate(said, start=3):
        sheet.write_string(line, 0, name, strong)
        sheet.write_string(line, 1, value, wrap)


def _sheet(book: Workbook, name: str, table: Table) -> None:
    sheet = book.add_worksheet(name)
    columns = table.written()
    label = book.add_format(TEXT | {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    plain = [book.add_format(_format(column)) for column in columns]
    last = [book.add_format(_format(column) | {"bold": True, "top": 1}) for column in columns]
    for place, column in enumerate(columns):
        sheet.set_column(place, place, max(WIDTHS.get(column.kind, 14), min(len(table.header(column)), 18)))
        sheet.write_string(0, place, table.header(column), label)
    sheet.freeze_panes(1, 1)
    line = 0
    for line, row in enumerate(table.every_row(), start=1):
        if line > MOST_ROWS:
            sheet.write_string(line, 0, "A sheet holds no more rows; the CSV file has all.")
            break
        _row(sheet, line, table, row, columns, plain)
    if table.rows:
        sheet.autofilter(0, 0, line, len(columns) - 1)
    if table.total is not None:
        _row(sheet, line + 1, table, table.total, columns, last)


def _row(sheet: Worksheet, line: int, table: Table, row: Row, columns: list[Column], looks: list[Format]) -> None:
    for place, (column, look) in enumerate(zip(columns, looks, strict=True)):
        value = notes(table, row) if column.name == WORDS else cell(row, column)
        _cell(sheet, line, place, column, value, look)


def _cell(sheet: Worksheet, line: int, place: int, column: Column, value: Any, look: Format) -> None:
    """One cell. What is no text is a number or a day, whatever it looks like; no data is an empty cell."""
    if value is None:
        sheet.write_blank(line, place, None, look)
    elif column.kind == "text" or isinstance(value, str):
        sheet.write_string(line, place, value, look)
    elif isinstance(value, datetime | date):
        sheet.write_datetime(line, place, value, look)
    else:
        sheet.write_number(line, place, value, look)


def _format(column: Column) -> dict[str, Any]:
    if column.kind == "text":
        return TEXT
    return {"num_format": FORMATS[column.kind]} | ({"align": "right"} if column.kind in MONEY else {})
