"""A weakness that is judged for posture rather than malice."""

from __future__ import annotations

import msgspec


class Finding(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One weakness: the check that saw it, a CVSS severity word, a sentence, and where it is.

    `message` is filled in the reader's language at the very end; until then `args` carries what
    the sentence needs.
    """

    check: str
    severity: str
    message: str
    location: str
    args: dict[str, str] = {}
