"""Runs every figure, prints a line for each, and writes them to build/bench.json."""

from __future__ import annotations

import json
import sys
import tempfile
from itertools import chain
from pathlib import Path

from tests.bench import imports, large
from tests.bench.figures import Figure

PLACE = Path("build/bench.json")


def main(rows: int) -> None:
    """`rows` calls in the large database."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for figure in chain(imports.figures(Path(folder)), large.figures(Path(folder), rows)):
            print(figure.line(), flush=True)
            figures.append(figure)
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_text(json.dumps([figure.__dict__ | {"ok": figure.verdict} for figure in figures], indent=1))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
