"""A command's way to the database: its own, the one of the process that it runs in, or a living server's."""

import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from app.settings import Settings
from app.terminal import Terminal
from app.warehouse import owner
from app.warehouse.connect import DatabaseBusyError, Warehouse, open_warehouse
from ingest import pipeline

RETRY_SECONDS = 0.1


class HandOver(Exception):  # noqa: N818 - it says what to do next; nothing went wrong
    """A living server has the database: let it run the command."""

    def __init__(self, note: owner.Note) -> None:
        super().__init__(note.url)
        self.note = note


@dataclass
class Session:
    """One command: where it writes, its settings, its database."""

    terminal: Terminal
    settings: Settings
    host: Warehouse | None = None
    """The open database of the process that the command runs in; None: it opens one of its own."""
    _own: Warehouse | None = field(default=None, init=False)

    @property
    def db(self) -> Path:
        """The database file."""
        return self.path(self.settings.db)

    @property
    def today(self) -> date:
        """Today in the reporting time zone, or what TOKENPNL_TODAY says."""
        return self.settings.clock()

    def path(self, given: Path) -> Path:
        """A path as the command meant it: from its own folder."""
        return self.terminal.cwd / given.expanduser()

    def use(self, db: Path) -> None:
        """Works on another database than the settings name."""
        self.settings = self.settings.model_copy(update={"db": db})

    def warehouse(self) -> Warehouse:
        """The open database; an empty one is made where there is none.

        Raises HandOver when a server has it, DatabaseBusyError when another command keeps it.
        """
        if self.host is not None:
            return self.host
        if self._own is None:
            self._own = self._open()
        return self._own

    def close(self) -> None:
        """Closes what the command opened itself."""
        if self._own is not None:
            self._own.close()
            self._own = None

    def _open(self) -> Warehouse:
        give_up = time.monotonic() + self.settings.lock_seconds
        while True:
            note = owner.living(self.db.resolve())
            if note is not None:
                raise HandOver(note)
            try:
                return open_ready(self.db, self.settings, self.terminal)
            except DatabaseBusyError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(RETRY_SECONDS)


def open_ready(path: Path, settings: Settings, terminal: Terminal) -> Warehouse:
    """Opens the database; where its derived tables are not whole, makes them again from the archive, and says so."""
    warehouse = open_warehouse(path, settings)
    if warehouse.needs_rebuild:
        terminal.complain(f"Making the figures again from the archive: {warehouse.needs_rebuild}.")
        try:
            pipeline.rebuild(warehouse)
        except BaseException:
            warehouse.close()
            raise
        warehouse.needs_rebuild = None
    return warehouse
