"""One strict pass from text to canonical Parquet: cast, check, key and write in the same SELECT.

Reasons cost more than checks, so they are made in a second pass, and only when the first one left a row out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from ingest.canonical import Column, tables
from ingest.source import Rules
from ingest.values import Reading, Rule, literal, quoted, rules_of, value

_PARQUET = "(format parquet, compression snappy, parquet_version v2)"


@dataclass(frozen=True)
class Mapped:
    """Rows on their way into a canonical table: where they are, and the SQL of each column's text."""

    rules: Rules
    relation: str
    texts: Mapping[str, str]
    tags: Mapping[str, str]
    conditions: Mapping[str, str]
    reading: Reading
    header: Mapping[str, str]
    structured: bool
    source: str
    by_content: bool = False
    """Rows count by content whatever id they have: the export replaces all of its days."""


@dataclass(frozen=True)
class Written:
    """What stands in a Parquet file: rows, first and last day, and the combination of all content keys."""

    rows: int
    first: date | None
    last: date | None
    mark: str
    repeated: int


def _given(mapped: Mapped) -> tuple[dict[str, Column], dict[str, str], str]:
    """The columns that the file gives, the names under which their texts stand, and the SELECT that puts them there."""
    columns = {column.name: column for column in tables()[mapped.rules.table] if column.name in mapped.texts}
    texts = {name: f"t{at}" for at, name in enumerate(columns)}
    picked = [f"{mapped.texts[name]} as {texts[name]}" for name in columns]
    picked += [f"{text} as g{at}" for at, text in enumerate(mapped.tags.values())]
    picked += [f"{text} as b{at}" for at, text in enumerate(mapped.conditions.values())]
    return columns, texts, f"select line, {', '.join(picked)} from {mapped.relation}"


def _checked(mapped: Mapped) -> tuple[dict[str, Column], str, list[Rule]]:
    columns, texts, given = _given(mapped)
    currency = f"upper({texts['currency']})" if "currency" in texts else "null"
    values = [
        f"{value(column, texts[name], currency, mapped.reading, mapped.rules.words.get(name))} as {quoted(name)}"
        for name, column in columns.items()
    ]
    rules = rules_of(columns, texts, mapped.rules, mapped.reading, mapped.header)
    if mapped.structured:
        for name, text in texts.items():
            flat = f"({text} is null or left({text}, 1) not in ('{{', '[') or not is_structure({text}))"
            rules.append(Rule(flat, literal(f"{name} is a list or an object, not a value")))
    return columns, f"select *, {', '.join(values)} from ({given})", rules


def write(con: duckdb.DuckDBPyConnection, mapped: Mapped, target: Path, without: str = "") -> int:
    """Writes the rows that stand, but not those of the lines in the table `without`; the number of rows written."""
    columns, valued, rules = _checked(mapped)
    holds = " and ".join(f"({rule.holds}) is not false" for rule in rules) or "true"
    if without:
        holds += f" and line not in (select line from {without})"
    canonical = tables()[mapped.rules.table]
    shown = [
        quoted(column.name) if column.name in columns else f"cast(null as {column.type}) as {quoted(column.name)}"
        for column in canonical
    ]
    conditions = f", {_conditions(mapped)} as conditions" if mapped.rules.table == "outcomes" else ""
    row = con.execute(
        f"copy (select {', '.join(shown)}, {_tags(mapped)} as tags{conditions}, line, {_keys(mapped, columns)} "
        f"from ({valued}) where {holds}) to {literal(str(target))} {_PARQUET}"
    ).fetchone()
    return int(row[0]) if row else 0


def standing(mapped: Mapped) -> str:
    """A SELECT of the rows that stand: their line and the canonical columns that the file gives."""
    columns, valued, rules = _checked(mapped)
    holds = " and ".join(f"({rule.holds}) is not false" for rule in rules) or "true"
    return f"select line, {', '.join(quoted(name) for name in columns)} from ({valued}) where {holds}"


def explain(con: duckdb.DuckDBPyConnection, mapped: Mapped, into: str) -> None:
    """Adds the rows that do not stand to the table `into`: line and reason."""
    _, valued, rules = _checked(mapped)
    fails = " or ".join(f"({rule.holds}) is false" for rule in rules) or "false"
    reasons = ", ".join(f"case when ({rule.holds}) is false then {rule.says} end" for rule in rules)
    con.execute(f"insert into {into} select line, concat_ws('; ', {reasons or 'null'}) from ({valued}) where {fails}")


def _tags(mapped: Mapped) -> str:
    if not mapped.tags:
        return "cast(null as map(varchar, varchar))"
    pairs = ", ".join(
        f"case when g{at} is not null then {{'key': {literal(name)}, 'value': g{at}}} end"
        for at, name in enumerate(mapped.tags)
    )
    some = ", ".join(f"g{at}" for at in range(len(mapped.tags)))
    return (
        f"case when coalesce({some}) is not null then "
        f"map_from_entries(list_filter([{pairs}], lambda pair: pair is not null)) end"
    )


def _conditions(mapped: Mapped) -> str:
    if not mapped.conditions:
        return "cast(null as map(varchar, boolean))"
    pairs = ", ".join(
        f"case when truth(b{at}) is not null then {{'key': {literal(name)}, 'value': truth(b{at})}} end"
        for at, name in enumerate(mapped.conditions)
    )
    some = ", ".join(f"truth(b{at})" for at in range(len(mapped.conditions)))
    return (
        f"case when coalesce({some}) is not null then "
        f"map_from_entries(list_filter([{pairs}], lambda pair: pair is not null)) end"
    )


def _keys(mapped: Mapped, columns: Mapping[str, Column]) -> str:
    """row_key and content_key. A column that the file lacks counts as blank, so it makes no other key."""
    rules = mapped.rules
    start = f"{mapped.source}.{rules.table}"
    rest = [f"'\x1ftag:' || {literal(name)} || '=' || g{at}" for at, name in _in_order(mapped.tags)]
    rest += [f"'\x1f?' || {literal(name)} || '=' || truth(b{at})" for at, name in _in_order(mapped.conditions)]
    names = [column.name for column in tables()[rules.table]]
    content = _hash(start, names, columns, rest)
    key = _hash(f"{start}.key", rules.key, columns, [])
    if mapped.by_content:
        return f"{content} as row_key, {content} as content_key"
    if rules.reference:
        return f"{key} as row_key, {content} as content_key"
    row_key = content
    if rules.keyed_without_amounts and all(name in columns for name in rules.keyed_needs):
        kept = [name for name in names if name not in rules.amounts]
        row_key = f"case when {rules.keyed_without_amounts} then {_hash(start, kept, columns, rest)} else {content} end"
    if all(name in columns for name in rules.key):
        row_key = f"case when {quoted(rules.key[0])} is not null then {key} else {row_key} end"
    return f"{row_key} as row_key, {content} as content_key"


def _in_order(names: Mapping[str, str]) -> list[tuple[int, str]]:
    return sorted(enumerate(names), key=lambda pair: pair[1])


def _hash(start: str, names: Sequence[str], columns: Mapping[str, Column], rest: list[str]) -> str:
    """md5 of the values by their place among `names`: a separator per column, whether the file gives it or not."""
    parts: list[str] = []
    apart = start
    for name in names:
        apart += "\x1f"
        if name in columns:
            parts += [literal(apart), quoted(name)]
            apart = ""
    return f"cast(md5_number(concat({', '.join([*parts, literal(apart), *rest])})) as uuid)"


def settle_repeats(con: duckdb.DuckDBPyConnection, mapped: Mapped, target: Path) -> Written:
    """Tells repeated rows apart, and says what the file then holds.

    Of rows with one id the latest ended_at, else the last in the file, stays; rows without an id all stay, each with
    its occurrence number in its keys.
    """
    rules = mapped.rules
    found = _summary(con, rules, target)
    if found.repeated == 0:
        return found
    keyed = "true" if rules.reference else f"{quoted(rules.key[0])} is not null"
    if mapped.by_content:
        keyed = "false"
    ended = "ended_at desc nulls last, " if any(c.name == "ended_at" for c in tables()[rules.table]) else ""
    whole = target.with_suffix(".whole")

    def nth(key: str) -> str:
        numbered = f"cast(md5_number(concat({key}, '#', nth)) as uuid)"
        return f"case when nth = 1 or {keyed} then {key} else {numbered} end as {key}"

    target.rename(whole)
    con.execute(
        f"""
        copy (
            with
                given as (from read_parquet({literal(str(whole))})),
                several as (select row_key from given group by row_key having count(*) > 1)
            from given anti join several using (row_key)
            union all
            select * exclude (newest, nth) replace ({nth("row_key")}, {nth("content_key")})
            from (
                select *,
                    row_number() over (partition by row_key order by {ended}line desc) as newest,
                    row_number() over (partition by row_key order by line) as nth
                from given semi join several using (row_key)
            )
            where newest = 1 or not ({keyed})
        ) to {literal(str(target))} {_PARQUET}
        """
    )
    whole.unlink()
    told = _summary(con, rules, target)
    return Written(told.rows, told.first, told.last, told.mark, found.rows - told.rows)


def _summary(con: duckdb.DuckDBPyConnection, rules: Rules, target: Path) -> Written:
    first, last = rules.day or ("null", "null")
    last = f"greatest({first}, coalesce({last}, {first}))" if rules.day else "null"
    row = con.execute(
        f"select count(*), count(distinct row_key), cast(min({first}) as date), cast(max({last}) as date), "
        f"cast(bit_xor(cast(content_key as uhugeint)) as varchar) from read_parquet({literal(str(target))})"
    ).fetchone()
    assert row is not None
    return Written(int(row[0]), row[2], row[3], str(row[4]), int(row[0]) - int(row[1]))
