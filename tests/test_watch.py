"""A watched folder: what appears is taken once, when it is complete, with the audit of any import."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest import pipeline
from ingest.jobs import jobs_of
from ingest.pipeline import ImportResult, IngestOptions
from ingest.watch import Memory, StoppedError, Watch, by_jobs
from tests.conftest import Company
from tests.promises import reading_here

ROOT = Path(__file__).resolve().parent.parent
HEAD = "record_id,started_at,provider,model,team,cost\n"
QUIET = 0.2


def row(id: str, cost: str = "1") -> str:
    return f"{id},2026-10-05T12:00:00Z,acme,m1,red,{cost}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "drop"
    found.mkdir()
    return found


class Watched:
    """A folder that is looked at when a test says so."""

    def __init__(self, company: Company, folder: Path) -> None:
        self.lines: list[tuple[str, bool]] = []
        self.loads: list[str] = []
        load = by_jobs(company.warehouse, IngestOptions())

        def counted(path: Path, stopping: Callable[[], bool]) -> object:
            self.loads.append(path.name)
            return load(path, stopping)

        self.memory = Memory(company.warehouse.path)
        self.watch = Watch(folder, self.memory, counted, lambda line, good: self.lines.append((line, good)), QUIET)

    def look(self) -> list[str]:
        """One look; gives the names that were taken in it."""
        before = len(self.loads)
        self.watch.look(lambda: False)
        return self.loads[before:]

    def settle(self) -> list[str]:
        """Looks, waits until everything is quiet, and looks again."""
        first = self.look()
        time.sleep(QUIET * 1.2)
        return first + self.look()


@pytest.fixture
def watched(company: Company, folder: Path) -> Iterator[Watched]:
    with reading_here():
        yield Watched(company, folder)


def test_a_file_is_taken_once_it_is_quiet_and_only_once(company: Company, folder: Path, watched: Watched) -> None:
    (folder / "a.csv").write_text(HEAD + row("1"))

    assert watched.look() == []  # it may still be written to
    time.sleep(QUIET * 1.2)
    assert watched.look() == ["a.csv"]
    assert watched.settle() == []
    assert watched.lines == [("a.csv: loaded as usage, i000001: 1 accepted, 0 unchanged, 0 rejected", True)]
    assert company.metric("all_in_cost") == 1


def test_a_file_that_grows_is_waited_for(company: Company, folder: Path, watched: Watched) -> None:
    path = folder / "slow.csv"
    path.write_text(HEAD)
    for number in range(3):
        watched.look()
        time.sleep(QUIET * 0.7)
        with path.open("a") as out:
            out.write(row(str(number)))
    assert watched.loads == []
    watched.settle()

    assert watched.loads == ["slow.csv"]
    assert company.metric("all_in_cost") == 3


def test_what_is_not_finished_or_is_no_file_is_left_alone(folder: Path, watched: Watched) -> None:
    for name in (".hidden.csv", "a.csv.part", "a.csv.TMP", "_SUCCESS", ".git/b.csv"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEAD + row("1"))
    (folder / "empty.csv").touch()
    (folder / "link.csv").symlink_to(folder / ".hidden.csv")
    assert watched.settle() == []

    (folder / "a.csv.part").rename(folder / "a.csv")
    (folder / "2026").mkdir()
    (folder / "2026" / "c.csv").write_text(HEAD + row("2"))
    assert sorted(watched.settle()) == ["a.csv", "c.csv"]


def test_a_restart_reads_nothing_again_and_a_changed_file_is_taken_again(
    company: Company, folder: Path, watched: Watched
) -> None:
    (folder / "a.csv").write_text(HEAD + row("1"))
    watched.settle()
    again = Watched(company, folder)
    assert again.settle() == []

    (folder / "a.csv").write_text(HEAD + row("1") + row("2", "5"))
    assert again.settle() == ["a.csv"]
    assert company.metric("all_in_cost") == 6


def test_the_same_rows_under_another_name_make_no_import(company: Company, folder: Path, watched: Watched) -> None:
    (folder / "a.csv").write_text(HEAD + row("1"))
    watched.settle()
    (folder / "b.csv").write_text(HEAD + row("1"))
    watched.settle()

    assert watched.lines[-1] == ("b.csv: unchanged as usage, i000001: 0 accepted, 1 unchanged, 0 rejected", True)
    assert len(pipeline.imports(company.warehouse.cursor())) == 1


def test_a_file_that_fails_is_told_once_and_tried_again_when_it_changes(
    company: Company, folder: Path, watched: Watched
) -> None:
    path = folder / "letter.csv"
    path.write_text("dear,reader\n1,2\n")
    watched.settle()
    assert watched.settle() == []

    ((line, is_good),) = watched.lines
    assert "letter.csv is in no format we know" in line
    assert not is_good
    (failed,) = watched.memory.failed(folder)
    assert failed.path == path
    assert "in no format we know" in failed.said

    path.write_text(HEAD + row("1"))
    assert watched.settle() == ["letter.csv"]
    assert watched.memory.failed(folder) == []
    assert company.metric("all_in_cost") == 1


def test_a_file_that_the_disk_is_busy_with_waits(company: Company, folder: Path) -> None:
    asked = []

    def stopped(path: Path, stopping: Callable[[], bool]) -> list[ImportResult]:
        asked.append(path.name)
        raise StoppedError

    (folder / "a.csv").write_text(HEAD + row("1"))
    memory = Memory(company.warehouse.path)
    watch = Watch(folder, memory, stopped, print, 0)
    for _ in range(2):
        with pytest.raises(StoppedError):
            watch.look(lambda: False)

    assert asked == ["a.csv", "a.csv"]  # what was stopped is not remembered as taken


def test_a_folder_that_is_away_is_told_once_and_waited_for(company: Company, folder: Path) -> None:
    lines: list[str] = []
    away = folder / "share"
    watch = Watch(away, Memory(company.warehouse.path), lambda *_: [], lambda line, _: lines.append(line), 0)
    watch.look(lambda: False)
    watch.look(lambda: False)
    away.mkdir()
    watch.look(lambda: False)

    assert [line.rpartition(" is ")[2] for line in lines] == ["not there: waiting for it.", "there again."]


def test_stopping_takes_back_what_is_being_settled(company: Company, folder: Path, monkeypatch) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def slow(con: object, changes: object, archive: object, progress: Callable[[str], None]) -> object:
        reached.set()
        con.execute("select count(*) from range(100000000000) as a (n) where n % 7 = 3")  # type: ignore[attr-defined]
        go_on.set()
        raise AssertionError

    monkeypatch.setattr(pipeline, "settle", slow)
    (folder / "a.csv").write_text(HEAD + row("1"))
    stop = threading.Event()
    watch = Watch(folder, Memory(company.warehouse.path), by_jobs(company.warehouse, IngestOptions()), print, 0)
    with reading_here():
        thread = threading.Thread(target=watch.run, args=(stop, 0.05))
        thread.start()
        assert reached.wait(30)
        began = time.monotonic()
        stop.set()
        thread.join(20)

    assert not thread.is_alive()
    assert time.monotonic() - began < 5
    assert not go_on.is_set()
    assert not jobs_of(company.warehouse).pending()
    assert pipeline.imports(company.warehouse.cursor()) == []
    assert list(company.warehouse.archive.iterdir()) == []


@contextmanager
def process(database: Path, *words: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """The command line as a person starts it, ended with the test."""
    environment = {**os.environ, **settings}
    with subprocess.Popen(
        [sys.executable, "-m", "app", "--db", str(database), *words],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        try:
            yield running
        finally:
            running.kill()


def line_of(stream: object) -> str:
    return str(stream.readline())  # type: ignore[attr-defined]


def imports_of(database: Path) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "app", "--db", str(database), "imports", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout)["imports"])


def test_the_command_takes_files_and_ends_cleanly(tmp_path: Path, folder: Path) -> None:
    database = tmp_path / "pnl.duckdb"
    (folder / "early.csv").write_text(HEAD + row("1"))
    with process(database, "ingest", "--watch", str(folder)) as running:
        assert line_of(running.stdout).startswith(f"Watching {folder}")
        assert line_of(running.stdout).startswith("early.csv: loaded as usage, i000001")
        assert [found["file"] for found in imports_of(database)] == ["early.csv"]  # others may ask meanwhile
        (folder / "bad.csv").write_text("dear,reader\n1,2\n")
        assert "bad.csv is in no format we know" in line_of(running.stderr)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=15)

    assert running.returncode == 0
    assert out.startswith("Ended.")
    assert err == ""
    with process(database, "ingest", "--watch", str(folder)) as again:  # neither the good nor the bad one is read again
        line_of(again.stdout)
        (folder / "late.csv").write_text(HEAD + row("2"))
        assert line_of(again.stdout).startswith("late.csv: loaded as usage, i000002")
        again.terminate()
        assert again.communicate(timeout=15) == ("Ended. What was not loaded whole was taken back.\n", "")


def test_a_large_file_does_not_hold_up_the_end(tmp_path: Path, folder: Path) -> None:
    database = tmp_path / "pnl.duckdb"
    (folder / "large.csv").write_text(HEAD + "".join(row(str(number)) for number in range(200_000)))
    with process(database, "ingest", "--watch", str(folder)) as running:
        line_of(running.stdout)
        staging = tmp_path / "pnl.duckdb.staging"
        end = time.monotonic() + 60
        while not list(staging.glob("job-*/*/job.json")) and time.monotonic() < end:
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, err = running.communicate(timeout=30)

    assert time.monotonic() - began < 8
    assert (running.returncode, out, err) == (0, "Ended. What was not loaded whole was taken back.\n", "")
    assert imports_of(database) == []


def test_the_dashboard_takes_what_appears_in_its_folder(tmp_path: Path, folder: Path) -> None:
    database = tmp_path / "pnl.duckdb"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with process(database, "serve", "--port", port, TOKENPNL_WATCH=str(folder)) as running:
        (folder / "a.csv").write_text(HEAD + row("1"))
        end = time.monotonic() + 90
        while not (database.with_name("pnl.duckdb.server").exists() and imports_of(database)):
            assert running.poll() is None
            assert time.monotonic() < end
            time.sleep(0.5)
        assert [found["file"] for found in imports_of(database)] == ["a.csv"]
        other = tmp_path / "other"
        other.mkdir()
        (other / "b.csv").write_text(HEAD + row("2"))
        (other / "bad.csv").write_text("dear,reader\n1,2\n")
        with process(database, "ingest", "--watch", str(other), "--account", "x") as command:  # the dashboard loads
            line_of(command.stdout)
            assert line_of(command.stdout).startswith("b.csv: loaded as usage, i000002")
            assert "bad.csv is in no format we know" in line_of(command.stderr)
            command.terminate()
            command.communicate(timeout=15)
            assert command.returncode == 0
        assert [found["account"] for found in imports_of(database)] == ["x", None]
        running.terminate()
        running.communicate(timeout=30)
