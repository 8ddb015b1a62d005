"""The members of an archive, opened one at a time within a budget."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from cityshield.guards.budget import Budget
from cityshield.vocabulary.subject import FILE, Subject
from cityshield.vocabulary.verdict import Failure

_CHUNK = 1 << 20
_CHUNK_UNBOUNDED = 1 << 12
_BOUNDED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Methods whose reader unpacks no more than it is asked for; the others unpack all they read."""

_ENCRYPTED = 0x1
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    MemoryError,
)


def members(name: str, file: BinaryIO, budget: Budget) -> Iterator[Subject | Failure]:
    """The members of a zip in memory, each named `archive!/member`; what is not read, as failures.

    Nothing is written to disk, and a member's own claim about its size is not believed: reading
    stops where the budget ends. Encrypted and damaged members are failures, as is what an
    unsupported method packs (APPNOTE.TXT 4.4.5).
    """
    try:
        archive = zipfile.ZipFile(file)
        listing = archive.infolist()
    except (*_BROKEN, NotImplementedError):
        yield Failure("files", "damaged")
        return
    with archive:
        for place, info in enumerate(listing):
            if reason := budget.spent():
                yield Failure("files", reason, count=len(listing) - place)
                return
            if info.is_dir():
                continue
            label = f"{name}!/{info.filename}"
            if info.flag_bits & _ENCRYPTED:
                yield Failure("files", "encrypted")
                continue
            try:
                content = _read(archive, info, budget.bytes_left)
            except NotImplementedError:
                yield Failure("files", "unsupported")
            except _BROKEN:
                yield Failure("files", "damaged")
            else:
                yield (
                    Failure("files", "too-large")
                    if content is None
                    else Subject(FILE, label, content)
                )


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes | None:
    """A member's content, or None as soon as it is larger than `most` bytes."""
    if info.file_size > most:
        return None
    read = BytesIO()
    size = _CHUNK if info.compress_type in _BOUNDED else _CHUNK_UNBOUNDED
    with archive.open(info) as member:
        while chunk := member.read(size):
            read.write(chunk)
            if read.tell() > most:
                return None
    return read.getvalue()
