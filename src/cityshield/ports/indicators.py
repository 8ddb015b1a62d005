"""The indicators that sources have published, as a gatherer may ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cityshield.vocabulary.indicator import Indicator


class Indicators(Protocol):
    """Look-up by expression (see `vocabulary.indicator`), many subjects at a time."""

    def version(self) -> str:
        """A word that changes whenever an answer might."""
        ...

    def find_many(self, expressions: Sequence[Sequence[str]]) -> list[tuple[Indicator, ...]]:
        """For each subject's expressions, the indicators in force, in the order given."""
        ...
