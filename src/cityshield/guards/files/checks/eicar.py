"""The file is the anti-malware test file."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.files.facts import FileFacts

_LONGEST = 128
_TEXT = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-" + b"TEST-FILE!$H+H*"
_MAY_FOLLOW = b" \t\n\r\x1a"


@check(weight=1.0)
def eicar(facts: FileFacts) -> Hit | None:
    """Hit as the test file is defined: its 68 characters, then blanks up to 128 in all (EICAR)."""
    head = facts.head
    if facts.size_bytes > _LONGEST or not head.startswith(_TEXT):
        return None
    return None if head[len(_TEXT) :].strip(_MAY_FOLLOW) else Hit()
