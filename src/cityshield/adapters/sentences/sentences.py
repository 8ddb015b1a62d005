"""Sentences in Fluent syntax, for every language the house speaks.

General sentences lie beside this module, a page's own beside the page, and a check's in its TOML.
Nearly all are one line of text and variables; those are filled here, because loading the library
costs more than judging a link. What selects or spans lines goes to `fluent.runtime`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cityshield.guards.check import Check

FOLDER: Final = Path(__file__).parent
"""Where the general sentences are."""

LANGUAGES: Final = ("en", "zh-Hans")
FOR_PACKS: Final = ("level-", "unknown-message-", "weak-message-", "coach", "abstained-")
"""How the general sentences begin that every runtime of the messages guard says."""

CARD_KEYS: Final = {"en": "en", "zh-Hans": "zh"}
FIELDS: Final = ("what", "why", "now")
_MESSAGE = re.compile(r"^([a-zA-Z][\w-]*) *= *(.*(?:\n[ }].*|\n(?=\n* ))*)", re.MULTILINE)
_VARIABLE = re.compile(r"\{ ?\$([a-zA-Z][\w-]*) ?\}")


def choose_language(wanted: str) -> str:
    """The best language for an Accept-Language header (RFC 9110, 12.5.4) or a POSIX locale."""
    best, best_quality = LANGUAGES[0], 0.0
    for item in wanted.split(",")[:20]:
        tag, _, parameter = item.strip().partition(";")
        tag = tag.strip().lower().replace("_", "-").partition(".")[0]
        language = "zh-Hans" if tag.startswith("zh") else "en" if tag.startswith("en") else ""
        try:
            quality = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if language and quality > best_quality:
            best, best_quality = language, quality
    return best


def language_of_environment() -> str:
    """The language of the terminal, by LANGUAGE, LC_ALL, LC_MESSAGES and LANG in POSIX's order."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            if value not in ("C", "POSIX") and (preferred := os.environ.get("LANGUAGE")):
                value = preferred.replace(":", ",")
            return choose_language(value)
    return LANGUAGES[0]


class Sentences:
    """Every sentence by id, language and arguments.

    A sentence that is missing is shown as its id, so that a gap is seen and nothing fails.
    """

    def __init__(self, folders: tuple[Path, ...] = (FOLDER,)) -> None:
        self._folders = folders
        self._loaded: dict[str, dict[str, str]] = {}
        self._cards: set[tuple[str, str]] = set()

    def say(self, sentence: str, language: str, **args: str | int) -> str:
        """A general sentence."""
        return self._format(sentence, language, {name: str(value) for name, value in args.items()})

    def for_packs(self) -> dict[str, dict[str, str]]:
        """The general sentences that a pack carries, by language."""
        return {
            language: {
                sentence: pattern
                for sentence, pattern in self._patterns(language).items()
                if sentence.startswith(FOR_PACKS)
            }
            for language in LANGUAGES
        }

    def say_of_check(
        self, check: Check, rule: str, field: str, language: str, args: Mapping[str, str]
    ) -> str:
        """A sentence of a check's card: `what`, `why` or `now`."""
        prefix = f"{check.id}/{rule}"
        if (prefix, language) not in self._cards:
            self._add_card(check, rule, prefix, language)
        return self._format(f"{prefix}-{field}", language, args)

    def _format(self, sentence: str, language: str, args: Mapping[str, str]) -> str:
        pattern = self._patterns(language).get(sentence)
        if pattern is None:
            return sentence
        if pieces := _pieces(pattern):
            return _join(pieces, args)
        return self._by_fluent(pattern, language, args)

    def _by_fluent(self, pattern: str, language: str, args: Mapping[str, str]) -> str:
        """Format a pattern that selects, with numbers as numbers."""
        from fluent.runtime import FluentBundle, FluentResource

        bundle = FluentBundle([language], use_isolating=False)
        bundle.add_resource(FluentResource(f"it = {pattern}"))
        value = bundle.get_message("it").value
        typed = {name: int(text) if text.isdecimal() else text for name, text in args.items()}
        return str(bundle.format_pattern(value, typed)[0])  # type: ignore[arg-type]

    def _patterns(self, language: str) -> dict[str, str]:
        if language not in self._loaded:
            patterns: dict[str, str] = {}
            for folder in self._folders:
                patterns.update(parse((folder / f"{language}.ftl").read_text("utf-8")))
            self._loaded[language] = patterns
        return self._loaded[language]

    def _add_card(self, check: Check, rule: str, prefix: str, language: str) -> None:
        card = check.card(rule).get(CARD_KEYS[language], {})
        for field in FIELDS:
            if field in card:
                self._patterns(language)[f"{prefix}-{field}"] = card[field]
        self._cards.add((prefix, language))


def parse(text: str) -> dict[str, str]:
    """The messages of a Fluent resource by id, each with its pattern as written."""
    return {found[1]: found[2].strip() for found in _MESSAGE.finditer(text)}


def is_simple(pattern: str) -> bool:
    """Whether a pattern is one line of text and variables, which needs no library to format."""
    return "\n" not in pattern and "{" not in _VARIABLE.sub("", pattern)


def fill(pattern: str, args: Mapping[str, str]) -> str:
    """A simple pattern with its variables; one that is not given is left as Fluent leaves it."""
    return _join(_VARIABLE.split(pattern), args)


@cache
def _pieces(pattern: str) -> Sequence[str]:
    """A simple pattern as text, variable, text and so on; nothing for one that is not simple.

    Patterns are remembered, what is said is not: it may quote what a person asked about.
    """
    return _VARIABLE.split(pattern) if is_simple(pattern) else ()


def _join(pieces: Sequence[str], args: Mapping[str, str]) -> str:
    if len(pieces) == 1:
        return pieces[0]
    said = list(pieces)
    said[1::2] = [args.get(name, f"{{${name}}}") for name in pieces[1::2]]
    return "".join(said)
