"""There is nothing in the file."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.files.facts import FileFacts


@check(weight=-0.3)
def empty(facts: FileFacts) -> Hit | None:
    """Hit when the file was read and holds no byte."""
    return Hit() if facts.read == 1.0 and facts.size_bytes == 0 else None
