"""What a command's words may be. What does not fit is a usage error that says what would."""

import codecs
import difflib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import typer

from ingest import registry
from ingest.source import Source


class Basis(StrEnum):
    """Which money a figure is made of."""

    METERED = "metered"
    INVOICED = "invoiced"


def day(text: str) -> date:
    """A day, written as 2026-09-30."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; say it as 2026-09-30") from None


def month(text: str) -> date:
    """The first day of a month, written as 2026-09."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no month; say it as 2026-09") from None


def time_in_utc(text: str) -> datetime:
    """A time in ISO 8601, as naive UTC; one without an offset is UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; say it as 2026-09-30T18:00:00Z") from None
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def conditions_of(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The values asked for, by dimension: one dimension given twice means either."""
    wanted: dict[str, tuple[str, ...]] = {}
    for text in texts:
        dimension, equals, value = text.partition("=")
        if not (dimension and equals):
            raise typer.BadParameter(f"{text!r} is no condition; say it as --where team=Search")
        wanted[dimension.strip()] = (*wanted.get(dimension.strip(), ()), value)
    return wanted


def known_format(name: str) -> Source:
    """The format of that name."""
    known = registry.sources()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"Did you mean {near[0]}?" if near else "`sources` lists them."
        raise typer.BadParameter(f"There is no format called {name!r}. {hint}")
    return known[name]


def format_name(name: str) -> str:
    """The name itself, if there is a format of that name."""
    return known_format(name).name


def encoding_name(name: str) -> str:
    """Python's own name of a text encoding."""
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise typer.BadParameter(f"there is no encoding {name!r}; say it as cp1252") from None


def zone_name(name: str) -> str:
    """The name itself, if there is a time zone of that name."""
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise typer.BadParameter(f"there is no time zone {name!r}; say it as in Europe/Berlin") from None
