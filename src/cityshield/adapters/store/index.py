"""The index of indicators: which keys exist, in one file that is mapped rather than loaded.

It is a projection of the store: sorted 64-bit keys behind a table of where each 16-bit prefix
starts, so that a look-up reads a handful of neighbours. A key in it may be a chance hit; the
store confirms. The file is replaced whole, so a reader always sees one state; a change is merged
into it block by block, without asking the store for the other keys.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Keys = NDArray[np.int64]

FILE_NAME = "indicators.index"
_HEADER = struct.Struct("<8sQQ40x")
_REPLACED_AT = _HEADER.size - 1
_LOOK_EVERY_S = 1.0
_MAGIC = b"CSINDEX1"
_BUCKETS = 1 << 16
_SHIFT = 48
_TABLE_BYTES = 4 * (_BUCKETS + 1)
_KEYS_AT = _HEADER.size + _TABLE_BYTES
_BLOCK = 1 << 20


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
        with self._path.open("rb") as file:
            magic, revision, size = _HEADER.unpack(file.read(_HEADER.size).ljust(_HEADER.size))
            self.damaged = magic != _MAGIC or found.st_size != _KEYS_AT + 8 * size
            if self.damaged:
                return
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        self._mapped = mapped
        self._starts = mapped[_HEADER.size : _KEYS_AT].cast("I")
        self._keys = mapped[_KEYS_AT:].cast("q")
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
    return _write(path, revision, _blocks(iter(keys)))


def change_index(path: Path, revision: int, more: Iterable[int], less: Iterable[int]) -> int:
    """Write the index anew with some keys more and some less; how many there are then.

    Keys come in any order. The memory it takes does not depend on the size of the index.
    """
    return _write(path, revision, _changed(path, _sorted(more), _sorted(less)))


def revision_of(path: Path) -> int | None:
    """The revision that an index file says it is of; None when there is no sound file."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER.size).ljust(_HEADER.size)
            size_bytes = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return None
    magic, revision, size = _HEADER.unpack(head)
    return revision if magic == _MAGIC and size_bytes == _KEYS_AT + 8 * size else None


def _write(path: Path, revision: int, blocks: Iterable[Keys]) -> int:
    import numpy as np

    starts = np.zeros(_BUCKETS + 1, np.uint32)
    size = 0
    scratch = path.with_name(f"{path.name}.{os.getpid()}.part")
    with scratch.open("wb") as file:
        file.seek(_KEYS_AT)
        for block in blocks:
            file.write(block.tobytes())
            starts[1:] += np.bincount((block >> _SHIFT) + _BUCKETS // 2, minlength=_BUCKETS).astype(
                np.uint32
            )
            size += len(block)
        file.seek(0)
        file.write(_HEADER.pack(_MAGIC, revision, size))
        file.write(np.cumsum(starts, dtype=np.uint32).tobytes())
        file.flush()
        os.fsync(file.fileno())
    _announce(path)
    os.replace(scratch, path)
    return size


def _blocks(keys: Iterator[int]) -> Iterator[Keys]:
    import numpy as np

    while len(block := np.fromiter(islice(keys, _BLOCK), np.int64)):
        yield block


def _changed(path: Path, more: Keys, less: Keys) -> Iterator[Keys]:
    """The keys of an index file with these among them and without those, in blocks."""
    import numpy as np

    with path.open("rb") as file:
        file.seek(_KEYS_AT)
        while len(block := np.fromfile(file, np.int64, _BLOCK)):
            border = int(np.searchsorted(more, block[-1], "right"))
            here, more = more[:border], more[border:]
            places = np.searchsorted(block, here)
            is_new = block[places] != here
            block = np.insert(block, places[is_new], here[is_new])
            yield _without(block, less)
    yield _without(more, less)


def _without(block: Keys, less: Keys) -> Keys:
    import numpy as np

    if not len(block):
        return block
    here = less[np.searchsorted(less, block[0]) : np.searchsorted(less, block[-1], "right")]
    places = np.searchsorted(block, here)
    return np.delete(block, places[block[places] == here])


def _sorted(keys: Iterable[int]) -> Keys:
    import numpy as np

    return np.unique(np.fromiter(keys, np.int64))


def _announce(path: Path) -> None:
    """Tell those who have the present file mapped that it is about to be replaced."""
    with suppress(FileNotFoundError), path.open("r+b") as file:
        if os.fstat(file.fileno()).st_size >= _HEADER.size:
            file.seek(_REPLACED_AT)
            file.write(b"\1")
