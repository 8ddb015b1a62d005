"""The members of an archive, opened one at a time within a budget."""

from __future__ import annotations

import bz2
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from copy import copy
from io import BytesIO
from typing import BinaryIO

from cityshield.guards.budget import Budget
from cityshield.vocabulary.subject import FILE, Subject
from cityshield.vocabulary.verdict import Failure

_CHUNK = 1 << 20
_CHUNK_LZMA = 1 << 12
"""`zipfile` unpacks all the LZMA that it has read at once, up to 7,000 times as much."""

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
            if info.filename.endswith("/") and not info.file_size:
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
    for chunk in _chunks(archive, info):
        read.write(chunk)
        if read.tell() > most:
            return None
    return read.getvalue()


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """A member's content, unpacked a little at a time: a kilobyte may hold a gigabyte."""
    if info.compress_type == zipfile.ZIP_BZIP2:
        yield from _chunks_of_bzip2(archive, info)
        return
    size = _CHUNK_LZMA if info.compress_type == zipfile.ZIP_LZMA else _CHUNK
    with archive.open(info) as member:
        while chunk := member.read(size):
            yield chunk


def _chunks_of_bzip2(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The same for bzip2, of which `zipfile` unpacks all that it has read at once."""
    packed = copy(info)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, info.compress_size
    del packed.CRC  # that of what is inside
    unpacker, crc = bz2.BZ2Decompressor(), 0
    with archive.open(packed) as member:
        while not unpacker.eof:
            data = member.read(_CHUNK) if unpacker.needs_input else b""
            if unpacker.needs_input and not data:
                raise EOFError
            chunk = unpacker.decompress(data, _CHUNK)
            crc = zlib.crc32(chunk, crc)
            yield chunk
    if crc != info.CRC:
        raise zipfile.BadZipFile
