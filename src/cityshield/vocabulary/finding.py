"""A weakness that is judged for posture rather than malice."""

from __future__ import annotations

from typing import Final

import msgspec

NONE: Final = "none"
LOW: Final = "low"
MEDIUM: Final = "medium"
HIGH: Final = "high"
CRITICAL: Final = "critical"

SEVERITIES: Final = (NONE, LOW, MEDIUM, HIGH, CRITICAL)
"""The severity words of CVSS (CVSS 4.0, section 6), from the mildest to the worst; `none` is a
remark that lowers no grade."""


class Finding(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One weakness: the check that saw it, its severity, a sentence, and where it is.

    `check` is the check's id, `family/rule` for a family. `message` is filled in the reader's
    language at the very end; until then `args` carries what the sentence needs. `location` is a
    header, a path, an address or a record, empty for the whole subject. `cwe` is the number of the
    kind of weakness (Common Weakness Enumeration), 0 where none fits.
    """

    check: str
    severity: str
    message: str
    location: str
    args: dict[str, str] = {}
    cwe: int = 0
