<<<<<<< HEAD
"""Websites, as a gatherer may ask for them."""
=======
"""Visits to websites, as a gatherer may ask for them."""
>>>>>>> sitesB

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from cityshield.vocabulary.subject import Subject

<<<<<<< HEAD
Facts_co = TypeVar("Facts_co", covariant=True)
"""The facts of the guard that asks: ports know none."""


class Websites(Protocol[Facts_co]):
    """One polite visit to each of many sites; what could not be seen has its reason."""

    async def visit_many(self, subjects: Sequence[Subject]) -> Sequence[Facts_co]:
        """The facts of each site, in order."""
=======
Facts = TypeVar("Facts", covariant=True)


class Websites(Protocol[Facts]):
    """Visits websites within the scope and the budget that the operator set."""

    async def visit_many(self, subjects: Sequence[Subject]) -> Sequence[Facts]:
        """The facts of each site in order; one that was not visited says why in its facts."""
>>>>>>> sitesB
        ...
