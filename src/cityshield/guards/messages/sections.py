"""The sections of a pack that follow from files of this folder: fold, tells and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from cityshield.guards.check import read_toml
from cityshield.guards.messages.fold import Fold, build_fold
from cityshield.guards.messages.normal import normalize
from cityshield.guards.messages.reader import TellTable, compile_tells

FOLDER = Path(__file__).parent
MODEL_SECTIONS = ("model", "types", "classes", "settings")
"""The sections that come from training; all others are made from files."""

LINKS_SECTION = "links"
"""Kept for the links guard; empty until it has one."""

_FIELDS = ("what", "why", "now")
_CHECKS = ("disguised", "ordinary", "model", "tells")


def read_fold() -> Fold:
    """The fold, computed from the Unicode of this Python and the files of `language`."""
    return build_fold(FOLDER / "language")


def read_tells(fold: Fold) -> TellTable:
    """The tells of `tells`, compiled, with the silencers that they share."""
    rules = {path.stem: read_toml(path) for path in sorted((FOLDER / "tells").glob("*.toml"))}
    silencers = read_toml(FOLDER / "checks" / "tells.toml")["data"]["silencers"]
    return compile_tells(rules, silencers, lambda word: normalize(word, fold).text)


def read_sentences(general: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, Any]]:
    """What, why and now of every tell, type and check by language, and the general sentences."""
    found: dict[str, dict[str, Any]] = {language: dict(general[language]) for language in general}
    cards = {name: read_toml(FOLDER / "checks" / f"{name}.toml") for name in _CHECKS}
    for folder in ("tells", "types"):
        for path in sorted((FOLDER / folder).glob("*.toml")):
            cards[f"{folder}/{path.stem}"] = read_toml(path)
    for name, card in cards.items():
        for language, sentences in found.items():
            sentences[name] = [card[language[:2]][field] for field in _FIELDS]
    return found


def build_sections(
    model: Mapping[str, bytes], general: Mapping[str, Mapping[str, str]], fold: Fold | None = None
) -> dict[str, bytes]:
    """All sections, in the order in which a pack holds them; the same for the same files."""
    fold = fold or read_fold()
    return {
        "fold": msgspec.json.encode(fold),
        "tells": msgspec.json.encode(read_tells(fold)),
        "sentences": msgspec.json.encode(read_sentences(general)),
        **{name: model[name] for name in MODEL_SECTIONS},
        LINKS_SECTION: b"",
    }
