"""The catalogue of checks, derived from the folders: for the command line, the API and the docs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from cityshield.guards.check import Check
from cityshield.rooms import GUARDS
from cityshield.shield import Shield
from cityshield.vocabulary.subject import SITE
from cityshield.vocabulary.verdict import Evidence

_LONGEST_SHOWN = 160
_VARIABLE = re.compile(r"\$([a-zA-Z][\w-]*)")
"""A variable of a sentence."""


class CheckCard(msgspec.Struct, frozen=True):
    """One check, or one rule of a family: its id, what it judges, its weight and its sentences.

    `weight` is what a hit adds to the score as this shield is configured; a check of posture has
    weight 0 and a `severity`, and `cwe` is the number of the kind of weakness. `hits` and `misses`
    are its examples.
    """

    id: str
    kind: str
    weight: float
    what: str
    why: str
    now: str
    hits: list[str]
    misses: list[str]
    severity: str = ""
    cwe: int = 0

    @property
    def measure(self) -> str:
        """The weight with its sign, or the severity."""
        return self.severity or f"{self.weight:+g}"


def catalogue(shield: Shield, language: str) -> Iterator[CheckCard]:
    """A card for every check and every rule that is a file of ours, in order of id."""
    for check in shield.checks():
        rules = check.rules()
        if not rules:
            yield _card(shield, check, "", check.declaration.weight, language)
        for rule, table in rules.items():
            yield _card(shield, check, rule, float(table.get("weight", 0)), language)


def _card(shield: Shield, check: Check, rule: str, weight: float, language: str) -> CheckCard:
    name = f"{check.id}/{rule}" if rule else check.id
    table = check.card(rule)
    said = "".join(str(table.get(key, "")) for key in ("en", "zh"))
    variables = {each: f"‹{each}›" for each in _VARIABLE.findall(said)}
    evidence = Evidence(name, weight, "", (), variables)
    what, why, now = (
        shield.sentence_of(evidence, field, language) for field in ("what", "why", "now")
    )
    hits, misses = (
        [_shown(check.guard, example) for example in table.get(key, ())]
        for key in ("hits", "misses")
    )
    weight = shield.config.weights.get(name, weight)
    declaration = check.declaration
    return CheckCard(
        name,
        GUARDS[check.guard],
        weight,
        what,
        why,
        now,
        hits,
        misses,
        table.get("severity", declaration.severity),
        table.get("cwe", declaration.cwe),
    )


def _shown(guard: str, example: dict[str, Any]) -> str:
    """An example on one line; of a site, what it gives, for all of them have the same name."""
    given = example.get("given")
    if GUARDS[guard] != SITE or not given:
        return str(example["subject"])
    told = "; ".join(f"{key} {msgspec.json.encode(value).decode()}" for key, value in given.items())
    return told if len(told) <= _LONGEST_SHOWN else told[: _LONGEST_SHOWN - 1] + "…"
