"""The sample company, loaded once for all tests of this machine's run that ask for it."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READY = "ready"


def company(folder: Path) -> Path:
    """The database with the whole sample company, made by the first who comes; the others wait. Not to be written to.

    Raises CalledProcessError when a file is not loaded.
    """
    folder.mkdir(exist_ok=True)
    database = folder / "company.duckdb"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the system gives it back, whatever becomes of the holder
        if not (folder / READY).exists():
            plain = {name: value for name, value in os.environ.items() if not name.startswith("TOKENPNL_")}
            command = [sys.executable, "-m", "app", "--db", str(database), "demo"]
            subprocess.run(command, cwd=ROOT, env=plain, check=True, capture_output=True)
            (folder / READY).touch()
    return database
