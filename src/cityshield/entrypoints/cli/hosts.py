"""Lists of websites as commands read them: from a file or a pipe, bad lines said at the end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from cityshield.desks.sites.inventory import MOST_LINE_BYTES, Rejected, read_sites
from cityshield.entrypoints.cli.inputs import say_bad_lines
from cityshield.vocabulary.census import Site
from cityshield.vocabulary.errors import InputError

_SHOWN_BAD = 20


class Lines:
    """The lines of a list: its sites, while those that mean nothing are noted."""

    def __init__(self, file: BinaryIO, format: str) -> None:
        self._file = file
        self._format = format
        self.bad_lines = 0
        self.bad: list[Rejected] = []

    def sites(self) -> Iterator[Site]:
        """The sites, one by one."""
        for item in read_sites(_bounded(self._file), self._format):
            if isinstance(item, Site):
                yield item
                continue
            self.bad_lines += 1
            if len(self.bad) < _SHOWN_BAD:
                self.bad.append(item)

    def at_least_one(self, file: str) -> Iterator[Site]:
        """The sites; InputError when there are only lines that mean nothing."""
        sites = self.sites()
        first = next(sites, None)
        if first is None:
            raise InputError("error-sites-no-line", path=file, count=self.bad_lines)
        return chain((first,), sites)

    def say_bad(self, language: str) -> None:
        """Say which lines could not be read."""
        say_bad_lines(self.bad, self.bad_lines, language)


def _bounded(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; of one that is too long, no more than shows that."""
    while line := file.readline(MOST_LINE_BYTES + 1):
        rest = line
        while len(rest) > MOST_LINE_BYTES and not rest.endswith(b"\n"):
            rest = file.readline(MOST_LINE_BYTES + 1)
        yield line
