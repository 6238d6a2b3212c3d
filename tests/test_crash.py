"""Whatever ends a process, and whenever: an import is there whole or not at all, and the next one works."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from app.settings import Settings
from app.warehouse.check import check
from app.warehouse.connect import DatabaseFailedError, Warehouse, open_warehouse
from ingest import pipeline
from tests.conftest import TODAY
from tests.killed import COMMITTED, MOMENTS

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "tests" / "small_company"
FIRST = ("01_workflows.csv", "03_usage.csv", "06_outcomes.csv")
SECOND = "07_charges.csv"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that holds a few imports."""
    folder = tmp_path_factory.mktemp("loaded")
    warehouse = opened(folder)
    pipeline.ingest(warehouse, [SAMPLE / name for name in FIRST], pipeline.IngestOptions())
    warehouse.close()
    return folder


@pytest.fixture
def folder(loaded: Path, tmp_path: Path) -> Path:
    """A copy of it of one's own."""
    return Path(shutil.copytree(loaded, tmp_path / "copy"))


def opened(folder: Path) -> Warehouse:
    return open_warehouse(folder / "pnl.duckdb", Settings(today=TODAY, threads=2, memory_limit="1GB"))


def kill_at(moment: str, folder: Path, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.killed", moment, "--db", str(folder / "pnl.duckdb"), *words],
        cwd=ROOT, env=dict(os.environ) | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, (moment, done.stdout, done.stderr)


def figures(warehouse: Warehouse) -> str:
    from app.metrics.contract import metrics_document

    document = metrics_document(warehouse.cursor(), by=("team", "month", "model"), today=TODAY)
    return json.dumps(document["rows"], default=str)


def standing(warehouse: Warehouse) -> set[str]:
    return {row["import_id"] for row in pipeline.imports(warehouse.cursor()) if row["status"] == "standing"}


def archived(warehouse: Warehouse) -> set[str]:
    return {path.name for path in warehouse.archive.iterdir()}


@pytest.fixture(scope="module")
def with_second(loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The figures when nothing ends the second import."""
    folder = Path(shutil.copytree(loaded, tmp_path_factory.mktemp("whole") / "copy"))
    warehouse = opened(folder)
    pipeline.ingest(warehouse, [SAMPLE / SECOND], pipeline.IngestOptions())
    after = figures(warehouse)
    warehouse.close()
    return after


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_import_is_there_whole_or_not_at_all(moment: str, folder: Path, with_second: str) -> None:
    warehouse = opened(folder)
    before, ids = figures(warehouse), standing(warehouse)
    warehouse.close()

    kill_at(moment, folder, "ingest", str(SAMPLE / SECOND))

    again = opened(folder)
    assert figures(again) == (with_second if moment in COMMITTED else before)
    assert len(standing(again)) == len(ids) + (moment in COMMITTED)
    assert again.needs_rebuild is None
    assert check(again.cursor()) == []
    assert list(again.staging.iterdir()) == []
    (result,) = pipeline.ingest(again, [SAMPLE / SECOND], pipeline.IngestOptions())
    assert result.status == ("unchanged" if moment in COMMITTED else "loaded")
    assert figures(again) == with_second
    assert archived(again) == standing(again)
    again.close()


@pytest.mark.parametrize(
    "moment", ["after settling", "before the commit", "at the step bills", "before the checkpoint"]
)
def test_a_killed_undo_is_done_whole_or_not_at_all(moment: str, folder: Path) -> None:
    warehouse = opened(folder)
    before, ids = figures(warehouse), standing(warehouse)
    warehouse.close()

    kill_at(moment, folder, "undo", "i000002")

    again = opened(folder)
    assert standing(again) == (ids - {"i000002"} if moment in COMMITTED else ids)
    assert (figures(again) == before) == (moment not in COMMITTED)
    assert check(again.cursor()) == []
    again.close()


@pytest.mark.parametrize("moment", ["after settling", "at the step cubes", "before the checkpoint"])
def test_a_killed_rebuild_changes_no_figure(moment: str, folder: Path) -> None:
    warehouse = opened(folder)
    before = figures(warehouse)
    warehouse.close()

    kill_at(moment, folder, "rebuild")

    again = opened(folder)
    assert figures(again) == before
    pipeline.rebuild(again)
    assert figures(again) == before
    again.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB.

    Only filling a real one shows what a full disk does, and mounting a small one takes root: without it, skipped.
    """
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)]
    is_root = os.geteuid() == 0 and shutil.which("mount") is not None
    if not is_root or subprocess.run(mount, check=False).returncode:
        # Only a real disk proves anything, and a person's account may not mount one: nothing could run instead.
        pytest.skip(
            "no small disk can be mounted: that takes root"
        )  # reason: the kernel's right to mount, not ours to give
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.parametrize("rows", [100_000, 700_000, 4_000_000])
def test_a_full_disk_costs_the_change_that_filled_it_and_nothing_else(small_disk: Path, rows: int) -> None:
    warehouse = Warehouse(small_disk / "pnl.duckdb", Settings(threads=2, memory_limit="1GB"))
    with warehouse.writing() as con:
        con.execute("create table calls as select range as a, hash(range) as b from range(1000)")
    kept = 1000

    def fill() -> None:
        nonlocal kept
        for _ in range(100):
            with warehouse.writing() as con:
                con.execute("insert into calls select range, hash(range + ?) from range(?)", [kept, rows])
            kept += rows

    with pytest.raises(DatabaseFailedError, match=r"disk of .* is full: the change was not made"):
        fill()

    assert warehouse.cursor().execute("select count(*) from calls").fetchone() == (kept,)
    warehouse.close()
    again = Warehouse(small_disk / "pnl.duckdb", Settings(threads=2, memory_limit="1GB"))
    assert again.cursor().execute("select count(*) from calls").fetchone() == (kept,)
    assert again.needs_rebuild is None
    again.close()


def test_a_disk_that_is_full_while_settling_fails_that_file_and_the_next_one_loads(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = opened(folder)
    before = figures(warehouse)
    settle = pipeline.settle

    def once_full(*_: object) -> None:
        monkeypatch.setattr(pipeline, "settle", settle)
        raise duckdb.IOException("Could not write file: No space left on device")

    monkeypatch.setattr(pipeline, "settle", once_full)

    (failed,) = pipeline.ingest(warehouse, [SAMPLE / SECOND], pipeline.IngestOptions())

    assert (failed.status, figures(warehouse)) == ("failed", before)
    assert "is full" in (failed.error or "")
    (loaded,) = pipeline.ingest(warehouse, [SAMPLE / SECOND], pipeline.IngestOptions())
    assert loaded.status == "loaded"
    assert archived(warehouse) == standing(warehouse)
    warehouse.close()


def test_a_file_that_the_disk_has_no_room_for_fails_alone_and_the_next_one_loads(small_disk: Path) -> None:
    warehouse = opened(small_disk)
    large = small_disk.parent / "large.csv"
    lines = (f"c{i},2026-09-01T10:00:00Z,openai,gpt-5-mini,{i},{i * 7919 % 1000003},0.00{i}" for i in range(400_000))
    header = "record_id,started_at,provider,model,uncached_input_tokens,output_tokens,cost"
    large.write_text("\n".join([header, *lines]) + "\n")

    too_large, small = pipeline.ingest(warehouse, [large, SAMPLE / "01_workflows.csv"], pipeline.IngestOptions())

    assert (too_large.status, small.status) == ("failed", "loaded")
    assert too_large.error is not None
    assert "full" in too_large.error or "space" in too_large.error
    assert standing(warehouse) == archived(warehouse)
    assert check(warehouse.cursor()) == []
    warehouse.close()
