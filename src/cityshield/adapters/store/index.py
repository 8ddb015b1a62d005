"""The index of indicators: which keys exist, in one file that is mapped rather than loaded.

It is a projection of the store: sorted 64-bit keys behind a table of where each 16-bit prefix
starts, so that a look-up reads a handful of neighbours. A key in it may be a chance hit; the
store confirms. The file is replaced whole, so a reader always sees one state.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

FILE_NAME = "indicators.index"
_HEADER = struct.Struct("<8sQQ40x")
_REPLACED_AT = _HEADER.size - 1
_LOOK_EVERY_S = 1.0
_MAGIC = b"CSINDEX1"
_BUCKETS = 1 << 16
_SHIFT = 48
_TABLE_BYTES = 4 * (_BUCKETS + 1)


def key_of(value: str) -> int:
    """The key of an indicator's value: the first 8 bytes of its SHA-256, as a signed integer.

    The first bytes of SHA-256 are also what Safe Browsing (v5) sends as a prefix.
    """
    return int.from_bytes(sha256(value.encode()).digest()[:8], "big", signed=True)


class Index:
    """An index file mapped into memory; empty while there is none."""

    def __init__(self, path: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._monotonic = monotonic
        self._look_again_at = 0.0
        self._stamp: tuple[int, int, int] | None = None
        self.revision = 0
        self.size = 0
        self.damaged = False
        self._mapped: memoryview | None = None
        self._keys: memoryview | array[int] = array("q")
        self._starts: memoryview | array[int] = array("I", bytes(_TABLE_BYTES))
        self.refresh()

    def refresh(self) -> None:
        """Map the file anew if it was replaced; one that is damaged is said to be, and left.

        Whoever replaces the file first says so in a byte of the old one, which is mapped here, so
        that the system is asked once a second only: for a file that was deleted and made again.
        """
        now = self._monotonic()
        is_told = self._mapped is None or self._mapped[_REPLACED_AT]
        if not is_told and now < self._look_again_at:
            return
        self._look_again_at = now + _LOOK_EVERY_S
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            return
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        table_end = _HEADER.size + _TABLE_BYTES
        with self._path.open("rb") as file:
            magic, revision, size = _HEADER.unpack(file.read(_HEADER.size).ljust(_HEADER.size))
            self.damaged = magic != _MAGIC or found.st_size != table_end + 8 * size
            if self.damaged:
                return
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        self._mapped = mapped
        self._starts = mapped[_HEADER.size : table_end].cast("I")
        self._keys = mapped[table_end:].cast("q")
        self.revision, self.size = revision, size

    def matches(self, values: Sequence[str]) -> list[tuple[str, int]]:
        """The values whose key is in the index, with the key."""
        keys = [key_of(value) for value in values]
        held = self.held(keys)
        return [pair for pair in zip(values, keys, strict=True) if pair[1] in held] if held else []

    def held(self, keys: Iterable[int]) -> list[int]:
        """The keys that are in the index, in the order given."""
        ours, starts = self._keys, self._starts
        found = []
        for key in keys:
            bucket = (key >> _SHIFT) + _BUCKETS // 2
            end = starts[bucket + 1]
            place = bisect_left(ours, key, starts[bucket], end)
            if place < end and ours[place] == key:
                found.append(key)
        return found

    def __contains__(self, key: int) -> bool:
        return bool(self.held((key,)))


def write_index(path: Path, revision: int, keys: Iterable[int]) -> int:
    """Write the index of these keys, which come sorted, and return how many there are.

    The file is complete on disk before it takes its name.
    """
    ordered = array("q", keys)
    starts = array("I", bytes(_TABLE_BYTES))
    place = 0
    for bucket in range(_BUCKETS):
        starts[bucket] = place
        border = (bucket + 1 - _BUCKETS // 2) << _SHIFT
        place = bisect_left(ordered, border, place) if bucket + 1 < _BUCKETS else len(ordered)
    starts[_BUCKETS] = len(ordered)
    scratch = path.with_name(f"{path.name}.{os.getpid()}.part")
    with scratch.open("wb") as file:
        file.write(_HEADER.pack(_MAGIC, revision, len(ordered)))
        file.write(starts.tobytes())
        file.write(ordered.tobytes())
        file.flush()
        os.fsync(file.fileno())
    _announce(path)
    os.replace(scratch, path)
    return len(ordered)


def _announce(path: Path) -> None:
    """Tell those who have the present file mapped that it is about to be replaced."""
    with suppress(FileNotFoundError), path.open("r+b") as file:
        if os.fstat(file.fileno()).st_size >= _HEADER.size:
            file.seek(_REPLACED_AT)
            file.write(b"\1")
