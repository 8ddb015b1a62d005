"""The link is written so that it looks like it leads elsewhere."""

from __future__ import annotations

import re

from cityshield.guards.check import Hit, check
from cityshield.guards.links.facts import LinkFacts
from cityshield.guards.links.written import refang

_AUTHORITY = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:(?=[/\\]))?[/\\]*([^/\\?#]*)")


@check(weight=0.6)
def disguised(facts: LinkFacts) -> Hit | None:
    """Hit when a name stands before an @ sign, or when two correct readers see two hosts.

    A browser follows the WHATWG URL standard, a filter often the letters; an address on which the
    two disagree was made to differ.
    """
    if facts.elsewhere:
        return Hit(args={"host": facts.elsewhere})
    value = facts.subject.value
    if "@" not in value:
        return None
    authority = _AUTHORITY.match(refang(value))
    decoration, at, _ = authority[1].rpartition("@") if authority else ("", "", "")
    if not at or "." not in decoration:
        return None
    start = value.find(decoration)
    spans = ((start, start + len(decoration)),) if start >= 0 else ()
    return Hit(spans, {"host": facts.canonical.host})
