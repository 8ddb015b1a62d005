"""The name promises a document, the content is a program."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.files.facts import FileFacts


@check(weight=0.6)
def false_name(facts: FileFacts) -> Hit | None:
    """Hit on `photo.jpg` that is a program, on `bill.pdf.exe`, and on names written backwards."""
    return Hit() if facts.disguised else None
