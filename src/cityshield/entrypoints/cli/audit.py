"""`cityshield audit`: who did what."""

from __future__ import annotations

import time
from pathlib import Path

import click

from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.store import open_store, to_json

_LONGEST_CHARACTERS = 100_000


@click.group()
def audit() -> None:
    """Read and verify the record of who did what."""


@audit.command(epilog="\b\nExit status: 0 sound, 1 broken.\n")
@click.option("--expect", metavar="DIGEST", help="The newest digest, as noted elsewhere.")
@language_option
@home_option
def verify(expect: str | None, language: str, home: Path) -> int:
    """Follow the chain of digests from the first entry to the last.

    A chain can't show that its newest entries were cut off: note the digest that is printed in
    another place, and give it with --expect.
    """
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.audit import read_audit
    from cityshield.adapters.store.audit import verify as verify_chain

    engine, say = open_store(home), Sentences().say
    found = verify_chain(engine)
    if found.broken_at is not None:
        reason = say(f"audit-reason-{found.reason}", language)
        click.echo(say("audit-broken", language, seq=found.broken_at, reason=reason), err=True)
        return 1
    if expect and all(entry.digest != expect for entry in read_audit(engine)):
        words = {"found": found.digest, "expected": expect}
        click.echo(say("error-expect", language, **words), err=True)
        return 1
    click.echo(say("audit-sound", language, count=found.entries, digest=found.digest))
    return 0


@audit.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@home_option
def list_(as_json: bool, home: Path) -> None:
    """List every entry, the oldest first."""
    from cityshield.adapters.store.audit import read_audit
    from cityshield.answer import harmless

    for entry in read_audit(open_store(home)):
        if as_json:
            click.echo(to_json(entry))
            continue
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(entry.at))
        line = f"{entry.seq:>6}  {moment}  {entry.actor}  {entry.action}  {entry.detail}"
        click.echo(harmless(line, _LONGEST_CHARACTERS))
