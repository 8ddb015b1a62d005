"""What the files guard knows of a file before it judges."""

from __future__ import annotations

import msgspec

from cityshield.ports.rules import RuleHit
from cityshield.vocabulary.indicator import Indicator
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import Failure


class FileFacts(msgspec.Struct, frozen=True, gc=False):
    """A file by its name, size, SHA-256, real type and first bytes, and what rules say of it.

    `head` holds the first 512 bytes. `type` is what the content is by its magic numbers, a name
    of `magic.TYPES`; `claimed` is the type that its name claims, or an empty string. `archive`
    says that its members are parts.
    """

    subject: Subject
    size_bytes: int
    sha256: str
    type: str
    claimed: str
    head: bytes
    hits: tuple[RuleHit, ...] = ()
    listed: tuple[Indicator, ...] = ()
    vouched: tuple[Indicator, ...] = ()
    archive: bool = False
    read: float = 1.0
    failed: tuple[Failure, ...] = ()

    @property
    def has_parts(self) -> bool:
        """Whether the file is an archive whose members can be opened."""
        return self.archive
