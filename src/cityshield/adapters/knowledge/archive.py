"""The YAML files of a folder, an archive (tar, tar.gz, zip), or one file, one at a time.

Nothing is unpacked onto the disk, so that the names in an archive lead nowhere. Links are passed
over. How much may come out is bounded, whatever an archive says of itself.
"""

from __future__ import annotations

import gzip
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, cast

from cityshield.guards.sites.templates.tree import LARGEST_BYTES
from cityshield.vocabulary.errors import InputError

MOST_FILES: Final = 50_000
MOST_BYTES: Final = 256 << 20
_LARGEST_ARCHIVE = 512 << 20
_TAIL_BYTES = 66_000
_LARGEST_LISTING = 8 << 20
_SUFFIXES = (".yaml", ".yml")
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError,
    NotImplementedError, OverflowError, struct.error,
)  # fmt: skip

Member = tuple[str, bytes]
"""The name of a file and its bytes; one that is too large is given as one byte more than may be."""


def members(source: Path) -> Iterator[Member]:
    """The YAML files of a source in an order of their own; raises InputError."""
    count = size = 0
    try:
        for name, data in _members(source):
            count, size = count + 1, size + len(data)
            if count > MOST_FILES or size > MOST_BYTES:
                raise _too_much(source)
            yield name, data
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise InputError("error-file", path=str(source), reason=reason) from error
    except _BROKEN as error:
        reason = type(error).__name__
        raise InputError("error-templates-archive", path=str(source), reason=reason) from error


def _members(source: Path) -> Iterator[Member]:
    if source.is_dir():
        yield from _of_folder(source)
        return
    with source.open("rb") as file:
        start = file.read(4)
        if os.fstat(file.fileno()).st_size > _LARGEST_ARCHIVE:
            raise _too_much(source)
        file.seek(0)
        if start == b"PK\x03\x04":
            yield from _of_zip(file)
        elif start[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield from _of_tar(unpacked, source)
        elif source.suffix.lower() in _SUFFIXES:
            yield source.name, file.read(LARGEST_BYTES + 1)
        else:
            yield from _of_tar(file, source)


def _of_folder(folder: Path) -> Iterator[Member]:
    for path, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if not name.lower().endswith(_SUFFIXES):
                continue
            found = Path(path, name)
            if stat.S_ISREG(found.lstat().st_mode):
                with found.open("rb") as file:
                    yield found.relative_to(folder).as_posix(), file.read(LARGEST_BYTES + 1)


def _of_tar(file: IO[bytes] | gzip.GzipFile, source: Path) -> Iterator[Member]:
    bounded = cast(IO[bytes], _Bounded(file, source))
    with tarfile.open(fileobj=bounded, mode="r|") as archive:
        for place, info in enumerate(archive):
            if place > 4 * MOST_FILES:
                raise _too_much(source)
            archive.members = []  # type: ignore[attr-defined]  # it would keep each that went by
            if info.isreg() and info.name.lower().endswith(_SUFFIXES):
                member = archive.extractfile(info)
                yield info.name, member.read(LARGEST_BYTES + 1) if member is not None else b""


def _of_zip(file: IO[bytes]) -> Iterator[Member]:
    _require_short_listing(file)
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if not info.filename.lower().endswith(_SUFFIXES) or info.is_dir():
                continue
            if info.compress_type not in _ZIP_METHODS:
                raise NotImplementedError
            with archive.open(info) as member:
                yield info.filename, member.read(LARGEST_BYTES + 1)


def _require_short_listing(file: IO[bytes]) -> None:
    """Raise BadZipFile for a listing that would fill the memory (APPNOTE 4.3.16)."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL_BYTES))
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    listing = tail[place + 12 : place + 16]
    if place < 0 or b"PK\x06\x07" in tail or int.from_bytes(listing, "little") > _LARGEST_LISTING:
        raise zipfile.BadZipFile
    file.seek(0)


class _Bounded:
    """A file of which no more is read than may come out of an archive."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile, source: Path) -> None:
        self._file = file
        self._source = source
        self._left = MOST_BYTES

    def read(self, size: int = -1) -> bytes:
        """The next bytes; raises InputError beyond the limit."""
        data = self._file.read(min(size, 1 << 20) if size >= 0 else 1 << 20)
        self._left -= len(data)
        if self._left < 0:
            raise _too_much(self._source)
        return data


def _too_much(source: Path) -> InputError:
    return InputError(
        "error-templates-too-much", path=str(source), files=MOST_FILES, mib=MOST_BYTES >> 20
    )
