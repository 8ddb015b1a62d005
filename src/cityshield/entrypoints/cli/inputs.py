"""Files that commands are given: how they are opened, and how their bad lines are said."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import BinaryIO, Protocol

import click

from cityshield.answer import harmless
from cityshield.vocabulary.errors import InputError


class BadLine(Protocol):
    """A line that could not be read: its number from 1, and its beginning."""

    @property
    def number(self) -> int:
        """Its number from 1."""
        ...

    @property
    def start(self) -> str:
        """Its beginning."""
        ...


def open_input(file: str) -> BinaryIO:
    """A file by its path, or standard input for `-`."""
    if file == "-":
        return sys.stdin.buffer
    try:
        return open(file, "rb")
    except OSError as error:
        raise InputError("error-file", path=file, reason=error.strerror or "") from error


def say_bad_lines(bad: Sequence[BadLine], count: int, language: str) -> None:
    """Say that so many lines could not be read, and those of them that are known."""
    from cityshield.adapters.sentences.sentences import Sentences

    if not count:
        return
    say = Sentences().say
    click.echo(say("feeds-bad", language, count=count), err=True)
    for line in bad:
        start = harmless(line.start, 80)
        said = say("feeds-bad-line", language, number=line.number, start=start)
        click.echo(f"  {said}", err=True)
    if more := count - len(bad):
        click.echo(f"  {say('feeds-bad-more', language, count=more)}", err=True)
