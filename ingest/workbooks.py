"""Excel workbooks: every sheet that holds a table is a file of its own, staged as a CSV file would be.

A cell is text as it would be typed: a number with a point, a day as 2026-10-31, a time as 2026-10-31T09:00:00. Numbers
have 15 digits, as many as Excel itself keeps; formulas count by the value that was saved with them. A line is the row
of the sheet. Hidden sheets, empty ones and those without a header are left out.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum
from python_calamine import SheetVisibleEnum as Visible

from ingest.archives import check_packing
from ingest.options import Limits
from ingest.preflight import RefusedError, blocks_of
from ingest.staging import Staged, check_header

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
LOOKED_THROUGH = 50
SLIM = 2
WHOLE = 1 << 53
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CELLS = re.compile(rb'<(?:\w+:)?c(?:\s[^>]*?)?\sr="([A-Z]{1,4})([0-9]{1,8})"')
_GROUPED = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")


@dataclass(frozen=True)
class Sheet:
    """A sheet that holds a table."""

    name: str
    folder: Path
    staged: Staged
    is_slim: bool
    """So few columns that it may be a note as well as a table."""


def is_workbook(path: Path) -> bool:
    """Whether a zip file is an office document; raises RefusedError for one that is no workbook that we take."""
    try:
        with zipfile.ZipFile(path) as opened:
            names = set(opened.namelist())
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError):
        return False  # whoever unpacks it says what is wrong
    if {"mimetype", "content.xml"} <= names:
        raise RefusedError("This is an OpenDocument file. Save the sheet as Excel workbook (.xlsx) or CSV.")
    if "[Content_Types].xml" not in names:
        return False
    if "xl/workbook.xml" in names and "xl/vbaProject.bin" not in names:
        return True
    if "xl/workbook.bin" in names or "xl/vbaProject.bin" in names:
        raise RefusedError("This is an Excel workbook with macros or in binary form. Save it as .xlsx, or as CSV.")
    raise RefusedError("This is no Excel workbook, though packed like one. Save the table as .xlsx or CSV.")


def why_old(path: Path) -> str:
    """What to say about a file in the container of old Office documents, which also wraps encrypted new ones."""
    held = b""
    for block in blocks_of(path):
        if _ENCRYPTED in held + block:
            return "This Excel workbook is protected by a password. Save it without one, or save the sheet as CSV."
        held = block[-len(_ENCRYPTED) :]
    return "This is an old Excel or Word document. Save it as Excel workbook (.xlsx), or the sheet as CSV."


def sheets(path: Path, folder: Path, decimal: str | None, limits: Limits) -> list[Sheet]:
    """Stages every sheet that holds a table; raises RefusedError where none does, or the workbook may do harm."""
    _check(path, limits)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            shown = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == Visible.Visible
            ]
            if len(shown) > limits.members:
                raise RefusedError(f"The workbook has {len(shown):,} sheets; {limits.members} is the most.")
            tables = (
                _staged(book.get_sheet_by_name(name), folder / f"sheet{at}", decimal, limits)
                for at, name in enumerate(shown)
            )
            found = [table for table in tables if table is not None]
    except PasswordError as error:
        raise RefusedError("The workbook is protected by a password. Save it without one.") from error
    except (CalamineError, zipfile.BadZipFile, EOFError, OSError, ValueError, OverflowError) as error:
        raise RefusedError(f"The workbook cannot be read ({error}). Open it in Excel and save it again.") from error
    if not found:
        raise RefusedError(
            "No sheet of this workbook holds a table: a row that names the columns, with rows below it. "
            "Hidden sheets are not read."
        )
    return found


def _check(path: Path, limits: Limits) -> None:
    """A sheet is laid out in memory from its first cell to its last: two cells can ask for all there is."""
    try:
        with zipfile.ZipFile(path) as opened:
            check_packing(opened.infolist(), path, limits)
            for info in opened.infolist():
                if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
                    with opened.open(info) as sheet:
                        _check_extent(iter(lambda: sheet.read(1 << 20), b""), limits)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise RefusedError(f"The workbook is damaged ({error}). Save it again.") from error


def _check_extent(blocks: Iterator[bytes], limits: Limits) -> None:
    cells = row = column = 0
    held = b""
    for block in blocks:
        text = held + block
        cut = text.rfind(b"<")
        held = text[cut:]
        if len(held) > 1 << 20:
            raise RefusedError("The workbook holds an element of more than a megabyte, as no sheet does.")
        found = _CELLS.findall(text, 0, cut)
        cells += len(found)
        if found:
            row = max(row, *(int(number) for _, number in found[:: max(1, len(found) - 1)]))
            letters = max({letters for letters, _ in found}, key=lambda letters: (len(letters), letters))
            column = max(column, _number(letters))
    if row > MOST_ROWS or column > MOST_COLUMNS:
        raise RefusedError("The workbook names a cell that no sheet has.")
    if row > limits.rows or row * column > max(10_000_000, 100 * cells):
        raise RefusedError(
            f"A sheet of the workbook reaches to row {row:,} and column {column:,}, but hardly any of it is filled. "
            "Copy the table into a new sheet, or save it as CSV."
        )


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _staged(sheet: CalamineSheet, folder: Path, decimal: str | None, limits: Limits) -> Sheet | None:
    top = _header(list(islice(sheet.iter_rows(), LOOKED_THROUGH + 1)))
    if top is None:
        return None
    at, names = top
    unnamed = [column for column, name in enumerate(names) if not name]
    below = islice(sheet.iter_rows(), at + 1, None)
    filled = {column for row in below for column in unnamed if not _is_blank(row[column])} if unnamed else set()
    kept = [column for column, name in enumerate(names) if name or column in filled]
    header = check_header([names[column] for column in kept], limits)
    folder.mkdir()
    staged = Staged(folder / "staged.csv", 0, True, True, header, ",")
    mark = "," if decimal == "comma" else "."
    with staged.path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        for number, row in enumerate(islice(sheet.iter_rows(), at + 1, None), at + 2):
            texts = [_text(row[column], mark) for column in kept]
            if any(texts):
                writer.writerow([number, *texts])
                staged.records += 1
    return Sheet(sheet.name, folder, staged, len(kept) <= SLIM) if staged.records else None


def _header(rows: Sequence[Sequence[Any]]) -> tuple[int, list[str]] | None:
    """The row that names the columns: the first that is text throughout and about as wide as the widest."""
    widths = [sum(not _is_blank(cell) for cell in row) for row in rows]
    widest = max(widths, default=0)
    for at, (row, width) in enumerate(zip(rows, widths, strict=True)):
        said = [cell for cell in row if not _is_blank(cell)]
        if width >= max(2, 0.6 * widest) and all(isinstance(cell, str) and cell.strip() for cell in said):
            names = [" ".join(str(cell or "").split()) for cell in row]
            last = max(column for column, name in enumerate(names) if name)
            beyond = max((len(row) for row in rows), default=0)
            return at, names[: last + 1] + [""] * (beyond - last - 1)
    return None


def _is_blank(cell: Any) -> bool:
    return cell is None or cell == ""


def _text(cell: Any, mark: str) -> str:
    if isinstance(cell, str):
        return " ".join(cell.splitlines())
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return _of_number(cell).replace(".", mark)
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="auto")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell.total_seconds())
    return str(cell or "")


def _of_number(number: float) -> str:
    if number == int(number) and abs(number) < WHOLE:
        return str(int(number))
    text = f"{number:.15g}"
    return f"{text}0" if _GROUPED.fullmatch(text) else text  # 1.234 may be read as a thousand and more
