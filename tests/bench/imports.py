"""Importing a million-row canonical CSV, whole, against DuckDB's bare read of the same file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.made import calls

ROWS = 1_000_000

# Each side in a process of its own, so that its memory is its own.
BARE = """
import duckdb, resource, sys, time
start = time.perf_counter()
con = duckdb.connect(sys.argv[2])
con.execute("create table bare as select * from read_csv(?)", [sys.argv[1]])
con.close()
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
WHOLE = """
import resource, sys, time
from pathlib import Path
from app.settings import Settings
from app.warehouse.connect import open_warehouse
from ingest.pipeline import IngestOptions, ingest
warehouse = open_warehouse(Path(sys.argv[2]), Settings())
start = time.perf_counter()
result = ingest(warehouse, [Path(sys.argv[1])], IngestOptions())[0]
seconds = time.perf_counter() - start
assert result.status == "loaded", result.error
peak = max(resource.getrusage(kind).ru_maxrss for kind in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(seconds, peak // 1024)
"""


def figures(folder: Path) -> Iterator[Figure]:
    """The ratio; both sides twice, in turns, the better of each."""
    path = calls(folder / "million.csv", ROWS, days=30)
    runs = [
        (measure(BARE, path, folder / f"bare{turn}.db"), measure(WHOLE, path, folder / f"whole{turn}.db"))
        for turn in range(2)
    ]
    bare = min(one[0] for one, _ in runs)
    whole = min(one[0] for _, one in runs)
    yield Figure("bare read of a 1,000,000-row usage CSV", bare, "s", None, max(one[1] for one, _ in runs))
    yield Figure("import of a 1,000,000-row usage CSV, whole", whole, "s", None, max(one[1] for _, one in runs))
    yield Figure(
        "import of a 1,000,000-row usage CSV / bare read", whole / bare, "x", 3.5, max(one[1] for _, one in runs)
    )


def measure(program: str, path: Path, database: Path) -> tuple[float, int]:
    """Seconds and peak memory in MB of a program in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), str(database)], capture_output=True, text=True, check=True
    )
    seconds, peak = done.stdout.split()
    return float(seconds), int(peak)
