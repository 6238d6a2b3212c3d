"""Which rows stand: of all that the imports carried, the newest version of each key, content and occurrence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tests.oracle.canonical import canonical_model, canonical_provider
from tests.oracle.columns import ID_COLUMN, KEYS, TABLES, USAGE_COUNTS
from tests.oracle.rows import Row, read_rows

COUNTS_AND_MONEY = {
    "usage": {*USAGE_COUNTS, "cost"},
    "billed": {"quantity", "billed_cost", "effective_cost", "list_cost"},
}
DAY_COLUMN = {"usage": "started_at", "steps": "started_at", "checks": "decided_at", "outcomes": "occurred_at"}

LONG_AGO, NOW = datetime.fromisoformat("0001-01-01"), datetime.fromisoformat("9999-12-31")


@dataclass(frozen=True)
class Import:
    """One file as it came: its number in order of arrival, its table and its rows of text."""

    number: int
    table: str
    rows: list[dict[str, str | None]]
    as_of: datetime | None = None
    replace: bool = False
    undone: bool = False
    source: str = ""
    """The format that it is in; blank: the canonical template of its table."""
    rank: int = 0
    """The source's rank: the smaller one is believed; canonical files come first."""

    @property
    def clock(self) -> tuple[datetime, int]:
        """An import that states no time came when it came: after every stated time."""
        return self.as_of or NOW, self.number


def standing(imports: list[Import], table: str) -> list[Row]:
    """The rows of one table that count, each with `clock`, the place of the import that carried it last."""
    versions: dict[tuple[Any, ...], list[tuple[tuple[datetime, int], Row]]] = {}
    for one in _that_stand(imports, table):
        named = _identified(one)
        if one.replace:
            _drop_unnamed(versions, table, one, named)
        said = {"clock": one.clock, "source": one.source or table, "rank": one.rank}
        for identity, row in named.items():
            versions.setdefault(identity, []).append((one.clock, {**row, **said}))
    _replay_replacements(imports, table, versions)
    return [max(held, key=lambda version: version[0])[1] for held in versions.values() if held]


def _that_stand(imports: list[Import], table: str) -> list[Import]:
    """Standing imports; one that holds exactly the rows of an earlier standing one is no import."""
    kept: list[Import] = []
    contents: list[tuple[str, Counter[Any]]] = []
    for one in sorted(imports, key=lambda one: one.number):
        if one.table != table or one.undone or not one.rows:
            continue
        content = one.source, Counter(_frozen(table, row, set()) for row in read_rows(table, one.rows))
        if not one.replace and content in contents:
            continue
        kept.append(one)
        contents.append(content)
    return kept


def _identified(one: Import) -> dict[tuple[Any, ...], Row]:
    """Identity -> row. Of rows with one key the latest ended_at stands, else the last in the file."""
    table = one.table
    named: dict[tuple[Any, ...], Row] = {}
    seen: Counter[Any] = Counter()
    for row in read_rows(table, one.rows):
        identity = _key(table, row)
        if identity is None:
            content = _frozen(table, row, _uncounted(table, row))
            identity = ("content", content, seen[content])
            seen[content] += 1
        identity = (one.source, *identity)
        if identity in named and _ends(named[identity]) > _ends(row):
            continue
        named[identity] = row
    return named


def _ends(row: Row) -> datetime:
    return row.get("ended_at") or LONG_AGO


def _key(table: str, row: Row) -> tuple[Any, ...] | None:
    if table in KEYS:
        return tuple(_canonical_cell(row, name) for name in KEYS[table])
    identifier = row[ID_COLUMN[table]]
    return None if identifier is None else ("id", identifier)


def _canonical_cell(row: Row, name: str) -> Any:
    if name == "provider":
        return canonical_provider(row[name])
    if name == "model":
        return canonical_model(row["provider"], row[name])
    if name == "currency":
        return row[name] and row[name].upper()
    return row[name]


def _uncounted(table: str, row: Row) -> set[str]:
    """The columns that a re-stated row without an id may change and still be the same row."""
    return COUNTS_AND_MONEY[table] if table == "billed" or row.get("grain") == "bucket" else set()


def _frozen(table: str, row: Row, without: set[str]) -> tuple[Any, ...]:
    cells = tuple((name, row[name]) for name in TABLES[table] if name not in without)
    return *cells, tuple(sorted(row["tags"].items())), tuple(sorted(row["conditions"].items()))


def _drop_unnamed(versions: dict[Any, Any], table: str, one: Import, named: dict[Any, Row]) -> None:
    """What a replacing file does not name no longer counts: of its table, or of its table and days."""
    days = [_day(table, row) for row in named.values()]
    for identity, held in versions.items():
        if identity in named or identity[0] != one.source:
            continue
        held[:] = [
            version
            for version in held
            if version[0] > one.clock or not (table in KEYS or min(days) <= _day(table, version[1]) <= max(days))
        ]


def _replay_replacements(imports: list[Import], table: str, versions: dict[Any, Any]) -> None:
    """A replacing file also hides what came later but is older by its as-of time."""
    for one in _that_stand(imports, table):
        if one.replace:
            _drop_unnamed(versions, table, one, _identified(one))


def _day(table: str, row: Row) -> date:
    if table in KEYS:
        return date.min
    return row[DAY_COLUMN[table]].date() if table in DAY_COLUMN else row["charged_from"]


def in_force(rows: list[Row], day: date) -> Row | None:
    """Of the rows whose validity holds on `day`: the newest import's, within one import the later valid_from."""
    valid = [row for row in rows if (row["valid_from"] or date.min) <= day <= (row["valid_to"] or date.max)]
    return max(valid, key=lambda row: (row["clock"], row["valid_from"] or date.min), default=None)
