"""A weakness that is judged for posture rather than malice."""

from __future__ import annotations

import msgspec


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One weakness: the check that saw it, a CVSS severity word, a sentence, and where it is."""

    check: str
    severity: str
    message: str
    location: str
