"""The command line. Every command asks one question of the other parts, and writes what they say."""

import logging
import os
import sys
from collections.abc import Sequence
from datetime import date, datetime
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from pydantic import ValidationError

from app import loading, printed
from app.arguments import Basis, conditions_of, day, encoding_name, format_name, known_format, time_in_utc, zone_name
from app.arguments import month as month_of
from app.mapping_files import mapping_of, mappings
from app.metrics.catalogue import UnknownNameError
from app.metrics.contract import metrics_document, reconcile_document
from app.metrics.runs import run_document
from app.session import HandOver, Session, open_ready
from app.settings import Settings, explain
from app.terminal import Terminal, csv_text
from app.warehouse import backup as backups
from app.warehouse import check as checks
from app.warehouse import owner
from app.warehouse.connect import Warehouse
from ingest import closing, pipeline, registry

LOG = logging.getLogger(__name__)
SAMPLE = Path(__file__).resolve().parent.parent / "sample_data" / "company"
DATA = (".csv", ".json", ".jsonl", ".parquet", ".xlsx", ".gz", ".zip")
REJECT_COLUMNS = ("line", "reason", "text")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]
ImportId = Annotated[str, typer.Argument(metavar="IMPORT_ID", help="The import, as `imports` names it.")]
Month = Annotated[date, typer.Argument(parser=month_of, metavar="MONTH", help="As in 2026-09.")]

app = typer.Typer(
    help="Token P&L: what a company pays for AI tokens, and what it earns with them.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class FailedError(Exception):
    """The command could not do, or could not do all of, what it was asked to."""


@app.callback()
def everything(
    context: typer.Context,
    db: Annotated[Path | None, typer.Option(help="The database file (default: the setting TOKENPNL_DB).")] = None,
) -> None:
    if db is not None:
        _session(context).use(db)


@app.command()
def serve(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port (default: TOKENPNL_PORT).")] = None,
) -> None:
    """The dashboard, on this machine's own address."""
    from app import server  # Streamlit takes half a second to load, and no other command needs it

    session = _session(context)
    if session.host is not None:
        raise FailedError("The dashboard cannot be started from within itself.")
    living = owner.living(session.db.resolve())
    if living is not None:
        raise FailedError(f"{session.db} is served already: {living.url}")
    settings = session.settings.model_copy(update={"db": session.db} | ({"port": port} if port else {}))
    server.serve(settings, lambda path, settings: open_ready(path, settings, session.terminal), answer)


@app.command()
def ingest(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="CSV, JSON, Parquet, Excel, also .gz, .zip.")
    ] = None,
    watch: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Instead of FILE: take what appears there, until stopped.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(parser=format_name, metavar="NAME", help="The format, undetected.")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(metavar="FILE|NAME", help="A column mapping, for a file of no known format.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would change, and change nothing.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="The file is all there is of its table or days.")] = False,
    encoding: Annotated[str | None, typer.Option(parser=encoding_name, metavar="NAME", help="As in cp1252.")] = None,
    decimal: Annotated[str | None, typer.Option(help="The file's decimal sign: point or comma.")] = None,
    dates: Annotated[str | None, typer.Option(help="The order in the file's dates: dmy, mdy or ymd.")] = None,
    timezone: Annotated[str | None, typer.Option(parser=zone_name, metavar="ZONE", help="Of times without.")] = None,
    account: Annotated[str | None, typer.Option(help="The provider account, where the file names none.")] = None,
    scope: Annotated[str | None, typer.Option(help="A name for a filtered export, which renews only itself.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(parser=time_in_utc, metavar="TIME", help="When it was exported.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Loads files: detects the format, keeps what is good, says what is not."""
    try:
        options = pipeline.IngestOptions(
            source=source, encoding=encoding, decimal=decimal, dates=dates, timezone=timezone, account=account,
            scope=scope, dry_run=dry_run, replace=replace, as_of=as_of,
            mapping=mapping_of(_session(context), mapping) if mapping else None,
        )  # fmt: skip
    except ValidationError as error:
        raise typer.BadParameter(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
    if bool(files) == bool(watch) or (watch and (dry_run or as_json)):
        raise typer.BadParameter("name a FILE; or a folder with --watch, without --dry-run and --json")
    if watch and mapping:
        raise typer.BadParameter("save the mapping with `mappings --save`: --watch uses every saved one")
    if watch:
        loading.watch(_session(context), watch, options)
    else:
        loading.load(_session(context), files or [], options, as_json)


@app.command()
def sources(
    context: typer.Context,
    template: Annotated[str | None, typer.Option(metavar="NAME", help="Write this format's empty template.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to; else to the screen.")] = None,
    as_json: AsJson = False,
) -> None:
    """The formats that it knows, with their templates."""
    session = _session(context)
    if template is not None:
        _write(session, out, csv_text(known_format(template).template(), []))
        return
    known = printed.sources(registry.sources())
    if as_json:
        session.terminal.json({"sources": known})
    else:
        printed.show_sources(session.terminal, known)


app.command()(mappings)


@app.command()
def imports(context: typer.Context, as_json: AsJson = False) -> None:
    """The audit trail: every import, newest first."""
    session = _session(context)
    trail = pipeline.imports(session.warehouse().cursor())
    if as_json:
        session.terminal.json({"imports": trail})
    else:
        printed.show_imports(session.terminal, trail)


@app.command()
def undo(context: typer.Context, import_id: ImportId) -> None:
    """Takes one import back: every figure is what it would be without it."""
    session = _session(context)
    pipeline.undo(session.warehouse(), import_id)
    session.terminal.say(f"{import_id} is undone.")


@app.command()
def close(
    context: typer.Context,
    month: Month,
    through: Annotated[bool, typer.Option("--through", help="The open months before it, too.")] = False,
) -> None:
    """Closes a month: its figures stay as they are, and what changes later stands in the open month."""
    session = _session(context)
    printed.show_closed(session.terminal, closing.close(session.warehouse(), month, session.today, through=through))


@app.command()
def reopen(
    context: typer.Context,
    month: Month,
) -> None:
    """Opens a closed month again: its figures are live."""
    session = _session(context)
    import_id = closing.reopen(session.warehouse(), month)
    session.terminal.say(f"{month:%Y-%m} is open again; {import_id}, which had closed it, is undone.")


@app.command()
def rejects(
    context: typer.Context,
    import_id: ImportId,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write them as CSV.")] = None,
) -> None:
    """What an import could not take, where and why."""
    session = _session(context)
    found = pipeline.rejects(session.warehouse().cursor(), import_id)
    if out is not None:
        _write(session, out, csv_text(REJECT_COLUMNS, found))
    else:
        printed.show_rejects(session.terminal, import_id, found)


@app.command()
def metrics(
    context: typer.Context,
    by: Annotated[list[str] | None, typer.Option(metavar="DIM,DIM", help="A row for each of these.")] = None,
    since: Annotated[date | None, typer.Option("--from", parser=day, metavar="DAY", help="First day.")] = None,
    until: Annotated[date | None, typer.Option("--to", parser=day, metavar="DAY", help="Last day.")] = None,
    where: Annotated[list[str] | None, typer.Option(metavar="DIM=VALUE", help="Only these; may be repeated.")] = None,
    basis: Annotated[Basis | None, typer.Option(help="Only what was metered, or what has an invoice.")] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV instead of text.")] = False,
) -> None:
    """The ten metrics, by whatever you like."""
    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv exclude each other")
    if since and until and since > until:
        raise typer.BadParameter(f"--from {since} lies after --to {until}")
    session = _session(context)
    dimensions = tuple(name.strip() for names in by or () for name in names.split(",") if name.strip())
    conditions = conditions_of(where or ())
    con = session.warehouse().cursor()
    document = metrics_document(
        con, dimensions, since, until, conditions, basis.value if basis else "ledger", today=session.today
    )
    if as_json:
        session.terminal.json(document)
    elif as_csv:
        session.terminal.out.write(printed.metrics_csv(document, dimensions))
    else:
        printed.show_metrics(session.terminal, document, dimensions)


@app.command()
def reconcile(context: typer.Context, as_json: AsJson = False) -> None:
    """Metered, invoiced and the difference, with its reasons."""
    session = _session(context)
    document = reconcile_document(session.warehouse().cursor())
    if as_json:
        session.terminal.json(document)
    else:
        printed.show_rows(session.terminal, document["rows"], "No bill and no metered cost yet.")


@app.command("run")
def run_of(
    context: typer.Context, run_id: Annotated[str, typer.Argument(metavar="RUN_ID")], as_json: AsJson = False
) -> None:
    """The ledger's eight questions for one workflow run."""
    session = _session(context)
    document = run_document(session.warehouse().cursor(), run_id)
    if as_json:
        session.terminal.json(document)
    else:
        printed.show_outline(session.terminal, document)


@app.command()
def check(context: typer.Context) -> None:
    """Proves every invariant of the accounting on this database."""
    session = _session(context)
    breaches = checks.check(session.warehouse().unlimited())
    for breach in breaches:
        session.terminal.say(f"{breach.rule}: {breach.where}: {breach.detail}")
    if breaches:
        raise FailedError(f"{len(breaches)} places break an invariant.")
    session.terminal.say("Every invariant holds.")


@app.command()
def rebuild(context: typer.Context) -> None:
    """Makes all derived tables again from the archive."""
    session = _session(context)
    pipeline.rebuild(session.warehouse())
    session.terminal.say("All figures were made again from the archive.")


@app.command()
def backup(context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """A consistent copy of the database and its archive, also while the server runs."""
    session = _session(context)
    target = session.path(file)
    backups.back_up(session.warehouse(), target)
    session.terminal.say(f"{target} and {backups.archive_of(target).name} beside it hold everything.")


@app.command()
def demo(
    context: typer.Context,
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Only where nothing was ever imported.")] = False,
    as_json: AsJson = False,
) -> None:
    """Loads the sample company: a year of an invented one."""
    session = _session(context)
    if if_empty and pipeline.imports(session.warehouse().cursor()):
        return
    files = sorted(path for path in SAMPLE.iterdir() if path.suffix in DATA)
    loading.load(session, files, pipeline.IngestOptions(), as_json)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command of this process and gives its exit code: 0 done, 1 failed, 2 usage."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # other programs read UTF-8, whatever this terminal shows
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    terminal = Terminal(sys.stdout, sys.stderr, Path.cwd())
    try:
        code = _done_by_whoever_can(arguments, terminal)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _done_by_whoever_can(arguments: Sequence[str], terminal: Terminal) -> int:
    try:
        session = Session(terminal, Settings())
    except ValidationError as error:
        terminal.complain(explain(error))
        return 1
    try:
        return run(arguments, session)
    except HandOver as handed:
        return _handed_over(handed.note, arguments, terminal)
    finally:
        session.close()


def run(argv: Sequence[str], session: Session) -> int:
    """Runs one command in a session and gives its exit code. Raises HandOver when a server should run it."""
    command = typer.main.get_command(app)
    try:
        code = command.main(list(argv), "python -m app", standalone_mode=False, obj=session)
    except HandOver:
        raise
    except UnknownNameError as unknown:
        session.terminal.complain(str(unknown))
        return 2
    except typer.TyperException as wrong:
        session.terminal.complain(wrong.format_message())
        return wrong.exit_code
    except Exception as error:  # whoever calls a command gets one line, never a traceback
        LOG.debug("the command failed", exc_info=error)
        session.terminal.complain(_line(error))
        return 1
    return code if isinstance(code, int) else 0


def answer(request: owner.Request, warehouse: Warehouse) -> owner.Reply:
    """Runs another process's command on the database that this one has open."""
    out, err = StringIO(), StringIO()
    today = request.env.get("TOKENPNL_TODAY")
    settings = warehouse.settings.model_copy(update={"today": date.fromisoformat(today)} if today else {})
    code = run(request.argv, Session(Terminal(out, err, Path(request.cwd)), settings, host=warehouse))
    return owner.Reply(code, out.getvalue(), err.getvalue())


def _session(context: typer.Context) -> Session:
    session = context.find_object(Session)
    assert session is not None
    return session


def _write(session: Session, out: Path | None, content: str) -> None:
    if out is None:
        session.terminal.out.write(content)
    else:
        session.path(out).write_text(content, encoding="utf-8")
        session.terminal.say(f"Written to {session.path(out)}")


def _handed_over(note: owner.Note, argv: Sequence[str], terminal: Terminal) -> int:
    try:
        reply = owner.hand_over(note, argv, terminal.cwd, dict(os.environ))
    except owner.OwnerLostError as error:
        terminal.complain(str(error))
        return 1
    terminal.out.write(reply.stdout)
    terminal.err.write(reply.stderr)
    return reply.exit


def _line(error: Exception) -> str:
    ours = type(error).__module__.partition(".")[0] in ("app", "ingest")
    text = str(error).strip() or type(error).__name__
    if ours:
        return text
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else text
    if isinstance(error, duckdb.InterruptException):
        return "The question took longer than TOKENPNL_QUESTION_SECONDS allows, and was given up."
    return f"This should not have happened ({type(error).__name__}): {text.splitlines()[0]}"
