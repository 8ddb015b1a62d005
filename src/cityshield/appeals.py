"""The desk of appeals: its pure rules over the store. Entrypoints speak to this, not to tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cityshield.adapters.store import appeals as kept
from cityshield.adapters.store.cases import Case, find_cases, get_case
from cityshield.config import Config
from cityshield.desks.decisions import appeals as rules
from cityshield.desks.decisions import review
from cityshield.ports.clock import Clock
from cityshield.vocabulary.appeal import STATES, Appeal
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.identity import Identity

if TYPE_CHECKING:
    from sqlalchemy import Engine


class Appeals:
    """Takes appeals from people, and answers from operators."""

    def __init__(self, engine: Engine, clock: Clock, config: Config) -> None:
        self._engine = engine
        self._clock = clock
        self._hours = config.decisions.appeal_hours

    def open(
        self,
        number: int,
        speaker: str,
        claim: str,
        text: str,
        *,
        contact: str = "",
        evidence: Mapping[str, str],
    ) -> tuple[Appeal, str]:
        """Appeal against a decision; the appeal, and the secret that opens it: see `kept.add`."""
        now = self._clock.now()
        kept.lapse_due(self._engine, now)
        voice = rules.speak(claim, text, contact, evidence, kept.new_proof(), now)
        return kept.add(self._engine, number, speaker, voice, now, self._hours)

    def by_secret(self, secret: str) -> Appeal | None:
        """What who appealed may see: their own words, and what was written to them."""
        found = kept.by_secret(self._engine, secret)
        if found is not None and kept.lapse_due(self._engine, self._clock.now()):
            found = kept.by_secret(self._engine, secret)
        return found

    def reply(self, secret: str, text: str, evidence: Mapping[str, str]) -> Appeal | None:
        """Add what was asked for: see `rules.reply`; None for a secret that opens nothing."""
        now = self._clock.now()
        kept.lapse_due(self._engine, now)
        return kept.reply(
            self._engine,
            secret,
            now,
            lambda appeal, voice: rules.reply(appeal, voice, text, evidence, now, self._hours),
        )

    def waiting_on(self, number: int) -> list[Appeal]:
        """The undecided appeals against a decision, without what people wrote."""
        return kept.waiting_on(self._engine, number)

    def find(self, states: Sequence[str] = ()) -> list[Appeal]:
        """A thousand appeals without what people wrote, the most urgent first."""
        if unknown := set(states) - set(STATES):
            known = ", ".join(STATES)
            raise InputError("error-appeal-state", state=min(unknown)[:80], states=known)
        kept.lapse_due(self._engine, self._clock.now())
        return kept.find(self._engine, states=states)

    def read(self, number: int, by: Identity) -> Appeal:
        """One appeal with all that was written, which is personal: the audit has who read it."""
        now = self._clock.now()
        kept.lapse_due(self._engine, now)
        return kept.read(self._engine, number, by, now)

    def cases(self, states: Sequence[str], text: str, most: int, skip: int = 0) -> list[Case]:
        """Appeals with what they are against, without what was written: see `find_cases`."""
        kept.lapse_due(self._engine, self._clock.now())
        return find_cases(self._engine, states, text, most, skip)

    def case(self, number: int) -> Case:
        """One appeal with what it is against, without what was written."""
        kept.lapse_due(self._engine, self._clock.now())
        return get_case(self._engine, number)

    def ask(self, number: int, text: str, by: Identity) -> Appeal:
        """Ask who appealed for more: see `rules.ask`."""
        now = self._clock.now()
        kept.lapse_due(self._engine, now)
        return kept.change(
            self._engine, number, "appeals.ask", by, now, lambda a, _d: rules.ask(a, text, now)
        )

    def uphold(self, number: int, reason: str, by: Identity) -> Appeal:
        """Answer that the decision stays: see `rules.uphold`."""
        now = self._clock.now()
        kept.lapse_due(self._engine, now)
        return kept.change(
            self._engine,
            number,
            "appeals.uphold",
            by,
            now,
            lambda appeal, decision: rules.uphold(appeal, decision, reason, by, now),
        )

    def grant(self, number: int, reason: str, outcome: str, by: Identity) -> Appeal:
        """Answer that the decision ends, and end it: see `rules.grant`."""
        now = self._clock.now()
        kept.lapse_due(self._engine, now)
        return kept.grant(
            self._engine,
            number,
            by,
            now,
            lambda appeal, decision: rules.grant(appeal, decision, reason, outcome, by, now),
            lambda decision: review.end(decision, reason, now, by.name),
        )
