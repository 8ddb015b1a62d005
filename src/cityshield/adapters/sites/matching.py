"""What the operator's templates say of the answers of one visit; the answers are not kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import ada_url

from cityshield.adapters.sites.transfer import Answer
from cityshield.guards.sites.facts import TemplateHit
from cityshield.guards.sites.templates.model import MOST_HITS, Outcome, Seen
from cityshield.vocabulary.verdict import Failure

Match = Callable[[Seen], Outcome]
"""The templates that are true of an answer."""

HOME: Final = "/"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def no_templates(seen: Seen) -> Outcome:
    """No template was imported."""
    return Outcome(())


class Matching:
    """Holds templates against the answers of one visit, each hit kept once."""

    def __init__(self, match: Match, host: str, address: str) -> None:
        self._match = match
        self._host = host
        self._address = address
        self._hits: dict[str, TemplateHit] = {}
        self._homes: set[tuple[int, bytes]] = set()
        self.failed: list[Failure] = []

    @property
    def hits(self) -> tuple[TemplateHit, ...]:
        """The first hits of the visit."""
        return tuple(self._hits.values())[:MOST_HITS]

    def see_home(self, answer: Answer, url: str) -> None:
        """An answer on the way to the home page, or that page; the same one is looked at once."""
        if (answer.status, answer.body) in self._homes:
            return
        self._homes.add((answer.status, answer.body))
        is_far = ada_url.URL(url).hostname != self._host
        for hit in self._matched(HOME, answer, is_far):
            self._hits.setdefault(hit.id, hit)

    def see(self, path: str, answer: Answer, invented: Sequence[Answer]) -> None:
        """An answer to a path; what is as true of a path that can't exist is no hit."""
        hits = self._matched(path, answer)
        if not hits:
            return
        anyhow = {hit.id for other in invented for hit in self._matched(path, other)}
        for hit in hits:
            if hit.id not in anyhow:
                self._hits.setdefault(hit.id, hit)

    def _matched(self, path: str, answer: Answer, is_far: bool = False) -> tuple[TemplateHit, ...]:
        if not answer.status or self._match is no_templates:
            return ()
        seen = Seen(
            path,
            200 if answer.status == 206 else answer.status,
            answer.headers,
            answer.body,
            self._host,
            self._address,
            is_whole=not answer.failed and answer.status != 206,
            leads_on=answer.status in _REDIRECTS and bool(answer.first("location")),
            is_far=is_far,
        )
        try:
            outcome = self._match(seen)
        except Exception as error:
            self.failed.append(Failure("sites.template", "raised", detail=type(error).__name__))
            return ()
        if outcome.is_cut:
            self.failed.append(Failure("sites.template", "out-of-time"))
        return outcome.hits
