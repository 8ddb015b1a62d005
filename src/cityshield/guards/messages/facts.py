"""What the messages guard knows of a text before it judges."""

from __future__ import annotations

import msgspec

from cityshield.guards.messages.reader import Reading
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import Failure


class MessageFacts(msgspec.Struct, frozen=True, gc=False):
    """A text as the pack reads it, and the links in it.

    `links` are the links to judge, in order and each once; `links_missed` counts those above the
    limit. `read` is below one when only the beginning of a long text was read.
    """

    subject: Subject
    reading: Reading
    links: tuple[str, ...]
    links_missed: int = 0
    read: float = 1.0
    failed: tuple[Failure, ...] = ()

    @property
    def has_parts(self) -> bool:
        """Whether there are links in the text."""
        return bool(self.links)
