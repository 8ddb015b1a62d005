"""Gathering of facts about files: digest, type, lists and rules, in one reading."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from cityshield.guards.budget import Budget
from cityshield.guards.files.facts import FileFacts
from cityshield.guards.files.magic import is_disguised, type_of
from cityshield.ports.content import Content
from cityshield.ports.indicators import Indicators
from cityshield.ports.rules import Rules
from cityshield.vocabulary.indicator import BENIGN_ACTIVITY
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import Failure

_HEAD_BYTES = 512
_CHUNK_BYTES = 1 << 20
_PACKED = frozenset({"rar", "7z", "gzip", "bzip2", "xz", "zstd", "tar"})


class FileGatherer:
    """Reads a file once, through its port.

    Rules see at most `scan_bytes` of it; the digest is of the whole.
    """

    def __init__(
        self, content: Content, indicators: Indicators, rules: Rules, scan_bytes: int
    ) -> None:
        self._content = content
        self._indicators = indicators
        self._rules = rules
        self._scan_bytes = scan_bytes

    def version(self) -> str:
        """The versions of the indicators and of the rules, and the reach of a scan."""
        return f"{self._indicators.version()} {self._rules.version()} {self._scan_bytes}"

    def identify(self, subject: Subject) -> str | None:
        """The file's SHA-256, and whether its name is a disguise; None when it cannot be read."""
        try:
            with self._content.open(subject) as file:
                start = file.read(_HEAD_BYTES)
                digest = hashlib.sha256(start)
                _read_on(file, digest)
        except OSError:
            return None
        return f"{digest.hexdigest()} {is_disguised(subject.value, type_of(start))}"

    def identified(self, facts: Any) -> str | None:
        """The same, of the bytes that were judged."""
        return f"{facts.sha256} {facts.disguised}"

    async def gather_many(self, subjects: Sequence[Subject]) -> list[FileFacts]:
        """Facts for each file; one that cannot be read says so in `failed`."""
        return [self._gather(subject) for subject in subjects]

    def parts(self, subject: Subject, facts: Any, budget: Budget) -> Iterator[Subject | Failure]:
        """The members of a zip."""
        if not facts.archive:
            return
        from cityshield.guards.files.archive import members

        with self._content.open(subject) as file:
            yield from members(subject.value, file, budget)

    def _gather(self, subject: Subject) -> FileFacts:
        bare = subject.bare()
        try:
            with self._content.open(subject) as file:
                start = file.read(self._scan_bytes)
                digest = hashlib.sha256(start)
                size = len(start) + _read_on(file, digest)
        except OSError as error:
            failure = Failure("files", "unreadable", detail=type(error).__name__)
            return FileFacts(bare, 0, "", "data", False, b"", read=0.0, failed=(failure,))
        head = start[:_HEAD_BYTES]
        kind, sha256 = type_of(head), digest.hexdigest()
        scan = self._rules.scan(start)
        read, failed = 1.0, []
        if scan.failure:
            read = 0.5
            failed.append(Failure("files.rules", scan.failure))
        if size > len(start):
            read *= len(start) / size
            failed.append(Failure("files", "too-large"))
        if kind in _PACKED:
            read *= 0.5
            failed.append(Failure("files", "not-unpacked", detail=kind))
        found = self._indicators.find_many([(sha256,)])[0]
        return FileFacts(
            bare,
            size,
            sha256,
            kind,
            is_disguised(bare.value, kind),
            head,
            scan.hits,
            tuple(item for item in found if item.type != BENIGN_ACTIVITY),
            tuple(item for item in found if item.type == BENIGN_ACTIVITY),
            archive=kind == "zip",
            read=read,
            failed=tuple(failed),
        )


def _read_on(file: BinaryIO, digest: hashlib._Hash) -> int:
    """Digest what is left of a file; the number of bytes that were left."""
    size = 0
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    return size
