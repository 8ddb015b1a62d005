"""A filter list in Adblock Plus syntax, for content blockers and DNS filters that read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import ascii_letters, digits

from cityshield.adapters.exports.export import About, heading
from cityshield.vocabulary.decision import ALLOW, BLOCK, DOMAIN, URL, Decision

_PLAIN = frozenset(f"{ascii_letters}{digits}-._~/?&=%:+,;@!")


def write(listed: Sequence[Decision], about: About) -> Iterator[str]:
    """One rule a domain or link, two a host; what the syntax cannot hold is left out."""
    rules = [(rule, d) for d in listed for rule in _rules(d)]
    yield "[Adblock Plus 2.0]\n! Expires: 1 hours\n"
    yield from heading([decision for _, decision in rules], about, "!")
    for rule, _ in rules:
        yield f"{rule}\n"


def _rules(decision: Decision) -> list[str]:
    """`||` matches all names below as well, so a host is anchored by its scheme instead."""
    value, scope = decision.target.value, decision.target.scope
    if decision.action not in (BLOCK, ALLOW) or not _PLAIN.issuperset(value):
        return []
    exception = "@@" if decision.action == ALLOW else ""
    if scope == DOMAIN:
        return [f"{exception}||{value}^"]
    end = "|" if scope == URL else "^"
    return [f"{exception}|{scheme}://{value}{end}" for scheme in ("http", "https")]
