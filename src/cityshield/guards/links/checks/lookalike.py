"""The link borrows the name of a well-known brand it does not belong to."""

from __future__ import annotations

import re
from typing import NamedTuple

from cityshield.guards.check import Hit, Material, check
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
    brand as the whole registrable label (`brand.test`) is left alone: names are shared.
    """
    canonical = facts.canonical
    if canonical.is_ip:
        return None
    host, registrable = canonical.host, facts.registrable
    label, _, suffix = registrable.partition(".")
    for found in _WORDS.findall(host[: len(host) - len(suffix)]):
        word = found if found in brands.owners else brands.folded.get(_fold(found))
        if word is None or registrable in brands.owners[word]:
            continue
        if found == word == label:
            continue
        value = facts.subject.value
        start = value.lower().find(found) if value.isascii() else value.find(found)
        spans = ((start, start + len(found)),) if start >= 0 else ()
        return Hit(spans, {"brand": word, "home": brands.names[word], "host": registrable})
    return None


def _fold(word: str) -> str:
    """The word with digits read as the letters they imitate, `rn` as `m` and `vv` as `w`."""
    return word.translate(_LETTERS_FOR_DIGITS).replace("rn", "m").replace("vv", "w")
