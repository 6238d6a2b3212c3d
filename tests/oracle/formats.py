"""Formats of the tests' own: the canonical columns under a column that names the source, each with its rank."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from ingest import registry
from ingest.source import Source
from tests.oracle.columns import TABLES

RANKS = {("gateway", "usage"): 10, ("trace", "usage"): 20, ("estimate", "billed"): 20}


def marker(source: str) -> str:
    """The column by which a file of this source is recognised."""
    return f"{source}_export"


def _format(name: str, table: str, rank: int) -> Source:
    columns = TABLES[table]
    return Source(
        name=name,
        label=f"{name} (of the tests)",
        url="tests/oracle/formats.py",
        loads=(table,),
        reads=("csv",),
        rank=rank,
        requires=frozenset({marker(name)}),
        knows=frozenset({marker(name), *columns}),
        selects={table: f"select line, {', '.join(columns)} from records"},
    )


@contextmanager
def known_formats() -> Iterator[None]:
    """While it lasts, the product knows these formats too."""
    formats = {name: _format(name, table, rank) for (name, table), rank in RANKS.items()}
    with mock.patch.dict(registry.sources(), formats):
        yield
