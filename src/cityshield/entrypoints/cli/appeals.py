"""`cityshield appeals`: those who say that a decision is wrong, and what they are answered."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityshield.answer import harmless
from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.speech import Say, pad, speak
from cityshield.entrypoints.cli.store import acting_identity, open_store, to_json
from cityshield.vocabulary.appeal import (
    CONTROL,
    GRANTED,
    NEED_MORE,
    OPEN,
    OUTCOMES,
    STATES,
    Appeal,
    Voice,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cityshield.appeals import Appeals
    from cityshield.vocabulary.decision import Target

_READ, _WRITE = "appeals:read", "appeals:write"
_INDENT = " " * 10

WHO = """\b
Who acts is the user of this machine, or the holder of the token in CITYSHIELD_TOKEN. Who proposed
or approved a decision may grant an appeal as wrong, but not uphold it or grant it as mended.
"""


@click.group(epilog=WHO)
def appeals() -> None:
    """Answer those who say that a decision is wrong."""


@appeals.command("list")
@click.option("--state", "states", type=click.Choice(STATES), multiple=True,
              help="[default: open and need-more]")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@language_option
@home_option
def list_(states: tuple[str, ...], as_json: bool, language: str, home: Path) -> None:
    """List appeals, overdue first, without what was written."""
    engine = open_store(home)
    acting_identity(engine, _READ)
    say = speak(language)
    for appeal in _desk(home, engine).find(states or (OPEN, NEED_MORE)):
        click.echo(to_json(appeal) if as_json else _line(appeal, say))


@appeals.command()
@click.argument("number", metavar="ID", type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def show(number: int, as_json: bool, language: str, home: Path) -> None:
    """Show one appeal: who says what, and which evidence is there; the audit has who looked."""
    engine = open_store(home)
    by = acting_identity(engine, _READ)
    _show(_desk(home, engine).read(number, by), engine, language, as_json)


@appeals.command(epilog="\b\nExample:\n  cityshield appeals ask 7 'Which files did you remove?'\n")
@click.argument("number", metavar="ID", type=click.IntRange(1))
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def ask(number: int, text: str, as_json: bool, language: str, home: Path) -> None:
    """Ask who appealed for more; the clock rests until they answer."""
    engine = open_store(home)
    by = acting_identity(engine, _WRITE)
    _show(_desk(home, engine).ask(number, text, by), engine, language, as_json)


@appeals.command(epilog="\b\nExample:\n  cityshield appeals uphold 7 --reason 'it still asks'\n")
@click.argument("number", metavar="ID", type=click.IntRange(1))
@click.option("--reason", required=True, help="Why; who appealed will read it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def uphold(number: int, reason: str, as_json: bool, language: str, home: Path) -> None:
    """Let the decision stay; for somebody who had no part in it."""
    engine = open_store(home)
    by = acting_identity(engine, _WRITE)
    _show(_desk(home, engine).uphold(number, reason, by), engine, language, as_json)


@appeals.command(
    epilog="\b\nExamples:\n"
    "  cityshield appeals grant 7 --outcome wrong --reason 'a library, taken for a shop'\n"
    "  cityshield appeals grant 8 --outcome mended --reason 'the kit is gone'\n"
)
@click.argument("number", metavar="ID", type=click.IntRange(1))
@click.option("--outcome", type=click.Choice(OUTCOMES), required=True,
              help="Whether the block was wrong, or was right and its cause is gone.")  # fmt: skip
@click.option("--reason", required=True, help="Why; everybody may read it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def grant(number: int, outcome: str, reason: str, as_json: bool, language: str, home: Path) -> None:
    """End the decision; resolvers hear of it with the next change of the zone."""
    engine = open_store(home)
    by = acting_identity(engine, _WRITE)
    _show(_desk(home, engine).grant(number, reason, outcome, by), engine, language, as_json)


def _desk(home: Path, engine: Engine) -> Appeals:
    from cityshield.adapters.clock import SystemClock
    from cityshield.appeals import Appeals
    from cityshield.config import read_config

    return Appeals(engine, SystemClock(), read_config(home))


def _line(appeal: Appeal, say: Say) -> str:
    from cityshield.desks.decisions.appeals import is_overdue
    from cityshield.guards.dates import moment

    said = ""
    if appeal.state in (OPEN, NEED_MORE):
        late = is_overdue(appeal, int(time.time()))
        kind = "waits" if appeal.state == NEED_MORE else "overdue" if late else "due"
        said = say(f"appeal-{kind}", when=moment(appeal.due))
    elif appeal.state == GRANTED:
        said = say(f"word-{appeal.outcome}")
    who = say(f"word-{appeal.speaker}") + (f" x{appeal.people}" if appeal.people > 1 else "")
    against = say("appeal-decision", number=f"{appeal.decision:<8}")
    head = f"{appeal.id:>8}  {pad(say(f'word-{appeal.state}'), 9)} {against} {pad(who, 12)}"
    return f"{head}  {said}  {harmless(appeal.reason, 120)}".rstrip()


def _show(appeal: Appeal, engine: Engine, language: str, as_json: bool) -> None:
    if as_json:
        click.echo(to_json(appeal))
        return
    from cityshield.adapters.store.decisions import get

    say = speak(language)
    click.echo(_line(appeal, say))
    target = get(engine, appeal.decision).target
    for voice in appeal.voices:
        _show_voice(appeal, voice, target, say)
    for message in appeal.asked:
        _echo("<", message.at, message.text)


def _show_voice(appeal: Appeal, voice: Voice, target: Target, say: Say) -> None:
    from cityshield.desks.decisions.appeals import asked_for, proof_places, still_missing

    def together(texts: Iterable[str]) -> str:
        return reduce(lambda some, more: say("appeal-and", some=some, more=more), texts)

    asked = asked_for(appeal.speaker, voice.claim)
    wanted = together(say(f"word-{item}") for item in asked) if asked else "-"
    words = {"claim": say(f"word-{voice.claim}"), "wanted": wanted}
    click.echo(_INDENT + say("appeal-asks", **words))
    for message in voice.messages:
        _echo(">", message.at, message.text)
    for name, text in voice.evidence.items():
        click.echo(_INDENT + say("appeal-gave", what=say(f"word-{name}"), text=_flat(text)))
    if missing := still_missing(appeal.speaker, voice):
        lacks = together(say(f"word-{item}") for item in missing)
        click.echo(_INDENT + say("appeal-missing", missing=lacks))
    if CONTROL in asked:
        places = together(
            f"{say(f'word-{kind}')} {where}" for kind, where in proof_places(target).items()
        )
        click.echo(_INDENT + say("appeal-proof", proof=voice.proof, places=_flat(places)))
    if voice.contact:
        click.echo(f"{_INDENT}@ {_flat(voice.contact)}")


def _echo(mark: str, at: int, text: str) -> None:
    from cityshield.guards.dates import moment

    click.echo(f"{_INDENT}{mark} {moment(at)}  {_flat(text)}")


def _flat(text: str) -> str:
    return harmless(" / ".join(text.splitlines()), 5000)
