"""The SQL of a column mapping on one file: the text of each canonical column, made of the texts of the file's own.

What a mapping says reaches SQL as a quoted string or as a number, and a column by the name that this house gave it.
"""

from __future__ import annotations

from collections.abc import Mapping as Names
from dataclasses import dataclass, replace

from ingest.canonical import tables
from ingest.mapping import MOMENTS, Cell, Mapping, folded
from ingest.options import ReadOptions
from ingest.readers import Read
from ingest.registry import UnknownFormatError, recognise, sources
from ingest.samples import json_path
from ingest.source import Source
from ingest.staging import named_twice
from ingest.values import Reading, literal


def chosen(given: Read, name: str, options: ReadOptions) -> Source:
    """The format of a file: as its person says, else as it shows, else by a mapping that was saved for its header."""
    if options.sampled:
        raise UnknownFormatError(f"Say below which column of {name} is what.")
    if options.mapping is not None:
        return source_of(options.mapping)
    repeated = given.staged.repeated.values() if given.staged else ()
    try:
        source = recognise(given.shape, name, options.source)
    except UnknownFormatError:
        fits = [mapping for mapping in options.known if mapping.fits(given.shape.columns)]
        if options.source is None and fits:
            return source_of(max(fits, key=lambda mapping: len(mapping.header)))
        for column in repeated:
            raise named_twice(column) from None
        raise
    for column in repeated:
        if not source.repeats or column in source.requires:
            raise named_twice(column)
    return source


def source_of(mapping: Mapping) -> Source:
    """A format like any other: it loads what the template of its table loads, by the same rules."""
    rules = sources()[mapping.table].rules
    return Source(
        label=f"{mapping.name} (column mapping)",
        url="docs/sources.md#anything-else",
        loads=(mapping.table,),
        requires=frozenset(mapping.used()),
        knows=frozenset(mapping.header),
        rules=rules,
        tags=None,
        mapping=mapping,
        name=mapping.name,
    )


@dataclass(frozen=True)
class Columns:
    """The SQL of each canonical column's text and of each tag's, over the relation of one file."""

    texts: dict[str, str]
    tags: dict[str, str]
    reading: Reading


def columns_of(mapping: Mapping, given: Read, reading: Reading, name: str) -> Columns:
    """The mapping on the file called `name`. Raises UnknownFormatError where that lacks a column."""
    said = reading.options
    reading = replace(
        reading,
        options=said.model_copy(
            update={
                "decimal": said.decimal or mapping.decimal,
                "dates": said.dates or mapping.dates,
                "timezone": said.timezone or mapping.timezone,
            }
        ),
    )
    there = {folded(name): text for name, text in given.texts.items()}
    found = {name: _text_of(name, given, there) for name in mapping.used()}
    lacks = sorted(name for name, text in found.items() if text is None)
    if lacks:
        raise UnknownFormatError(f"{name} cannot be read by the mapping {mapping.name}: it lacks {', '.join(lacks)}.")
    texts = {name: text for name, text in found.items() if text is not None}
    types = {column.name: column.type for column in tables()[mapping.table]}
    currency = "null"
    if "currency" in mapping.columns:
        currency = f"upper({_cell(mapping.columns['currency'], 'VARCHAR', texts, reading, 'null')})"
    return Columns(
        {name: _cell(cell, types[name], texts, reading, currency) for name, cell in mapping.columns.items()},
        {tag: texts[column] for tag, column in mapping.tags.items()},
        reading,
    )


def _text_of(name: str, given: Read, there: Names[str, str]) -> str | None:
    if folded(name) in there:
        return there[folded(name)]
    if given.shape.kind == "json" and name in given.shape.paths:
        return f"nullif(clean(json_extract_string(record, {literal(json_path(name))})), '')"
    return None


def _cell(cell: Cell, type_: str, texts: Names[str, str], reading: Reading, currency: str) -> str:
    """SQL of the text; where a number cannot be worked out, of a text that is none, so that the row is rejected."""
    if cell.column is None:
        return literal(cell.constant or "")
    text = texts[cell.column]
    if not cell.is_plain:
        text = _worked_out(cell, type_, texts, reading, currency)
    return text if cell.constant is None else f"coalesce({text}, {literal(cell.constant)})"


def _worked_out(cell: Cell, type_: str, texts: Names[str, str], reading: Reading, currency: str) -> str:
    assert cell.column is not None
    text = texts[cell.column]
    number = reading.number(text, currency)
    factor = f"cast({literal(f'{-cell.unit if cell.negate else cell.unit:f}')} as decimal(19, 9))"
    sums = "".join(f" - coalesce({reading.number(texts[part], currency)}, 0)" for part in cell.less)
    value = f"try_cast(try(({number}{sums}) * {factor}) as decimal(38, 12))"
    bad = "".join(
        f" when {texts[part]} is not null and {reading.number(texts[part], currency)} is null then {texts[part]}"
        for part in cell.less
    )
    if type_ in MOMENTS:
        worked = f"epoch_text(cast({value} as varchar))"
    else:
        worked = f"cast({value} as varchar)"
        if reading.options.decimal == "comma":
            worked = f"replace({worked}, '.', ',')"
    return (
        f"case when {text} is null then null when {number} is null then {text}{bad} "
        f"else coalesce({worked}, concat({text}, ' x ', {literal(f'{cell.unit:f}')})) end"
    )
