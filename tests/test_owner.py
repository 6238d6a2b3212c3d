"""A running server owns the database; every other command hands its work over, and gets the same answer."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.warehouse.connect import beside
from app.warehouse.owner import Owner, OwnerLostError, Reply, Request, hand_over, living

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = sorted((ROOT / "tests/small_company").glob("*.csv"))
USAGE = """record_id,started_at,provider,model,team,output_tokens,cost
mine,2026-09-01T10:00:00Z,openai,gpt-5-mini,Mine,10,1.20
"""


def echo(request: Request) -> Reply:
    return Reply(7, " ".join(request.argv), request.cwd + str(request.env))


@pytest.fixture
def owned(tmp_path: Path) -> Iterator[Path]:
    """A database's path for which somebody answers every command with its own words."""
    owner = Owner(tmp_path / "pnl.duckdb", "http://127.0.0.1:1", echo)
    owner.start()
    yield owner.path
    owner.stop()


def test_a_command_is_answered_with_what_it_printed_and_how_it_ended(owned: Path) -> None:
    note = living(owned)
    assert note is not None

    reply = hand_over(note, ["metrics", "--by", "team"], Path("/there"), {"TOKENPNL_TODAY": "2026-09-01", "HOME": "/x"})

    assert Reply(7, "metrics --by team", "/there{'TOKENPNL_TODAY': '2026-09-01'}") == reply


def test_nobody_else_may_read_the_note_or_call_the_owner(owned: Path) -> None:
    note = living(owned)
    assert note is not None

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (beside(owned, "server"), Path(note.socket))]

    assert modes == [0o600, 0o600]
    assert stat.S_IMODE(Path(note.socket).parent.stat().st_mode) == 0o700


def test_commands_are_answered_side_by_side(tmp_path: Path) -> None:
    together = threading.Barrier(5, timeout=10)

    def meet(request: Request) -> Reply:
        together.wait()
        return echo(request)

    owner = Owner(tmp_path / "pnl.duckdb", "", meet)
    owner.start()
    with ThreadPoolExecutor(5) as pool:
        replies = list(pool.map(lambda number: hand_over(owner.note, [str(number)], tmp_path, {}), range(5)))
    owner.stop()

    assert [reply.stdout for reply in replies] == ["0", "1", "2", "3", "4"]


def test_what_is_no_request_is_refused_and_the_owner_lives(owned: Path) -> None:
    note = living(owned)
    assert note is not None
    for nonsense in (
        b"",
        b"{}",
        b"[1]",
        b"\xff\xfe",
        b'{"argv": 1, "cwd": "", "env": {}}',
        b'{"argv": [], "cwd": "", "env": 3}',
    ):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(note.socket)
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.makefile("rb").read()
        assert not nonsense or json.loads(answer)["exit"] == 2

    assert hand_over(note, ["still"], Path("/"), {}).stdout == "still"


def test_nothing_is_left_when_the_owner_stops(tmp_path: Path) -> None:
    owner = Owner(tmp_path / "pnl.duckdb", "", echo)
    owner.start()
    owner.stop()

    assert list(tmp_path.iterdir()) == []
    assert not Path(owner.note.socket).parent.exists()
    assert living(owner.path) is None


def test_stopping_waits_for_the_command_that_runs(tmp_path: Path) -> None:
    began, ended = threading.Event(), threading.Event()

    def slowly(request: Request) -> Reply:
        began.set()
        time.sleep(0.3)
        ended.set()
        return echo(request)

    owner = Owner(tmp_path / "pnl.duckdb", "", slowly)
    owner.start()
    with ThreadPoolExecutor(1) as pool:
        reply = pool.submit(hand_over, owner.note, ["import"], tmp_path, {})
        began.wait(10)
        owner.stop()
        assert ended.is_set()
        assert reply.result(10).stdout == "import"


@pytest.mark.parametrize(
    "note", ["", "{", "[]", '{"socket": "/nowhere/socket", "pid": 1, "url": ""}', '{"socket": 3, "pid": 1}']
)
def test_a_note_that_nobody_stands_behind_is_no_owner(tmp_path: Path, note: str) -> None:
    beside(tmp_path / "pnl.duckdb", "server").write_text(note)

    assert living(tmp_path / "pnl.duckdb") is None


def test_a_stale_note_takes_nothing_but_itself_and_its_socket_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "socket").write_text("")
    (folder / "work").write_text("kept")
    beside(tmp_path / "pnl.duckdb", "server").write_text(
        json.dumps({"socket": str(folder / "socket"), "pid": 1, "url": ""})
    )

    assert living(tmp_path / "pnl.duckdb") is None
    assert (folder / "work").read_text() == "kept"
    assert not beside(tmp_path / "pnl.duckdb", "server").exists()


def test_an_owner_that_ends_without_an_answer_is_said(tmp_path: Path) -> None:
    owner = Owner(tmp_path / "pnl.duckdb", "", echo)
    owner.start()
    note = owner.note
    owner.stop()

    with pytest.raises(OwnerLostError, match="ended before it answered"):
        hand_over(note, ["metrics"], tmp_path, {})


class Served:
    """A database that a real server has open, and the commands of other processes on it."""

    def __init__(self, db: Path) -> None:
        self.db = db
        self.url = ""
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "app", "--db", str(self.db), "serve", "--port", str(port)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        wait_for(f"{self.url}/healthz")

    def end(self, how: int) -> str:
        """Ends the server by a signal, and gives what it had written."""
        assert self.process is not None
        self.process.send_signal(how)
        output, _ = self.process.communicate(timeout=60)
        self.process = None
        return output

    def command(self, *words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
        return command(self.db, *words, cwd=cwd)


def command(db: Path, *words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", "--db", str(db), *words],
        cwd=cwd, env=environment(), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TOKENPNL_")}
    return inherited | {"TOKENPNL_TODAY": "2026-11-21", "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that holds the sample."""
    folder = tmp_path_factory.mktemp("sample")
    done = command(folder / "pnl.duckdb", "ingest", *map(str, SAMPLE))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def served(sample: Path, tmp_path: Path) -> Iterator[Served]:
    """The sample, with a server that has it open."""
    folder = Path(shutil.copytree(sample, tmp_path / "served"))
    server = Served(folder / "pnl.duckdb")
    server.start()
    yield server
    if server.process is not None:
        server.end(signal.SIGTERM)


def figures(db: Path) -> object:
    return json.loads(command(db, "metrics", "--by", "team", "--json").stdout)["rows"]


def test_every_command_works_through_the_server_as_it_does_without(served: Served, sample: Path) -> None:
    commands = [
        ("metrics", "--json"),
        ("metrics", "--by", "team,month"),
        ("metrics", "--by", "provider", "--csv"),
        ("metrics", "--by", "nonsense"),
        ("reconcile", "--json"),
        ("sources", "--json"),
        ("rejects", "i000001"),
        ("run", "run-0001", "--json"),
        ("run", "no-such-run"),
        ("undo", "no-such-import"),
        ("check",),
    ]

    for words in commands:
        through, without = served.command(*words), command(sample / "pnl.duckdb", *words)
        assert (through.returncode, through.stdout, through.stderr) == (
            without.returncode, without.stdout, without.stderr
        ), words  # fmt: skip


def test_an_import_and_its_undo_through_the_server_change_the_figures_and_back(served: Served, tmp_path: Path) -> None:
    before = figures(served.db)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "mine.csv").write_text(USAGE)

    loaded = served.command("ingest", "mine.csv", "--json", cwd=tmp_path / "here")

    (entry,) = json.loads(loaded.stdout)["imports"]
    assert (entry["status"], entry["file"], loaded.returncode) == ("loaded", "mine.csv", 0)
    assert figures(served.db) != before
    trail = json.loads(served.command("imports", "--json").stdout)["imports"]
    assert trail[0]["import_id"] == entry["import_id"]
    assert served.command("undo", entry["import_id"]).returncode == 0
    assert figures(served.db) == before


def test_what_a_command_writes_lies_in_the_folder_that_it_was_called_from(served: Served, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()

    written = served.command("sources", "--template", "usage", "--out", "usage.csv", cwd=folder)
    saved = served.command("backup", "saved.duckdb", cwd=folder)

    assert (written.returncode, saved.returncode) == (0, 0)
    assert {"usage.csv", "saved.duckdb", "saved.duckdb.archive"} == {path.name for path in folder.iterdir()}


def test_a_backup_while_the_server_runs_opens_and_has_the_same_figures(served: Served, tmp_path: Path) -> None:
    saved = tmp_path / "saved.duckdb"

    assert served.command("backup", str(saved)).returncode == 0

    assert figures(saved) == figures(served.db)
    assert command(saved, "check").returncode == 0
    last = json.loads(command(saved, "imports", "--json").stdout)["imports"][0]["import_id"]
    assert command(saved, "undo", last).returncode == 0
    assert command(saved, "rebuild").returncode == 0


def test_a_killed_server_leaves_nothing_in_the_way(served: Served) -> None:
    before = figures(served.db)
    served.end(signal.SIGKILL)
    assert beside(served.db, "server").exists()

    after = served.command("metrics", "--by", "team", "--json")

    assert (after.returncode, after.stderr) == (0, "")
    assert json.loads(after.stdout)["rows"] == before
    assert not beside(served.db, "server").exists()


def test_a_server_that_is_told_to_end_closes_everything(served: Served) -> None:

    output = served.end(signal.SIGTERM)

    assert served.url in output
    assert "Traceback" not in output
    assert not beside(served.db, "server").exists()
    assert not beside(served.db, "wal").exists()


def test_a_second_server_says_where_the_first_one_is(served: Served) -> None:
    second = served.command("serve")

    assert (second.returncode, second.stdout) == (1, "")
    assert f"{served.db} is served already: {served.url}\n" == second.stderr


def test_a_database_that_another_command_keeps_open_is_one_clear_line(tmp_path: Path) -> None:
    db = tmp_path / "pnl.duckdb"
    script = f"import duckdb, sys; con = duckdb.connect({str(db)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()

        refused = command(db, "metrics")

        other.communicate()
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"Another process (PID {other.pid}) has {db} open. Wait until it ends, or stop it.\n"
