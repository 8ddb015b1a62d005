"""The bytes of a file, as a gatherer may ask for them."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from cityshield.vocabulary.subject import Subject


class Content(Protocol):
    """Read access to the content of a file subject."""

    def open(self, subject: Subject) -> BinaryIO:
        """The content, seekable, at its beginning; raises OSError when it cannot be read."""
        ...
