"""A YARA rule of the operator's matches the content."""

from __future__ import annotations

from collections.abc import Iterator

from cityshield.guards.check import Hit, check
from cityshield.guards.files.facts import FileFacts


@check(weight=0.9, family=True)
def rules(facts: FileFacts) -> Iterator[Hit]:
    """One hit for each rule; the rules ran while the file was read."""
    for hit in facts.hits:
        yield Hit(
            args={"rule": hit.rule, "origin": hit.origin, "description": hit.description},
            rule=hit.rule,
        )
