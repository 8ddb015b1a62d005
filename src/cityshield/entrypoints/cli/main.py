"""The command line: `cityshield`. Commands are imported when they are called."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from cityshield import __version__
from cityshield.vocabulary.errors import CityShieldError, InputError

COMMANDS = {
    "check": ("check:check", "Judge links, messages and files."),
    "up": ("up:up", "Run the service and its page."),
    "feeds": ("feeds:feeds", "Import, subscribe to and compare lists of indicators."),
    "decisions": ("decisions:decisions", "Block, warn of, allow; approve, enforce, export."),
    "appeals": ("appeals:appeals", "Answer those who say that a decision is wrong."),
    "sites": ("sites:sites", "Keep, visit, judge and report the websites of a city."),
    "checks": ("checks:checks", "List every check, or test their examples."),
    "explain": ("checks:explain", "Say what a check looks for and why."),
    "doctor": ("doctor:doctor", "Say what works, what is missing, how to mend it."),
    "messages": ("messages:messages", "Train and measure the guard of messages; read a chat."),
    "pack": ("pack:pack", "Build, verify and apply what that guard knows."),
    "tokens": ("tokens:tokens", "Make, list and revoke API tokens."),
    "audit": ("audit:audit", "Read and verify the record of who did what."),
    "backup": ("backup:backup", "Copy and restore the store."),
    "export": ("backup:export", "Write everything in the store as JSON Lines."),
    "retention": ("backup:retention", "Delete what has had its time."),
}
"""Command, where it is, and what it does; the help of the group needs no import."""


class ReaderGone(Exception):
    """Nobody reads standard output any more. Click would exit with 1, which says "found"."""


class Commands(click.Group):
    """A group whose members are imported on use."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGone from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(
            import_module(f"cityshield.entrypoints.cli.{module}"), name
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


EXAMPLES = """\b
Examples:
  cityshield check 'https://parcel-desk.example/pay'
  cityshield check --lines messages.txt --json
  cityshield feeds import list.txt --source partner
  cityshield up
"""


@click.command(
    cls=Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, "-V", "--version", prog_name="cityshield")
def cli() -> None:
    """CityShield (城盾): is this link, message or file safe? With reasons, offline."""


Start = Callable[..., None]
"""What starts the service: data directory, settings, folders of checks, language."""


def main(start: Start, arguments: list[str] | None = None) -> int:
    """Run a command; the exit status. Errors are said in the language of the terminal."""
    given = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal of few letters is no error
    try:
        status = cli.main(given, "cityshield", standalone_mode=False, obj=start)
        sys.stdout.flush()
    except (click.exceptions.Abort, KeyboardInterrupt):
        return 130
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.UsageError as error:
        _say_usage(error, given)
        return 2
    except CityShieldError as error:
        _say_error(error, given)
        return 2
    except (ReaderGone, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        path = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else "-"
        _say_error(InputError("error-file", path=path, reason=error.strerror or str(error)), given)
        return 2
    return status if isinstance(status, int) else 0


def _say_usage(error: click.UsageError, given: Sequence[str]) -> None:
    """Say what is wrong with the command line, and where its help is."""
    from cityshield.entrypoints.cli.usage import explain

    sentence, args = explain(error)
    _say(given, sentence, args)
    command = error.ctx.command_path if error.ctx else "cityshield"
    _say(given, "usage-help", {"command": command})


def _say_error(error: CityShieldError, given: Sequence[str]) -> None:
    _say(given, error.sentence, error.args_for_sentence)


def _say(given: Sequence[str], sentence: str, args: Mapping[str, str]) -> None:
    """Say a sentence, without what a terminal would act on: names come from strangers."""
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.answer import harmless
    from cityshield.entrypoints.cli.usage import language_of

    said = Sentences().say(sentence, language_of(given), **args)
    lines = [harmless(line, 4000) for line in f"cityshield: {said}".split("\n")]
    click.echo("\n".join(lines), err=True)


def home_option(function: Any) -> Any:
    """The option for the data directory, which every command has."""
    return click.option(
        "--data",
        "home",
        metavar="DIR",
        help="Data directory [env: CITYSHIELD_HOME; default: ~/.local/state/cityshield].",
        callback=lambda _ctx, _param, value: _home(value),
    )(function)


def _home(given: str | None) -> Path:
    from cityshield.config import home_directory

    return home_directory(given)


def language_option(function: Any) -> Any:
    """The option for the language of sentences."""
    return click.option(
        "--lang",
        "language",
        type=click.Choice(["zh", "en"]),
        help="Language of the reasons [default: that of the terminal].",
        callback=lambda _ctx, _param, value: _language(value),
    )(function)


def _language(given: str | None) -> str:
    from cityshield.entrypoints.cli.usage import language_of

    return language_of(["--lang", given] if given else [])
