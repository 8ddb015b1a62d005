"""Visits to websites, as a gatherer may ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from cityshield.vocabulary.subject import Subject

Facts = TypeVar("Facts", covariant=True)


class Websites(Protocol[Facts]):
    """Visits websites within the scope and the budget that the operator set."""

    async def visit_many(self, subjects: Sequence[Subject]) -> Sequence[Facts]:
        """The facts of each site in order; one that was not visited says why in its facts."""
        ...
