"""Packed documents unpacked from one file into another, a little at a time, up to a limit."""

from __future__ import annotations

import bz2
import lzma
import os
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from cityshield.vocabulary.errors import InputError

GZIP, BZIP2, XZ, ZSTD, ZIP = "gzip", "bzip2", "xz", "zstd", "zip"
_MAGIC = {
    b"\x1f\x8b": GZIP,
    b"BZh": BZIP2,
    b"\xfd7zXZ\0": XZ,
    b"\x28\xb5\x2f\xfd": ZSTD,
    b"PK\x03\x04": ZIP,
}
_CHUNK = 256 << 10
_MEMORY_BYTES = 128 << 20
_WINDOW_LOG = 27
"""Of zstd: windows of 128 MiB."""

_LARGEST_LISTING_BYTES = 1 << 20
_END_BYTES, _COMMENT_BYTES, _LOCATOR_BYTES = 22, 65_535, 20
_ENCRYPTED = 0x1


class _Unpacker(Protocol):
    """What unpackers of the standard library have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gunzip:
    """Gzip (RFC 1952) with the face of the other unpackers."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def packer_of(path: Path) -> str:
    """How a file is packed, by its first bytes; empty for one that is not."""
    with path.open("rb") as file:
        start = file.read(8)
    return next((name for magic, name in _MAGIC.items() if start.startswith(magic)), "")


def unpack(source: Path, target: Path, packer: str, most_bytes: int) -> None:
    """Unpack a file; InputError when it is damaged, or when more comes out than may."""
    size = 0
    try:
        with source.open("rb") as packed, target.open("wb") as file:
            for piece in _pieces(packed, packer):
                size += len(piece)
                if size > most_bytes:
                    raise InputError("error-net-unpacked", mib=most_bytes >> 20)
                file.write(piece)
    except (zlib.error, lzma.LZMAError, zipfile.BadZipFile, EOFError, ValueError) as error:
        raise InputError("error-net-packed", packer=packer) from error
    except OSError as error:
        if error.errno is None:  # bz2 says so of damaged data
            raise InputError("error-net-packed", packer=packer) from error
        raise


def _pieces(packed: BinaryIO, packer: str) -> Iterator[bytes]:
    if packer == ZIP:
        yield from _only_member(packed)
        return
    make = _maker(packer)
    unpacker, data = make(), packed.read(_CHUNK)
    while True:
        yield unpacker.decompress(data, _CHUNK)
        data = b""
        if unpacker.eof:
            data = (unpacker.unused_data or packed.read(_CHUNK)).lstrip(b"\0")
            if not data:
                return
            unpacker = make()
        elif unpacker.needs_input:
            data = packed.read(_CHUNK)
            if not data:
                raise EOFError


def _maker(packer: str) -> Callable[[], _Unpacker]:
    if packer == GZIP:
        return _Gunzip
    if packer == BZIP2:
        return bz2.BZ2Decompressor
    if packer == XZ:
        return lambda: lzma.LZMADecompressor(memlimit=_MEMORY_BYTES)
    return _zstd_maker()


def _zstd_maker() -> Callable[[], _Unpacker]:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    class Unzstd:
        """Zstandard (RFC 8878), its own error in the words of the others."""

        def __init__(self) -> None:
            options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
            self._inner = zstd.ZstdDecompressor(options=options)

        @property
        def eof(self) -> bool:
            return self._inner.eof

        @property
        def needs_input(self) -> bool:
            return self._inner.needs_input

        @property
        def unused_data(self) -> bytes:
            return self._inner.unused_data

        def decompress(self, data: bytes, max_length: int = -1) -> bytes:
            try:
                return self._inner.decompress(data, max_length)
            except zstd.ZstdError as error:
                raise ValueError from error

    return Unzstd


def _only_member(packed: BinaryIO) -> Iterator[bytes]:
    """The content of the one file in a zip; ValueError when there are more, or it is odd."""
    _require_short_listing(packed)
    with zipfile.ZipFile(packed) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        if len(files) != 1 or files[0].flag_bits & _ENCRYPTED:
            raise ValueError
        if files[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError
        with archive.open(files[0]) as member:
            while piece := member.read(_CHUNK):
                yield piece


def _require_short_listing(packed: BinaryIO) -> None:
    """Raise ValueError for a listing of members that would fill the memory (APPNOTE 4.3.16)."""
    size = packed.seek(0, os.SEEK_END)
    packed.seek(max(0, size - _END_BYTES - _COMMENT_BYTES - _LOCATOR_BYTES))
    tail = packed.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or b"PK\x06\x07" in tail[max(0, place - _LOCATOR_BYTES) : place]:
        raise ValueError
    if int.from_bytes(tail[place + 12 : place + 16], "little") > _LARGEST_LISTING_BYTES:
        raise ValueError
    packed.seek(0)
