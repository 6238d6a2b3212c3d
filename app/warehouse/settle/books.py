"""Step 1, list prices: those of the newest price book that somebody adopted, else those that were learned first.

An adoption is an import. Its folder holds what its book says of everything that had been asked for (`book.parquet`),
and what had been learned first of the same (`base.parquet`); so any adoption can be undone, in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from app.warehouse.settle.scripts import run

SOURCE = "price book"
THING = "provider_id, model_id, tier, utc_day"


def switch(con: duckdb.DuckDBPyConnection, archive: Path, *, everything: bool) -> None:
    """Bring list_prices to what the standing adoptions give, where one came or went, or all is made again.

    The models whose prices differ join changed_prices, so that their rows are priced again.
    """
    asked = "select count(*) from imports where source = ? and (? or import_id in (from added union from removed))"
    row = con.execute(asked, [SOURCE, everything]).fetchone()
    if row is None or not row[0]:
        return
    con.execute(f"create or replace temp table book_rows as {_rows(con, archive, 'book', 'standing')}")
    con.execute(f"create or replace temp table base_rows as {_rows(con, archive, 'base', 'standing', 'undone')}")
    run(con, "books")


def _rows(con: duckdb.DuckDBPyConnection, archive: Path, name: str, *statuses: str) -> str:
    """The archived list prices of the adoptions of these statuses, with the clock and number of each."""
    found = con.execute(
        "select import_id from imports where source = ? and list_contains(?::varchar[], status) order by number",
        [SOURCE, list(statuses)],
    ).fetchall()
    paths = [archive / row[0] / f"{name}.parquet" for row in found]
    if not paths:
        return "select *, null::timestamp as clock, null::bigint as number from list_prices limit 0"
    return _reading(paths)


def _reading(paths: Sequence[Path]) -> str:
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return (
        f"select rows.* exclude (filename), imports.clock, imports.number "
        f"from read_parquet([{listed}], filename = true) as rows "
        "join imports on imports.import_id = list_extract(string_split(rows.filename, '/'), -2)"
    )


def base(con: duckdb.DuckDBPyConnection, archive: Path) -> str:
    """A query of what was learned first of everything: kept by an adoption, else what list_prices hold."""
    con.execute(f"create or replace temp table base_rows as {_rows(con, archive, 'base', 'standing', 'undone')}")
    return f"""
        select * exclude (clock, number) from base_rows
        qualify number = min(number) over (partition by {THING})
        union all
        select * from list_prices where ({THING}) not in (select ({THING}) from base_rows)
    """
