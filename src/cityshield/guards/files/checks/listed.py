"""A source that the operator imported lists the file by its SHA-256."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.dates import day
from cityshield.guards.files.facts import FileFacts


@check(weight=1.0)
def listed(facts: FileFacts) -> Hit | None:
    """Hit when at least one indicator in force speaks against the digest."""
    if not facts.listed:
        return None
    entry = facts.listed[0]
    return Hit(
        args={
            "source": ", ".join(dict.fromkeys(indicator.source for indicator in facts.listed)),
            "date": day(entry.first_seen),
            "reason": entry.reason,
        }
    )
