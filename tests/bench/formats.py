"""Large files in the formats that people bring, each against DuckDB's bare read of the same file.

What is timed is the conversion: the process of its own that reads, recognises, checks and writes canonical Parquet.
That is what grows with the file's bytes. Transcripts of Claude Code are imported whole, by command, against `ccusage`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.options import Limits
from tests.bench import exports
from tests.bench.figures import Figure, failed, timed
from tests.bench.made import calls
from tests.bench.places import ROOT

AIM = 4.0
TIMES = 2

# Each side in a process of its own, so that its memory is its own.
BARE = """
import duckdb, resource, sys, time
start = time.perf_counter()
with duckdb.connect(sys.argv[3]) as con:
    con.execute(f"create table bare as select * from {sys.argv[2]}(?)", [sys.argv[1]])
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
CONVERSION = """
import resource, sys, time
from pathlib import Path
from ingest.worker import Limits, ReadOptions, convert
start = time.perf_counter()
(done,) = convert(Path(sys.argv[1]), Path(sys.argv[3]), ReadOptions(), Limits(seconds=7200))
seconds = time.perf_counter() - start
assert done.error is None, done.error
assert done.source == sys.argv[2], done.source
assert done.rows_rejected == 0, done.rows_rejected
print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


@dataclass(frozen=True)
class Format:
    """A file that is made, what it is recognised as, and the table function that reads it barely."""

    label: str
    source: str
    reader: str
    make: Callable[[Path, float], Path]
    """Given a folder and a share of the full size."""


FORMATS = (
    Format(
        "canonical CSV, 5,000,000 rows", "usage", "read_csv",
        lambda folder, share: calls(folder / "usage.csv", int(5_000_000 * share), exports.DAYS),
    ),
    Format(
        "LiteLLM JSONL, 1 GB", "litellm_spendlogs", "read_json_objects",
        lambda folder, share: exports.litellm(folder / "litellm.jsonl", 1000 * share),
    ),
    Format(
        "OTLP JSON, 500 MB", "otlp_spans", "read_json_objects",
        lambda folder, share: exports.otlp(folder / "otlp.jsonl", 500 * share),
    ),
    Format(
        "FOCUS Parquet, 5,000,000 rows", "focus", "read_parquet",
        lambda folder, share: exports.focus(folder / "focus.parquet", int(5_000_000 * share)),
    ),
)  # fmt: skip


def figures(folder: Path, share: float = 1.0) -> Iterator[Figure]:
    """Every format, then transcripts; `share` of the full size."""
    for each in FORMATS:
        try:
            yield from of(each, folder / each.source, share)
        except (OSError, ValueError, duckdb.Error, subprocess.SubprocessError) as error:
            yield failed(f"conversion of {each.label}", error)
        finally:
            shutil.rmtree(folder / each.source, ignore_errors=True)
    try:
        yield from of_transcripts(folder / "claude", share)
    finally:
        shutil.rmtree(folder / "claude", ignore_errors=True)


def of(kind: Format, folder: Path, share: float) -> Iterator[Figure]:
    """The ratio of one format; both sides in turns, the better of each."""
    folder.mkdir(parents=True)
    path = kind.make(folder, share)
    size = path.stat().st_size
    bare, whole = [], []
    for turn in range(TIMES):
        bare.append(measure(BARE, path, kind.reader, folder / f"bare{turn}.db"))
        whole.append(measure(CONVERSION, path, kind.source, folder / "work"))
        shutil.rmtree(folder / "work")
    what = f"{kind.label}{sized(share)}"
    took, peak = min(one[0] for one in whole), max(one[1] for one in whole)
    fastest = min(one[0] for one in bare)
    yield Figure(f"{what}: bare read", size / 1e6 / fastest, "MB/s", None, max(one[1] for one in bare))
    yield Figure(f"{what}: conversion", size / 1e6 / took, "MB/s", None)
    yield Figure(f"{what}: conversion / bare read", took / fastest, "x", AIM, parts=[bare, whole])
    yield Figure(f"{what}: memory of the worker", peak, "MB", Limits().memory_mb)


def sized(share: float) -> str:
    """What to say of a size that is not the full one."""
    return "" if share == 1 else f" x {share:g}"


def measure(program: str, *arguments: str | Path) -> tuple[float, int]:
    """Seconds and peak memory in MB of a program in a process of its own. Raises ValueError when it fails."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    if done.returncode:
        raise ValueError((done.stderr.strip().splitlines() or ["it said nothing"])[-1])
    seconds, peak = done.stdout.split()[-2:]  # in front of it DuckDB may draw how far it is
    return float(seconds), int(peak)


# --- transcripts ---

CCUSAGE = Path("build/ccusage/node_modules/ccusage/src/cli.js")
"""Where `npm install --prefix build/ccusage ccusage @ccusage/ccusage-linux-x64` puts it; never part of the project."""
CLASSES = ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens")
COUNTED = """
    select
        model, sum(uncached_input_tokens), sum(output_tokens + coalesce(reasoning_tokens, 0)),
        sum(cache_write_tokens), sum(cache_read_tokens)
    from usage
    group by model
"""
Tokens = dict[str, tuple[int, ...]]


def of_transcripts(folder: Path, share: float) -> Iterator[Figure]:
    """Our command against theirs, on the same folder: time, and tokens by model and class."""
    what = f"transcripts, 500 MB{sized(share)}"
    exports.transcripts(folder, 500 * share)
    size = sum(path.stat().st_size for path in folder.rglob("*.jsonl"))
    ours = [imported(folder, folder.with_name(f"ours{turn}")) for turn in range(TIMES)]
    took = min(seconds for seconds, _ in ours)
    yield Figure(f"{what}: imported by command, new database", took, "s", None)
    yield Figure(f"{what}: imported by command", size / 1e6 / took, "MB/s", None)
    if shutil.which("node") is None or not CCUSAGE.is_file():
        yield Figure(f"{what}: ccusage is left out, there is no node or no {CCUSAGE}", 0, "", None)
        return
    theirs = [reported(folder) for _ in range(TIMES)]
    fastest = min(seconds for seconds, _ in theirs)
    yield Figure(f"{what}: ccusage daily", fastest, "s", None)
    yield Figure(f"{what}: import / ccusage", took / fastest, "x", 1)
    mine, other = ours[0][1], theirs[0][1]
    differing = [(model, mine.get(model), other.get(model)) for model in mine.keys() | other.keys()]
    differing = [each for each in differing if each[1] != each[2]]
    yield Figure(f"{what}: models whose tokens differ, of {len(other)}", len(differing), "", 0, parts=differing)


def imported(folder: Path, place: Path) -> tuple[float, Tokens]:
    """Seconds of the two commands that docs/sources.md names, and the tokens by model."""
    place.mkdir()
    packed, database = place / "claude.jsonl", place / "claude.duckdb"
    with timed() as watch:
        with packed.open("wb") as out:
            subprocess.run(
                ["grep", "-rh", '"usage":{', str(folder / "projects"), "--include=*.jsonl"], stdout=out, check=True
            )
        command = [sys.executable, "-m", "app", "--db", str(database), "ingest", str(packed), "--json"]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    with duckdb.connect(str(database), read_only=True) as con:
        found = {str(model): tuple(map(int, counts)) for model, *counts in con.execute(COUNTED).fetchall()}
    shutil.rmtree(place)
    return watch.seconds, found


def reported(folder: Path) -> tuple[float, Tokens]:
    """Seconds of `ccusage daily --json` without a network, and the tokens by model."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "CLAUDE_CONFIG_DIR": str(folder), "TZ": "UTC"}
    command = ["node", str(CCUSAGE.resolve()), "daily", "--json", "--offline"]
    with timed() as watch:
        done = subprocess.run(command, env=environment, capture_output=True, check=True)
    found: Tokens = {}
    for day in json.loads(done.stdout)["daily"]:
        for model in day["modelBreakdowns"]:
            counts = tuple(int(model[name]) for name in CLASSES)
            before = found.get(model["modelName"], (0,) * len(CLASSES))
            found[model["modelName"]] = tuple(map(sum, zip(before, counts, strict=True)))
    return watch.seconds, found
