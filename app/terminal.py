"""What a command writes: lines, tables, one JSON document, CSV."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

FIGURE = re.compile(r"(no data)?|[<>]?[-−]?([^\w\s]|[A-Z]{1,3}[^\w]?)?\d[\d,.]*[KMBT%]?")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")


@dataclass(frozen=True)
class Terminal:
    """Where a command runs: its two streams, and the folder that its paths start from."""

    out: TextIO
    err: TextIO
    cwd: Path

    def say(self, text: str = "") -> None:
        """Writes a line for people."""
        print(text, file=self.out)

    def complain(self, message: str) -> None:
        """Writes what went wrong, as one line, apart from what was asked for."""
        print(" ".join(message.split()), file=self.err)

    def step(self, text: str) -> None:
        """Shows what is being done, in place of what it said before; only where a person looks. "" clears it."""
        if self.err.isatty():
            percent = re.search(r": ([0-9]+)%$", text)
            bar = f"  [{'#' * (int(percent[1]) // 5):<20}]" if percent else ""
            self.err.write(f"\r\x1b[K{text}{bar}")
            self.err.flush()

    def json(self, document: Any) -> None:
        """Writes one JSON document: Decimals as decimal strings, dates and times as ISO 8601, times in UTC."""
        print(json.dumps(document, default=_plain, ensure_ascii=False, indent=2), file=self.out)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Writes aligned columns: text to the left, and to the right what starts like a number in every row."""
        heads = [_wrap(name, max([9, *(len(row[at]) for row in rows)])) for at, name in enumerate(header)]
        height = max(map(len, heads))
        lines = [[([""] * (height - len(head)) + head)[at] for head in heads] for at in range(height)]
        widths = [max(len(line[at]) for line in [*lines, *rows]) for at in range(len(header))]
        right = [bool(rows) and all(_numeric(row[at]) for row in rows) for at in range(len(header))]
        for line in [*lines, ["-" * width for width in widths], *rows]:
            cells = [
                cell.rjust(width) if to_right else cell.ljust(width)
                for cell, width, to_right in zip(line, widths, right, strict=True)
            ]
            self.say("  ".join(cells).rstrip())


def csv_text(header: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV with a header; nothing for None. Text that a spreadsheet would run is marked as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(row.get(name)) for name in header] for row in rows)
    return out.getvalue()


def text(value: Any) -> str:
    """A value for people: nothing for None, times to the second, an exact amount without the zeros at its end."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return "" if value is None else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat() + ("Z" if value.tzinfo is None else "")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return None if value is None else _plain(value) if isinstance(value, Decimal | date) else value


def _numeric(cell: str) -> bool:
    return FIGURE.fullmatch(cell) is not None


def _wrap(name: str, width: int) -> list[str]:
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
