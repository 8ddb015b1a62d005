"""What a feed's format is, and how its lines are read: the good taken, the bad reported.

A format is one module in this folder, named as the format is, with `read(line)` that gives the
entries of one line: a list (empty for a comment), or None when the line means nothing. A format
that is one document has `read_document(bytes)` instead, which gives the same for each of its
objects, or None when the document is not of this format.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

import msgspec

from cityshield.adapters.feeds.csv import ByColumn
from cityshield.vocabulary.errors import InputError

Entry = tuple[str, str]
Read = Callable[[str], list[Entry] | None]
ReadDocument = Callable[[bytes], Iterator[list[Entry] | None] | None]

_PACKAGE, _, _OWN_NAME = __name__.rpartition(".")
_MODULES = {
    path.stem: import_module(f"{_PACKAGE}.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py"))
    if path.stem != _OWN_NAME
}
LINES: dict[str, Read] = {n: m.read for n, m in _MODULES.items() if hasattr(m, "read")}
DOCUMENTS: dict[str, ReadDocument] = {
    name: module.read_document for name, module in _MODULES.items() if name not in LINES
}
FORMATS = tuple(_MODULES)
MAX_DOCUMENT_BYTES = 64 << 20
MAX_LINE_BYTES = 64 * 1024
SAMPLE_LINES = 400
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}
_PAGE = re.compile(rb"\s*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_BAD_KEPT = 20


class BadLine(msgspec.Struct, frozen=True):
    """A line that could not be read: its number from 1, and its beginning."""

    number: int
    start: str


class Feed:
    """The entries of one file, read line by line; what was bad is known when the end is reached."""

    def __init__(self, file: BinaryIO, format: str = "", column: str = "") -> None:
        """`column` is that of a CSV to read, by number from 1 or by name."""
        self._file = file
        self._column = column
        self.format = format or ("csv" if column else "")
        self.lines = 0
        self.bad_lines = 0
        self.bad: list[BadLine] = []

    def entries(self) -> Iterator[Entry]:
        """Every entry of every good line, or of every good object of a document."""
        first = self._file.readline(MAX_LINE_BYTES + 1)
        for magic, packer in _PACKED.items():
            if first.startswith(magic):
                raise InputError("error-feed-packed", packer=packer)
        text = first.removeprefix(BOM_UTF8)
        if self.format in DOCUMENTS or (not self.format and _starts_document(text)):
            yield from self._document(text + self._file.read(MAX_DOCUMENT_BYTES + 1))
            return
        lines = _lines(self._file, first)
        head = [line for _, line in zip(range(SAMPLE_LINES), lines, strict=False)]
        if any(line is not None and _PAGE.match(line) for line in head):
            raise InputError("error-feed-page")
        if not self.format:
            self.format = sniff(head)
        read = ByColumn(self._column) if self._column else LINES[self.format]
        for batch in (head, lines):
            yield from self._read(read, batch)

    def _document(self, text: bytes) -> Iterator[Entry]:
        """The entries of one document; `lines` counts its objects."""
        if len(text) > MAX_DOCUMENT_BYTES:
            raise InputError("error-feed-large", mib=MAX_DOCUMENT_BYTES >> 20)
        for name in (self.format,) if self.format else DOCUMENTS:
            objects = DOCUMENTS[name](text)
            if objects is not None:
                self.format = name
                break
        else:
            raise InputError("error-feed-document", formats=", ".join(DOCUMENTS))
        for self.lines, entries in enumerate(objects, 1):
            if entries is None:
                self._count_bad(self.lines, "")
            else:
                yield from entries

    def _count_bad(self, number: int, start: str) -> None:
        self.bad_lines += 1
        if len(self.bad) < _BAD_KEPT:
            self.bad.append(BadLine(number, start))

    def _read(self, read: Read, lines: Iterable[bytes | None]) -> Iterator[Entry]:
        number = self.lines
        for raw in lines:
            number += 1
            entries = None
            if raw is not None:
                try:
                    entries = read(raw.decode().strip())
                except UnicodeDecodeError:
                    entries = None
            if entries is None:
                self._count_bad(number, (raw or b"").decode("utf-8", "replace").strip()[:80])
            else:
                yield from entries
            self.lines = number


def sniff(lines: Iterable[bytes | None]) -> str:
    """The format that reads the most of these lines; InputError when none reads a third of them."""
    texts = [line.decode("utf-8", "replace").strip() for line in lines if line]
    meant = [text for text in texts if text and not text.startswith("#")]
    scores = {name: sum(1 for text in meant if read(text)) for name, read in LINES.items()}
    best = max(scores, key=lambda name: scores[name])
    if meant and scores[best] * 3 < len(meant):
        raise InputError("error-feed-format", formats=", ".join(FORMATS))
    return best


def _starts_document(line: bytes) -> bool:
    """Whether a first line is that of one document, not of lines that are objects themselves."""
    text = line.decode("utf-8", "replace").strip()
    return text.startswith("{") and all(read(text) is None for read in LINES.values())


def _lines(file: BinaryIO, first: bytes) -> Iterator[bytes | None]:
    """The lines of a file of which the first one is read, without the byte order mark before it.

    None stands for a line that is longer than MAX_LINE_BYTES, which is skipped.
    """
    line = first
    while line:
        if len(line) <= MAX_LINE_BYTES or line.endswith(b"\n"):
            yield line.removeprefix(BOM_UTF8) if line is first else line
        else:
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE_BYTES)
            yield None
        line = file.readline(MAX_LINE_BYTES + 1)
