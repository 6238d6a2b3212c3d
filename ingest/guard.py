"""Stops a windowed export without an account that would silently drop what it does not show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from ingest.pipeline import IngestOptions

SHOWN = 5
NAMES = {"usage": ("project", "api_key", "model"), "billed": ("project", "model")}


class WouldDropError(Exception):
    """The export would drop rows of a project, key or model that it does not hold at all."""


def check(con: duckdb.DuckDBPyConnection, import_id: str, archive: Path, options: IngestOptions) -> None:
    """Raises WouldDropError, unless the person said by account, scope or replace what the file is."""
    row = con.execute(
        "select source, renewal, period_start, period_end, tables from imports where import_id = ?", [import_id]
    ).fetchone()
    if row is None or row[1] != "window" or options.account or options.scope or options.replace:
        return
    source, _, first, last, tables = row
    dropped = []
    for table in set(tables) & set(NAMES):
        path = str(archive / import_id / f"{table}.parquet")
        for name in NAMES[table]:
            dropped += con.execute(
                f"""
                select distinct ? || ' ' || stood.{name}
                from {table} as stood
                where stood.counts and stood.source = ? and stood.account is null and stood.utc_day between ? and ?
                    and stood.{name} is not null
                    and stood.{name} not in (select {name} from read_parquet(?) where {name} is not null)
                    and not exists (select 1 from read_parquet(?) where account is not null)
                """,
                [name, source, first, last, path, path],
            ).fetchall()
    if dropped:
        listed = ", ".join(sorted(row[0] for row in dropped)[:SHOWN]) + (" ..." if len(dropped) > SHOWN else "")
        raise WouldDropError(
            f"this export of {first} to {last} names no account and would drop rows of {listed}, "
            "which it does not hold. "
            "Say --account for another account, --scope NAME for a filtered file, or --replace when it is all there is."
        )
