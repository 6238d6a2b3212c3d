"""Makes the files of the sample company: `python -m sample_data.company.make` writes them beside it, always the same.

Nothing in them is real. README.md beside it says what the company is and which stories its figures tell.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pyarrow
from pyarrow import parquet

from sample_data.company import money, native, outcomes, reference, untraced
from sample_data.company.demand import days, starts
from sample_data.company.work import Books, Row, Run, do
from sample_data.company.workflows import WORKS
from sample_data.company.world import FIRST, LAST

HERE = Path(__file__).resolve().parent
MONEY = pyarrow.decimal128(18, 6)
MINUTES = pyarrow.decimal128(18, 2)
KINDS = {bool: pyarrow.bool_(), int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
DECIMALS = {"human_minutes": MINUTES, "minutes_saved": MINUTES, "resolution_minutes": MINUTES}


def facts(first: date = FIRST, last: date = LAST) -> Books:
    """Everything that happens to the runs that begin on these days. A day comes out the same in every window."""
    books = Books()
    for day in days(first, last):
        for work in WORKS:
            for start in starts(work, day):
                fate = outcomes.fate(work, start)
                run = Run(work, start, fate.trusted, books, start.at)
                do(run)
                outcomes.tell(run, fate)
        books.usage.extend(untraced.buckets(day))
    return books


def tables(books: Books) -> Iterator[tuple[str, Iterable[Row]]]:
    """Each table with its rows, in the order of loading. The calls come last: what they touch is settled once then."""
    for kind in (
        reference.teams, reference.workflows, reference.models, reference.accounts, reference.assignments,
        reference.prices, money.rates, reference.contracts, reference.baselines, reference.budgets,
        money.commitments, money.capacity,
    ):  # fmt: skip
        yield ("fx" if kind is money.rates else kind.__name__), kind()
    yield "charges", money.charges()
    yield "billed", money.billed(books.usage)
    yield "steps", books.steps
    yield "checks", books.checks
    yield "outcomes", books.outcomes
    yield "usage", books.usage


def columns(rows: list[Row]) -> list[str]:
    """Every column that any row has, in the order of first sight."""
    return list(dict.fromkeys(name for row in rows for name in row))


def table(rows: list[Row]) -> pyarrow.Table:
    """The rows as typed columns."""
    found = {}
    for name in columns(rows):
        values = [row.get(name) for row in rows]
        first = next((value for value in values if value is not None), "")
        kind = KINDS.get(type(first)) or (pyarrow.timestamp("s") if hasattr(first, "hour") else MONEY)
        found[name] = pyarrow.array(values, DECIMALS.get(name, kind))
    return pyarrow.table(found)


def write(path: Path, rows: list[Row]) -> None:
    """Facts as Parquet; what people set as CSV, so that people can read it."""
    if path.suffix == ".parquet":
        made = table(rows)
        ids = {name: "DELTA_BYTE_ARRAY" for name in made.column_names if name.endswith("_id") and name != "user_id"}
        times = {name: "DELTA_BINARY_PACKED" for name in made.column_names if name.endswith("_at")}
        words = [name for name in made.column_names if name not in ids | times]
        parquet.write_table(
            made, path, compression="zstd", compression_level=19, use_dictionary=words, column_encoding=ids | times
        )
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns(rows), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def make(folder: Path) -> None:
    """Writes all files into `folder`, numbered in the order of loading, and one month of them once more as `native`."""
    for number, (name, rows) in enumerate(tables(facts()), start=1):
        large = name in vars(Books())
        write(folder / f"{number:02d}_{name}.{'parquet' if large else 'csv'}", list(rows))
    native.make(folder)


if __name__ == "__main__":
    make(HERE)
