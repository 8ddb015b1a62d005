"""Files of lists, whole or packed, as documents of a bounded size; what cannot be read is told."""

from __future__ import annotations

import gzip
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Protocol

from cityshield.vocabulary.errors import InputError

MOST_BYTES: Final = 64 << 20
"""So large is one document at the most; of files with a record a line, one line."""

MOST_FILES: Final = 1_000_000
MOST_UNPACKED_BYTES: Final = 16 << 30
"""So much is unpacked from one file at the most."""

_SUFFIXES: Final = (".json", ".jsonl", ".ndjson", ".csv")
_LINES: Final = (".jsonl", ".ndjson")
_CHUNK = 1 << 20


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...

    def readline(self, size: int, /) -> bytes: ...


class Document(NamedTuple):
    """A document: the name of its file, where it stands in that (a line, a member), its bytes."""

    file: str
    place: str
    data: bytes


class Rejected(NamedTuple):
    """What could not be read: the file, the place in it, and why, as a word that has a sentence.

    `detail` is what a parser says of it, with the path to the wrong value.
    """

    file: str
    place: str
    reason: str
    detail: str = ""


def read_documents(paths: Iterable[Path]) -> Iterator[Document | Rejected]:
    """The documents of files, and of all fitting files in folders, in order of name.

    Plain, `.gz`, or members of a `.zip`. InputError for a path that cannot be opened.
    """
    left = MOST_FILES
    for path in paths:
        for file in _files(path) if path.is_dir() else (path,):
            left -= 1
            if left < 0:
                raise InputError("error-lists-files", count=MOST_FILES)
            yield from _read(file)


def _files(folder: Path) -> Iterator[Path]:
    """The fitting files of a folder and of those below it; one folder at a time is held."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if name.lower().removesuffix(".gz").endswith((*_SUFFIXES, ".zip")) and path.is_file():
                yield path


def _read(path: Path) -> Iterator[Document | Rejected]:
    try:
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(0)
            if start.startswith(b"PK\x03\x04"):
                yield from _members(path, file)
            elif start.startswith(b"\x1f\x8b"):
                with gzip.open(file) as unpacked:
                    yield from _split(path.name, path.name[:-3], unpacked)
            else:
                yield from _split(path.name, path.name, file)
    except (zlib.error, EOFError, zipfile.BadZipFile, gzip.BadGzipFile, NotImplementedError):
        yield Rejected(path.name, "", "damaged")
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("error-file", path=str(path)[:500], reason=reason) from error


def _members(path: Path, file: BinaryIO) -> Iterator[Document | Rejected]:
    left = MOST_UNPACKED_BYTES
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if member.is_dir() or not member.filename.lower().endswith(_SUFFIXES):
                continue
            left -= member.file_size
            if member.flag_bits & 1 or left < 0:
                yield Rejected(path.name, member.filename[:200], "damaged")
                continue
            with archive.open(member) as unpacked:
                for each in _split(path.name, member.filename, unpacked):
                    place = " ".join(part for part in (member.filename[:200], each.place) if part)
                    yield each._replace(place=place)


def _split(name: str, inner: str, file: _Readable) -> Iterator[Document | Rejected]:
    """One document, or of a file with a record a line each of them."""
    if not inner.lower().endswith(_LINES):
        data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            yield Rejected(name, "", "too-large")
        else:
            yield Document(name, "", data)
        return
    number = read = 0
    while line := file.readline(MOST_BYTES + 1):
        number += 1
        read += len(line)
        if read > MOST_UNPACKED_BYTES:
            yield Rejected(name, f"line {number}", "too-large")
            return
        if len(line) > MOST_BYTES:
            yield Rejected(name, f"line {number}", "too-large")
            while line and not line.endswith(b"\n"):
                line = file.readline(_CHUNK)
                read += len(line)
        elif line.strip():
            yield Document(name, f"line {number}", line)
