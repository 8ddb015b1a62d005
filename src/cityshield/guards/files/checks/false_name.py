"""The name promises a document, the content is a program."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.files.facts import FileFacts
from cityshield.guards.files.magic import DOCUMENTS, PROGRAMS, claim_of, extensions_of

_REVERSERS = "\u202e\u202d\u2066\u2067\u2068"


@check(weight=0.6)
def false_name(facts: FileFacts) -> Hit | None:
    """Hit on `photo.jpg` that is a program, on `bill.pdf.exe`, and on names written backwards."""
    name = facts.subject.value.rpartition("/")[2]
    extensions = extensions_of(name)
    if any(mark in name for mark in _REVERSERS):
        return Hit(args={"name": "".join(c for c in name if c not in _REVERSERS)})
    if facts.claimed in DOCUMENTS and facts.type in PROGRAMS - {"script", "html"}:
        return Hit(args={"name": name})
    if facts.claimed in PROGRAMS and len(extensions) > 1:
        before = claim_of(f"x.{extensions[-2]}")
        if before in DOCUMENTS and facts.claimed != "html":
            return Hit(args={"name": name})
    return None
