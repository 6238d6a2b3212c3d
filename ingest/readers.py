"""From a file to one relation: a line number and text columns, or a line number and a JSON record."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from ingest.options import Limits, ReadOptions
from ingest.preflight import RefusedError, blocks_of, kind, unpacked, utf8
from ingest.registry import Shape
from ingest.staging import Blocks, Staged, check_header, exact_numbers, is_json_lines, stage_csv, stage_lines
from ingest.values import literal, quoted
from ingest.workbooks import why_old

SAMPLE = 50
_VALUES = ("DECIMAL", "TIMESTAMP", "DATE", "BIGINT", "INTEGER", "DOUBLE", "BOOLEAN")
"""Types of Parquet columns whose values are no text."""


@dataclass
class Read:
    """What one file holds, ready for SQL.

    `relation` is a FROM item with `line` and, for JSON, `record`; `texts` says per column the SQL of its trimmed text,
    NULL where blank. `originals` is a FROM item with `line` and `text`, the record as it stands in the file.
    """

    shape: Shape
    relation: str
    texts: dict[str, str]
    originals: str
    records: int
    semicolons: bool = False
    rejects: list[tuple[int, str, str]] = field(default_factory=list)
    structured: bool = False
    """A text may be a JSON object or list."""
    staged: Staged | None = None


def opener(path: Path, limits: Limits) -> Blocks:
    """A fresh stream of the file's bytes, unpacked where it is packed."""
    with path.open("rb") as file:
        packed = kind(file.read(4096)) == "gzip"

    def blocks() -> Iterator[bytes]:
        return unpacked(blocks_of(path), limits) if packed else blocks_of(path)

    return blocks


def read(con: duckdb.DuckDBPyConnection, path: Path, folder: Path, options: ReadOptions, limits: Limits) -> Read:
    """Stages the file in `folder`; raises RefusedError when it cannot be taken as a whole."""
    raw = opener(path, limits)
    head = next(raw(), b"")
    what = kind(head)
    if what == "parquet":
        return _parquet(con, _whole(raw, folder), limits)
    if what == "old office":
        raise RefusedError(why_old(path))
    if what != "text":
        raise RefusedError("A packed file inside a packed file is not taken. Unpack it first.")

    def text() -> Iterator[bytes]:
        return utf8(raw(), options.encoding)

    first, is_alone = _first_line(text())
    if first.startswith((b"# HELP ", b"# TYPE ")):
        return _json(con, _readings(con, stage_lines(text, folder / "staged.jsonl", limits)), limits)
    if first[:1] not in (b"{", b"["):
        return csv_of(stage_csv(text, folder / "staged.csv", limits))
    if first[:1] == b"{" and not is_alone and is_json_lines(first):
        return _json(con, _lines(stage_lines(text, folder / "staged.jsonl", limits)), limits)
    return _json(con, _document(con, b"".join(text()), first[:1] == b"[", folder), limits)


def _first_line(text: Iterator[bytes]) -> tuple[bytes, bool]:
    """The first line that is not blank, as far as it tells what the file is; whether nothing follows it."""
    start = b""
    for block in text:
        start = (start + block).lstrip()
        line, _, rest = start.partition(b"\n")
        if rest.strip() or (start and start[:1] not in (b"{", b"[")):
            return line, False
    return start, True


def _whole(blocks: Blocks, folder: Path) -> Path:
    """The file under a name of ours, where the database may look: its own name could be a pattern."""
    target = folder / "staged.parquet"
    with target.open("wb") as out:
        for block in blocks():
            out.write(block)
    return target


def _text(column: str, staged: Staged) -> str:
    if staged.odd:
        return f"nullif(clean({column}), '')"
    return f"nullif(trim({column}), '')" if staged.spaced else column


def csv_of(staged: Staged) -> Read:
    """The relation of a staged CSV file."""
    names = ["line", *(f"c{at}" for at in range(len(staged.header)))]
    columns = ", ".join(f"'{name}': '{'bigint' if name == 'line' else 'varchar'}'" for name in names)
    dialect = "auto_detect = false, header = false, quote = '\"', escape = '\"', strict_mode = true"
    return Read(
        shape=Shape("csv", staged.header, frozenset(staged.header)),
        relation=(
            f"read_csv({literal(str(staged.path))}, {dialect}, delim = {literal(staged.delimiter)}, "
            f"columns = {{{columns}}}, store_rejects = true, rejects_limit = 0, max_line_size = 4194304)"
        ),
        texts={name: _text(f"c{at}", staged) for at, name in enumerate(staged.header)},
        originals=(
            f"(select cast(split_part(row, {literal(staged.delimiter)}, 1) as bigint) as line, "
            f"substr(row, instr(row, {literal(staged.delimiter)}) + 1) as text from read_csv("
            f"{literal(str(staged.path))}, auto_detect = false, header = false, quote = '', escape = '', "
            "delim = '\x1f', columns = {'row': 'varchar'}, max_line_size = 4194304))"
        ),
        records=staged.records,
        semicolons=staged.delimiter == ";",
        rejects=staged.rejects,
        staged=staged,
    )


def _lines(staged: Staged) -> tuple[str, int, list[tuple[int, str, str]]]:
    relation = (
        f"read_csv({literal(str(staged.path))}, auto_detect = false, header = false, quote = '', escape = '', "
        f"delim = {literal(staged.delimiter)}, columns = {{'line': 'bigint', 'text': 'varchar'}}, "
        f"max_line_size = {staged.longest})"
    )
    return relation, staged.records, staged.rejects


def _readings(con: duckdb.DuckDBPyConnection, staged: Staged) -> tuple[str, int, list[tuple[int, str, str]]]:
    """Prometheus's text form, a sample a line, as records: its comments are none."""
    given, _, rejects = _lines(staged)
    samples = f"""(
        select line, cast(json_object(
            'metric', regexp_extract(text, '^[A-Za-z_:][A-Za-z0-9_:]*'),
            'labels', to_json(map(
                regexp_extract_all(text, '([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\\\]|\\\\.)*)"', 1),
                regexp_extract_all(text, '([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\\\]|\\\\.)*)"', 2)
            )),
            'value', regexp_extract(text, '^[A-Za-z0-9_:]+(?:\\{{.*\\}})? +([^ ]+)', 1),
            'at', nullif(regexp_extract(text, ' ([0-9]{{12,14}})$', 1), '')
        ) as varchar) as text
        from {given} where not starts_with(text, '#')
    )"""
    row = con.execute(f"select count(*) from {samples}").fetchone()
    return samples, int(row[0]) if row else 0, rejects


def _document(
    con: duckdb.DuckDBPyConnection, text: bytes, is_list: bool, folder: Path
) -> tuple[str, int, list[tuple[int, str, str]]]:
    """A JSON document: the elements of a list, or an object as the one record."""
    target = folder / "staged.json"
    target.write_bytes(exact_numbers(text))
    content = f"(select content from read_text({literal(str(target))}))"
    try:
        if is_list:
            con.execute(
                "create table elements as select row_number() over () as line, cast(element as varchar) as text "
                f"from (select unnest(from_json(content, '[\"json\"]')) as element from {content})"
            )
        else:
            con.execute(
                f"create table elements as select 1 as line, content as text from {content} where json_valid(content)"
            )
    except duckdb.Error as error:
        raise RefusedError(f"The file is no whole JSON document: {str(error).splitlines()[0]}") from error
    row = con.execute("select count(*) from elements").fetchone()
    records = int(row[0]) if row else 0
    if not records and not is_list:
        raise RefusedError("The file begins as JSON, but is no whole JSON document. Fetch it again.")
    return "elements", records, []


def _json(con: duckdb.DuckDBPyConnection, given: tuple[str, int, list[tuple[int, str, str]]], limits: Limits) -> Read:
    texts, records, rejects = given
    keys, broken = _keys(con, texts)
    marks = ", ".join(str(line) for line, _, _ in broken)
    whole = f"where line not in ({marks})" if marks else ""
    relation = f"(select line, cast(text as json) as record from {texts} {whole})"
    if not keys and broken:
        raise RefusedError(f"No record can be read; at {broken[0][0]}: {broken[0][2]}.")
    columns = check_header(keys, limits)
    sample = [_parsed(text) for (text,) in con.execute(f"select record from {relation} limit {SAMPLE}").fetchall()]
    return Read(
        shape=Shape("json", columns, frozenset(path for record in sample for path in _paths(record))),
        relation=_columns_of_records(relation, keys),
        texts={name: f"trimmed(given[{at}])" for at, name in enumerate(columns, 1)},
        originals=f"(select line, text from {texts})",
        records=records,
        rejects=rejects + broken,
        structured=True,
    )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise RefusedError("The JSON is nested deeper than any export is.") from error
    except ValueError as error:
        raise RefusedError(f"The file is not JSON that can be read: {error}") from error


def _columns_of_records(relation: str, keys: list[str]) -> str:
    paths = ", ".join(literal('$."' + key.replace('"', '\\"') + '"') for key in keys)
    return f"(select line, record, json_extract_string(record, [{paths}]) as given from {relation})"


def _keys(con: duckdb.DuckDBPyConnection, texts: str) -> tuple[list[str], list[tuple[int, str, str]]]:
    """The names that records use, and the records that are none: line, text, reason. Each text is taken apart once.

    A name twice in a record is looked for in the few sets of names that there are, and only then in every record.
    """
    try:
        row = con.execute(
            f"""
            select list_sort(list_distinct(flatten(sets)))
            from (
                select
                    list(distinct keys) as sets,
                    bool_and(keys is not null and len(keys) > 0 and not contains(text, '\\u0000')) as is_whole
                from (select text, try(json_keys(text)) as keys from {texts})
            )
            where is_whole and len(list_filter(sets, lambda each: len(each) <> len(list_distinct(
                list_transform(each, lambda key: lower(key))
            )))) = 0
            """
        ).fetchone()
        if row is not None:
            return list(row[0]), []
        row = con.execute(
            f"""
            select
                list_sort(list_distinct(flatten(list(distinct keys) filter (where reason is null)))),
                list([cast(line as varchar), text, reason]) filter (where reason is not null)
            from (
                select line, text, keys, case
                    when keys is null then 'this line is not JSON'
                    when len(keys) = 0 and json_type(text) <> 'OBJECT' then 'this record is no JSON object'
                    when contains(text, '\\u0000') then 'this record holds a NUL character'
                    when len(keys) <> len(list_distinct(list_transform(keys, lambda key: lower(key))))
                    then 'this record names a key twice'
                end as reason
                from (select line, text, try(json_keys(text)) as keys from {texts})
            )
            """
        ).fetchone()
    except duckdb.Error as error:
        raise RefusedError(f"The file is not JSON that can be read: {str(error).splitlines()[0]}") from error
    keys, broken = row or (None, None)
    return list(keys or ()), [(int(line), str(text), str(reason)) for line, text, reason in broken or ()]


def _paths(value: Any, path: str = "", depth: int = 0) -> Iterator[str]:
    if isinstance(value, dict) and depth < 8:
        for key, inner in value.items():
            here = f"{path}.{key}" if path else key
            yield here
            yield from _paths(inner, here, depth + 1)
    elif isinstance(value, list):
        for inner in value[:SAMPLE]:
            yield from _paths(inner, f"{path}[]", depth + 1)


def _no_long_text(con: duckdb.DuckDBPyConnection, path: Path, names: list[str], limits: Limits) -> None:
    """A few bytes of Parquet can stand for a long text in every row; lengths are read without making the texts."""
    if not names:
        return
    lengths = ", ".join(f"max(strlen({quoted(name)}))" for name in names)
    row = con.execute(f"select greatest({lengths}, 0) from read_parquet(?)", [str(path)]).fetchone()
    if row is not None and row[0] > limits.line_bytes:
        raise RefusedError(f"The Parquet file holds a text of {row[0]:,} bytes, as no export does.")


def _parquet(con: duckdb.DuckDBPyConnection, path: Path, limits: Limits) -> Read:
    try:
        row = con.execute("select sum(num_rows) from parquet_file_metadata(?)", [str(path)]).fetchone()
        columns = con.execute("describe from read_parquet(?)", [str(path)]).fetchall()
    except duckdb.Error as error:
        raise RefusedError(f"The Parquet file cannot be read: {str(error).splitlines()[0]}") from error
    records = int(row[0] or 0) if row else 0
    if records > limits.rows or (records > 100_000 and records > 2 * path.stat().st_size):
        raise RefusedError(f"The Parquet file says it holds {records:,} rows, more than its size or this place allows.")
    _no_long_text(con, path, [str(column[0]) for column in columns if column[1] == "VARCHAR"], limits)
    names = check_header([str(column[0]) for column in columns], limits)
    nested = any("[" in str(column[1]) or str(column[1]).startswith(("STRUCT", "MAP")) for column in columns)
    texts = {}
    for name, column in zip(names, columns, strict=True):
        flat = not ("[" in str(column[1]) or str(column[1]).startswith(("STRUCT", "MAP")))
        given = quoted(str(column[0]))
        text = f"cast({given if flat else f'to_json({given})'} as varchar)"
        is_value = str(column[1]).startswith(_VALUES)  # as text it has nothing to clean, and is never blank
        texts[name] = text if is_value else f"nullif(clean({text}), '')"
    relation = (
        f"(select *, file_row_number + 1 as line from read_parquet({literal(str(path))}, file_row_number = true))"
    )
    return Read(
        shape=Shape("parquet", names, frozenset(names)),
        relation=relation,
        texts=texts,
        originals=f"(select line, cast(to_json(columns(* exclude (line))) as varchar) as text from {relation})",
        records=records,
        structured=nested,
    )
