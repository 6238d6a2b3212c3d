"""Makes an empty database: canonical tables with standing and settled columns, the rest of the schema, views."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from app.settings import Settings

HERE = Path(__file__).resolve().parent
SCHEMA_VERSION = 3

FACTS = ("usage", "steps", "checks", "outcomes", "charges", "billed")
REFERENCES = (
    "workflows", "prices", "fx", "assignments", "accounts", "teams", "models", "budgets",
    "commitments", "capacity", "contracts", "baselines",
)  # fmt: skip

# Behind the canonical columns of every table: where the row came from and whether it stands.
STANDING = """
    tags map(varchar, varchar), line bigint, row_key uuid, content_key uuid,
    import_id varchar, number bigint, clock timestamp, source varchar, rank bigint, utc_day date,
    counts boolean, aside varchar
"""

# What a fact decides alone (day, class, price, cost), and with its run and the rules (the *_final dimensions).
DIMENSIONS = ("team", "workflow", "product", "feature", "customer", "segment", "region", "environment")
MONEY = "day date, own_cost decimal(38, 12), own_currency varchar, amount decimal(38, 12)"
COMPONENTS_OF_USAGE = ("inference", "input", "cached_input", "output", "reasoning", "retry", "evaluation")
SETTLED = {
    "usage": ", ".join(
        (
            "kind varchar, provider_id varchar, model_id varchar, account_id varchar",
            "token_class varchar, price_id varchar",
            MONEY,
            *(f"cost_{name} decimal(38, 12)" for name in COMPONENTS_OF_USAGE),
            # What commitments and capacity cost for this row, whose own amount is then 0.
            "committed decimal(38, 12), capacity_cost decimal(38, 12)",
            *(f"{name}_final varchar" for name in DIMENSIONS),
            "rule_ids varchar[]",
        )
    ),
    "steps": MONEY,
    "checks": MONEY,
    "outcomes": "conditions map(varchar, boolean), day date",
    "charges": "",
    "billed": "provider_id varchar, model_id varchar, bill varchar",
    "prices": "provider_id varchar, model_id varchar",
    "models": "provider_id varchar, model_id varchar",
    "accounts": "provider_id varchar",
    "commitments": "provider_id varchar, model_id varchar",
    "capacity": "provider_id varchar, model_id varchar",
}


@dataclass(frozen=True)
class Column:
    """A column of a canonical table."""

    name: str
    type: str
    required: bool
    says: str


@cache
def canonical() -> dict[str, tuple[Column, ...]]:
    """The columns of each canonical table, in order, as canonical.sql declares them."""
    con = duckdb.connect()
    con.execute((HERE / "canonical.sql").read_text())
    rows = con.execute(
        "select table_name, column_name, data_type, not is_nullable, comment from duckdb_columns() "
        "where schema_name = 'main' and not internal order by table_name, column_index"
    ).fetchall()
    con.close()
    tables: dict[str, tuple[Column, ...]] = {}
    for table, *column in rows:
        tables[table] = (*tables.get(table, ()), Column(*column))
    return tables


def columns_of(table: str) -> str:
    """The column list of a stored table: canonical, standing, settled."""
    own = ", ".join(f'"{column.name}" {column.type}' for column in canonical()[table])
    return ", ".join(part for part in (own, STANDING, SETTLED.get(table, "")) if part)


def create(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Fill an empty database with tables and views, and note what its figures depend on."""
    for table in (*FACTS, *REFERENCES):
        con.execute(f"create table {table} ({columns_of(table)})")
    con.execute((HERE / "schema.sql").read_text())
    con.executemany(
        "insert into meta values (?, ?)",
        [("schema_version", str(SCHEMA_VERSION)), ("currency", settings.currency), ("time_zone", settings.time_zone)],
    )
    create_views(con)


def create_views(con: duckdb.DuckDBPyConnection) -> None:
    """Create every view of views/*.sql, in the order that they themselves imply, then the cubes over them."""
    from app.warehouse import closing, cubes

    waiting = {path.stem: path.read_text() for path in sorted((HERE / "views").glob("*.sql"))}
    con.execute((HERE / "macros.sql").read_text())
    while waiting:
        ready = [
            name
            for name, text in waiting.items()
            if not any(mentions(text, other) for other in waiting if other != name)
        ]
        for name in ready:
            con.execute(f"create or replace view {name} as {waiting.pop(name)}")
    cubes.create(con)
    closing.create(con)


def mentions(text: str, name: str) -> bool:
    """Whether a view's text reads another view."""
    words = "".join(letter if letter.isalnum() or letter == "_" else " " for letter in text).split()
    return name in words


def version_of(con: duckdb.DuckDBPyConnection) -> int | None:
    """The schema version of a database; None for an empty one."""
    known = con.execute("select count(*) from duckdb_tables() where table_name = 'meta'").fetchone()
    if not known or not known[0]:
        return None
    row = con.execute("select value from meta where key = 'schema_version'").fetchone()
    return int(row[0]) if row else None


def meta(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What the figures depend on beside the imports: reporting currency, time zone, schema version."""
    return dict(con.execute("select key, value from meta").fetchall())


def drop_everything(con: duckdb.DuckDBPyConnection) -> None:
    """Empty a database of another version; all that it derives comes again from the archive."""
    for kind, name in con.execute(
        "select 'view', view_name from duckdb_views() where not internal and schema_name = 'main' "
        "union all select 'table', table_name from duckdb_tables() where not internal and not temporary"
    ).fetchall():
        con.execute(f'drop {kind} if exists "{name}" cascade')
