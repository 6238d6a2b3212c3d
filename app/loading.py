"""Loading files by command: those that are named, or those that appear in a folder until somebody stops it."""

import json
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from app import printed
from app.session import HandOver, Session
from app.warehouse import owner
from app.warehouse.connect import DatabaseBusyError
from ingest import pipeline
from ingest.pipeline import ImportResult, IngestOptions
from ingest.watch import POLL_SECONDS, Load, Memory, StoppedError, Stopping, Watch, by_jobs

SAID = ("source", "encoding", "decimal", "dates", "timezone", "account", "scope", "as_of")


def load(session: Session, files: Sequence[Path], options: IngestOptions, as_json: bool) -> None:
    """Loads files and says what came of each. Raises typer.Exit when one was not loaded."""
    paths = [session.path(file) for file in files]
    results = pipeline.ingest(session.warehouse(), paths, options, session.terminal.step)
    session.terminal.step("")
    if as_json:
        session.terminal.json({"imports": [_entry(result) for result in results]})
    else:
        printed.show_results(session.terminal, results)
    failed = [result for result in results if result.status == "failed"]
    for result in failed:
        named = Path(result.file).name in (result.error or "")
        session.terminal.complain(f"{'' if named else f'{result.file}: '}{result.error}")
    if failed:
        raise typer.Exit(1)


def watch(session: Session, folder: Path, options: IngestOptions) -> None:
    """Takes what appears in a folder until the process is told to end.

    The database is open only while a file is loaded; where the dashboard has it, the dashboard loads the file. Raises
    typer.BadParameter where there is no such folder.
    """
    if session.host is not None:
        raise typer.BadParameter("the dashboard watches the folder that TOKENPNL_WATCH names")
    folder = session.path(folder)
    if not folder.is_dir():
        raise typer.BadParameter(f"there is no folder {folder}")

    def tell(line: str, is_good: bool) -> None:
        (session.terminal.say if is_good else session.terminal.complain)(line)
        for stream in (session.terminal.out, session.terminal.err):
            stream.flush()

    watching = Watch(folder, Memory(session.db), _loader(session, options), tell)
    with _until_told() as stop:
        tell(f"Watching {folder}; Ctrl-C ends it.", True)
        watching.run(stop)
    tell("Ended. What was not loaded whole was taken back.", True)


def _loader(session: Session, options: IngestOptions) -> Load:
    def load_one(path: Path, stopping: Stopping) -> Sequence[ImportResult]:
        try:
            warehouse = session.warehouse()
        except HandOver as handed:
            return _by_server(handed.note, session, path, options, stopping)
        try:
            return by_jobs(warehouse, options)(path, stopping)
        finally:
            session.close()

    return load_one


def _by_server(
    note: owner.Note, session: Session, path: Path, options: IngestOptions, stopping: Stopping
) -> Sequence[ImportResult]:
    """Lets the server load the file. It goes on with it even when we are told to end."""
    answers: list[owner.Reply | owner.OwnerLostError] = []

    def ask() -> None:
        try:
            command = ["ingest", str(path), *_said(options), "--json"]
            answers.append(owner.hand_over(note, command, session.terminal.cwd, dict(os.environ)))
        except owner.OwnerLostError as error:
            answers.append(error)

    thread = threading.Thread(target=ask, name="hand over", daemon=True)
    thread.start()
    while thread.is_alive():
        if stopping():
            raise StoppedError
        thread.join(POLL_SECONDS)
    (answer,) = answers
    if isinstance(answer, owner.OwnerLostError):
        raise DatabaseBusyError(str(answer))
    try:
        return [ImportResult.model_validate(each) for each in json.loads(answer.stdout)["imports"]]
    except (ValueError, KeyError):
        return [ImportResult(file=path.name, status="failed", error=answer.stderr.strip() or "It was not loaded.")]


def _said(options: IngestOptions) -> list[str]:
    """The options as a command line has them."""
    words = ["--replace"] if options.replace else []
    for name in SAID:
        value = getattr(options, name)
        if value is not None:
            words += [f"--{name.replace('_', '-')}", value.isoformat() if name == "as_of" else str(value)]
    return words


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or end of service sets; the second one ends at once."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def told(*_: Any) -> None:
        stop.set()
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, told)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _entry(result: ImportResult) -> dict[str, Any]:
    return result.model_dump(exclude=set() if result.preview else {"preview"})
