"""`cityshield tokens`: API tokens."""

from __future__ import annotations

import time
from pathlib import Path

import click

from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.speech import pad, speak
from cityshield.entrypoints.cli.store import local_identity, open_store, to_json
from cityshield.vocabulary.identity import READER, ROLES, SCOPES


@click.group()
def tokens() -> None:
    """Make, list and revoke API tokens."""


@tokens.command(epilog="\b\nScopes:\n" + "".join(f"  {s} (from {r})\n" for s, r in SCOPES.items()))
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default=READER, show_default=True)
@click.option("--scope", "scopes", multiple=True, help="Narrow the token to a scope (repeatable).")
@click.option("--expires", type=click.IntRange(1, 3650), metavar="DAYS", help="End after.")
@language_option
@home_option
def create(
    name: str,
    role: str,
    scopes: tuple[str, ...],
    expires: int | None,
    language: str,
    home: Path,
) -> None:
    """Make a token for NAME and print it once."""
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.tokens import create_token

    engine = open_store(home, create=True)
    text = create_token(engine, local_identity(), int(time.time()), name, role, scopes, expires)
    click.echo(Sentences().say("token-made", language, name=name, role=role), err=True)
    click.echo(text)


@tokens.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@language_option
@home_option
def list_(as_json: bool, language: str, home: Path) -> None:
    """List every token; secrets are not kept, so none is shown."""
    from cityshield.adapters.store.tokens import list_tokens
    from cityshield.guards.dates import day

    say = speak(language)
    for token in list_tokens(open_store(home, create=True)):
        if as_json:
            click.echo(to_json(token))
            continue
        ends = ("expires", token.expires) if token.expires else ("lasts", 0)
        kind, at = ("revoked", token.revoked_at) if token.revoked_at else ends
        state = say(f"token-state-{kind}", day=day(at))
        scopes = " ".join(token.scopes) or say("token-scopes-all")
        role = pad(say(f"word-{token.role}"), 9)
        click.echo(f"{token.id}  {role} {token.name}  [{scopes}]  {state}")


@tokens.command()
@click.argument("token_id", metavar="ID")
@language_option
@home_option
def revoke(token_id: str, language: str, home: Path) -> None:
    """End the token ID at once."""
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.tokens import revoke_token

    revoke_token(open_store(home, create=True), local_identity(), int(time.time()), token_id)
    click.echo(Sentences().say("token-revoked", language, id=token_id))
