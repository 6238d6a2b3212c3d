"""The canonical tables as app/warehouse/canonical.sql states them: nothing here is written twice."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import duckdb


@dataclass(frozen=True)
class Column:
    """One canonical column. `type` is DuckDB's name of it."""

    name: str
    type: str
    required: bool
    says: str


@cache
def tables() -> dict[str, tuple[Column, ...]]:
    """The columns of each canonical table, in order."""
    with duckdb.connect() as con:
        con.execute(files("app.warehouse").joinpath("canonical.sql").read_text())
        rows = con.execute(
            "select table_name, column_name, data_type, is_nullable, coalesce(comment, '') from duckdb_columns() "
            "where not internal order by table_oid, column_index"
        ).fetchall()
    found: dict[str, list[Column]] = {}
    for table, name, type_, nullable, says in rows:
        found.setdefault(table, []).append(Column(name, type_, not nullable, says))
    return {table: tuple(columns) for table, columns in found.items()}


@cache
def says(table: str) -> str:
    """What one row of the table is."""
    with duckdb.connect() as con:
        con.execute(files("app.warehouse").joinpath("canonical.sql").read_text())
        row = con.execute("select comment from duckdb_tables() where table_name = ?", [table]).fetchone()
    return str(row[0]) if row else ""
