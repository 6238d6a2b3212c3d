"""A table as CSV: a head of facts, then the rows with full precision. Text that a spreadsheet would run is defused."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.reports.table import WORDS, Column, Head, Row, Table, cell, notes

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""What makes a spreadsheet read a text as a formula, as it begins the text."""


def csv_bytes(table: Table, head: Head) -> bytes:
    """The table in UTF-8, with a mark of its encoding for spreadsheets: head, a blank line, labels, rows, total."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow([safe(f"{head.title}: {table.title}")])
    out.writerow([safe(head.question)])
    out.writerows([safe(name), safe(value)] for name, value in head.facts)
    out.writerow([])
    columns = table.written()
    out.writerow([safe(table.header(column)) for column in columns])
    out.writerows([written(table, row, column) for column in columns] for row in table.every_row())
    if table.total is not None:
        out.writerow([written(table, table.total, column) for column in columns])
    return text.getvalue().encode("utf-8-sig")


def written(table: Table, row: Row, column: Column) -> str:
    """One cell: numbers plain and in full, days as ISO, nothing where there is no data."""
    if column.name == WORDS:
        return safe(notes(table, row))
    value = cell(row, column)
    return safe(value) if column.kind == "text" or isinstance(value, str) else plain(value)


def plain(value: Any) -> str:
    """A number, a day or a moment as files have it. A Decimal keeps every digit and never shows an exponent."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return str(value)


def safe(value: Any) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe goes before what would begin one."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(RUNS) else text
