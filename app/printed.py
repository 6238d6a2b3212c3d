"""What the commands' answers look like to people. The figures and their names come from elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.metrics.catalogue import catalogue
from app.metrics.closing import FIXED, Totals
from app.terminal import Terminal, csv_text, text
from app.ui.formats import NO_DATA, count, figure
from ingest.pipeline import ImportResult
from ingest.source import Source

MONEY_MEASURES = ("all_in_cost", "model_cost")
BESIDE = ("all_in_cost", "model_cost", "tokens", "runs", "trusted", "successful", "user_requests")
WARNINGS = {
    "unpriced_tokens": "tokens have no price: money figures say what is known, at least",
    "unverified": "runs are unverified: an answer to their trust is missing",
    "provisional": "outcomes are provisional: their workflow's window is still open",
}
ROWS_OF_PREVIEW = ("first_rows", "rejects", "moves")
IMPORT_COLUMNS = ("import_id", "imported_at", "source", "file", "status", "rows_read", "rows_accepted", "rows_rejected")


def sources(known: Mapping[str, Source]) -> list[dict[str, Any]]:
    """What is said of each format: name, label, its documentation, what it fills, how it renews, its columns."""
    return [
        {
            "name": name,
            "label": source.label,
            "url": source.url,
            "loads": list(source.loads),
            "renewal": source.renewal,
            "template": list(source.template()),
        }
        for name, source in known.items()
    ]


def show_sources(terminal: Terminal, known: Sequence[Mapping[str, Any]]) -> None:
    """The formats as a table."""
    terminal.table(("name", "what it is", "renewed by"), [(s["name"], s["label"], s["renewal"]) for s in known])
    terminal.say()
    terminal.say("An empty template: python -m app sources --template usage")


def show_results(terminal: Terminal, results: Sequence[ImportResult]) -> None:
    """What came of each file, and where to look when not all of it was taken."""
    for result in results:
        if result.status == "failed":
            continue
        period = f", {result.period_start} to {result.period_end}" if result.period_start else ""
        came = f"{result.status} as {result.source}, {result.import_id or 'dry run'}"
        counts = ", ".join(
            f"{getattr(result, f'rows_{what}'):,} {what}"
            for what in ("read", "accepted", "unchanged", "rejected", "skipped")
        )
        terminal.say(f"{result.file}: {came}: {counts}{period}")
        if result.rows_rejected and result.import_id:
            terminal.say(f"    what was rejected, and why: python -m app rejects {result.import_id}")
        if result.preview:
            show_outline(terminal, {k: v for k, v in result.preview.items() if k not in ROWS_OF_PREVIEW}, "    ")
            if moves := result.preview.get("moves"):
                show_moves(terminal, moves)


def show_moves(terminal: Terminal, moves: Mapping[str, Any]) -> None:
    """What a change moves, by month and team: the difference of each figure, and the total below."""
    total = {"month": "total", "team": "", **moves["total"]}
    rows = [
        {name: value["difference"] if isinstance(value, Mapping) else value for name, value in row.items()}
        for row in [*moves["rows"], total]
    ]
    terminal.say()
    terminal.say("What it moves, as differences:")
    show_rows(terminal, rows if moves["rows"] else [], "Nothing.")


def show_imports(terminal: Terminal, trail: Sequence[Mapping[str, Any]]) -> None:
    """The audit trail as a table."""
    rows = [{name: row.get(name) for name in IMPORT_COLUMNS} for row in trail]
    show_rows(terminal, rows, "Nothing was imported yet.")


def show_closed(terminal: Terminal, closed: Sequence[Totals]) -> None:
    """Which months are closed now, by which import, and the totals that stay as they are."""
    for one in closed:
        fixed = ", ".join(f"{_label(name)} {_figure(name, one.figures[name], one.currency)}" for name in FIXED)
        terminal.say(f"{one.month.first:%Y-%m} is closed as import {one.month.import_id}: {fixed}")


def show_rejects(terminal: Terminal, import_id: str, found: Sequence[Mapping[str, Any]]) -> None:
    """Each rejected record: its line, the reason, its text."""
    if not found:
        terminal.say(f"{import_id} took every record.")
    for reject in found:
        terminal.say(f"line {reject['line']}: {reject['reason']}")
        terminal.say(f"    {reject['text']}")


def show_metrics(terminal: Terminal, document: Mapping[str, Any], by: Sequence[str]) -> None:
    """The metrics with their names: one below the other, or a row for each part."""
    rows, currency = document["rows"], document["currency"]
    terminal.say(f"{document['from'] or 'the first day'} to {document['to'] or 'the last day'}, in {currency}")
    terminal.say()
    names = [*catalogue().ten, *BESIDE]
    if by:
        terminal.table(
            [*by, *(_label(name) for name in names)],
            [
                [*(text(row[name]) for name in by), *(_figure(name, row[name], currency) for name in names)]
                for row in rows
            ],
        )
    else:
        for row in rows:
            terminal.table(("figure", "value"), [(_label(name), _figure(name, row[name], currency)) for name in names])
    known = catalogue()
    finer = any(known.dimension(name).of in ("call", "slice") for name in by)
    for name, says in WARNINGS.items():
        if finer and known.measures[name].of == "run":
            continue  # each part shows what the whole slice has: they do not add up
        total = sum(row[name] or 0 for row in rows)
        if total:
            terminal.say(f"{count(total)} {says}.")
    unconverted = [row["unconverted"] for row in rows if row["unconverted"]]
    if unconverted:
        terminal.say("Amounts without an exchange rate are left out of every figure: load an fx table.")


def metrics_csv(document: Mapping[str, Any], by: Sequence[str]) -> str:
    """The metrics' rows as CSV: the dimensions, then every figure under its id; nothing where there is no data."""
    rows = document["rows"]
    return csv_text(list(rows[0]) if rows else [*by, *catalogue().ten], rows)


def show_rows(terminal: Terminal, rows: Sequence[Mapping[str, Any]], nothing: str) -> None:
    """Rows of one shape as a table, or the sentence `nothing`."""
    if not rows:
        terminal.say(nothing)
        return
    header = [name.replace("_", " ") for name in rows[0]]
    terminal.table(header, [[_brief(value) for value in row.values()] for row in rows])


def show_outline(terminal: Terminal, document: Mapping[str, Any], indent: str = "") -> None:
    """A nested answer: a line per value, parts indented below their name."""
    for name, value in document.items():
        label = name.replace("_", " ")
        if isinstance(value, Mapping):
            terminal.say(f"{indent}{label}:")
            show_outline(terminal, value, indent + "    ")
        elif isinstance(value, list | tuple):
            terminal.say(f"{indent}{label}:{'' if value else ' none'}")
            for part in value:
                terminal.say(f"{indent}    {_brief(part)}")
        else:
            terminal.say(f"{indent}{label}: {_brief(value)}")


def _brief(value: Any) -> str:
    if value is None:
        return NO_DATA
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {_brief(part)}" for name, part in value.items() if part is not None)
    if isinstance(value, list | tuple):
        return ", ".join(_brief(part) for part in value)
    return text(value)


def _label(name: str) -> str:
    known = catalogue()
    entry = known.metrics.get(name) or known.measures.get(name)
    return (entry.label if entry else "") or name.replace("_", " ").capitalize()


def _figure(name: str, value: Any, currency: str) -> str:
    known = catalogue().metrics.get(name)
    return figure(value, known.unit if known else "money" if name in MONEY_MEASURES else "count", currency)
