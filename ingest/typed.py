"""Reference rows that a person types on a page: a file like any other, so that one audit trail and one undo hold all.

The file is named after what was typed and when, as in "typed price 2026-11-21 18.30.csv".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime

from app.warehouse.build import canonical
from app.warehouse.connect import Warehouse
from ingest import uploads
from ingest.jobs import Task
from ingest.pipeline import IngestOptions

CALLED = {
    "prices": "price",
    "assignments": "rule",
    "accounts": "account",
    "workflows": "trust rule",
    "fx": "rate",
}
"""What a row of each table is called; no other table is typed."""


def typed(warehouse: Warehouse, table: str, row: Mapping[str, str]) -> Task:
    """The row, as texts by column, written down as an upload of its own. Blank texts are left out.

    Raises ValueError for a table or a column that there is none of, OSError where the disk has no room.
    """
    columns = {column.name for column in canonical()[table]}
    said = {name: text.strip() for name, text in row.items() if text.strip()}
    if table not in CALLED or not said.keys() <= columns:
        raise ValueError(f"{table} with {', '.join(sorted(said.keys() - columns))} is nothing that can be typed")
    text = io.StringIO()
    out = csv.DictWriter(text, list(said), lineterminator="\n")
    out.writeheader()
    out.writerow(said)
    name = f"typed {CALLED[table]} {datetime.now(UTC):%Y-%m-%d %H.%M}.csv"
    kept = uploads.keep(warehouse, name, io.BytesIO(text.getvalue().encode()))
    return Task(kept.name, kept.path, IngestOptions(source=table), upload=kept.id)
