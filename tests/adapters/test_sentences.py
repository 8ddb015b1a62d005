"""Sentences: complete in both languages, and said as Fluent says them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fluent.runtime import FluentBundle, FluentResource
from hypothesis import given
from hypothesis import strategies as st

from cityshield.adapters.sentences import sentences as module
from cityshield.adapters.sentences.sentences import (
    LANGUAGES,
    Sentences,
    choose_language,
    fill,
    is_simple,
    parse,
)
from cityshield.examples import all_checks
from cityshield.rooms import GUARDS
from cityshield.vocabulary.verdict import LEVELS

SRC = Path(module.__file__).parents[2]
FOLDERS = [Path(module.__file__).parent, *sorted((SRC / "entrypoints").glob("*/sentences"))]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_both_languages_say_the_same_things_with_the_same_arguments(folder: Path) -> None:
    en, zh = (parse((folder / f"{language}.ftl").read_text()) for language in LANGUAGES)
    assert list(en) == list(zh)
    for name in en:
        variables = [set(re.findall(r"\$([\w-]+)", text)) for text in (en[name], zh[name])]
        assert variables[0] == variables[1], name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
@pytest.mark.parametrize("language", LANGUAGES)
def test_our_filling_is_fluents(folder: Path, language: str) -> None:
    text = (folder / f"{language}.ftl").read_text()
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(FluentResource(text))
    said = Sentences((folder,))
    patterns = parse(text)
    assert set(patterns) == set(bundle._messages)
    for name, pattern in patterns.items():
        args = dict.fromkeys(re.findall(r"\$([\w-]+)", pattern), "7")
        typed = {key: 7 if not is_simple(pattern) else value for key, value in args.items()}
        expected, errors = bundle.format_pattern(bundle.get_message(name).value, typed)
        assert not errors, name
        assert said.say(name, language, **args) == expected, name


def test_cards_of_checks_are_filled_as_fluent_does() -> None:
    for check in all_checks([]):
        for card in (check.card(), *check.rules().values()):
            for language in ("en", "zh"):
                for pattern in card[language].values():
                    resource = FluentResource(f"it = {pattern}\n")
                    bundle = FluentBundle(["en"], use_isolating=False)
                    bundle.add_resource(resource)
                    args = dict.fromkeys(re.findall(r"\$([\w-]+)", pattern), "x")
                    expected, errors = bundle.format_pattern(bundle.get_message("it").value, args)
                    assert not errors, (check.id, pattern)
                    if is_simple(pattern):
                        assert fill(pattern, args) == expected
                    else:
                        assert expected in Sentences()._by_fluent(pattern, "en", args)


def test_every_sentence_that_the_code_names_exists() -> None:
    known = set(parse((FOLDERS[0] / "en.ftl").read_text()))
    named = set()
    for path in SRC.rglob("*.py"):
        named |= set(
            re.findall(
                r'"((?:error|failure|feeds|audit|token|backup|up)-[a-z-]+)"', path.read_text()
            )
        )
        for word in re.findall(r'Failure\([\w.]*(?:"[a-z.]+")?, "([a-z-]+)"', path.read_text()):
            named.add(f"failure-{word}")
    assert len(named) > 50
    assert named - known == set()


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("", "en"),
        ("zh", "zh-Hans"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("en-GB,zh;q=0.5", "en"),
        ("fr,de;q=0.9", "en"),
        ("fr, zh;q=0.3, en;q=0.2", "zh-Hans"),
        ("zh_CN.UTF-8", "zh-Hans"),
        ("en;q=x, zh", "zh-Hans"),
        ("*", "en"),
    ],
)
def test_the_language_is_chosen_as_asked(wanted: str, expected: str) -> None:
    assert choose_language(wanted) == expected


@given(st.text(max_size=200))
def test_any_header_gives_a_language(wanted: str) -> None:
    assert choose_language(wanted) in LANGUAGES


def test_a_sentence_that_is_missing_is_seen_and_fails_nothing() -> None:
    assert Sentences().say("no-such-sentence", "en") == "no-such-sentence"
    assert fill("a { $b } c", {}) == "a {$b} c"


def test_nothing_that_was_said_is_remembered() -> None:
    said = Sentences()
    said.say("error-role", "en", role="typed-by-a-person", roles="x")
    held = [value for value in vars(said).values() if "typed-by-a-person" in repr(value)]
    assert held == []


def test_every_sentence_that_is_put_together_exists() -> None:
    known = set(parse((FOLDERS[0] / "en.ftl").read_text()))
    needed = {f"level-{level}" for level in LEVELS}
    for kind in GUARDS.values():
        needed |= {f"{stem}-{kind}-what" for stem in ("unknown", "unread", "weak", "part")}
        needed |= {
            f"{stem}-{kind}-{end}" for stem in ("unknown", "unread") for end in ("why", "now")
        }
    for stem in ("disputed", "onward-link"):
        needed |= {f"{stem}-{end}" for end in ("what", "why", "now")}
    assert needed - known == set()
