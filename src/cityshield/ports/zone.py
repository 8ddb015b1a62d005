"""What a server of the block zone may ask of whoever keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

BLOCKED: Final = 1
PASSED: Final = 2
"""What a record does: block the name, or let it pass whatever else says."""


STATE_NAME: Final = "zone-state.cityshield.example"
"""A name in every state of the zone whose TXT is the serial, so that a resolver that holds the zone
can be asked which state it holds. Nothing can be decided about it."""


class Record(NamedTuple):
    """One name of the zone, `*.` before it for all names below, and what the record does."""

    owner: str
    policy: int


class Change(NamedTuple):
    """What a record did before, and what it does after; None where there is no record."""

    owner: str
    before: int | None
    after: int | None


class Zone(Protocol):
    """The block zone, one state of it for each serial (RFC 1982)."""

    def serial(self) -> int:
        """The newest serial; 0 while nothing was ever published."""
        ...

    def records(self) -> tuple[int, Iterator[Record]]:
        """The newest serial, and all records of it in a stable order."""
        ...

    def changes(self, since: int) -> tuple[int, Iterator[Change]] | None:
        """The newest serial, and what led there from an older one; None when that is not known."""
        ...

    def is_waiting(self) -> bool:
        """Whether something was decided, or has had its time, that the zone does not show yet."""
        ...

    def publish(self) -> int | None:
        """Bring what was decided into the zone; the new serial, None when nothing changed."""
        ...
