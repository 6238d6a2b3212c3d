"""Finds the formats in ingest/sources, and says which of them a file is in: by what it holds, never by its name."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from ingest import sources as folder
from ingest.source import Source


class UnknownFormatError(Exception):
    """The file is in no format that is known, or in two; the message is for the person who brought it."""

    sample: dict[str, Any] | None = None
    """The beginning of the file, for whoever says which column is what."""


@dataclass(frozen=True)
class Shape:
    """What a file shows of itself: its kind, its columns or top-level keys, and for JSON every dotted path."""

    kind: str
    columns: tuple[str, ...]
    paths: frozenset[str]


@cache
def sources() -> dict[str, Source]:
    """Every format by name: a name is the name of its file."""
    found = {}
    for module in sorted(iter_modules(folder.__path__), key=lambda module: module.name):
        source = import_module(f"{folder.__name__}.{module.name}").SOURCE
        found[module.name] = replace(source, name=module.name)
    return found


def canonical_name(column: str) -> str:
    """A column's name as the templates write it."""
    return "_".join(column.strip().lower().replace("-", " ").replace("_", " ").split())


def recognise(shape: Shape, name: str, wanted: str | None = None) -> Source:
    """The format of a file; raises UnknownFormatError where there is none, or more than one."""
    if wanted is not None:
        return _asked_for(shape, name, wanted)
    claims = {source.name: _knows(source, shape) for source in sources().values() if _claims(source, shape)}
    best = [source for source, known in claims.items() if known == max(claims.values())]
    if len(best) == 1:
        return sources()[best[0]]
    if best:
        raise UnknownFormatError(
            f"{name} could be {_either(best)}. Say which: --source {best[0]} or --source {best[1]}"
        )
    raise UnknownFormatError(f"{name} is in no format we know. {_nearest(shape)}")


def _asked_for(shape: Shape, name: str, wanted: str) -> Source:
    if wanted not in sources():
        raise UnknownFormatError(f"There is no format called {wanted!r}. There are: {', '.join(sources())}.")
    source = sources()[wanted]
    lacks = _lacks(source, shape)
    if lacks:
        raise UnknownFormatError(f"{name} cannot be read as {source.label}: it lacks {', '.join(lacks)}.")
    if shape.kind not in source.reads:
        raise UnknownFormatError(f"{name} is {shape.kind.upper()}; {source.label} comes as {_either(source.reads)}.")
    return source


def _spelled(names: Iterable[str], source: Source, shape: Shape) -> dict[str, str]:
    """The names by how they are compared: headers and templates whatever the case, keys of JSON as they are."""
    return {canonical_name(name) if source.rules or shape.kind != "json" else name: name for name in names}


def _has(source: Source, shape: Shape) -> frozenset[str]:
    return frozenset(_spelled(shape.columns if source.rules else shape.paths, source, shape))


def _missing(keys: Iterable[str], source: Source, shape: Shape) -> list[str]:
    wanted = _spelled(keys, source, shape)
    return sorted(wanted[key] for key in wanted.keys() - _has(source, shape))


def _lacks(source: Source, shape: Shape) -> list[str]:
    return min((_missing(keys, source, shape) for keys in (source.requires, *source.otherwise)), key=len)


def _knows(source: Source, shape: Shape) -> int:
    return len(_spelled(source.knows, source, shape).keys() & _spelled(shape.columns, source, shape).keys())


def _claims(source: Source, shape: Shape) -> bool:
    if shape.kind not in source.reads or _lacks(source, shape):
        return False
    if _spelled(source.forbids, source, shape).keys() & _has(source, shape):
        return False
    return _knows(source, shape) >= source.share * len(shape.columns)


MAP_IT = "Or say which column is what: a column mapping, on Imports or by --mapping (docs/sources.md, Anything else)."


def _nearest(shape: Shape) -> str:
    if not shape.columns:
        return "It has no columns."
    shown = ", ".join(shape.columns[:12]) + (" ..." if len(shape.columns) > 12 else "")
    found = f"It has {'one column' if len(shape.columns) == 1 else f'{len(shape.columns)} columns'}: {shown}."

    ways = [(source, keys) for source in sources().values() for keys in (source.requires, *source.otherwise)]

    def rank(way: tuple[Source, frozenset[str]]) -> tuple[float, int]:
        source, keys = way
        return len(_missing(keys, source, shape)) / len(keys), -_knows(source, shape)

    near, wanted = min(ways, key=rank)
    lacks = _missing(wanted, near, shape)
    if len(lacks) == len(wanted):
        return f"{found} No format has any of them that matters. {MAP_IT}"
    if not lacks:
        why = "most of its columns are strange to that. To read it as that anyway, say"
        return f"{found} Nearest is {near.label}, but {why} --source {near.name}."
    missing = f"but it lacks {', '.join(lacks)}. Name the columns so if it has them."
    return f"{found} Nearest is {near.label}, {missing} {MAP_IT}"


def _either(words: Iterable[str]) -> str:
    return " or ".join(words)
