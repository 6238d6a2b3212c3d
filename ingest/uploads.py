"""Files that came through the browser: kept under random names in the staging folder until they are loaded.

The name that a person chose is written beside the bytes and is never a path.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.warehouse.connect import Warehouse
from ingest import audit

BLOCK = 1 << 20
KEPT_SECONDS = 24 * 3600
LONGEST_NAME = 200
FOLDER, DATA, NAME = "uploads", "data", "name"
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Upload:
    """One file: what its person calls it, and where its bytes lie."""

    id: str
    name: str
    path: Path
    size: int
    """Bytes."""


def keep(warehouse: Warehouse, name: str, data: BinaryIO) -> Upload:
    """Write a file down in blocks, so that it is never in memory twice; only this process's user may read it.

    Raises OSError where there is no room; nothing is left behind then.
    """
    sweep(warehouse)
    id = audit.token()
    folder = _folder(warehouse) / id
    folder.mkdir(parents=True, mode=0o700)
    try:
        with _create(folder / DATA) as out:
            while block := data.read(BLOCK):
                out.write(block)
        with _create(folder / NAME) as out:
            out.write(_said(name).encode())
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _upload(folder)


def find(warehouse: Warehouse, id: str) -> Upload | None:
    """The file of this id; None where it was loaded, removed or never came."""
    if not _ID.fullmatch(id):
        return None
    folder = _folder(warehouse) / id
    return _upload(folder) if (folder / NAME).exists() else None


def remove(warehouse: Warehouse, id: str) -> None:
    """Delete a file. One that is gone already is no harm."""
    if _ID.fullmatch(id):
        shutil.rmtree(_folder(warehouse) / id, ignore_errors=True)


def sweep(warehouse: Warehouse, seconds: float = KEPT_SECONDS) -> None:
    """Delete what nobody came back for."""
    for folder in _all(warehouse):
        if time.time() - folder.stat().st_mtime > seconds:
            shutil.rmtree(folder, ignore_errors=True)


def _all(warehouse: Warehouse) -> Iterator[Path]:
    folder = _folder(warehouse)
    if folder.is_dir():
        yield from folder.iterdir()


def _folder(warehouse: Warehouse) -> Path:
    return warehouse.staging / FOLDER


def _upload(folder: Path) -> Upload:
    data = folder / DATA
    return Upload(folder.name, (folder / NAME).read_text(encoding="utf-8"), data, data.stat().st_size)


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _said(name: str) -> str:
    """The name without folders and control characters, short enough to show."""
    plain = "".join(letter for letter in re.split(r"[/\\]", name)[-1] if letter.isprintable())
    return plain[:LONGEST_NAME].strip() or "file"
