"""The shield as a service: the store open, heavy work in other processes, everything counted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.runners.local import LocalRunner
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.lookup import IndicatorLookup
from cityshield.adapters.store.retention import run_retention
from cityshield.adapters.store.tokens import authenticate
from cityshield.appeals import Appeals
from cityshield.config import Config
from cityshield.desk import Desk
from cityshield.guards.links.canonical import canonicalize, expressions
from cityshield.guards.links.gather import decision_on
from cityshield.shield import build_shield
from cityshield.vocabulary.decision import BLOCK, URL, Decision
from cityshield.vocabulary.errors import Forbidden
from cityshield.vocabulary.identity import Identity
from cityshield.vocabulary.subject import FILE, Subject
from cityshield.vocabulary.verdict import Verdict

LONG_TEXT_CHARACTERS = 4096
"""A longer text is judged in another process, so that it holds nobody up."""


class Service:
    """What entrypoints of the network share. Files are judged from memory only, never by path."""

    def __init__(self, home: Path, config: Config, folders: Sequence[Path] = ()) -> None:
        self.home = home
        self.config = config
        self.clock = SystemClock()
        self.engine = open_database(home)
        self.shield = build_shield(home, config, disk=False, folders=folders)
        self.desk = Desk(self.engine, self.clock, config)
        self.appeals = Appeals(self.engine, self.clock, config)
        self.registry = CollectorRegistry()
        self._checked = Counter(
            "cityshield_checks", "Subjects judged.", ("kind", "level"), registry=self.registry
        )
        self._count = cache(self._checked.labels)
        self._listed = Gauge(
            "cityshield_indicators", "Entries of all lists in the index.", registry=self.registry
        )
        self._listed.set_function(self.indicators)
        build = partial(build_shield, home, config, disk=False, folders=folders)
        self._runner = LocalRunner(build, workers=config.server.workers)
        for name in ("links", "messages"):
            self.shield.guard(name).judge_many(())

    async def check(self, subject: Subject) -> Verdict:
        """The verdict on one subject."""
        return (await self.check_many((subject,)))[0]

    async def check_many(self, subjects: Sequence[Subject]) -> list[Verdict]:
        """A verdict for each subject, in order; files and long texts by the runner."""
        heavy = [place for place, subject in enumerate(subjects) if _is_heavy(subject)]
        if not heavy:
            verdicts = await self.shield.check_many(subjects)
        else:
            others = [place for place in range(len(subjects)) if place not in set(heavy)]
            found = dict(
                zip(
                    others, await self.shield.check_many([subjects[i] for i in others]), strict=True
                )
                if others
                else ()
            )
            time_s = self.config.server.time_s
            for place in heavy:
                found[place] = (await self._runner.check_many([subjects[place]], time_s))[0]
            verdicts = [found[place] for place in range(len(subjects))]
        for verdict in verdicts:
            self._count(verdict.subject.kind, verdict.level).inc()
        return verdicts

    def blocked_host(self, host: str) -> Decision | None:
        """The decision in force that blocks a host as a whole, if there is one."""
        link = canonicalize(f"http://{host}/".encode())
        if link is None or link.is_ip:
            return None
        asked = expressions(link, self.shield.rooms.suffixes.registrable(link.host))
        (found,) = self.shield.rooms.decided.find_many([asked])
        whole = [decision for decision in found if decision.target.scope != URL]
        decision = decision_on(link.host, link, whole)
        return decision if decision is not None and decision.action == BLOCK else None

    async def identify(self, authorization: str, scope: str = "") -> Identity:
        """Whose `Authorization` header this is.

        Forbidden when it proves nobody, or somebody who may not act within `scope`.
        """
        scheme, _, text = authorization.partition(" ")
        identity = None
        if scheme.lower() == "bearer":
            now = self.clock.now()
            identity = await asyncio.to_thread(authenticate, self.engine, text.strip(), now)
        if identity is None:
            raise Forbidden("error-not-authenticated")
        if scope and not identity.may(scope):
            raise Forbidden("error-forbidden", name=identity.name, scope=scope)
        return identity

    def indicators(self) -> int:
        """How many entries the lists hold."""
        lookup = self.shield.rooms.indicators
        return len(lookup) if isinstance(lookup, IndicatorLookup) else 0

    def clean(self) -> None:
        """Delete what has had its time."""
        limits = self.config.retention
        days = (limits.verdicts_days, limits.revoked_tokens_days, limits.appeals_days)
        run_retention(self.engine, self.home, self.clock.now(), *days)

    def close(self) -> None:
        """End the workers and close the store."""
        self._runner.close()
        self.engine.dispose()


def _is_heavy(subject: Subject) -> bool:
    return subject.kind == FILE or len(subject.value) > LONG_TEXT_CHARACTERS
