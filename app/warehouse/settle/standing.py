"""Step 1 and 2: which rows stand. The newest version of every key, and whether a newer export replaced its window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from app.warehouse.build import FACTS, REFERENCES
from app.warehouse.prices import learn_names
from app.warehouse.settle.scripts import number, run

# The time by which a row of a table lies on a UTC day; reference rows lie on none.
MOMENT = {
    "usage": "started_at",
    "steps": "started_at",
    "checks": "decided_at",
    "outcomes": "occurred_at",
    "charges": "charged_from",
    "billed": "charged_from",
}


def stand(
    con: duckdb.DuckDBPyConnection, added: Sequence[str], removed: Sequence[str], archive: Path
) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Write the standing reference rows, and find the touched rows of every fact table.

    Leaves per table the temp view `incoming_<table>` and the temp table `keys_<table>`; a fact table is decided once
    all that touches it is known. Returns rows new, replaced and unchanged per added import and table.
    """
    con.execute("create or replace temp table added as select unnest(?::varchar[]) as import_id", [list(added)])
    con.execute("create or replace temp table removed as select unnest(?::varchar[]) as import_id", [list(removed)])
    tallies: dict[tuple[str, str], tuple[int, int, int]] = {}
    touched = touched_tables(con)
    for table in (*REFERENCES, *FACTS):
        con.execute(f"create or replace temp table keys_{table} (row_key uuid)")
        con.execute(f"create or replace temp table changed_{table} as select * from {table} limit 0")
        look(con, table, archive)
    run(con, "windows")
    for table in touched:
        run(con, "keys", table)
        if table == "usage":  # what calls leave of buckets is made anew of those that stand, never decided as a row
            con.execute("delete from keys_usage where row_key in (select row_key from usage where kind = 'remainder')")
        for import_id, *counts in con.execute(tally_query(con, table)).fetchall():
            tallies[import_id, table] = (counts[0], counts[1], counts[2])
    references = [table for table in REFERENCES if table in touched]
    for table in references:
        con.execute(f"create or replace temp table was_{table} as from {table}")
        decide(con, table, archive)
        rewrite(con, table, f"select * from work_{table}")
        con.execute(f"insert into changed_{table} {difference(table)}")
    if references:
        name_references(con)
    return tallies


def touched_tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The canonical tables that the added and removed imports brought."""
    rows = con.execute(
        "select distinct unnest(tables) from imports "
        "where import_id in (select import_id from added union select import_id from removed)"
    ).fetchall()
    return sorted(row[0] for row in rows)


def difference(table: str) -> str:
    """The rows of a reference table that came, went or changed sides."""
    version = "(row_key, content_key, counts)"
    return (
        f"select * from {table} where {version} not in (select {version} from was_{table}) union all "
        f"select * from was_{table} where {version} not in (select {version} from {table})"
    )


def name_references(con: duckdb.DuckDBPyConnection) -> None:
    """Give reference rows that name a provider or model their canonical ids."""
    for table in ("prices", "models", "commitments", "capacity"):
        learn_names(con, f"select provider, model from {table}")
        con.execute(
            f"update {table} set provider_id = names.provider_id, model_id = names.model_id from names "
            f"where names.provider = {table}.provider and names.model = coalesce({table}.model, '') "
            f"and {table}.provider_id is null"
        )
    learn_names(con, "select match_provider, match_model from assignments where match_provider is not null")
    learn_names(con, "select match_provider, null from assignments where match_provider is not null")
    learn_names(con, "select provider, null from accounts")
    con.execute(
        "update accounts set provider_id = names.provider_id from names "
        "where names.provider = accounts.provider and names.model = '' and accounts.provider_id is null"
    )


def look(con: duckdb.DuckDBPyConnection, table: str, archive: Path) -> None:
    """Make `incoming_<table>`: the rows of the added imports, straight from the archive."""
    paths = files(con, table, archive, "select import_id from added")
    con.execute(f"create or replace temp view incoming_{table} as {reading(table, paths)}")


def files(con: duckdb.DuckDBPyConnection, table: str, archive: Path, among: str) -> list[Path]:
    """The archived Parquet files of a table, of the standing imports that the query `among` names."""
    rows = con.execute(
        "select import_id from imports where status = 'standing' and list_contains(tables, ?) "
        f"and import_id in ({among}) order by number",
        [table],
    ).fetchall()
    return [archive / row[0] / f"{table}.parquet" for row in rows]


def reading(table: str, paths: Sequence[Path]) -> str:
    """A SELECT of archived rows with the columns of the stored table; columns that an old file lacks are NULL."""
    empty = f"select * from {table} limit 0"
    if not paths:
        return empty
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    moment = f"{MOMENT[table]}::date" if table in MOMENT else "null::date"
    return (
        f"({empty}) union all by name ("
        f"select rows.* exclude (filename), imports.import_id, imports.number, imports.clock, imports.source, "
        f"imports.rank, rows.{moment} as utc_day, true as counts "
        f"from read_parquet([{listed}], union_by_name = true, filename = true) as rows "
        "join imports on imports.import_id = list_extract(string_split(rows.filename, '/'), -2))"
    ).replace("rows.null::date", "null::date")


def superseded(con: duckdb.DuckDBPyConnection, table: str, rows: str) -> str:
    """A condition on `rows`: a newer window of the row's source covers its day, whatever it names there."""
    if not number(con, f"select count(*) from windows where stands and table_name = '{table}'"):
        return "false"
    speaks = "windows.replaces"
    if table in ("usage", "billed"):
        speaks = f"""(windows.replaces or exists (
            select 1 from import_scopes as spoken
            where spoken.import_id = windows.import_id and spoken.provider = lower(trim({rows}.provider))
                and spoken.account is not distinct from {rows}.account))"""
    return f"""exists (
        select 1 from windows
        where windows.stands and windows.table_name = '{table}' and windows.source = {rows}.source
            and (windows.clock > {rows}.clock or (windows.clock = {rows}.clock and windows.number > {rows}.number))
            and windows.scope is not distinct from (
                select scope from imports where imports.import_id = {rows}.import_id
            )
            and (windows.period_start is null or {rows}.utc_day is null
                or {rows}.utc_day between windows.period_start and windows.period_end)
            and {speaks})"""


def tally_query(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """Rows new, replaced and unchanged per added import, against what stood before."""
    return f"""
        select
            incoming.import_id,
            count(*) filter (where not late and stood.row_key is null) as new,
            count(*) filter (
                where not late and stood.clock <= incoming.clock and stood.content_key <> incoming.content_key
            ),
            count(*) filter (where late or stood.content_key = incoming.content_key or stood.clock > incoming.clock)
        from (
            select row_key, content_key, import_id, clock, {superseded(con, table, "incoming")} as late
            from incoming_{table} as incoming
        ) as incoming
        left join {table} as stood on stood.row_key = incoming.row_key and stood.counts
        group by incoming.import_id
    """


def decide_usage(con: duckdb.DuckDBPyConnection, archive: Path) -> None:
    """Find which usage rows come to stand, which leave, and which stay. Whole rows are only read when they are written.

    Makes brought_usage (whole rows that stand from now on), leaving_usage and late_usage (keys), and adds to keys_near.
    """
    others = returning(con, "usage", archive)
    con.execute(f"create or replace temp view elsewhere_usage as {others}")
    run(con, "old_usage")
    run(con, "beaten", "usage")
    run(con, "newest_usage")
    con.execute(f"create or replace temp view brought_usage as {with_lateness(con, 'usage')}")
    late = superseded(con, "usage", "stayed")
    con.execute(
        "create or replace temp table late_usage as select row_key from usage as stayed "
        f"where row_key in (select row_key from keys_near) and row_key in (select row_key from keys_usage) and {late}"
    )


def returning(con: duckdb.DuckDBPyConnection, table: str, archive: Path) -> str:
    """The archived rows that may stand again: none, unless a key that went was brought by several imports."""
    gone = f"select row_key from {table} where import_id in (select import_id from removed)"
    repeated = f"select row_key from repeats where table_name = '{table}'"
    if not number(con, f"select count(*) from ({gone}) where row_key in ({repeated})"):
        return f"select * from {table} limit 0"
    among = "select import_id from imports where import_id not in (select import_id from added)"
    return reading(table, files(con, table, archive, among))


def with_lateness(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """The rows of `newest_<table>` with whether a newer window leaves them out."""
    return f"""
        select rows.* exclude (late) replace (
            not late as counts, case when late then 'a newer export of its days does not name it' end as aside
        ) from (select *, {superseded(con, table, "newest")} as late from newest_{table} as newest) as rows
    """


def decide(con: duckdb.DuckDBPyConnection, table: str, archive: Path) -> None:
    """Make the view `work_<table>`: the newest version of every touched key, and whether it counts."""
    # Most imports bring only new keys: that is seen without reading whole rows.
    if number(con, f"select count(*) from {table} where row_key in (select row_key from keys_{table})"):
        run(con, "versions", table)
    else:
        con.execute(f"create or replace temp table old_{table} as select * from {table} limit 0")
    con.execute(f"create or replace temp view elsewhere as {returning(con, table, archive)}")
    run(con, "returning", table)
    run(con, "beaten", table)
    run(con, "newest", table)
    con.execute(f"create or replace temp view work_{table} as {with_lateness(con, table)}")


def rewrite(con: duckdb.DuckDBPyConnection, table: str, rows: str) -> None:
    """Put the rows that the query `rows` gives in the place of the touched ones of a table."""
    con.execute(f"create or replace temp table decided as {rows}")
    con.execute(f"delete from {table} where row_key in (select row_key from keys_{table})")
    con.execute(f"insert into {table} by name from decided")
