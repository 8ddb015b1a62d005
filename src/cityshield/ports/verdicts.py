"""Verdicts already reached, as the shield may ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from cityshield.vocabulary.verdict import Verdict


class Verdicts(Protocol):
    """A cache of verdicts by key; what it forgets is judged again."""

    def get_many(self, keys: Sequence[str]) -> dict[str, Verdict]:
        """The verdicts kept under these keys; keys it does not hold are absent."""
        ...

    def put_many(self, verdicts: Mapping[str, Verdict]) -> None:
        """Keep these verdicts."""
        ...
