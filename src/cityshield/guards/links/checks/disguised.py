"""The link is written so that it looks like it leads elsewhere."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.links.facts import LinkFacts


@check(weight=0.6)
def disguised(facts: LinkFacts) -> Hit | None:
    """Hit when a name stands before an @ sign, or when two correct readers see two hosts.

    A browser follows the WHATWG URL standard, a filter often the letters; an address on which the
    two disagree was made to differ.
    """
    host = facts.canonical.host
    if facts.elsewhere:
        return Hit(args={"host": facts.elsewhere})
    value = facts.subject.value
    at = value.find("@")
    if at < 0:
        return None
    scheme_end = value.find("://")
    start = scheme_end + 3 if scheme_end >= 0 else 0
    if at < start:
        return None
    before = value[start:at]
    if "/" in before or "?" in before or "#" in before or "." not in before.partition(":")[0]:
        return None
    return Hit(spans=((start, at),), args={"host": host})
