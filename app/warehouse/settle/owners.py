"""Step 4: one of several sources. Equal record_ids are one call; the best rank owns a provider, account and day."""

from __future__ import annotations

import duckdb

from app.warehouse.settle.scripts import number, run


def several_sources(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether more than one source tells of the same: of calls, or of buckets."""
    return bool(number(con, SEVERAL))


SEVERAL = """
    select count(*)
    from (
        select kind
        from (
            select distinct kind, source from usage where kind <> 'remainder'
            union
            select distinct case when lower(grain) = 'bucket' then 'bucket' else 'call' end, source from brought_usage
        )
        group by kind
        having count(*) > 1
    )
"""


def widen(con: duckdb.DuckDBPyConnection) -> None:
    """Add to keys_near the rows that touched rows compete with: same record_id, or same provider and day."""
    if several_sources(con):
        run(con, "competitors")
        run(con, "touched_runs")


def set_aside(con: duckdb.DuckDBPyConnection) -> None:
    """Mark in `worked` the rows that a better source has."""
    if several_sources(con):
        run(con, "set_aside")
        ranks = con.execute("select distinct rank from claims order by rank").fetchall()
        for (rank,) in ranks if len(ranks) > 1 else ():
            con.execute("set variable source_rank = ?", [rank])
            run(con, "own_days")
