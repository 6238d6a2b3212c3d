"""Column mappings that were saved: one file in the archive, a line per change, so that a backup holds them too.

A line is never changed or taken out: who said what when can be read from it, and the newest line of a name counts.
"""

from __future__ import annotations

import getpass
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from app.warehouse.connect import Warehouse
from ingest.mapping import Mapping
from ingest.registry import sources

FILE = "mappings.jsonl"
LOG = logging.getLogger(__name__)


class MappingError(Exception):
    """There is no such mapping, or what should be one is none; the message says why."""


@dataclass(frozen=True)
class Change:
    """A mapping as somebody saved it; `mapping` is None where it was forgotten."""

    name: str
    at: datetime
    by: str
    mapping: Mapping | None


def saved(archive: Path) -> list[Mapping]:
    """The mappings that stand, the last one saved first."""
    newest: dict[str, Change] = {}
    for change in trail(archive):
        newest.pop(change.name, None)
        newest[change.name] = change
    return [change.mapping for change in reversed(newest.values()) if change.mapping is not None]


def trail(archive: Path) -> Iterator[Change]:
    """Every change, the oldest first."""
    path = archive / FILE
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            said = json.loads(line)
            mapping = Mapping.model_validate(said["mapping"]) if said["mapping"] else None
            yield Change(said["name"], datetime.fromisoformat(said["at"]), said["by"], mapping)
        except (ValueError, KeyError, TypeError) as error:  # one that no longer fits must not hold up every import
            LOG.warning("line %s of %s is left out: %s", number, path.name, str(error).splitlines()[0])


def save(warehouse: Warehouse, mapping: Mapping, by: str = "") -> None:
    """Keep a mapping; one of the same name is replaced. Raises MappingError for the name of a format."""
    if mapping.name in sources():
        raise MappingError(f"{mapping.name} is the name of a format. Call the mapping something else.")
    with warehouse.writing():  # one writer at a time
        if next((one for one in saved(warehouse.archive) if one.name == mapping.name), None) != mapping:
            _note(warehouse.archive, mapping.name, by, mapping)


def forget(warehouse: Warehouse, name: str, by: str = "") -> None:
    """Let a mapping recognise nothing more; what it loaded stays. Raises MappingError where there is none."""
    with warehouse.writing():
        find(warehouse.archive, name)
        _note(warehouse.archive, name, by, None)


def find(archive: Path, name: str) -> Mapping:
    """The mapping of this name. Raises MappingError where there is none."""
    known = {mapping.name: mapping for mapping in saved(archive)}
    if name not in known:
        there = f"There are: {', '.join(sorted(known))}." if known else "None was saved yet."
        raise MappingError(f"There is no mapping called {name!r}. {there}")
    return known[name]


def read(text: str, where: str) -> Mapping:
    """A mapping from the text of a file. Raises MappingError where that is none."""
    try:
        mapping = Mapping.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise MappingError(f"{where} is no column mapping: {f'{place}: ' if place else ''}{said}") from error
    if mapping.name in sources():
        raise MappingError(f"{where}: {mapping.name} is the name of a format. Call the mapping something else.")
    return mapping


def text(mapping: Mapping) -> str:
    """The mapping as a file holds it; what is not said is left out."""
    return mapping.model_dump_json(indent=2, exclude_defaults=True) + "\n"


def _note(archive: Path, name: str, by: str, mapping: Mapping | None) -> None:
    line = {
        "name": name, "at": datetime.now(UTC).isoformat(timespec="seconds"), "by": by or getpass.getuser(),
        "mapping": mapping.model_dump(mode="json", exclude_defaults=True) if mapping else None,
    }  # fmt: skip
    path = archive / FILE
    before = path.read_bytes() if path.exists() else b""
    fresh = path.with_suffix(".fresh")
    with fresh.open("wb") as out:
        if before and not before.endswith(b"\n"):
            before += b"\n"
        out.write(before + json.dumps(line).encode() + b"\n")
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
