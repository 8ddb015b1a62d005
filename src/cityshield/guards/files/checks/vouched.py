"""A list that the operator trusts vouches for the file by its SHA-256."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.dates import day
from cityshield.guards.files.facts import FileFacts


@check(weight=-0.6)
def vouched(facts: FileFacts) -> Hit | None:
    """Hit when an indicator of type benign is in force for the digest."""
    if not facts.vouched:
        return None
    entry = facts.vouched[0]
    return Hit(
        args={
            "source": ", ".join(dict.fromkeys(indicator.source for indicator in facts.vouched)),
            "date": day(entry.first_seen),
        }
    )
