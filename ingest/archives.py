"""Zip archives: each member is a file of its own, written under a name of ours, never under its own."""

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from ingest.options import Limits
from ingest.preflight import BLOCK, RefusedError, check_growth


@dataclass(frozen=True)
class Member:
    """A member that was taken out: its name in the archive, the file, and the folder to work in."""

    name: str
    path: Path
    folder: Path


def members(archive: Path, folder: Path, limits: Limits) -> Iterator[Member]:
    """Takes out each member; raises RefusedError for an archive that is damaged, encrypted, or made to do harm."""
    try:
        with zipfile.ZipFile(archive) as opened:
            found = [info for info in opened.infolist() if not info.is_dir() and not _is_clutter(info.filename)]
            _check(opened.infolist(), found, archive, limits)
            taken = [_take(opened, info, folder / str(at), limits) for at, info in enumerate(found)]
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise RefusedError(f"The zip archive is damaged ({error}). Make it again.") from error
    yield from taken


def _is_clutter(name: str) -> bool:
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in (".DS_Store", "Thumbs.db")


def _check(everything: list[zipfile.ZipInfo], found: list[zipfile.ZipInfo], archive: Path, limits: Limits) -> None:
    if not found:
        raise RefusedError("The archive holds no files.")
    if len(everything) > limits.members:
        raise RefusedError(f"The archive holds {len(everything):,} files; {limits.members} is the most.")
    check_packing(everything, archive, limits)


def check_packing(everything: list[zipfile.ZipInfo], archive: Path, limits: Limits) -> None:
    """Raises RefusedError for members that no real archive has, or that come to more than one does."""
    names = [info.filename for info in everything]
    if len(set(names)) < len(names):
        raise RefusedError("The archive holds two files of one name.")
    for info in everything:
        _check_member(info)
    _check_overlap(everything, archive)
    check_growth(max(1, archive.stat().st_size), sum(info.file_size for info in everything), limits)


def _check_member(info: zipfile.ZipInfo) -> None:
    name = info.filename
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith(("/", "\\")) or PureWindowsPath(name).drive:
        raise RefusedError(f"The archive wants to write outside its place ({name[:80]!r}).")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise RefusedError(f"The archive holds a link ({name[:80]!r}) instead of a file.")
    if info.flag_bits & 0x1:
        raise RefusedError("The archive is encrypted. Unpack it first.")
    if name.lower().endswith((".zip", ".7z", ".rar", ".tar", ".tgz", ".tar.gz")):
        raise RefusedError(f"The archive holds another archive ({name[:80]!r}). Unpack it first.")


def _check_overlap(everything: list[zipfile.ZipInfo], archive: Path) -> None:
    """Members that share bytes make a small file claim a large one."""
    end = 0
    for info in sorted(everything, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise RefusedError("The files in the archive lie over one another, as no real archive's do.")
        end = info.header_offset + 30 + len(info.filename.encode()) + info.compress_size
    if end > archive.stat().st_size:
        raise RefusedError("The archive is damaged: it ends too early.")


def _take(opened: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path, limits: Limits) -> Member:
    folder.mkdir()
    made = 0
    with opened.open(info) as packed, (folder / "given").open("wb") as out:
        while block := packed.read(BLOCK):
            made += len(block)
            check_growth(max(1, info.compress_size), made, limits)
            out.write(block)
    return Member(info.filename, folder / "given", folder)
