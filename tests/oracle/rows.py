"""Text rows of a canonical file -> typed rows. Only files that the product accepts whole are meant."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.oracle.columns import BOOLEANS, DAYS, INTEGERS, LOWER, MONEY, TABLES, TIMES, WORDS
from tests.oracle.money import round12

Row = dict[str, Any]
YES, NO = {"true", "yes", "1"}, {"false", "no", "0"}


def read_time(text: str) -> datetime:
    """A naive UTC time; without an offset it already is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def read_truth(text: str) -> bool | None:
    word = text.lower()
    return True if word in YES else False if word in NO else None


def read_word(column: str, text: str) -> str:
    """A word of a closed list in lower case; one that the list does not hold counts as `other`."""
    known = WORDS[column]
    return text.lower() if text.lower() in known else "other"


def read_cell(column: str, text: str | None) -> Any:
    if text is None or not text.strip():
        return None
    text = text.strip()
    if column in INTEGERS:
        return int(text)
    if column in TIMES:
        return read_time(text)
    if column in DAYS:
        return date.fromisoformat(text)
    if column in MONEY:
        return round12(Decimal(text))
    if column in BOOLEANS:
        return read_truth(text)
    if column in WORDS:
        return read_word(column, text)
    return text.lower() if column in LOWER else text


def read_rows(table: str, raw: list[dict[str, str | None]]) -> list[Row]:
    """The rows of one file, each with all canonical columns, `tags` and (outcomes) `conditions`."""
    known = TABLES[table]
    further = sorted({name for row in raw for name in row if name not in known})
    truths = {name for name in further if table == "outcomes" and _only_truths(raw, name)}
    rows = []
    for number, cells in enumerate(raw):
        row: Row = {name: read_cell(name, cells.get(name)) for name in known}
        given = {name: (cells.get(name) or "").strip() for name in further}
        row["tags"] = {name: text for name, text in given.items() if text and name not in truths}
        row["conditions"] = {
            name: read_truth(text) for name, text in given.items() if name in truths and read_truth(text) is not None
        }
        row["line"] = number
        rows.append(row)
    return rows


def _only_truths(raw: list[dict[str, str | None]], name: str) -> bool:
    texts = {(row.get(name) or "").strip().lower() for row in raw} - {""}
    return bool(texts) and texts <= YES | NO | {"unknown"}
