"""Adopting a newer price book: an import of its own, so it is previewed, stands in the audit trail, can be undone."""

from __future__ import annotations

from pathlib import Path

import duckdb

from app.metrics import what_if
from app.warehouse import closing, prices
from app.warehouse.connect import Warehouse
from app.warehouse.settle import Changes, Progress, books, settle, silent
from ingest import audit
from ingest.pipeline import ImportResult

THINGS = """
    select provider_id, model_id,
        closed(coalesce(service_tier, 'standard'), ['standard', 'batch', 'flex', 'priority', 'provisioned']) as tier,
        utc_day
    from usage where kind <> 'remainder' and provider_id is not null and model_id is not null
    union
    select provider_id, model_id, tier, utc_day from list_prices
"""


class _RollBackError(Exception):
    """Ends a preview's transaction."""


def adopt(warehouse: Warehouse, progress: Progress = silent, *, dry_run: bool = False) -> ImportResult:
    """Price by the installed book all that list prices price. A model that it lists no longer keeps its price.

    With `dry_run` it says what that would move, by month and team, and changes nothing.
    """
    name = f"price book {prices.BOOK}"
    done = ImportResult(file=name, source=books.SOURCE, status="loaded")
    try:
        with warehouse.writing() as con:
            audit.sweep(con, warehouse.archive)
            before = what_if.figures(con) if dry_run else None
            con.execute(f"create or replace temp table first_learned as {books.base(con, warehouse.archive)}")
            import_id = audit.decision(con, books.SOURCE, name, fingerprint=prices.BOOK)
            with audit.folder_of(warehouse, import_id) as folder:
                _archive(con, folder)
                settle(con, Changes(added=[import_id]), warehouse.archive, progress)
                audit.write_card(con, import_id, warehouse.archive)
                if before is not None:
                    moves = what_if.moved(before, what_if.figures(con))
                    raise _RollBackError(done.model_copy(update={"preview": {"moves": moves}}).model_dump())
                closing.keep_changes(con, warehouse.archive, import_id)
    except _RollBackError as end:
        return ImportResult.model_validate(end.args[0])
    return done.model_copy(update={"import_id": import_id})


def _archive(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write down what the installed book says of everything, and what was learned first: the table first_learned."""
    prices.resolve(con, THINGS)
    # What the book lists no longer keeps the price that it has; what neither lists stays without one.
    con.execute(
        """
        delete from resolved
        where to_second = 0 and (provider_id, model_id, tier, utc_day) in (
            select (provider_id, model_id, tier, utc_day) from list_prices where to_second > 0
        )
        """
    )
    con.execute("insert into resolved from list_prices anti join resolved using (provider_id, model_id, tier, utc_day)")
    folder.mkdir(mode=0o700)
    con.execute("copy resolved to $path (format parquet)", {"path": str(folder / "book.parquet")})
    con.execute("copy first_learned to $path (format parquet)", {"path": str(folder / "base.parquet")})
    audit.saved(folder)
