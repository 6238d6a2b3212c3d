"""One process owns the database. While the server is that process, commands hand their work over to it.

The owner leaves `<db>.server` beside the file, which says its process and its Unix socket; both can be reached by
the same user only. A request is the command's arguments, its folder and its settings; the answer is what the command
printed and how it ended. The owner runs the very same command, on the database that it has open.
"""

import contextlib
import json
import logging
import os
import socket
import socketserver
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.warehouse.connect import beside

LOG = logging.getLogger(__name__)
REQUEST_SECONDS = 10.0
LARGEST_REQUEST = 4_000_000


class OwnerLostError(Exception):
    """The server ended before it answered."""


@dataclass(frozen=True)
class Request:
    """A command as it was given: its arguments, the folder that its paths start from, the settings around it."""

    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str]


@dataclass(frozen=True)
class Reply:
    """How a command ended, and what it printed."""

    exit: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Note:
    """What `<db>.server` holds."""

    socket: str
    pid: int
    url: str


class Owner:
    """Answers commands for the database at `path` until it is stopped."""

    def __init__(self, path: Path, url: str, answer: Callable[[Request], Reply]) -> None:
        self.path = path
        # A socket's path is limited to about 100 letters, a database's is not: so it lies in a folder of its own.
        folder = Path(tempfile.mkdtemp(prefix="tokenpnl-"))
        self.note = Note(str(folder / "socket"), os.getpid(), url)
        self._server = _Server(self.note.socket, answer)
        self._thread = threading.Thread(target=self._server.serve_forever, name="owner", daemon=True)

    def start(self) -> None:
        """Begins to answer, and says so in `<db>.server`."""
        self._thread.start()
        file = beside(self.path, "server")
        fresh = beside(self.path, f"server.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump(asdict(self.note), out)
        fresh.replace(file)  # whoever reads it reads all of it

    def stop(self) -> None:
        """Takes no more commands, and waits for those that run."""
        self._server.shutdown()
        self._server.server_close()
        _forget(self.path, self.note)


def living(path: Path) -> Note | None:
    """The server that has the database at `path` open, or None. What a dead one left behind is removed."""
    note = _read(path)
    if note is None:
        return None
    try:
        _connect(note).close()
    except OSError:
        _forget(path, note)
        return None
    return note


def hand_over(note: Note, argv: Sequence[str], cwd: Path, env: dict[str, str]) -> Reply:
    """Lets the server run a command, and gives what came of it.

    Raises OwnerLostError when the server ends meanwhile.
    """
    request = Request(tuple(argv), str(cwd), {key: value for key, value in env.items() if key.startswith("TOKENPNL_")})
    try:
        with _connect(note) as connection:
            connection.settimeout(None)  # an import takes as long as it takes
            connection.sendall(json.dumps(asdict(request)).encode())
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as stream:
                return Reply(**json.loads(stream.read()))
    except (OSError, ValueError, TypeError) as error:
        raise OwnerLostError(
            "The server ended before it answered. What it was doing was taken back, or is whole: see `imports`."
        ) from error


class _Handler(socketserver.StreamRequestHandler):
    timeout = REQUEST_SECONDS
    server: "_Server"

    def handle(self) -> None:
        # A visitor that only looks whether somebody is there sends nothing and goes.
        with contextlib.suppress(OSError):
            body = self.rfile.read(LARGEST_REQUEST)
            if body:
                self.wfile.write(json.dumps(asdict(self._reply(body))).encode())

    def _reply(self, body: bytes) -> Reply:
        try:
            said: dict[str, Any] = json.loads(body)
            request = Request(tuple(map(str, said["argv"])), str(said["cwd"]), dict(said["env"]))
        except (ValueError, KeyError, TypeError):
            return Reply(2, "", "The server did not understand the request.\n")
        try:
            return self.server.answer(request)
        except Exception as error:
            LOG.exception("a command failed")
            return Reply(2, "", f"The server could not run the command: {error}\n")


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = False  # closing waits for the commands that run
    request_queue_size = 64

    def __init__(self, path: str, answer: Callable[[Request], Reply]) -> None:
        super().__init__(path, _Handler)
        Path(path).chmod(0o600)
        self.answer = answer


def _connect(note: Note) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(REQUEST_SECONDS)
        connection.connect(note.socket)
    except OSError:
        connection.close()
        raise
    return connection


def _read(path: Path) -> Note | None:
    try:
        return Note(**json.loads(beside(path, "server").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _forget(path: Path, note: Note) -> None:
    if _read(path) == note:  # not the note of one that has started since
        beside(path, "server").unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        Path(note.socket).unlink()
        Path(note.socket).parent.rmdir()
