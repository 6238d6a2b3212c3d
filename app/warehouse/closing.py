"""Closed months: what their figures were when they were closed, and what has changed about them since.

Facts, lines and cubes are always live. A closing keeps a month's rows of every cube, and its lines, as they stood; from
then on figures are read from what is kept. What changes about a closed month afterwards is kept as rows of changes,
on a day of the first month that is open, each with the month that it is about and the import that caused it. So the
sum over all months is always the live one.

Closed days have no gaps: months close from the first to the last, and are opened again from the last to the first.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import duckdb

from app.warehouse import cubes
from app.warehouse.settle.scripts import number

SOURCE = "close"
"""The source of an import that closes a month."""
FROZEN = "frozen"
MARKS = ("about", "closing", "change", "cause")
"""Of a kept row: the month it is about, the closing it belongs to, whether it is frozen or how it changed, by which
import."""
LINES = "lines"
FLAGS = ("known_rows", "known_model_lines", "model_lines", "usage_rows", "valued")
"""Sums that only say whether an amount is known. Of a change they are 1 where it is one of money."""


class ClosingRefusedError(Exception):
    """A month cannot be closed or opened again as things stand."""


@dataclass(frozen=True)
class Kept:
    """What is kept of one cube, or of the lines."""

    name: str
    source: str
    """The cube, or the view of the lines."""
    keys: tuple[str, ...]
    money: tuple[str, ...]
    counts: tuple[str, ...]
    flags: tuple[str, ...]
    touched: str
    """The table of the days that settling made again; empty: all days are looked at."""

    @property
    def table(self) -> str:
        """Where it is kept."""
        return f"closed_{self.name}"


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Make the empty tables of what is kept, with the columns of the cubes and of the lines."""
    for name, source in _sources().items():
        con.execute(
            f"create table if not exists closed_{name} as select *, null::date as about, null::varchar as closing, "
            f"null::varchar as change, null::varchar as cause from {source} limit 0"
        )


def clear(con: duckdb.DuckDBPyConnection) -> None:
    """Forget what is closed; `restore` brings it back from the archive."""
    con.execute("delete from closings")
    for name in _sources():
        con.execute(f"delete from closed_{name}")


def stands(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether any month is closed."""
    return number(con, "select count(*) from closings") > 0


def as_stored(con: duckdb.DuckDBPyConnection, source: str, *, with_about: bool = False) -> str:
    """What to read instead of a cube or `line_parts`: live days of open months, and what is kept of closed ones.

    With `about` it has the column of that name: the closed month that a change is about, NULL of all other rows.
    """
    names = [name for name, each in _sources().items() if each == source]
    if not names or not stands(con):
        return f"(select *, null::date as about from {source})" if with_about else source
    of_change, none = "", ""
    if with_about:
        of_change, none = f", case when change <> '{FROZEN}' then about end as about", ", null::date as about"
    return (
        f"(select *{none} from {source} where day > (select max(until) from closings) "
        f"union all by name select * exclude ({', '.join(MARKS)}){of_change} from closed_{names[0]})"
    )


def changes_of(source: str) -> str | None:
    """What changed about closed months, with the columns of a cube or of `line_parts` and the marks; None of others."""
    names = [name for name, each in _sources().items() if each == source]
    return f"(from closed_{names[0]} where change <> '{FROZEN}')" if names else None


def settle(con: duckdb.DuckDBPyConnection, added: Sequence[str], removed: Sequence[str], archive: Path) -> None:
    """After the cubes: open what is no longer closed, close what is, and keep what else changed about closed months."""
    for import_id in removed:
        _open(con, import_id)
    for import_id in added:
        if _is_closing(con, import_id):
            _load(con, import_id, archive)
    causes = [import_id for import_id in (*added, *removed) if not _is_closing(con, import_id)]
    if causes and stands(con):
        _note_changes(con, "undo" if removed else "import", causes[0] if len(causes) == 1 else None)


def freeze(con: duckdb.DuckDBPyConnection, import_id: str, until: date, archive: Path) -> str:
    """Write what stands of the open days up to `until` into the folder of a closing. Returns a sha256 of the files."""
    folder = archive / import_id
    folder.mkdir(mode=0o700)
    digest = sha256()
    for each in kept(con):
        path = folder / f"{each.name}.parquet"
        con.execute(
            f"copy (select *, date_trunc('month', day)::date as about from {each.source} "
            "where day > (select coalesce(max(until), date '0001-01-01') from closings) and day <= $until "
            "order by day) to $path (format parquet)",
            {"until": until, "path": str(path)},
        )
        digest.update(path.read_bytes())
        _saved(path)
    _saved(folder)
    _saved(archive)
    return digest.hexdigest()


def keep_changes(con: duckdb.DuckDBPyConnection, archive: Path, cause: str | None = None) -> None:
    """Write what changed about closed months beside what was frozen, so that the archive alone gives it back.

    With a cause, where that import changed something; without, all of it.
    """
    for each in kept(con):
        of_cause = f"select distinct closing from {each.table} where cause = $cause"
        closings = con.execute(
            "select import_id from closings" if cause is None else of_cause, {"cause": cause} if cause else None
        )
        for (import_id,) in closings.fetchall():
            path = archive / import_id / f"changes_{each.name}.parquet"
            fresh = path.with_suffix(".fresh")
            con.execute(
                f"copy (from {each.table} where closing = $closing and change <> $frozen) to $path (format parquet)",
                {"closing": import_id, "frozen": FROZEN, "path": str(fresh)},
            )
            _saved(fresh)
            fresh.replace(path)


def restore(con: duckdb.DuckDBPyConnection, archive: Path) -> None:
    """Close again, after a rebuild, every month that was closed, with what changed about it since.

    Where the figures came out otherwise than they were, that is a change too.
    """
    standing = "select import_id from imports where source = ? and status = 'standing' order by number"
    for (import_id,) in con.execute(standing, [SOURCE]).fetchall():
        row = con.execute("select max(until) from closings").fetchone()
        since: date = (row[0] if row else None) or date.min
        _load(con, import_id, archive)
        for each in kept(con):
            _fill(con, each, import_id, archive, since)
            path = archive / import_id / f"changes_{each.name}.parquet"
            if path.exists():
                con.execute(f"insert into {each.table} by name from read_parquet(?)", [str(path)])
    if stands(con):
        _note_changes(con, "rebuild", None)


def refuse_other_currency(con: duckdb.DuckDBPyConnection, currency: str) -> None:
    """Raises ClosingRefusedError where months are closed in another currency: this one cannot tell their money."""
    row = con.execute(
        "select meta.value, max(imports.period_end) from meta cross join imports "
        "where meta.key = 'currency' and imports.source = ? and imports.status = 'standing' group by meta.value",
        [SOURCE],
    ).fetchone()
    if row and row[0] != currency:
        raise ClosingRefusedError(
            f"Months up to {row[1]:%Y-%m} are closed in {row[0]}. Reopen them before figures are made in {currency}."
        )


def differing(con: duckdb.DuckDBPyConnection) -> list[tuple[str, date]]:
    """Cubes and closed months of which the kept rows do not add up to the live ones: none, when all is well."""
    if not stands(con):
        return []
    return [
        (each.table, month)
        for each in kept(con)
        for (month,) in con.execute(f"select distinct about from ({_gaps(each)}) order by about").fetchall()
    ]


def kept(con: duckdb.DuckDBPyConnection) -> list[Kept]:
    """What is kept of a closed month, cube by cube."""
    found = []
    for name, source in _sources().items():
        types = {row[0]: str(row[1]) for row in con.execute(f"describe closed_{name}").fetchall()}
        own = [column for column in types if column not in ("day", *MARKS)]
        cube = next((each for each in (*cubes.USAGE, cubes.LATENCY, *cubes.RUNS) if each.table == name), None)
        if cube:
            keys = [column for column in own if column in (*cube.dimensions, *cube.marks)]
        else:
            keys = [column for column in own if not types[column].startswith(("DECIMAL", "INTEGER", "BIGINT"))]
        money = [column for column in own if column not in keys and types[column].startswith("DECIMAL")]
        flags = [column for column in own if column in FLAGS]
        counts = [column for column in own if column not in (*keys, *money, *flags)]
        days = {"run": "cube_run_days", "lin": ""}.get(name[:3], "cube_usage_days")
        found.append(Kept(name, source, tuple(keys), tuple(money), tuple(counts), tuple(flags), days))
    return found


def _sources() -> dict[str, str]:
    """What is kept by its name, and what it is kept of."""
    return {**{table: table for table in cubes.TABLES}, LINES: "line_parts"}


def _is_closing(con: duckdb.DuckDBPyConnection, import_id: str) -> bool:
    row = con.execute("select source from imports where import_id = ?", [import_id]).fetchone()
    return row is not None and row[0] == SOURCE


def _load(con: duckdb.DuckDBPyConnection, import_id: str, archive: Path) -> None:
    """Close the month of an import with what its folder holds."""
    con.execute(
        "insert into closings select import_id, number, date_trunc('month', period_end)::date, period_end "
        "from imports where import_id = ?",
        [import_id],
    )
    for each in kept(con):
        con.execute(
            f"insert into {each.table} by name select *, ? as closing, ? as change from read_parquet(?)",
            [import_id, FROZEN, str(archive / import_id / f"{each.name}.parquet")],
        )


def _fill(con: duckdb.DuckDBPyConnection, each: Kept, import_id: str, archive: Path, since: date) -> None:
    """Take sums that a closing of an earlier version does not hold from the live rows of its days: nobody saw them."""
    path = str(archive / import_id / f"{each.name}.parquet")
    there = {row[0] for row in con.execute("select name from parquet_schema(?)", [path]).fetchall()}
    new = [name for name in (*each.money, *each.counts, *each.flags) if name not in there]
    if new:
        con.execute(
            f"insert into {each.table} by name select day, {', '.join((*each.keys, *new))}, "
            f"date_trunc('month', day)::date as about, $closing as closing, $frozen as change from {each.source} "
            "where day > $since and day <= (select max(until) from closings)",
            {"closing": import_id, "frozen": FROZEN, "since": since},
        )


def _open(con: duckdb.DuckDBPyConnection, import_id: str) -> None:
    """Take a closing back: the month is live again, and what was said to have changed about it is part of it."""
    row = con.execute("select month from closings where import_id = ?", [import_id]).fetchone()
    if row is None:
        return
    later = con.execute("select min(month) from closings where month > ?", [row[0]]).fetchone()
    if later and later[0]:
        raise ClosingRefusedError(f"{later[0]:%Y-%m} is closed after it. Reopen that one first.")
    con.execute("delete from closings where import_id = ?", [import_id])
    for each in kept(con):
        con.execute(f"delete from {each.table} where closing = ?", [import_id])


def _note_changes(con: duckdb.DuckDBPyConnection, change: str, cause: str | None) -> None:
    """Keep what is live of closed months and not kept yet, as rows of a day that is open."""
    asked = {"day": _day_of(con, cause), "change": change, "cause": cause}
    for each in kept(con):
        days = each.touched if change != "rebuild" else ""
        columns = ", ".join((*each.keys, *each.money, *each.counts))
        money = " or ".join(f"coalesce({name}, 0) <> 0" for name in each.money) or "false"
        flags = "".join(f", case when {money} then 1 else 0 end as {name}" for name in each.flags)
        con.execute(
            f"""
            insert into {each.table} by name
            select
                $day::date as day, {columns}{flags}, about, $change as change, $cause as cause,
                (select min_by(import_id, month) from closings where month >= about) as closing
            from ({_gaps(each, days)})
            """,
            asked,
        )


def _gaps(each: Kept, days: str = "") -> str:
    """A SELECT of what is live of closed months less what is kept of them: of the months of some days, or of all."""
    keys = "".join(f"{key}, " for key in each.keys)
    sums = (*each.money, *each.counts)
    added = ", ".join(f"sum({name}) as {name}" for name in sums)
    taken = ", ".join(f"-{name} as {name}" for name in sums)
    moved = " or ".join(f"{name} <> 0" for name in sums)
    until = "(select max(until) from closings)"
    of_days = f"and about in (select date_trunc('month', day)::date from {days} where day <= {until})" if days else ""
    return f"""
        from (
            select about, {keys}{added}
            from (
                select date_trunc('month', day)::date as about, {keys}{", ".join(sums)}
                from {each.source}
                where day <= {until} {of_days}
                union all by name
                select about, {keys}{taken}
                from {each.table}
                where true {of_days}
            )
            group by {keys}about
        )
        where {moved}
    """


def _day_of(con: duckdb.DuckDBPyConnection, cause: str | None) -> date:
    """The day on which a change lies: that of the import or undo, but always one of the first month that is open."""
    row = con.execute(
        """
        select
            greatest(
                max(until) + 1,
                least(
                    last_day(max(until) + 1),
                    (
                        select local_day(coalesce(undone_at, imported_at), zones.value)
                        from imports
                        cross join meta as zones
                        where import_id = $cause and zones.key = 'time_zone'
                    )
                )
            )::date
        from closings
        """,
        {"cause": cause},
    ).fetchone()
    assert row is not None
    day: date = row[0]
    return day


def _saved(path: Path) -> None:
    """Has the disk hold a file or a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
