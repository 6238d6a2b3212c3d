"""What a person may say about a file, and what a file may cost."""

from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from ingest.mapping import Mapping

Order = Literal["dmy", "mdy", "ymd"]

_MARKS = {",": "comma", "comma": "comma", ".": "point", "point": "point", "dot": "point"}
_ORDERS: dict[str, Order] = {
    "dmy": "dmy", "day": "dmy", "day-first": "dmy", "dd/mm/yyyy": "dmy", "eu": "dmy",
    "mdy": "mdy", "month": "mdy", "month-first": "mdy", "mm/dd/yyyy": "mdy", "us": "mdy",
    "ymd": "ymd", "year": "ymd", "year-first": "ymd", "yyyy-mm-dd": "ymd", "iso": "ymd",
}  # fmt: skip


class ReadOptions(BaseModel, frozen=True, use_attribute_docstrings=True):
    """What the person who brings a file says about it. None: the file speaks for itself."""

    source: str | None = None
    """The format's name, instead of recognising it."""

    encoding: str | None = None
    """The text encoding of a file that is neither UTF-8 nor UTF-16 with its mark, as in cp1252."""

    decimal: str | None = None
    """The decimal mark: comma or point. Without it a number that can be read in two ways is rejected."""

    dates: str | None = None
    """The order of written dates: dmy, mdy or ymd. Without it 03/04/2026 is rejected."""

    timezone: str | None = None
    """The zone of times that name none, as in Europe/Berlin. Not said: UTC."""

    account: str | None = None
    """The provider's account of rows that name none."""

    scope: str | None = None
    """A name for the part of the account that a filtered file shows."""

    as_of: datetime | None = None
    """The moment that the export shows, naive UTC; the newest wins. Rows that tell no time of their own have it."""

    name: str | None = None
    """What the file is called in messages, where that is not its name on disk."""

    mapping: Mapping | None = None
    """How the columns fill a canonical table, instead of recognising the format."""

    sampled: bool = False
    """Only its beginning is wanted, so that a person can say which column is what."""

    known: tuple[Mapping, ...] = ()
    """Mappings that were saved, newest first: tried where no format is recognised."""

    now: datetime | None = None
    """The clock, for tests. Not set: the present moment."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.mapping is not None and self.source is not None:
            raise ValueError("a format and a mapping exclude each other")
        return self

    @field_validator("decimal")
    @classmethod
    def _known_mark(cls, mark: str | None) -> str | None:
        if mark is None:
            return None
        if mark.strip().lower() not in _MARKS:
            raise ValueError(f"there is no decimal mark {mark!r}; say comma or point")
        return _MARKS[mark.strip().lower()]

    @field_validator("dates")
    @classmethod
    def _known_order(cls, order: str | None) -> str | None:
        if order is None:
            return None
        if order.strip().lower() not in _ORDERS:
            raise ValueError(f"there is no order of dates {order!r}; say dmy, mdy or ymd")
        return _ORDERS[order.strip().lower()]

    def clock(self) -> datetime:
        """The present moment, naive UTC."""
        if self.now is None:
            return datetime.now(UTC).replace(tzinfo=None)
        return self.now if self.now.tzinfo is None else self.now.astimezone(UTC).replace(tzinfo=None)


class Limits(BaseModel, frozen=True, use_attribute_docstrings=True):
    """What one file may cost. A file that wants more is refused, and takes nothing with it."""

    memory_mb: int = Field(3072, ge=256)
    """Address space of the process that reads it, in MB."""

    seconds: int = Field(900, ge=1)
    """Processor seconds of that process; on the clock it may take twice as long."""

    rows: int = Field(50_000_000, ge=1)
    """Records in one file."""

    file_mb: int = Field(20_000, ge=1)
    """The largest file that may be written while reading, in MB; also how large a packed file may become."""

    line_bytes: int = Field(1 << 20, ge=1)
    """The longest line of a table."""

    json_bytes: int = Field(1 << 24, ge=1)
    """The longest line of JSON lines: a record of a coding agent may hold a picture."""

    columns: int = Field(2_000, ge=1)
    """Columns of a table."""

    ratio: int = Field(200, ge=2)
    """How many times larger than itself a packed file may become, once that is over 16 MB."""

    members: int = Field(200, ge=1)
    """Files in one archive."""

    threads: int = Field(2, ge=1)
    """Threads that read it."""
