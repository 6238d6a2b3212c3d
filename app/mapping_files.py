"""Column mappings on the command line: named or given as a file, listed, saved, written out, forgotten."""

from pathlib import Path
from typing import Annotated, Any

import typer

from app import printed
from app.session import Session
from ingest import mappings as kept
from ingest.mapping import Mapping


def mapping_of(session: Session, word: str) -> Mapping:
    """The mapping that a file of this name holds, else the saved one of this name. Raises typer.BadParameter."""
    path = session.path(Path(word))
    try:
        if path.is_file():
            return kept.read(path.read_text(encoding="utf-8"), path.name)
        return kept.find(session.warehouse().archive, word)
    except (kept.MappingError, UnicodeDecodeError) as error:
        raise typer.BadParameter(str(error)) from None


def mappings(
    context: typer.Context,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the mapping that this file holds.")] = None,
    export: Annotated[str | None, typer.Option(metavar="NAME", help="Write this one as a file.")] = None,
    forget: Annotated[str | None, typer.Option(metavar="NAME", help="Let it recognise nothing more.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to; else to the screen.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")] = False,
) -> None:
    """The column mappings that were saved: files that have their columns are read by them."""
    session = context.find_object(Session)
    assert session is not None
    warehouse, terminal = session.warehouse(), session.terminal
    if sum(bool(one) for one in (save, export, forget)) > 1:
        raise typer.BadParameter("--save, --export and --forget exclude each other")
    if save is not None:
        mapping = mapping_of(session, str(save))
        kept.save(warehouse, mapping)
        terminal.say(f"{mapping.name} is saved: files with its {len(mapping.header)} columns are read by it.")
    elif forget is not None:
        kept.forget(warehouse, forget)
        terminal.say(f"{forget} recognises nothing more. What it loaded stays.")
    elif export is not None:
        text = kept.text(kept.find(warehouse.archive, export))
        if out is None:
            terminal.out.write(text)
        else:
            session.path(out).write_text(text, encoding="utf-8")
            terminal.say(f"Written to {session.path(out)}")
    else:
        found: list[dict[str, Any]] = [
            {"name": one.name, "table": one.table, "columns": len(one.columns), "header": list(one.header)}
            for one in kept.saved(warehouse.archive)
        ]
        if as_json:
            terminal.json({"mappings": found})
        else:
            rows = [one | {"header": ", ".join(one["header"])[:80]} for one in found]
            printed.show_rows(terminal, rows, "No column mapping was saved yet.")
