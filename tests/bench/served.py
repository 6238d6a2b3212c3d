"""The dashboard as people start it, on a free port, and what its process takes of the machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.places import ROOT, TODAY

START_SECONDS = 120
FAILED = "reference "
"""What the server writes into its log for each page that failed."""


@dataclass(frozen=True)
class Served:
    """A running dashboard."""

    port: int
    pid: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def resident_mb(self) -> int:
        """The memory that its process has in hand now, in MB."""
        said = Path(f"/proc/{self.pid}/status").read_text()
        return int(said.partition("VmRSS:")[2].split()[0]) // 1024

    def cpu_seconds(self) -> float:
        """The processor time that it has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def failures(self) -> list[str]:
        """The lines of its log about pages that failed."""
        return [line for line in self.log.read_text().splitlines() if FAILED in line]


@contextmanager
def served(database: Path, **settings: str) -> Iterator[Served]:
    """The dashboard of the database, from the moment that it answers. `settings` as in memory_limit="512MB".

    Raises RuntimeError when it does not start.
    """
    log = database.with_name(f"{database.name}.log")
    environment = {**os.environ, "TOKENPNL_TODAY": TODAY.isoformat()}
    environment |= {f"TOKENPNL_{name.upper()}": value for name, value in settings.items()}
    port = free_port()
    command = [sys.executable, "-m", "app", "--db", str(database), "serve", "--port", str(port)]
    with log.open("w") as out, subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", process, log)
            yield Served(port, process.pid, log)
        finally:
            process.terminate()
    log.unlink()


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns as soon as the address answers."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the dashboard does not answer: {log.read_text()[-2000:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
