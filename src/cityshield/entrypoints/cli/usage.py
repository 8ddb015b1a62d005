"""Wrong use of the command line, said in our sentences (click's own are English only)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click
from click import exceptions as wrong

LANGUAGE_OF = {"en": "en", "zh": "zh-Hans"}
"""What --lang takes, and the language it names."""

_IN_MESSAGE = re.compile(r"[('](.+)[)']")


def language_of(arguments: Sequence[str]) -> str:
    """The language that --lang asks for, even among what can't be parsed; else the terminal's."""
    from cityshield.adapters.sentences.sentences import language_of_environment

    for place, argument in enumerate(arguments):
        if argument == "--":
            break
        name, _, value = argument.partition("=")
        if name == "--lang":
            wanted = value or next(iter(arguments[place + 1 :]), "")
            if wanted in LANGUAGE_OF:
                return LANGUAGE_OF[wanted]
    return language_of_environment()


def explain(error: click.UsageError) -> tuple[str, dict[str, str]]:
    """The sentence for a usage error, and its arguments."""
    match error:
        case wrong.NoSuchOption():
            return "usage-option", {"name": error.option_name}
        case wrong.NoSuchCommand():
            return "usage-command", {"name": error.command_name}
        case wrong.MissingParameter():
            return "usage-missing", {"name": _name(error)}
        case wrong.BadOptionUsage():
            is_flag = "take" in error.message
            return "usage-no-value" if is_flag else "usage-needs-value", {"name": error.option_name}
        case wrong.BadParameter():
            return _explain_value(error)
    named = _IN_MESSAGE.search(error.message)
    return "usage-extra", {"name": named[1] if named else error.message}


def _explain_value(error: click.BadParameter) -> tuple[str, dict[str, str]]:
    name = {"name": _name(error)}
    match error.param.type if error.param else None:
        case click.Choice(choices=choices):
            return "usage-choice", {**name, "choices": ", ".join(map(str, choices))}
        case click.IntRange(min=least, max=None):
            return "usage-number-least", {**name, "least": f"{least}"}
        case click.IntRange(min=least, max=most):
            return "usage-number", {**name, "least": f"{least}", "most": f"{most}"}
        case click.Path():
            return "usage-folder", name
    return "usage-value", name


def _name(error: click.BadParameter) -> str:
    if error.param is None:
        return str(error.param_hint or "")
    if isinstance(error.param, click.Option):
        return max(error.param.opts, key=len)
    if error.ctx is None:
        return error.param.human_readable_name
    return error.param.make_metavar(error.ctx).strip("[]")
