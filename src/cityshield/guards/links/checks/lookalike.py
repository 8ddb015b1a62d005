"""The link borrows the name of a well-known brand it does not belong to."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from cityshield.guards.check import Hit, Material, check
from cityshield.guards.homoglyphs import HOMOGLYPHS
from cityshield.guards.links.facts import LinkFacts

_WORDS = re.compile(r"[a-z0-9]+")
_LETTERS_FOR_DIGITS = str.maketrans("01345", "oleas")
_SHORTEST_FOLDED = 5


class Brands(NamedTuple):
    """Brand words with the domains that rightly bear them, and folded spellings of each."""

    owners: dict[str, frozenset[str]]
    folded: dict[str, str]
    names: dict[str, str]


def compile_brands(material: Material) -> Brands:
    """Brands from the check's `[data.brands]`: word = [domain, ...], the first the one to show."""
    table: dict[str, list[str]] = material.data["brands"]
    owners = {word: frozenset(domains) for word, domains in table.items()}
    folded = {_fold(word): word for word in table if len(word) >= _SHORTEST_FOLDED}
    return Brands(owners, folded, {word: domains[0] for word, domains in table.items()})


@check(weight=0.55, knowledge=compile_brands)
def lookalike(facts: LinkFacts, brands: Brands) -> Hit | None:
    """Hit when a brand stands as a word of its own, or misspelt, in a host that is not its own.

    Words are what hyphens, dots and digits separate: `brand-login.test`, `brand.secure.test`. A
    brand as the whole registrable label (`brand.test`) is left alone, for names are shared, and so
    is a host that the operator's list vouches for.
    """
    canonical, registrable = facts.canonical, facts.registrable
    if canonical.is_ip or facts.vouched:
        return None
    host = canonical.host
    label, _, suffix = registrable.partition(".")
    names = host[: len(host) - len(suffix)]
    imitates = "xn--" in names
    for found in _WORDS.findall(_latin(names) if imitates else names):
        word = found if found in brands.owners else brands.folded.get(_fold(found))
        if word is None or registrable in brands.owners[word]:
            continue
        if found == word == label and not imitates:
            continue
        value = facts.subject.value  # lower() may lengthen what is not ASCII
        start = value.lower().find(found) if value.isascii() else value.find(found)
        spans = ((start, start + len(found)),) if start >= 0 else ()
        return Hit(spans, {"brand": word, "home": brands.names[word], "host": registrable})
    return None


def _latin(names: str) -> str:
    """Host labels with A-labels read as a person reads them, in Latin letters (RFC 3492)."""
    read = []
    for label in names.split("."):
        if label.startswith("xn--") and len(label) <= 63:  # decoding is quadratic
            try:
                label = label[4:].encode("ascii").decode("punycode")
            except UnicodeError:
                continue
        plain = (c for c in unicodedata.normalize("NFKD", label) if not unicodedata.combining(c))
        read.append("".join(HOMOGLYPHS.get(letter, letter) for letter in plain))
    return ".".join(read)


def _fold(word: str) -> str:
    """The word with digits read as the letters they imitate, `rn` as `m` and `vv` as `w`."""
    return word.translate(_LETTERS_FOR_DIGITS).replace("rn", "m").replace("vv", "w")
