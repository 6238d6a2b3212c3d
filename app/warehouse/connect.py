"""The one door to the database: opened safely, a cursor per question, one writer at a time.

Settling reads and writes Parquet in two folders beside the file, `<db>.archive` and `<db>.staging`; SQL reaches
no other file, no network and no extension, and cannot change that.
"""

import logging
import os
import shutil
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import duckdb

from app.settings import Settings

LOG = logging.getLogger(__name__)
NO_LIMIT = 0


class DatabaseBusyError(Exception):
    """Another process has the database open."""


class DatabaseFailedError(Exception):
    """The disk or the memory is full, or the database gave up for another reason. What was saved before stands."""


class DatabaseUnreadableError(Exception):
    """The file is no database, or is damaged."""


def beside(path: Path, what: str) -> Path:
    """The file or folder that belongs to the database at `path`: `<db>.<what>`."""
    return path.with_name(f"{path.name}.{what}")


class Warehouse:
    """An open database. Close it: the file is locked against other processes until then."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self.path = path.resolve()
        self.settings = settings
        self.archive = beside(self.path, "archive")
        self.staging = beside(self.path, "staging")
        self.needs_rebuild: str | None = None
        """Why the derived tables have to be made again before anything is asked; None when they are whole."""
        self._writer = threading.Lock()
        self._opening = threading.RLock()
        self._cursors: weakref.WeakSet[duckdb.DuckDBPyConnection] = weakref.WeakSet()
        self._make_folders()
        self._con = self._open()
        self._clear_staging()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A fresh cursor, which answers one thread at a time; its questions are cut off after `question_seconds`."""
        return self._cursor(self.settings.question_seconds * 1000)

    def unlimited(self) -> duckdb.DuckDBPyConnection:
        """A fresh cursor for reading what takes its time: a backup, a proof of everything."""
        return self._cursor(NO_LIMIT)

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The one writer, in a transaction that an exception rolls back. It waits for its turn; it does not nest.

        Raises DatabaseFailedError when the disk or the memory is full.
        """
        with self._writer:
            con = self._cursor(NO_LIMIT)
            try:
                with self._told_plainly():
                    con.execute("begin")
                    try:
                        yield con
                    except BaseException:
                        _roll_back(con)
                        raise
                    con.execute("commit")
                    self._checkpoint(con)
            finally:
                con.close()

    def interrupt(self) -> None:
        """Cuts off every question and every change that is being worked on; a change is taken back."""
        for cursor in list(self._cursors):
            cursor.interrupt()

    def close(self) -> None:
        """Gives the file free. Closing twice is no harm."""
        with self._opening:
            for cursor in list(self._cursors):
                cursor.close()
            self._con.close()

    def _make_folders(self) -> None:
        if not self.path.parent.exists():
            self.path.parent.mkdir(parents=True, mode=0o700)
        for folder in (self.archive, self.staging, beside(self.path, "tmp")):
            folder.mkdir(mode=0o700, exist_ok=True)

    def _clear_staging(self) -> None:
        # The file is ours now, so whatever lies here is of a process that was killed.
        for left in self.staging.iterdir():
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()

    def _open(self) -> duckdb.DuckDBPyConnection:
        try:
            con = self._connect()
        except duckdb.Error as error:
            if "replaying WAL" not in str(error) and "Corrupt WAL" not in str(error):
                raise
            self._set_wal_aside(error)
            con = self._connect()
        harden(con, self.path, self.settings, [self.archive, self.staging])
        self.path.chmod(0o600)
        return con

    def _connect(self) -> duckdb.DuckDBPyConnection:
        # What must hold before the first byte is read; `harden` sets the rest.
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
        }
        try:
            return duckdb.connect(str(self.path), config=config)
        except duckdb.IOException as error:
            if "Could not set lock" in str(error):
                raise DatabaseBusyError(_busy(self.path, str(error))) from error
            if "not a valid DuckDB database" in str(error):
                raise DatabaseUnreadableError(f"{self.path} is not a database of this program.") from error
            raise

    def _set_wal_aside(self, error: duckdb.Error) -> None:
        # A power cut can tear the log of the last changes. It is kept, never deleted: a person may want to look.
        wal = beside(self.path, "wal")
        kept = beside(self.path, f"wal.damaged-{time.time_ns()}")
        wal.replace(kept)
        self.needs_rebuild = (
            f"the last changes of {self.path.name} could not be read and were kept as {kept.name}; "
            "what was saved before them stands"
        )
        LOG.warning("%s (%s)", self.needs_rebuild, str(error).splitlines()[0])

    def _cursor(self, milliseconds: int) -> duckdb.DuckDBPyConnection:
        with self._opening:
            try:
                cursor = self._limited(milliseconds)
            except duckdb.FatalException:
                self._reopen(self._con)
                cursor = self._limited(milliseconds)
            self._cursors.add(cursor)
            return cursor

    def _limited(self, milliseconds: int) -> duckdb.DuckDBPyConnection:
        cursor = self._con.cursor()
        cursor.execute("set max_execution_time = ?", [milliseconds])
        return cursor

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        try:
            yield
        except duckdb.FatalException as error:
            self._reopen(self._con)
            raise DatabaseFailedError(_failed(self.path, str(error))) from error
        except duckdb.Error as error:
            if "No space left" in str(error) or isinstance(error, duckdb.OutOfMemoryException):
                raise DatabaseFailedError(_failed(self.path, str(error))) from error
            raise

    def _reopen(self, dead: duckdb.DuckDBPyConnection) -> None:
        # After a fatal error every cursor is dead until all of them are closed.
        with self._opening:
            if self._con is dead:
                LOG.warning("%s is opened again after a fatal error", self.path)
                self.close()
                self._con = self._open()

    def _checkpoint(self, con: duckdb.DuckDBPyConnection) -> None:
        # The change is saved by now, in the log: a checkpoint that fails must not make it look undone.
        try:
            con.execute("checkpoint")
        except duckdb.FatalException:
            self._reopen(self._con)
        except duckdb.Error as error:
            LOG.info("no checkpoint now: %s", str(error).splitlines()[0])


def harden(con: duckdb.DuckDBPyConnection, path: Path, settings: Settings, folders: list[Path]) -> None:
    """Takes away, for good, all that SQL could reach outside the database and `folders`."""
    con.execute("set allowed_directories = ?", [[f"{folder}/" for folder in folders]])
    con.execute("set temp_directory = ?", [str(beside(path, "tmp"))])
    con.execute("set max_temp_directory_size = ?", [settings.temp_limit])
    con.execute("set memory_limit = ?", [settings.memory_limit])
    con.execute("set preserve_insertion_order = false")  # large imports are written by all threads
    if settings.threads:
        con.execute("set threads = ?", [settings.threads])
    con.execute("set global TimeZone = 'UTC'")
    con.execute("set allow_persistent_secrets = false")
    con.execute("set enable_external_access = false")
    # The one thing that stays open: each cursor limits the time of its own questions.
    con.execute("set allowed_configs = ['max_execution_time']")
    con.execute("set lock_configuration = true")


def open_warehouse(path: Path, settings: Settings) -> Warehouse:
    """Opens the database at `path`, and makes an empty one where there is none.

    `needs_rebuild` of the result says why, when its tables are of another version or its last changes are damaged.
    Raises DatabaseBusyError when another process has it open, DatabaseUnreadableError when the file is something else.
    """
    from app.warehouse import build

    warehouse = Warehouse(path, settings)
    try:
        version = build.version_of(warehouse.cursor())
        if version is None:
            with warehouse.writing() as con:
                build.create(con, settings)
        elif version != build.SCHEMA_VERSION:
            warehouse.needs_rebuild = f"its tables are of version {version}, this program's {build.SCHEMA_VERSION}"
    except BaseException:
        warehouse.close()
        raise
    return warehouse


_OPEN: dict[Path, Warehouse] = {}
_OPEN_LOCK = threading.Lock()


def current_warehouse(
    path: Path | None = None,
    settings: Settings | None = None,
    opener: Callable[[Path, Settings], Warehouse] = open_warehouse,
) -> Warehouse:
    """The process's own open database at `path` (default: the setting `db`), opened at the first call."""
    if settings is None:
        said = tuple(sorted(item for item in os.environ.items() if item[0].startswith("TOKENPNL_")))
        settings, wanted = _said(said, str(Path.cwd()))
    else:
        wanted = settings.db.resolve()
    if path is not None:
        wanted = path.resolve()
    with _OPEN_LOCK:
        if wanted not in _OPEN:
            _OPEN[wanted] = opener(wanted, settings)
        return _OPEN[wanted]


@lru_cache(maxsize=100)
def _said(environment: tuple[tuple[str, str], ...], folder: str) -> tuple[Settings, Path]:  # noqa: ARG001 - kept by them
    """The settings of the environment and the database that they name: pages ask dozens of times a run."""
    settings = Settings()
    return settings, settings.db.resolve()


def close_current() -> None:
    """Closes every database that `current_warehouse` opened."""
    with _OPEN_LOCK:
        while _OPEN:
            _OPEN.popitem()[1].close()


def _roll_back(con: duckdb.DuckDBPyConnection) -> None:
    try:
        con.execute("rollback")
    except duckdb.Error:  # no transaction is left after a fatal error; the error that led here matters more
        LOG.debug("nothing to roll back")


def _busy(path: Path, error: str) -> str:
    _, found, rest = error.partition("(PID ")
    holder = f"Another process (PID {rest.split(')')[0]})" if found else "Another process"
    return f"{holder} has {path} open. Wait until it ends, or stop it."


def _failed(path: Path, error: str) -> str:
    if "No space left" in error:
        return f"The disk of {path.parent} is full: the change was not made. Free some space and try again."
    if "max_temp_directory_size" in error or "Out of Memory" in error:
        return (
            "The change was not made: it takes more memory than TOKENPNL_MEMORY_LIMIT, "
            "and more disk beside it than TOKENPNL_TEMP_LIMIT, allow."
        )
    return f"The database {path} gave up and was opened again as last saved: {error.splitlines()[0]}"
