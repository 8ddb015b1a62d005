"""Gathering of facts about websites: every visit goes through one port, which keeps the budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cityshield.guards.budget import Budget
from cityshield.guards.sites.facts import SiteFacts
from cityshield.ports.websites import Websites
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import Failure


class SiteGatherer:
    """Asks for one visit of each site; without a port nothing is visited."""

    def __init__(self, websites: Websites[SiteFacts] | None) -> None:
        self._websites = websites

    def version(self) -> str:
        """A site is seen anew at each visit."""
        return ""

    def identify(self, subject: Subject) -> str | None:
        """No verdict on a site is cached: its facts are kept instead."""
        return None

    def identified(self, facts: Any) -> str | None:
        """No verdict on a site is cached."""
        return None

    async def gather_many(self, subjects: Sequence[Subject]) -> Sequence[SiteFacts]:
        """Facts of each site; raises InputError where this shield may not visit any."""
        if self._websites is None:
            raise InputError("error-no-visits", host=subjects[0].value if subjects else "")
        return await self._websites.visit_many(subjects)

    def parts(self, subject: Subject, facts: Any, budget: Budget) -> Iterator[Subject | Failure]:
        """A site has no parts that another guard judges."""
        return iter(())
