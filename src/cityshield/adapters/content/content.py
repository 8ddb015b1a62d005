"""The bytes of files: from memory only, or also from the disk."""

from __future__ import annotations

import stat
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from cityshield.vocabulary.subject import Subject


class MemoryContent:
    """Files that came with their content. A service uses this one: no name can open a path."""

    def open(self, subject: Subject) -> BinaryIO:
        """The content that the subject carries; FileNotFoundError when it carries none."""
        if subject.content is None:
            raise FileNotFoundError(subject.value)
        return BytesIO(subject.content)


class DiskContent(MemoryContent):
    """Files in memory, and regular files on the disk by their path."""

    def open(self, subject: Subject) -> BinaryIO:
        """The content; OSError for what is not a regular file, which might never end."""
        if subject.content is not None:
            return super().open(subject)
        if "\0" in subject.value:
            raise FileNotFoundError(subject.value)
        path = Path(subject.value)
        if not stat.S_ISREG(path.stat().st_mode):
            raise IsADirectoryError(subject.value)
        return path.open("rb")
