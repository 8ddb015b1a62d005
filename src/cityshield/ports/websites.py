"""Websites, as a gatherer may ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from cityshield.vocabulary.subject import Subject

Facts_co = TypeVar("Facts_co", covariant=True)
"""The facts of the guard that asks: ports know none."""


class Websites(Protocol[Facts_co]):
    """One polite visit to each of many sites; what could not be seen has its reason."""

    async def visit_many(self, subjects: Sequence[Subject]) -> Sequence[Facts_co]:
        """The facts of each site, in order."""
        ...
