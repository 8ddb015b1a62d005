"""Gathering of facts about websites: every visit goes through one port, which keeps the budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from cityshield.guards.budget import Budget
from cityshield.guards.guard import Uncached
from cityshield.guards.sites.facts import SiteFacts
from cityshield.ports.websites import Websites
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import Failure


class SiteGatherer(Uncached):
    """Asks for one visit of each site; its facts are kept instead of its verdict.

    `open_websites` is called when the first is wanted.
    """

    def __init__(self, open_websites: Callable[[], Websites[SiteFacts]]) -> None:
        self._open_websites = open_websites

    async def gather_many(self, subjects: Sequence[Subject]) -> Sequence[SiteFacts]:
        """Facts of each site; for one that could not be seen, with the reason as a failure."""
        return [_told(facts) for facts in await self._open_websites().visit_many(subjects)]

    def parts(self, subject: Subject, facts: Any, budget: Budget) -> Iterator[Subject | Failure]:
        """A site has no parts that another guard judges."""
        return iter(())


def _told(facts: SiteFacts) -> SiteFacts:
    """The same facts; why a site could not be seen is a failure that is said."""
    if not facts.reason:
        return facts
    name, _, detail = facts.reason.partition(":")
    why = Failure("sites.visit", f"visit-{name}", detail=detail)
    return msgspec.structs.replace(facts, failed=(*facts.failed, why))
