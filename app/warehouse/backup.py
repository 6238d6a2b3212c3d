"""A consistent copy of the database while it is in use, and of the archive that it can be made again from."""

import os
import shutil
import threading
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from app.warehouse.connect import Warehouse, beside

ONE_AT_A_TIME = threading.Lock()


class BackupRefusedError(Exception):
    """There is a file already where the backup should go."""


def archive_of(target: Path) -> Path:
    """The archive folder that belongs to a backup."""
    return beside(target, "archive")


def back_up(warehouse: Warehouse, target: Path) -> None:
    """Writes the database as of now to `target`, and its archive to the folder `<target>.archive`.

    Both appear whole or not at all, the database last. Raises BackupRefusedError when one of them is there already.
    """
    for place in (target, archive_of(target)):
        if place.exists():
            raise BackupRefusedError(f"{place} exists already. Name a new file for the backup.")
    copy = warehouse.staging / f"backup-{uuid4().hex}.duckdb"
    fresh, fresh_archive = beside(target, "part"), beside(target, "archive.part")
    try:
        _copy_database(warehouse, copy)
        _copy_file(copy, fresh)
        # Imports are archived before they are committed: copied later, the archive holds all that the copy names.
        shutil.copytree(warehouse.archive, fresh_archive)
        fresh_archive.replace(archive_of(target))
        fresh.replace(target)
    finally:
        copy.unlink(missing_ok=True)
        fresh.unlink(missing_ok=True)
        shutil.rmtree(fresh_archive, ignore_errors=True)


def _copy_database(warehouse: Warehouse, copy: Path) -> None:
    # Copying the file itself loses what is still in memory or in the log; the database copies what is committed.
    with ONE_AT_A_TIME, closing(warehouse.unlimited()) as con:
        row = con.execute("select current_database()").fetchone()
        assert row is not None
        name = row[0].replace('"', '""')
        con.execute("attach ? as the_copy", [str(copy)])
        try:
            con.execute(f'copy from database "{name}" to the_copy')
        finally:
            con.execute("detach the_copy")


def _copy_file(source: Path, target: Path) -> None:
    with (
        source.open("rb") as read,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as write,
    ):
        shutil.copyfileobj(read, write, 1 << 20)
        os.fsync(write.fileno())
