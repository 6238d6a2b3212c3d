"""What can be said about a file's bytes before anything parses them. Everything here works on whole blocks of bytes."""

import codecs
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from ingest.options import Limits

BLOCK = 1 << 21
_FREE_GROWTH = 16 << 20


class RefusedError(Exception):
    """The whole file cannot be taken; the message says what, where, and what to do."""


_FOREIGN = (
    (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"), (b"%PDF", "a PDF document"),
    (b"ARROW1", "an Arrow file"), (b"FEA1", "a Feather file"),
    (b"SQLite format 3", "an SQLite database"), (b"\x80\x02", "a pickle"), (b"\x80\x03", "a pickle"),
    (b"\x80\x04", "a pickle"), (b"\x80\x05", "a pickle"), (b"7z\xbc\xaf", "a 7z archive"),
    (b"\xfd7zXZ", "an xz archive"), (b"\x28\xb5\x2f\xfd", "a zstd archive"), (b"BZh", "a bzip2 archive"),
    (b"Rar!", "a RAR archive"), (b"Obj\x01", "an Avro file"), (b"ORC", "an ORC file"), (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)  # fmt: skip


def kind(head: bytes) -> str:
    """gzip, zip, parquet, old office or text, by the first bytes; raises RefusedError for what is none of these."""
    if not head:
        raise RefusedError("The file is empty.")
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "old office"
    if head[8:12] == b"DUCK":
        raise RefusedError("This is a DuckDB database. Export the table as CSV, JSON or Parquet.")
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise RefusedError(f"This is {what}. Export the data as CSV, JSON or Parquet.")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        raise RefusedError("This is a web page or XML, perhaps a login page. Export the data as CSV, JSON or Parquet.")
    return "text"


def blocks_of(path: Path) -> Iterator[bytes]:
    """The file as it is."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def unpacked(blocks: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    """What a gzip stream holds, member after member; raises RefusedError when it is damaged or a bomb."""
    engine = zlib.decompressobj(wbits=31)
    given = made = 0
    for block in blocks:
        given += len(block)
        while block:
            piece = _inflated(engine, block)
            made += len(piece)
            check_growth(given, made, limits)
            if piece:
                yield piece
            block = engine.unconsumed_tail
            if engine.eof:
                block = engine.unused_data.lstrip(b"\0")
                if block and not b"\x1f\x8b".startswith(block[:2]) and not block.startswith(b"\x1f\x8b"):
                    raise RefusedError("The gzip file is damaged: something else follows its end. Fetch it again.")
                if block:
                    engine = zlib.decompressobj(wbits=31)
    if not engine.eof:
        raise RefusedError("The gzip file is damaged: it ends too early. Fetch it again.")


def _inflated(engine: "zlib._Decompress", block: bytes) -> bytes:
    try:
        return engine.decompress(block, BLOCK)
    except zlib.error as error:
        raise RefusedError(f"The packed file is damaged ({error}). Fetch it again.") from error


def check_growth(given: int, made: int, limits: Limits) -> None:
    """Raises RefusedError when `made` bytes from `given` packed ones are more than a real export comes to."""
    if made > _FREE_GROWTH and made > limits.ratio * given:
        raise RefusedError(
            f"The packed file grows more than {limits.ratio} times as it is unpacked, as no export does."
        )
    if made > limits.file_mb << 20:
        raise RefusedError(f"The packed file holds more than {limits.file_mb} MB. Split it.")


def utf8(blocks: Iterator[bytes], encoding: str | None) -> Iterator[bytes]:
    """The text in UTF-8 without a mark, line ends as line feeds; raises RefusedError where it is no text."""
    first = next(blocks, b"")
    if encoding is None and first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    if encoding is None:
        _no_wide_text(first)
        yield from _line_feeds(_valid(first.removeprefix(codecs.BOM_UTF8), blocks))
        return
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError as error:
        raise RefusedError(f"There is no encoding {encoding!r}; say it as in --encoding cp1252.") from error
    yield from _line_feeds(_transcoded(first, blocks, decoder, encoding))


def _no_wide_text(first: bytes) -> None:
    head = first[:4096]
    if b"\0" not in head:
        return
    for offset, name in ((0, "utf-16-be"), (1, "utf-16-le")):
        if head[offset::2].count(0) > 0.8 * (len(head) // 2) > 4 * head[1 - offset :: 2].count(0):
            raise RefusedError(f"The file looks like UTF-16 without its mark. Say --encoding {name}.")


def _transcoded(
    first: bytes, blocks: Iterator[bytes], decoder: codecs.IncrementalDecoder, encoding: str
) -> Iterator[bytes]:
    lines = 1
    block: bytes | None = first
    try:
        while block is not None:
            text = decoder.decode(block).encode().removeprefix(codecs.BOM_UTF8 if lines == 1 else b"")
            _no_nul(text, lines)
            lines += text.count(b"\n")
            yield text
            block = next(blocks, None)
        yield decoder.decode(b"", True).encode()
    except UnicodeError as error:
        raise RefusedError(f"The file is not {encoding} text (after line {lines}): say another --encoding.") from error


def _valid(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    block: bytes | None = first
    pending = False
    while block is not None:
        _no_nul(block, lines)
        if pending or not block.isascii():
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                raise _not_utf8(error, lines) from error
            pending = bool(decoder.getstate()[0])
        lines += block.count(b"\n")
        yield block
        block = next(blocks, None)
    if pending:
        raise RefusedError(f"The file ends in the middle of a character (line {lines}). Fetch it again.")


def _not_utf8(error: UnicodeDecodeError, lines: int) -> RefusedError:
    data = bytes(error.object)
    line = lines + data[: error.start].count(b"\n")
    return RefusedError(
        f"Line {line} is not UTF-8 text (byte 0x{data[error.start]:02X}). Say which encoding the file has: "
        "--encoding cp1252 (Windows) or --encoding latin-1."
    )


def _no_nul(block: bytes, lines: int) -> None:
    at = block.find(b"\0")
    if at >= 0:
        line = lines + block.count(b"\n", 0, at)
        raise RefusedError(f"Line {line} holds a NUL byte: the file is damaged or is no text. Fetch it again.")


def _line_feeds(blocks: Iterator[bytes]) -> Iterator[bytes]:
    held = b""
    for block in blocks:
        if held or b"\r" in block:
            block = held + block
            held = b"\r" if block.endswith(b"\r") else b""
            block = block.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield block
    if held:
        yield b"\n"


def whole_lines(blocks: Iterator[bytes], longest: int) -> Iterator[bytes]:
    """Blocks that end with a line, without blank lines at the end of the file; raises RefusedError at a long line."""
    held = b""
    lines = 1
    for block in blocks:
        block = held + block if held else block
        cut = _last_full_line(block)
        held = block[cut:]
        block = block[:cut]
        _check_lengths(block, lines, longest)
        lines += block.count(b"\n")
        if len(held) > longest and len(held.rstrip(b"\n")) > longest:
            raise _long(lines, longest)
        if block:
            yield block
    if held.rstrip(b"\n"):
        yield held.rstrip(b"\n") + b"\n"


def _last_full_line(block: bytes) -> int:
    """Where the last line begins, with the line ends that follow it: those may turn out to end the file."""
    if block.endswith(b"\n"):
        block = block.rstrip(b"\n")
    return block.rfind(b"\n") + 1


def _check_lengths(block: bytes, line: int, longest: int) -> None:
    at = 0
    while len(block) - at > longest:
        end = block.rfind(b"\n", at, at + longest + 1)
        if end < 0:
            raise _long(line + block.count(b"\n", 0, at), longest)
        at = end + 1


def _long(line: int, longest: int) -> RefusedError:
    return RefusedError(f"Line {line} is longer than {longest:,} bytes, as no export's is.")


_CONTROLS = bytes(set(range(32)) - {9, 10, 13}) + b"\x7f"
_HIDDEN = re.compile(b"\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xa9]|\xef\xbb\xbf|\xc2\xa0|[\xcc\xcd]")


def is_odd(block: bytes) -> bool:
    """Whether text in it may need cleaning: control or hidden characters, tabs, marks that combine."""
    if b"\t" in block or len(block.translate(None, _CONTROLS)) != len(block):
        return True
    return not block.isascii() and _HIDDEN.search(block) is not None
