"""A table as it is shown and as it is written to files: named columns of one kind each, rows, and a row of totals."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

Kind = Literal[
    "text",
    "money",
    "unit_cost",
    "count",
    "tokens",
    "ratio",
    "date",
    "time",
    "duration",
    "change_ratio",
    "change_money",
    "trend",
    "number",
]
"""What a column holds. Money, unit costs and changes of money are amounts of the table's currency; ratios are shares
of 1, changes of a ratio are their differences; durations are seconds; a trend is a list of numbers, never in a file;
the unit of a number stands in another column of its row."""

Row = Mapping[str, Any]
WORDS = "words"
"""The key of a row whose value says what stands in a cell instead of its number: column name -> "few (n = 7)"."""

MONEY = frozenset({"money", "unit_cost", "change_money"})
NUMBERS = frozenset({*MONEY, "count", "tokens", "ratio", "duration", "change_ratio", "number"})


@dataclass(frozen=True)
class Column:
    """One column: the key in the rows, the label on screen and in files, and what it holds."""

    name: str
    label: str
    kind: Kind


@dataclass(frozen=True)
class Table:
    """Rows under columns, with the row of totals apart, so that no sorting moves it."""

    name: str
    """For a file or a sheet: short and without blanks."""
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    total: Row | None = None
    currency: str = ""
    """Of its columns of money."""
    of: int | None = None
    """How many rows there are, where `rows` holds but the first of them."""
    whole: Callable[[], Iterable[Row]] | None = field(default=None, compare=False, repr=False)
    """Gives every row for a file, where `rows` holds but the first of them."""

    def every_row(self) -> Iterable[Row]:
        """All rows, for a file."""
        return self.whole() if self.whole else self.rows

    def written(self) -> list[Column]:
        """The columns that a file holds: all but trends, and the words beside the numbers where a row has some."""
        kept = [column for column in self.columns if column.kind != "trend"]
        worded = any(row.get(WORDS) for row in (*self.rows, self.total or {}))
        return [*kept, Column(WORDS, "Notes", "text")] if worded else kept

    def header(self, column: Column) -> str:
        """The label with the unit, as it stands over the column."""
        unit = self.unit(column)
        return f"{column.label}, {unit}" if unit else column.label

    def unit(self, column: Column) -> str:
        """The unit of a column's numbers, where its label does not say it."""
        if column.kind in MONEY:
            return self.currency
        return {"change_ratio": "pp", "duration": "s", "time": "UTC"}.get(column.kind, "")


@dataclass(frozen=True)
class Head:
    """What stands over the rows of a file: the page, its question, and what was asked for."""

    title: str
    question: str
    facts: Sequence[tuple[str, str]] = ()
    """Filters, dates, comparison, as-of import, currency, basis, made at: each with its name."""


def cell(row: Row, column: Column) -> Any:
    """What a file holds in a cell, in the unit of its header; None where there is no data."""
    value = row.get(column.name)
    if column.kind == "change_ratio" and value is not None:
        return 100 * (value if isinstance(value, Decimal) else Decimal(str(value)))
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def notes(table: Table, row: Row) -> str:
    """The words of a row, each under its column's label: "Cost per trusted outcome: few (n = 7)"."""
    labels = {column.name: column.label for column in table.columns}
    return "; ".join(f"{labels.get(name, name)}: {text}" for name, text in (row.get(WORDS) or {}).items())
