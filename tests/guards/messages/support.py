"""What tests of messages share: the tables from the files, and the reader of the shipped pack."""

from __future__ import annotations

from functools import cache

from cityshield.adapters.packs.shelf import read_shipped
from cityshield.guards.messages import normal
from cityshield.guards.messages.fold import Fold
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
