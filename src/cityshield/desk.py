"""The desk of decisions: its pure rules, over the store and the guard lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from cityshield.adapters.store import decisions as kept
from cityshield.adapters.store.guarded import StoredGuards, read_guarded, replace_guarded
from cityshield.adapters.store.listings import read_listings
from cityshield.adapters.store.verify import Fault, verify
from cityshield.adapters.store.zone import StoredZone, is_blocked, newest_blocked
from cityshield.config import Config
from cityshield.desks.decisions import review
from cityshield.desks.decisions.automatic import Listing, agreed
from cityshield.desks.decisions.collateral import (
    BANK,
    CLASSES,
    EMERGENCY,
    GOVERNMENT,
    OWN,
    domain_of,
    domains_asked,
    guards_of,
    is_refused,
)
from cityshield.desks.decisions.lists import InMemory, Together
from cityshield.desks.decisions.seed import Seed
from cityshield.desks.decisions.target import is_name, read_target
from cityshield.guards.links.suffixes import Suffixes
from cityshield.ports.clock import Clock
from cityshield.ports.guarded import GuardLists
from cityshield.vocabulary.decision import (
    ALLOW,
    AUTOMATIC,
    HOST,
    IN_FORCE,
    Decision,
    Guarded,
    Target,
)
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.identity import Identity

if TYPE_CHECKING:
    from sqlalchemy import Engine

CLERK = Identity("automatic", "operator", how="local")
"""Who decides where several feeds agree."""


_WIDE = frozenset({BANK, GOVERNMENT, EMERGENCY, OWN})
"""Classes for which a public suffix stands for all names below it, such as `gov.example`. That a
platform is popular says nothing of its tenants."""

_TOO_FEW = "no longer listed by enough trusted sources"


class Ran(msgspec.Struct, frozen=True):
    """What the automatic tier did.

    `hosts` are listed by trusted sources. Besides new blocks it counts those that ended: because
    the name is guarded by now (`withdrawn`), or not listed by enough sources any more (`ended`).
    """

    hosts: int
    blocked: int
    withdrawn: int
    ended: int


class Desk:
    """Proposes, approves and ends decisions, and runs the automatic tier."""

    def __init__(self, engine: Engine, clock: Clock, config: Config) -> None:
        self._engine = engine
        self._clock = clock
        self._settings = config.decisions
        ours = (urlsplit(config.operator.address).hostname, config.zone.blocked_to)
        self._own = (*config.decisions.own, *(name for name in ours if name and is_name(name)))

    @cached_property
    def suffixes(self) -> Suffixes:
        """The public suffix list."""
        return Suffixes()

    @cached_property
    def _seed(self) -> Seed:
        return Seed(self.suffixes, self._own)

    @cached_property
    def _lists(self) -> GuardLists:
        return Together(self._seed, StoredGuards(self._engine))

    def guards_of(self, target: Target) -> list[Guarded]:
        """Every entry that guards a target."""
        return guards_of(target, self._lists, self.suffixes)

    def guard_of_hosts(self) -> Callable[[str], bool]:
        """What tells of many hosts whether they are guarded, by the lists as they are now."""
        lists = Together(self._seed, InMemory(read_guarded(self._engine)))

        def is_guarded(host: str) -> bool:
            is_address = host.endswith("]") or host[-1].isdecimal()
            return not is_address and bool(guards_of(Target(HOST, host), lists, self.suffixes))

        return is_guarded

    def propose(
        self,
        text: str,
        action: str,
        reason: str,
        by: Identity,
        *,
        scope: str = "",
        evidence: Sequence[str] = (),
        days: int = review.DEFAULT_DAYS,
        dry_run: bool = False,
    ) -> Decision:
        """Propose a decision on a link or a name: see `review.propose`."""
        decision = self.draft(
            text, action, reason, by, scope=scope, evidence=evidence, days=days, dry_run=dry_run
        )
        now = self._clock.now()
        kept.expire_due(self._engine, now)
        return kept.add(self._engine, decision, by, now)

    def draft(
        self,
        text: str,
        action: str,
        reason: str,
        by: Identity,
        *,
        scope: str = "",
        evidence: Sequence[str] = (),
        days: int = review.DEFAULT_DAYS,
        dry_run: bool = False,
    ) -> Decision:
        """The decision that `propose` with the same words would keep."""
        target = read_target(text, self.suffixes, scope)
        guards, now = self.guards_of(target), self._clock.now()
        return review.propose(
            action, target, reason, guards, by, now, evidence=evidence, days=days, dry_run=dry_run
        )

    def approve(self, number: int, by: Identity) -> Decision:
        """Add one person's approval: see `review.approve`."""

        def step(decision: Decision, now: int) -> Decision:
            return review.approve(decision, self.guards_of(decision.target), by, now)

        return self._change(number, "decisions.approve", by, step)

    def end(self, number: int, reason: str, by: Identity) -> Decision:
        """Refuse a proposal, or remove what is in force."""
        return self._change(
            number,
            "decisions.end",
            by,
            lambda decision, now: review.end(decision, reason, now, by.name),
        )

    def _change(
        self, number: int, act: str, by: Identity, step: Callable[[Decision, int], Decision]
    ) -> Decision:
        now = self._clock.now()
        return kept.change(self._engine, number, act, by, now, lambda d: step(d, now))

    def run_automatic(self) -> Ran:
        """Block what trusted sources agree on; end what they no longer do, or what is guarded."""
        now = self._clock.now()
        kept.expire_due(self._engine, now)
        guarded = read_guarded(self._engine)
        lists = Together(self._seed, InMemory(guarded))
        withdrawn = self._withdraw(lists, now)
        allowed: set[tuple[str, str]] = set()
        ours: dict[str, int] = {}
        for decision in kept.find(self._engine, states=(IN_FORCE,)):
            if decision.action == ALLOW and not decision.dry_run:
                allowed.add((decision.target.scope, decision.target.value))
            if decision.origin == AUTOMATIC:
                ours[decision.target.value] = decision.id
        hosts = 0

        def counted() -> Iterator[Listing]:
            nonlocal hosts
            for listing in read_listings(self._engine, now):
                hosts += 1
                yield listing

        settings = self._settings
        made = list(
            agreed(
                counted(),
                lists,
                self.suffixes,
                now,
                agree=settings.agree,
                days=settings.days,
                allowed=allowed,
            )
        )
        wanted = {decision.target.value for decision in made}
        gone = [(number, _TOO_FEW) for host, number in ours.items() if host not in wanted]
        kept.end_many(self._engine, gone, CLERK, now)
        new = kept.add_in_force(self._engine, made, CLERK, now)
        kept.renew(
            self._engine, sorted(wanted & ours.keys()), now, now + settings.days * review.DAY_S
        )
        late = read_guarded(self._engine)
        if late != guarded:  # a guard list came meanwhile
            withdrawn += self._withdraw(Together(self._seed, InMemory(late)), now)
        return Ran(hosts, new, withdrawn, len(gone))

    def take_guard_list(
        self, source: str, kind: str, names: Sequence[str], by: Identity
    ) -> tuple[int, int]:
        """Take a guard list in the place of the source's former one, and end what it forbids.

        Returns how many names were taken, and how many blocks ended.
        """
        if kind not in CLASSES:
            raise InputError("error-guard-class", kind=kind, kinds=", ".join(CLASSES))
        if not names:
            raise InputError("error-feed-empty", path=source, format=kind)
        now = self._clock.now()
        entries = [(domain_of(name, self.suffixes), name) for name in self._widened(names, kind)]
        taken = replace_guarded(self._engine, source, kind, entries, by, now)
        named = {domain for domain, _ in entries}
        return taken, self._withdraw(self._lists, now, named)

    @cached_property
    def zone(self) -> StoredZone:
        """The block zone as it is kept."""
        return StoredZone(self._engine, self._clock.now)

    def names_to_probe(self, names: Sequence[str], most: int) -> list[tuple[str, bool]]:
        """Names to ask a resolver for, and whether each should be blocked.

        Those given, else the newest that the zone blocks, so many at most.
        """
        if not names:
            return [(name, True) for name in newest_blocked(self._engine, most)]
        read = [read_target(name, self.suffixes, HOST).value for name in names]
        return [(name, is_blocked(self._engine, name)) for name in read]

    def verify(self) -> tuple[int, list[Fault]]:
        """How many decisions are kept, and where decisions, zone and audit do not agree."""
        lists = Together(self._seed, InMemory(read_guarded(self._engine)))

        def is_guarded(decision: Decision) -> bool:
            guards = guards_of(decision.target, lists, self.suffixes)
            return is_refused(decision.action, decision.target, guards)

        return verify(self._engine, self._clock.now(), is_guarded)

    def _widened(self, names: Sequence[str], kind: str) -> list[str]:
        """Names, and for a public suffix all names below it where its class takes them in."""
        wide = [f"*.{n}" for n in names if kind in _WIDE and self.suffixes.suffix(n) == n]
        return [*names, *wide]

    def _withdraw(self, lists: GuardLists, now: int, named: Set[str] | None = None) -> int:
        """End the blocks in DNS of names that are guarded by now.

        With `named`, only those whose guards are found under one of these domains.
        """
        hurt = [
            (number, f"guarded: {guards[0].kind}, {guards[0].name} ({guards[0].source})")
            for number, target in kept.blocked_names(self._engine)
            if named is None or not named.isdisjoint(domains_asked(target.host, self.suffixes))
            if (guards := guards_of(target, lists, self.suffixes))
        ]
        kept.end_many(self._engine, hurt, CLERK, now)
        return len(hurt)
