"""How far a file is while it is read: told by the process that reads it, shown as a step and on the terminal."""

import io
from pathlib import Path

import pytest

from app.terminal import Terminal
from ingest import jobs, reached, worker
from ingest.options import ReadOptions
from tests.bench.made import calls


def test_reading_says_how_far_it_is_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SECONDS", 0.02)
    shares: list[float] = []
    path = calls(tmp_path / "usage.csv", 300_000, days=30)
    (done,) = worker.convert(path, tmp_path / "work", ReadOptions(), reached=shares.append)
    assert done.error is None
    assert shares
    assert shares == sorted(shares)
    assert all(0 <= share < 1 for share in shares)
    assert done.folder is not None
    assert not (done.folder / reached.FILE).exists()


def test_a_step_with_percent_moves_the_job(tmp_path: Path) -> None:
    share, says = jobs._reading("reading a.csv: 50%", tmp_path / "a.csv")
    assert (share, says) == (0.2, "reading the file, 50%")
    assert jobs._reading("reading 9%.csv", tmp_path / "a.csv") == (0.0, "reading the file")


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_terminal_shows_steps_only_to_a_person(tmp_path: Path) -> None:
    screen, file = _Screen(), io.StringIO()
    Terminal(io.StringIO(), screen, tmp_path).step("reading a.csv: 50%")
    Terminal(io.StringIO(), file, tmp_path).step("reading a.csv: 50%")
    assert screen.getvalue() == "\r\x1b[Kreading a.csv: 50%  [##########          ]"
    assert file.getvalue() == ""
