"""`cityshield pack`: the signed file by which the guard of messages reads."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.store import to_json
from cityshield.vocabulary.errors import InputError

if TYPE_CHECKING:
    from cityshield.adapters.packs.shelf import Shelf

_PATH = click.Path(path_type=Path)
_LASTING_DAYS = 730


@click.group(
    epilog="\b\nExamples:\n"
    "  cityshield pack show\n"
    "  cityshield pack keygen city.key\n"
    "  cityshield pack build --key city.key --version 2 --out city.pack\n"
    "  cityshield pack trust 3b6a...\n"
    "  cityshield pack apply city.pack\n"
)
def pack() -> None:
    """Build, verify and apply packs: what the guard of messages knows, in one signed file."""


@pack.command()
@click.argument("file", type=_PATH)
def keygen(file: Path) -> None:
    """Make a private key in FILE, for yourself alone, and print its public key."""
    content = os.urandom(32)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("error-file-write", path=str(file), reason=reason) from error
    with os.fdopen(descriptor, "w") as out:
        out.write(content.hex() + "\n")
    click.echo(_public(content))


@pack.command()
@click.argument("file", type=_PATH)
def key(file: Path) -> None:
    """Print the public key of the private key in FILE."""
    click.echo(_public(_private(file)))


@pack.command()
@click.option("--key", "key_file", type=_PATH, required=True, metavar="FILE", help="Private key.")
@click.option("--version", type=click.IntRange(1, 1 << 40), required=True, help="It only grows.")
@click.option("--model", type=_PATH, metavar="DIR", help="A trained model [default: the shipped].")
@click.option("--created", metavar="DATE", help="Day it is made [default: today].")
@click.option("--expires", metavar="DATE", help="Last day it is taken [default: two years on].")
@click.option("--out", type=_PATH, required=True, metavar="FILE")
def build(
    key_file: Path,
    version: int,
    model: Path | None,
    created: str | None,
    expires: str | None,
    out: Path,
) -> None:
    """Build a pack from the tells, the sentences, the tables and a trained model, and sign it."""
    from cityshield.adapters.packs.pack import build_pack
    from cityshield.adapters.packs.shelf import read_bytes, read_shipped
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.guards.messages.sections import MODEL_SECTIONS, build_sections

    if model is None:
        trained = read_shipped().sections
    else:
        trained = {name: read_bytes(model / name) for name in MODEL_SECTIONS}
    day = _day(created) if created else date.today()
    last = _day(expires) if expires else day + timedelta(days=_LASTING_DAYS)
    content = build_pack(
        build_sections(trained, Sentences().for_packs()),
        _private(key_file),
        version=version,
        created=day.isoformat(),
        expires=last.isoformat(),
    )
    try:
        out.write_bytes(content)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("error-file-write", path=str(out), reason=reason) from error
    click.echo(f"{out}: {len(content):,} bytes, version {version}, {day} to {last}")


@pack.command()
@click.argument("file", type=_PATH)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def verify(file: Path, as_json: bool, language: str, home: Path) -> None:
    """Verify the signature, the digests, the age and the dates of the pack FILE."""
    from cityshield.adapters.packs.shelf import read_bytes
    from cityshield.adapters.sentences.sentences import Sentences

    found = _shelf(home).verify(read_bytes(file))
    if as_json:
        click.echo(to_json(found.header))
        return
    header = found.header
    click.echo(
        Sentences().say("pack-sound", language, version=header.version, expires=header.expires)
    )


@pack.command()
@click.argument("old", type=_PATH)
@click.argument("new", type=_PATH)
@click.option("--out", type=_PATH, required=True, metavar="FILE")
def diff(old: Path, new: Path, out: Path) -> None:
    """Write the delta that turns the pack OLD into the pack NEW."""
    from cityshield.adapters.packs.delta import make_delta
    from cityshield.adapters.packs.pack import read_pack
    from cityshield.adapters.packs.shelf import read_bytes

    content = make_delta(read_pack(read_bytes(old)), read_pack(read_bytes(new)))
    out.write_bytes(content)
    click.echo(f"{out}: {len(content):,} bytes")


@pack.command()
@click.argument("file", type=_PATH)
@language_option
@home_option
def apply(file: Path, language: str, home: Path) -> None:
    """Take the pack or delta FILE into use, if a trusted key signed it and it is newer."""
    from cityshield.adapters.packs.delta import MAGIC, apply_delta
    from cityshield.adapters.packs.shelf import read_bytes
    from cityshield.adapters.sentences.sentences import Sentences

    shelf = _shelf(home)
    content = read_bytes(file)
    if content[: len(MAGIC) - 1] == MAGIC[:-1]:
        content = apply_delta(shelf.current(), content)
    taken = shelf.take(content)
    click.echo(Sentences().say("pack-taken", language, version=taken.header.version))


@pack.command()
@click.argument("public_key", metavar="KEY")
@language_option
@home_option
def trust(public_key: str, language: str, home: Path) -> None:
    """Trust packs that are signed by this public key."""
    from cityshield.adapters.sentences.sentences import Sentences

    _shelf(home).trust(public_key)
    click.echo(Sentences().say("pack-trusted", language, key=public_key[:16]))


@pack.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def show(as_json: bool, language: str, home: Path) -> None:
    """Show the pack in use, and why another one was passed over."""
    from cityshield.adapters.sentences.sentences import Sentences

    shelf = _shelf(home)
    header = shelf.current().header
    if as_json:
        click.echo(to_json(header))
    else:
        click.echo(f"version {header.version}, {header.created} to {header.expires}")
        for section in header.sections:
            click.echo(f"  {section.name:<10}{section.size:>10,} bytes  {section.sha256[:16]}")
    for problem in shelf.problems:
        said = Sentences().say(problem.sentence, language, **problem.args_for_sentence)
        click.echo(said, err=True)


def _shelf(home: Path) -> Shelf:
    from cityshield.adapters.clock import SystemClock
    from cityshield.adapters.packs.shelf import Shelf

    return Shelf(home, SystemClock())


def _private(file: Path) -> bytes:
    from cityshield.adapters.packs.shelf import read_bytes

    try:
        content = bytes.fromhex(read_bytes(file).decode("ascii").strip())
    except ValueError as error:
        raise InputError("error-pack-private", path=str(file)) from error
    if len(content) != 32:
        raise InputError("error-pack-private", path=str(file))
    return content


def _public(private: bytes) -> str:
    from cityshield.adapters.packs.pack import public_key

    return public_key(private)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError("error-date", text=text) from error
