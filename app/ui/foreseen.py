"""What a preview says in sentences: what would move, what is new, what nobody knows, where the file meets others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.ui import formats

SHOWN = 5
KINDS = {"teams": "team", "workflows": "workflow", "providers": "provider", "models": "model"}


def sentences(shown: Mapping[str, Any]) -> list[str]:
    """All of it, as lines of Markdown."""
    return [*_moved(shown), *_new(shown), *_unknown(shown), *_met(shown)]


def number(count: int, thing: str) -> str:
    """A count in full with what is counted: 12,408 rows."""
    return f"{formats.whole(count)} {thing}" + ("" if count == 1 else "s")


def _moved(shown: Mapping[str, Any]) -> Iterator[str]:
    code = shown["money"]["currency"]
    for month in shown.get("months", ()):
        if month["moves"]:
            before, after = formats.full(month["before"], code), formats.full(month["after"], code)
            moved = formats.signed(formats.full(month["moves"], code))
            yield formats.dollars(f"All-in cost of {month['month']}: {before} → {after} ({moved})")


def _new(shown: Mapping[str, Any]) -> Iterator[str]:
    for kind, names in shown.get("new_names", {}).items():
        if names:
            yield f"{number(len(names), f'new {KINDS[kind]}')}: {_listed(names)}"


def _unknown(shown: Mapping[str, Any]) -> Iterator[str]:
    if unpriced := shown.get("unpriced"):
        tokens = formats.count(sum(row["tokens"] or 0 for row in unpriced))
        names = _listed([row["model"] or row["provider"] for row in unpriced])
        yield f"{number(len(unpriced), 'model')} without a price ({tokens} tokens, cost unknown): {names}"
    if columns := shown.get("unknown_columns"):
        yield f"{number(len(columns), 'column')} that the format does not know: {_listed(columns)}"
    if words := shown.get("unknown_words"):
        yield f"Words that count as other: {_listed(words)}"
    if days := shown.get("days_without_rows"):
        yield f"{number(len(days), 'day')} without a row: {_listed([formats.day(day) for day in days])}"


def _met(shown: Mapping[str, Any]) -> Iterator[str]:
    if outdated := shown.get("outdated"):
        yield f"{number(outdated, 'row')} older than what stands: they change nothing"
    for other in shown.get("overlaps", ())[:SHOWN]:
        days = formats.days(other["first_day"], other["last_day"])
        yield f"Meets import {other['import_id']} ({formats.md(other['file'])}) on {days}: newer rows win"
    for aside in shown.get("set_aside", ()):
        money = formats.dollars(formats.full(aside["money"], shown["money"]["currency"]))
        yield (
            f"{number(aside['rows'], 'row')} of {formats.md(aside['source'])} set aside, {money}: "
            f"{formats.md(aside['reason'])}. Name the account on both sides to keep both."
        )


def _listed(names: Sequence[Any]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(formats.md(name) for name in names[:SHOWN]) + more
