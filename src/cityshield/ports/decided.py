"""The decisions in force, as a gatherer may ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cityshield.vocabulary.decision import Decision


class Decided(Protocol):
    """Look-up by expression (see `vocabulary.indicator`), many links at a time."""

    def find_many(self, expressions: Sequence[Sequence[str]]) -> list[tuple[Decision, ...]]:
        """For each link's expressions, the decisions in force on them that are enforced."""
        ...
