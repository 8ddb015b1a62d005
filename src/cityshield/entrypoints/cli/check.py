"""`cityshield check`: the one verb everybody needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.shield import Shield, build_shield, complete, kind_of
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.subject import FILE, LINK, MESSAGE, Subject
from cityshield.vocabulary.verdict import RANK, SUSPICIOUS, UNKNOWN, Verdict

SAFE, FOUND, ERROR, IGNORANT = 0, 1, 2, 3
"""Exit status: all benign; something at or above the level that counts; error; not known."""

_BATCH_LINES = 512
_BATCH_CHARACTERS = 1 << 20
_LONGEST_LINE_BYTES = 16 << 20

EPILOG = """\b
Examples:
  cityshield check 'https://parcel-desk.example/pay'
  cityshield check "Pay the release fee first, then we transfer your prize"
  cityshield check --kind file invoice.pdf --json
  cityshield check --lines messages.txt --kind message --json > verdicts.jsonl
  grep -oE 'https?://[^ ]+' mail.txt | cityshield check --lines -

\b
Exit status:
  0 all benign   1 something suspicious or malicious   2 error
  3 something unknown or not fully read
"""


@click.command(epilog=EPILOG)
@click.argument("subjects", nargs=-1, metavar="SUBJECT...")
@click.option("--kind", type=click.Choice([LINK, MESSAGE, FILE]), help="Take it as this.")
@click.option("--lines", metavar="FILE|-", help="Judge each line of a file (or of standard input).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@click.option(
    "--fail-on",
    type=click.Choice(list(RANK)[1:]),
    default=SUSPICIOUS,
    show_default=True,
    help="The level from which the exit status is 1.",
)
@click.option(
    "--checks",
    "folders",
    multiple=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Add the checks in a folder.",
)
@click.option("--jobs", type=click.IntRange(1, 64), default=1, help="Processes for --lines.")
@language_option
@home_option
def check(
    subjects: tuple[str, ...],
    kind: str | None,
    lines: str | None,
    as_json: bool,
    fail_on: str,
    folders: tuple[Path, ...],
    jobs: int,
    language: str,
    home: Path,
) -> int:
    """Judge links, messages and files, and say why.

    The kind shows by itself: an existing path is a file, an address or a host name is a link,
    everything else is a message. With --lines, no path is opened unless --kind is file.
    """
    if lines is None and not subjects:
        raise InputError("error-no-subject")
    shield = build_shield(home, disk=True, folders=folders)
    status = _Status(fail_on)
    for verdict in _given(shield, subjects, kind):
        status.note(verdict)
        _print_one(shield, verdict, language, as_json)
    if lines is not None:
        with _open(lines) as file:
            _check_lines(shield, file, kind, as_json, language, status, home, folders, jobs)
    return status.value()


class _Status:
    """The exit status that the verdicts so far add up to."""

    def __init__(self, fail_on: str) -> None:
        self._counts_from = RANK[fail_on]
        self._found = self._ignorant = False

    def note(self, verdict: Verdict) -> None:
        if RANK[verdict.level] >= self._counts_from:
            self._found = True
        if verdict.level == UNKNOWN or verdict.coverage < 1:
            self._ignorant = True

    def value(self) -> int:
        return FOUND if self._found else IGNORANT if self._ignorant else SAFE


def _given(shield: Shield, subjects: Sequence[str], kind: str | None) -> Iterator[Verdict]:
    for value in subjects:
        value = _readable(value)
        chosen = kind or (FILE if _is_path(value) else kind_of(value))
        if chosen == FILE:
            _require_file(value)
        yield complete(shield.check(Subject(chosen, value)))


def _is_path(value: str) -> bool:
    return "\0" not in value and len(value) < 4096 and os.path.isfile(value)


def _require_file(value: str) -> None:
    try:
        with open(value, "rb") as file:
            if os.path.isdir(value):
                raise IsADirectoryError(21, os.strerror(21))
            file.read(0)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError("error-file", path=value, reason=reason) from error


def _readable(value: str) -> str:
    """An argument as Unicode: bytes that are not UTF-8 in it are shown as U+FFFD."""
    if value.isprintable():
        return value
    raw = os.fsencode(value)
    return value if os.path.exists(raw) else raw.decode("utf-8", "replace")


def _open(lines: str) -> BinaryIO:
    if lines == "-":
        return sys.stdin.buffer
    try:
        return open(lines, "rb")
    except OSError as error:
        raise InputError("error-file", path=lines, reason=error.strerror or "") from error


def _check_lines(
    shield: Shield,
    file: BinaryIO,
    kind: str | None,
    as_json: bool,
    language: str,
    status: _Status,
    home: Path,
    folders: Sequence[Path],
    jobs: int,
) -> None:
    from time import monotonic

    from cityshield.entrypoints.cli.progress import Progress

    encode = msgspec.json.Encoder().encode
    write = sys.stdout.buffer.write
    started, done = monotonic(), 0
    with Progress(file) as progress:
        for verdicts in _judged(shield, _batches(file, kind), home, folders, jobs):
            for verdict in verdicts:
                status.note(verdict)
            if as_json:
                spoken = [encode(shield.speak(verdict, language)) for verdict in verdicts]
                write(b"\n".join(spoken) + b"\n")
            else:
                write("".join(map(_row, verdicts)).encode("utf-8", "replace"))
            done += len(verdicts)
            progress.advance(done)
    sys.stdout.buffer.flush()
    if sys.stderr.isatty():
        seconds = f"{monotonic() - started:.1f}"
        click.echo(shield.sentences.say("checked", language, count=done, seconds=seconds), err=True)


def _judged(
    shield: Shield,
    batches: Iterator[list[Subject]],
    home: Path,
    folders: Sequence[Path],
    jobs: int,
) -> Iterator[list[Verdict]]:
    """Verdicts by batch, in order: in this process, or in several."""
    if jobs == 1:
        for batch in batches:
            yield complete(shield.check_many(batch))
        return
    from functools import partial

    from cityshield.adapters.runners.local import check_in_processes

    build = partial(build_shield, home, shield.config, disk=True, folders=folders)
    yield from check_in_processes(build, batches, jobs)


def _batches(file: BinaryIO, kind: str | None) -> Iterator[list[Subject]]:
    batch: list[Subject] = []
    size = 0
    for line in _lines(file):
        batch.append(Subject(kind or kind_of(line), line))
        size += len(line)
        if len(batch) >= _BATCH_LINES or size >= _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _lines(file: BinaryIO) -> Iterator[str]:
    """Each line as text; of a line longer than 16 MiB its beginning."""
    while raw := file.readline(_LONGEST_LINE_BYTES):
        rest = raw
        while not rest.endswith(b"\n") and (rest := file.readline(_LONGEST_LINE_BYTES)):
            pass
        yield raw.decode("utf-8", "replace").rstrip("\r\n")


def _row(verdict: Verdict) -> str:
    from cityshield.answer import harmless

    return f"{verdict.level}\t{verdict.score:g}\t{harmless(verdict.subject.value, 2000)}\n"


def _print_one(shield: Shield, verdict: Verdict, language: str, as_json: bool) -> None:
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(shield.speak(verdict, language)) + b"\n")
        return
    from cityshield.entrypoints.cli.words import in_words

    click.echo(in_words(shield, verdict, language))
