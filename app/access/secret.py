"""The key that share links are signed with: a setting, or random bytes kept beside the database."""

import os
import secrets
from pathlib import Path
from uuid import uuid4

from app.settings import Settings
from app.warehouse.connect import beside

BYTES = 32


class WeakSecretError(Exception):
    """The file with the key is damaged: it holds less than is safe to sign with."""


def secret_of(settings: Settings) -> bytes:
    """The key of this installation. The first need of it makes the file `<db>.secret`, mode 0600.

    Raises WeakSecretError when that file holds fewer than 32 bytes.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    path = beside(settings.db.resolve(), "secret")
    if not path.exists():
        _make(path)
    key = path.read_bytes().strip()
    if len(key) < BYTES:
        raise WeakSecretError(f"{path} is damaged. Remove it: a new one is made, and all share links made so far end.")
    return key


def _make(path: Path) -> None:
    """Makes the file whole or not at all. Where another process was faster, its key stands."""
    fresh = path.with_name(f"{path.name}.{uuid4().hex}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_hex(BYTES).encode())
        os.fsync(file.fileno())
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
