"""What the files guard knows of a file before it judges."""

from __future__ import annotations

import msgspec

from cityshield.ports.rules import RuleHit
from cityshield.vocabulary.indicator import Indicator
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import Failure


class FileFacts(msgspec.Struct, frozen=True, gc=False):
    """A file by its name, size, SHA-256, real type and first bytes, and what rules say of it.

    `head` holds the first 512 bytes. `type` is what the content is by its magic numbers,
    `disguised` whether its name promises something else (see `magic`). `archive` says that its
    members are parts. Nothing here holds a word of the name beside `subject`, so that what is
    thought of one copy of a file may be told of another.
    """

    subject: Subject
    size_bytes: int
    sha256: str
    type: str
    disguised: bool
    head: bytes
    hits: tuple[RuleHit, ...] = ()
    listed: tuple[Indicator, ...] = ()
    vouched: tuple[Indicator, ...] = ()
    archive: bool = False
    read: float = 1.0
    failed: tuple[Failure, ...] = ()

    @property
    def has_parts(self) -> bool:
        """Whether the file is an archive to be opened; one that a list vouches for is not."""
        return self.archive and not self.vouched
