"""`cityshield check`: the one verb everybody needs."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from cityshield.entrypoints.cli.inputs import open_input
from cityshield.entrypoints.cli.lines import (
    FOUND,
    IGNORANT,
    Wanted,
    judge_lines,
    read_batches,
    status_of,
)
from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.shield import Shield, build_shield, complete, kind_of
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.subject import FILE, LINK, MESSAGE, SITE, Subject
from cityshield.vocabulary.verdict import RANK, SUSPICIOUS, Verdict

_FILE_NAME = re.compile(
    r"(?!https?:)[^\s/?#:]+(?:/[^\s/?#:]+)*\."
    r"(?:pdf|docx?|xlsx?|pptx?|rtf|csv|txt|eml|msg|html?|exe|msi|apk|jar|js|vbs|lnk|iso|img"
    r"|zip|rar|7z|gz|jpe?g|png|gif|svg|mp[34])",
    re.IGNORECASE,
)
"""What a person who types it most likely takes for the name of a file."""

EPILOG = """\b
Examples:
  cityshield check 'https://parcel-desk.example/pay'
  cityshield check "Pay the release fee first, then we transfer your prize"
  cityshield check --kind file invoice.pdf --json
  cityshield check --kind site library.example
  cityshield check --lines messages.txt --kind message --json > verdicts.jsonl
  grep -oE 'https?://[^ ]+' mail.txt | cityshield check --lines -

\b
Exit status:
  0 all benign   1 something suspicious or malicious   2 error
  3 something unknown or not fully read
  Of a site: 0 graded, 1 a severe weakness or signs of a break-in, 3 not seen well enough
"""


@click.command(epilog=EPILOG)
@click.argument("subjects", nargs=-1, metavar="SUBJECT...")
@click.option("--kind", type=click.Choice([LINK, MESSAGE, FILE, SITE]), help="Take it as this.")
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
    everything else is a message. With --kind site, a site of the inventory is visited. With
    --lines, no path is opened unless --kind is file.
    """
    if lines is None and not subjects:
        raise InputError("error-no-subject")
    if kind == SITE:
        _require_visits(home, lines)
    shield = build_shield(home, disk=True, folders=folders)
    wanted, status = Wanted(kind, as_json, language, fail_on), 0
    for verdict in _given(shield, subjects, wanted):
        status |= status_of(verdict, fail_on)
        _print_one(shield, verdict, language, as_json)
    if lines is not None:
        with open_input(lines) as file:
            status |= _check_lines(shield, file, wanted, home, folders, jobs)
    return 1 if status & FOUND else 3 if status & IGNORANT else 0


def _require_visits(home: Path, lines: str | None) -> None:
    """Raise what keeps this user from having sites visited."""
    from cityshield.entrypoints.cli.store import acting_identity, open_store

    if lines is not None:
        raise InputError("error-sites-lines", path=lines)
    acting_identity(open_store(home, create=True), "sites:run")


def _given(shield: Shield, subjects: Sequence[str], wanted: Wanted) -> Iterator[Verdict]:
    for value in subjects:
        value = _readable(value)
        chosen = wanted.kind or (FILE if _is_path(value) else kind_of(value))
        if chosen == SITE:
            yield _visit(shield, value)
            continue
        if chosen == FILE:
            _require_file(value)
        elif wanted.kind is None and _FILE_NAME.fullmatch(value):
            said = shield.sentences.say("check-no-file", wanted.language, name=value)
            click.echo(said, err=True)
        yield complete(shield.check(Subject(chosen, value)))


def _visit(shield: Shield, value: str) -> Verdict:
    """The verdict on a site of the inventory, visited now."""
    import asyncio

    from cityshield.desks.sites.inventory import host_of

    host = host_of(value)
    if host is None:
        raise InputError("error-sites-host", text=value[:200])
    return asyncio.run(shield.check(Subject(SITE, host)))


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


def _check_lines(
    shield: Shield,
    file: BinaryIO,
    wanted: Wanted,
    home: Path,
    folders: Sequence[Path],
    jobs: int,
) -> int:
    """Judge each line and write the answers; the status bits of all of them."""
    from time import monotonic

    from cityshield.entrypoints.cli.progress import Progress

    started, done, status = monotonic(), 0, 0
    with Progress(file) as progress:
        for count, answer in judge_lines(read_batches(file), shield, wanted, home, folders, jobs):
            status |= answer[0]
            sys.stdout.buffer.write(memoryview(answer)[1:])
            done += count
            progress.advance(done)
    sys.stdout.buffer.flush()
    if sys.stderr.isatty():
        seconds = f"{monotonic() - started:.1f}"
        said = shield.sentences.say("checked", wanted.language, count=done, seconds=seconds)
        click.echo(said, err=True)
    return status


def _print_one(shield: Shield, verdict: Verdict, language: str, as_json: bool) -> None:
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(shield.speak(verdict, language)) + b"\n")
        return
    from cityshield.entrypoints.cli.words import in_words

    click.echo(in_words(shield, verdict, language))
