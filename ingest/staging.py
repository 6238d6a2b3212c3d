"""Text files become numbered text files, one record a line, so that one strict pass can read them without guessing.

A staged CSV has no header and starts each record with the number of its first physical line in the file as given.
The usual file, in which every record is one line, is numbered block by block; only one that has line breaks inside
quotes, or blank lines, is taken through a CSV parser first.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path

from ingest.options import Limits
from ingest.preflight import RefusedError, is_odd, whole_lines

Blocks = Callable[[], Iterator[bytes]]
DELIMITERS = (",", ";", "\t", "|")
UNIT = "\x1f"
"""Between the line number and the record of a staged JSONL file: no JSON text holds it."""


class _IrregularError(Exception):
    """Some record is not exactly one line."""


@dataclass
class Staged:
    """A staged text file: records, and those that could not even be told apart."""

    path: Path
    records: int
    odd: bool
    """Some text may need cleaning."""
    spaced: bool = True
    """Some text may have spaces around it."""
    header: tuple[str, ...] = ()
    delimiter: str = UNIT
    rejects: list[tuple[int, str, str]] = field(default_factory=list)
    repeated: dict[str, str] = field(default_factory=dict)
    """The further columns of one name in the header: by their name here, the one that the file gives them."""
    longest: int = 1 << 22
    """Bytes of the longest line, at least."""


def stage_csv(open_blocks: Blocks, target: Path, limits: Limits) -> Staged:
    """Raises RefusedError for a header that names nothing, or a quote that never ends."""
    head, skipped = _header_line(open_blocks, limits)
    delimiter, header, repeated = _header(head, limits, 1 + skipped)
    staged = Staged(target, 0, False, False, header, delimiter, repeated=repeated)
    try:
        _number_lines(whole_lines(open_blocks(), limits.line_bytes), staged, 1 + skipped, limits)
    except _IrregularError:
        staged = Staged(target, 0, False, False, header, delimiter, repeated=repeated)
        _number_records(whole_lines(open_blocks(), limits.line_bytes), staged, 1 + skipped, limits)
    return staged


def restage_csv(open_blocks: Blocks, staged: Staged, limits: Limits) -> Staged:
    """The same through the CSV parser: for a file whose quotes turned out to join lines after all."""
    _, skipped = _header_line(open_blocks, limits)
    again = Staged(staged.path, 0, False, False, staged.header, staged.delimiter, repeated=staged.repeated)
    _number_records(whole_lines(open_blocks(), limits.line_bytes), again, 1 + skipped, limits)
    return again


def _header_line(open_blocks: Blocks, limits: Limits) -> tuple[bytes, int]:
    lines = next(whole_lines(open_blocks(), limits.line_bytes), b"").split(b"\n", 2)
    if not lines[0].strip():
        raise RefusedError("The file is empty, or its first line is; the first line must name the columns.")
    if re.fullmatch(rb"sep=[,;|\t]", lines[0].strip(b" \"'").lower()) and len(lines) > 1:
        return lines[1], 1
    return lines[0], 0


def _header(line: bytes, limits: Limits, number: int) -> tuple[str, tuple[str, ...], dict[str, str]]:
    text = line.decode()
    bare = re.sub(r'"(?:[^"]|"")*"', "", text)
    delimiter = max(DELIMITERS, key=bare.count)
    try:
        names = next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise RefusedError(f"Line {number}, the header, cannot be read: {error}.") from error
    told, repeated = _told_apart([name.strip() for name in names])
    return delimiter, check_header(told, limits), repeated


def _told_apart(names: list[str]) -> tuple[list[str], dict[str, str]]:
    """Columns of one name, numbered from the second on; whether the format may repeat them is decided later."""
    told: list[str] = []
    repeated: dict[str, str] = {}
    seen: dict[str, int] = {}
    for name in names:
        seen[name.lower()] = nth = seen.get(name.lower(), 0) + 1
        told.append(name if nth == 1 or not name else f"{name} #{nth}")
        if told[-1] != name:
            repeated[told[-1]] = name
    return told, repeated


def named_twice(name: str) -> RefusedError:
    """What to say about a name that two columns have."""
    return RefusedError(f"The header names column {name} twice. Rename or remove one of them.")


def check_header(names: list[str], limits: Limits) -> tuple[str, ...]:
    """The names, trimmed; raises RefusedError when one is blank, two are the same in any case, or they are too many."""
    if len(names) > limits.columns:
        raise RefusedError(f"The file has {len(names):,} columns; {limits.columns:,} is the most.")
    names = [name.strip().strip("\ufeff") for name in names]
    if any(not name for name in names):
        where = [str(at) for at, name in enumerate(names, 1) if not name]
        raise RefusedError(f"The header leaves column {', '.join(where[:5])} without a name. Name each column.")
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise named_twice(name)
        seen.add(name.lower())
    return tuple(names)


def _number_lines(blocks: Iterator[bytes], staged: Staged, header: int, limits: Limits) -> None:
    numbers = map(f"\n%d{staged.delimiter}".encode().__mod__, count(header + 1))
    ahead = header
    with staged.path.open("wb", buffering=0) as out:
        for block in blocks:
            lines = block[:-1].split(b"\n")
            if ahead:
                ahead, lines = max(0, ahead - len(lines)), lines[ahead:]
            if not lines:
                continue
            if b"" in lines or (b'"' in block and any(line.count(b'"') % 2 for line in lines)):
                raise _IrregularError
            staged.odd = staged.odd or is_odd(block)
            staged.spaced = staged.spaced or b" " in block
            numbered = [b""] * (2 * len(lines))
            numbered[0::2] = islice(numbers, len(lines))
            numbered[1::2] = lines
            if not staged.records:
                numbered[0] = numbered[0][1:]
            staged.records += len(lines)
            _check_rows(staged.records, limits)
            out.write(b"".join(numbered))
        if staged.records:
            out.write(b"\n")


def _check_rows(records: int, limits: Limits) -> None:
    if records > limits.rows:
        raise RefusedError(f"The file has more than {limits.rows:,} records. Split it.")


def _number_records(blocks: Iterator[bytes], staged: Staged, header: int, limits: Limits) -> None:
    csv.field_size_limit(limits.line_bytes)
    staged.odd = True
    source = (line for block in blocks for line in io.StringIO(block.decode()))
    for _ in range(header):
        next(source, None)
    reader = csv.reader(source, delimiter=staged.delimiter, strict=True)
    with staged.path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=staged.delimiter, lineterminator="\n")
        for line, last, fields in _records(reader, header, staged.rejects):
            if len(fields) != len(staged.header) and last > line:
                raise _never_closed(line)
            writer.writerow([line, *(" ".join(text.split("\n")) for text in fields)])
            staged.records += 1
            _check_rows(staged.records, limits)
    staged.records += len(staged.rejects)


def _records(
    reader: Iterator[list[str]], header: int, rejects: list[tuple[int, str, str]]
) -> Iterator[tuple[int, int, list[str]]]:
    while True:
        line = header + reader.line_num + 1  # type: ignore[attr-defined]  # a csv reader counts its lines
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            last = header + reader.line_num  # type: ignore[attr-defined]
            if last > line or "expected after" not in str(error):
                raise _never_closed(line) from error
            rejects.append((line, "", "a quote ends in the middle of a field"))
            continue
        if fields:
            yield line, header + reader.line_num, fields  # type: ignore[attr-defined]


def _never_closed(line: int) -> RefusedError:
    return RefusedError(
        f"A quote that is opened at line {line} is never closed. Correct that line, or fetch the file again."
    )


def stage_lines(open_blocks: Blocks, target: Path, limits: Limits) -> Staged:
    """JSON lines, numbered; blank lines are left out."""
    staged = Staged(target, 0, True)
    number = 0
    with target.open("wb", buffering=0) as out:
        for block in whole_lines(open_blocks(), limits.json_bytes):
            lines = exact_numbers(block)[:-1].split(b"\n")
            kept = [b"%d\x1f%b\n" % (at, line) for at, line in enumerate(lines, number + 1) if line.strip()]
            number += len(lines)
            staged.records += len(kept)
            staged.longest = max(staged.longest, *map(len, kept)) if kept else staged.longest
            _check_rows(staged.records, limits)
            out.write(b"".join(kept))
    return staged


_LONG = re.compile(rb'":(?<!\\":)(\s*)(-?[0-9][0-9.]{15,}(?:[eE][+-]?[0-9]+)?)(?=\s*[,}])')
"""A long number behind a key: inside a text the quote in front of the colon would have a backslash."""


def exact_numbers(text: bytes) -> bytes:
    """JSON text whose long numbers are strings: a JSON parser would read them as binary fractions."""
    return _LONG.sub(rb'":\1"\2"', text)


def is_json_lines(first: bytes) -> bool:
    """Whether the first line is a JSON object by itself."""
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False
