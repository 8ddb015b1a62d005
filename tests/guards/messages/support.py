"""What tests of messages share: the tables from the files, and the reader of the shipped pack."""

from __future__ import annotations

from functools import cache

from cityshield.adapters.packs.shelf import read_shipped
from cityshield.guards.messages import normal
from cityshield.guards.messages.features import BUCKET_BITS, CLASS_BITS
from cityshield.guards.messages.fold import Fold
from cityshield.guards.messages.model import write_places
from cityshield.guards.messages.reader import Reader
from cityshield.guards.messages.sections import read_fold


@cache
def fold() -> Fold:
    return read_fold()


@cache
def reader() -> Reader:
    return Reader(read_shipped().sections)


def normalize(text: str) -> normal.Normal:
    return normal.normalize(text, fold())


def word(text: str) -> str:
    return normalize(text).text


BROKEN_PARTS = {"model": BUCKET_BITS, "classes": CLASS_BITS}
"""The sections with a byte for each place, and how many bits a place has."""


def broken_parts(bits: int) -> dict[str, bytes]:
    """Sections that say they have a byte for each place and do not, by what is wrong with them."""
    places = write_places([3, 300, (1 << bits) - 1])
    return {
        "empty": b"",
        "cut in its number": b"\1\0",
        "more places than steps": b"\xff\xff\xff\xff" + places[4:],
        "a weight too few": places + b"\1\1",
        "a weight too many": places + b"\1\1\1\1",
        "a place past the last": write_places([1 << bits]) + b"\1",
    }
