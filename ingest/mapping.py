"""A column mapping: which columns of a file that nobody knows fill which columns of a canonical table.

It says what a column is made of in a closed grammar, never in SQL: a column of the file, a constant, a unit, a sign,
columns that are contained in another, a count of seconds. From then on the file is read as the table's own template is.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, Field, field_validator, model_validator

from ingest.canonical import Column, tables

NAME = r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}"
LONGEST = 1000
MOMENTS = ("TIMESTAMP", "DATE")
WORDS = ("VARCHAR", "BOOLEAN")


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a name or constant holds a control character")
    return text


Text = Annotated[str, Field(min_length=1, max_length=LONGEST), AfterValidator(_printable)]


class Cell(BaseModel, extra="forbid", frozen=True, use_attribute_docstrings=True):
    """What one canonical column is made of."""

    column: Text | None = None
    """The column of the file. Of JSON also a key within another, as in usage.input_tokens."""

    constant: Text | None = None
    """What stands where there is no column, or where it is blank."""

    unit: Decimal = Field(Decimal(1), gt=0, le=1_000_000_000, max_digits=19, decimal_places=9)
    """How much one of the file's numbers is: 0.01 for cents, 1000 for thousands, 0.001 for milliseconds."""

    negate: bool = False
    """The file writes it with the other sign."""

    less: tuple[Text, ...] = ()
    """Columns that `column` contains and that are counted elsewhere: cached tokens within the input."""

    since_1970: bool = False
    """The time is a count of units (1: seconds) since the beginning of 1970."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.column is None and self.constant is None:
            raise ValueError("a column of the file or a constant is needed")
        if self.column is None and (self.less or self.negate or self.unit != 1 or self.since_1970):
            raise ValueError("a constant has no unit, sign or parts: write it as it is meant")
        return self

    @property
    def is_plain(self) -> bool:
        """Whether the column's text is taken as it stands."""
        return self.unit == 1 and not (self.negate or self.less or self.since_1970)


class Mapping(BaseModel, extra="forbid", frozen=True, use_attribute_docstrings=True):
    """How files with a certain header fill one canonical table."""

    name: Annotated[str, Field(pattern=f"^{NAME}$")]
    """What it is called; files that it reads are listed under this name."""

    table: str
    """The canonical table."""

    header: tuple[Text, ...] = Field(min_length=1, max_length=2000)
    """The columns of the file that it was made for: a file that has all of them is recognised."""

    columns: dict[str, Cell]
    """What each canonical column is made of; a column that is not named stays unknown."""

    tags: dict[Text, Text] = {}
    """Columns of the file that are kept as tags, by the tag's name. Of outcomes, true/false ones become conditions."""

    decimal: str | None = None
    """The decimal mark of its numbers: comma or point."""

    dates: str | None = None
    """The order of its dates: dmy, mdy or ymd."""

    timezone: str | None = None
    """The zone of its times that name none, as in Europe/Berlin."""

    @field_validator("decimal")
    @classmethod
    def _known_mark(cls, mark: str | None) -> str | None:
        if mark not in (None, "comma", "point"):
            raise ValueError(f"there is no decimal mark {mark!r}; say comma or point")
        return mark

    @field_validator("dates")
    @classmethod
    def _known_order(cls, order: str | None) -> str | None:
        if order not in (None, "dmy", "mdy", "ymd"):
            raise ValueError(f"there is no order of dates {order!r}; say dmy, mdy or ymd")
        return order

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None and not is_zone(zone):
            raise ValueError(f"there is no time zone {zone!r}; say it as in Europe/Berlin")
        return zone

    @model_validator(mode="after")
    def _fits_its_table(self) -> Self:
        if self.table not in tables():
            raise ValueError(f"there is no table {self.table!r}; there are {', '.join(tables())}")
        columns = {column.name: column for column in tables()[self.table]}
        strange = sorted(self.columns.keys() - columns.keys())
        if strange:
            raise ValueError(f"{self.table} has no column {', '.join(strange)}")
        lacks = [name for name, column in columns.items() if column.required and name not in self.columns]
        if lacks:
            raise ValueError(f"{self.table} needs {', '.join(lacks)}: name a column or a constant for each")
        for name, cell in self.columns.items():
            _check_cell(columns[name], cell)
        head = {folded(column) for column in self.header}
        absent = sorted(used for used in self.used() if not {folded(used), folded(used).split(".")[0]} & head)
        if absent:
            raise ValueError(f"the header has no column {', '.join(absent)}")
        return self

    def used(self) -> set[str]:
        """The columns of the file that it reads."""
        found = {column for cell in self.columns.values() for column in (cell.column, *cell.less) if column}
        return found | set(self.tags.values())

    def reads(self, column: str) -> bool:
        """Whether it reads this column of a file, or a key within it."""
        return any(folded(column) in (folded(used), folded(used).split(".")[0]) for used in self.used())

    def fits(self, columns: tuple[str, ...]) -> bool:
        """Whether a file with these columns is one that it was made for."""
        return {folded(name) for name in self.header} <= {folded(name) for name in columns}


def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    return name in available_timezones()


def _check_cell(column: Column, cell: Cell) -> None:
    if cell.is_plain:
        return
    if column.type in WORDS:
        raise ValueError(f"{column.name} is no number: it has no unit, sign or parts")
    if column.type in MOMENTS and not (cell.since_1970 and not cell.less and not cell.negate):
        raise ValueError(f"{column.name} is a time: it has a unit only as a count since 1970, and no sign or parts")
    if column.type not in MOMENTS and cell.since_1970:
        raise ValueError(f"{column.name} is no time, so it is no count since 1970")


def folded(name: str) -> str:
    """A column's name without what may differ between two exports of one kind."""
    return " ".join(name.split()).casefold()
