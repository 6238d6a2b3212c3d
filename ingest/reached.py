"""How far the reading of a file is: the process that reads it leaves the share in its folder for whoever waits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

FILE = "reached"
SECONDS = 0.5
SPANS = {"keys": (0.25, 0.4), "records": (0.4, 0.65), "rows": (0.65, 1.0), "all rows": (0.4, 1.0)}
"""Where each stage lies in the whole; before them the text is staged."""


class Reached:
    """The stage that a conversion is in."""

    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path, folder: Path) -> None:
        self._con, self._folder, self._size = con, folder, max(1, path.stat().st_size)
        self._span: tuple[float, float] | None = None
        self._share = 0.0

    def begins(self, stage: str) -> None:
        """Whatever comes before this stage is done."""
        self._span = SPANS[stage]

    def share(self) -> float:
        """From 0 to 1, never less than before: the bytes that are staged, then what the database says of its query."""
        asked = max(0.0, self._con.query_progress()) / 100
        if self._span is None:
            staged = sum(path.stat().st_size for path in self._folder.glob("staged.*"))
            start, end = SPANS["keys"]
            now = start * min(1.0, staged / self._size) + (end - start) * asked
        else:
            start, end = self._span
            now = start + (end - start) * asked
        self._share = max(self._share, min(now, 0.99))
        return self._share


@contextmanager
def told(con: duckdb.DuckDBPyConnection, path: Path, folder: Path) -> Iterator[Reached]:
    """Leaves the share in `folder` again and again, as long as the block runs."""
    reached, ended = Reached(con, path, folder), threading.Event()

    def tell() -> None:
        while not ended.wait(SECONDS):
            with suppress(OSError, duckdb.Error):  # how far it is must never stop it
                (folder / FILE).write_text(f"{reached.share():.2f}")

    thread = threading.Thread(target=tell, name="reached", daemon=True)
    thread.start()
    try:
        yield reached
    finally:
        ended.set()
        thread.join()
        (folder / FILE).unlink(missing_ok=True)


def share_in(folder: Path) -> float | None:
    """What was left there last; None where nothing is yet."""
    try:
        return float((folder / FILE).read_text())
    except (OSError, ValueError):
        return None
