"""Runs every figure, or some, prints a line for each, and writes them to build/bench.json.

python -m tests.bench [ROWS] [--only PART,PART] [--db PATH] [--seconds N] [--share X]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import SubprocessError

import duckdb

from tests.bench import clicks, formats, imports, large, reads, viewers
from tests.bench.figures import Figure, failed

PLACE = Path("build/bench.json")
ROWS = 10_000_000
PARTS = ("imports", "formats", "asking", "pages", "clicks", "viewers", "changing")
"""In the order in which they run: what changes the database comes last."""


def main() -> None:
    """The figures that the command line asks for."""
    asked = arguments()
    figures = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for figure in wanted(asked, Path(folder)):
            print(figure.line(), flush=True)
            figures.append(figure.__dict__ | {"ok": figure.verdict})
            PLACE.parent.mkdir(exist_ok=True)
            PLACE.write_text(json.dumps(figures, indent=1))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="How long the large cases take.")
    parser.add_argument("rows", nargs="?", type=int, default=ROWS, help="calls in the large database")
    parser.add_argument("--only", default=",".join(PARTS), help="some of these, separated by commas: %(default)s")
    parser.add_argument("--db", type=Path, help="the large database: used where it is, else made there and kept")
    parser.add_argument("--seconds", type=int, default=viewers.SECONDS, help="how long the simulated viewers stay")
    parser.add_argument("--share", type=float, default=1.0, help="of the full size of the files of part formats")
    asked = parser.parse_args()
    asked.only = asked.only.split(",")
    if unknown := set(asked.only) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}: {', '.join(PARTS)}")
    return asked


def wanted(asked: argparse.Namespace, folder: Path) -> Iterator[Figure]:
    """The figures, in the order in which they are measured."""
    database = asked.db or folder / "large.duckdb"
    parts: dict[str, Callable[[], Iterator[Figure]]] = {
        "imports": lambda: imports.figures(folder),
        "formats": lambda: formats.figures(folder / "formats", asked.share),
        "asking": lambda: large.asking(database),
        "pages": lambda: reads.figures(database),
        "clicks": lambda: clicks.figures(database),
        "viewers": lambda: viewers.figures(database, asked.seconds),
        "changing": lambda: large.changing(database, asked.rows),
    }
    yield Figure(f"programs that wanted one of {os.cpu_count()} processors before", os.getloadavg()[0], "", None)
    for part in PARTS:
        if part in asked.only:
            if part not in ("imports", "formats") and not database.exists():
                database.parent.mkdir(parents=True, exist_ok=True)
                yield from large.making(database, asked.rows)
            try:
                yield from parts[part]()
            except (RuntimeError, OSError, ValueError, SubprocessError, duckdb.Error) as error:
                yield failed(part, error)


if __name__ == "__main__":
    main()
