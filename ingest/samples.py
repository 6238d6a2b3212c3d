"""The beginning of a file that nobody knows, as text: what its columns are guessed from and tried on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ingest.mapping import folded
from ingest.readers import Read
from ingest.registry import Shape
from ingest.values import literal

ROWS, COLUMNS, LENGTH = 200, 200, 300


@dataclass(frozen=True)
class Sample:
    """Columns by name, and rows of a line number and the text of each column; None is blank."""

    kind: str
    columns: tuple[str, ...]
    """Of JSON also keys within keys, by dotted path."""
    header: tuple[str, ...]
    """The columns, or keys, of the file itself."""
    rows: tuple[tuple[Any, ...], ...]
    semicolons: bool = False


def sample_of(con: duckdb.DuckDBPyConnection, given: Read) -> Sample:
    """The first rows of a file."""
    texts = dict(list(given.texts.items())[:COLUMNS])
    for path in sorted(given.shape.paths) if given.shape.kind == "json" else ():
        if "." in path and "[]" not in path and len(texts) < COLUMNS:
            texts[path] = f"nullif(clean(json_extract_string(record, {literal(json_path(path))})), '')"
    inner = {path.rsplit(".", 1)[0] for path in given.shape.paths if "." in path}
    texts = {name: text for name, text in texts.items() if given.shape.kind != "json" or name not in inner}
    shown = "".join(f", left({text}, {LENGTH})" for text in texts.values())
    try:
        rows = con.execute(f"select line{shown} from {given.relation} order by line limit {ROWS}").fetchall()
    except duckdb.Error:  # without a look at its rows its columns can still be named
        rows = []
    return Sample(given.shape.kind, tuple(texts), given.shape.columns, tuple(rows), given.semicolons)


def json_path(path: str) -> str:
    """A dotted path as DuckDB writes it."""
    return "$." + ".".join('"' + step.replace('"', '\\"') + '"' for step in path.split("."))


def relation_of(con: duckdb.DuckDBPyConnection, sample: Sample) -> Read:
    """The sample as a file of its own, in the table `sample`."""
    names = ["line", *(f"c{at}" for at in range(len(sample.columns)))]
    con.execute(f"create or replace table sample (line bigint{''.join(f', {name} varchar' for name in names[1:])})")
    if sample.rows:
        con.executemany(f"insert into sample values ({', '.join('?' * len(names))})", [list(r) for r in sample.rows])
    return Read(
        shape=Shape("csv", sample.columns, frozenset(sample.columns)),
        relation="sample",
        texts={name: f"c{at}" for at, name in enumerate(sample.columns)},
        originals="(select line, '' as text from sample)",
        records=len(sample.rows),
        semicolons=sample.semicolons,
    )


def given_sample(said: dict[str, Any]) -> Sample:
    """The sample as an import's result carries it."""
    return Sample(
        said["kind"], tuple(said["columns"]), tuple(said["header"]), tuple(tuple(row) for row in said["rows"]),
        said["semicolons"],
    )  # fmt: skip


def place_in(sample: Sample, name: str) -> int:
    """Where a column stands in a row of the sample."""
    return 1 + [folded(column) for column in sample.columns].index(folded(name))


def scratch() -> duckdb.DuckDBPyConnection:
    """A database in memory that reads no file, with the words of values.sql."""
    con = duckdb.connect(config={"threads": 1})
    con.execute((Path(__file__).parent / "values.sql").read_text(encoding="utf-8"))
    for setting in ("enable_external_access = false", "memory_limit = '256MB'", "lock_configuration = true"):
        con.execute(f"set {setting}")
    return con
