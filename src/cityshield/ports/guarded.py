"""What the desk of decisions may ask of the lists of names that are not to be blocked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cityshield.vocabulary.decision import Guarded


class GuardLists(Protocol):
    """Names that must not be blocked in DNS."""

    def find(self, domains: Sequence[str]) -> list[Guarded]:
        """The entries whose own registrable domain is one of these, in order."""
        ...
