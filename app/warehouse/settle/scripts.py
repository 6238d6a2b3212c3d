"""Runs the SQL scripts that lie beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import duckdb

from app.warehouse.build import FACTS, REFERENCES, meta

HERE = Path(__file__).resolve().parent


@cache
def text(name: str) -> str:
    """The text of a script."""
    return (HERE / f"{name}.sql").read_text()


def run(con: duckdb.DuckDBPyConnection, name: str, table: str = "usage") -> None:
    """Run a script; `{table}` in it becomes the name of one canonical table."""
    if table not in (*FACTS, *REFERENCES):
        raise ValueError(table)
    con.execute(text(name).replace("{table}", table))


def variables(con: duckdb.DuckDBPyConnection) -> None:
    """Give the scripts the reporting currency and time zone of this database."""
    known = meta(con)
    con.execute("set variable currency = ?", [known["currency"]])
    con.execute("set variable zone = ?", [known["time_zone"]])


def number(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """The first value of a query's first row, as a whole number; 0 without a row."""
    row = con.execute(query).fetchone()
    return int(row[0] or 0) if row else 0
