"""How the gatherer of websites is made from the settings and the data directory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cityshield import __version__
from cityshield.config import Config
from cityshield.ports.clock import Clock
from cityshield.vocabulary.census import STANDARD
from cityshield.vocabulary.errors import ConfigurationError, StoreError

if TYPE_CHECKING:
    from cityshield.adapters.sites.gatherer import Gatherer
    from cityshield.adapters.sites.log import Line
    from cityshield.adapters.sites.settings import SitesSettings
    from cityshield.guards.sites.facts import SiteFacts
    from cityshield.vocabulary.subject import Subject

_KEY_BYTES = 32
_LOCK_NAME = "sites.lock"
_JUDGE_LOCK_NAME = "judge.lock"


def agent_of(config: Config) -> str:
    """How visits name us: what is set, else our name with where the operator is found.

    ConfigurationError where it would tell nobody whom to ask.
    """
    if config.sites.agent:
        return config.sites.agent
    operator = config.operator
    where = [f"+{operator.address}" if operator.address else "", operator.contact]
    said = "; ".join(part for part in where if part and part.isascii() and part.isprintable())
    if not said:
        raise ConfigurationError("error-sites-agent")
    return f"CityShield/{__version__} ({said})"


def settings_of(config: Config) -> SitesSettings:
    """The settings of visits, with the name that they go by."""
    return msgspec.structs.replace(config.sites, agent=agent_of(config))


def open_gatherer(
    home: Path, config: Config, clock: Clock, log: Callable[[Line], None] | None = None
) -> Gatherer:
    """The polite gatherer of websites: only sites of the inventory are visited."""
    from cityshield.adapters.knowledge.folder import read
    from cityshield.adapters.knowledge.templates import open_templates
    from cityshield.adapters.net.addresses import Border
    from cityshield.adapters.sites.doors import MorePaths
    from cityshield.adapters.sites.gatherer import Gatherer
    from cityshield.adapters.sites.hosters import read_hosters
    from cityshield.adapters.sites.paths import TIER_1
    from cityshield.adapters.store.database import open_database
    from cityshield.adapters.store.permits import Permits
    from cityshield.guards.links.suffixes import Suffixes
    from cityshield.guards.sites.fingerprints import more_paths
    from cityshield.guards.sites.libraries import FILE, read_libraries
    from cityshield.guards.sites.page import read_page

    settings = settings_of(config)
    data = read(home, FILE)
    find = read_libraries(data or b"{}").find
    more: dict[str, Any] = {} if log is None else {"log": log}
    templates = open_templates(home, TIER_1)
    wanted: list[MorePaths] = [more_paths]
    if templates is not None:
        wanted.append(templates.more_paths)
        more |= {"match": templates.match, "template_set": templates.version}
    return Gatherer(
        settings,
        Permits(open_database(home)),
        lets=Border(config.net.allow).lets,
        registrable=Suffixes().registrable,
        read_page=partial(read_page, libraries=find),
        more_paths=lambda facts: [path for each in wanted for path in each(facts)],
        read_script=lambda body, url: find(url, body),
        hoster=read_hosters(settings.hosters).of,
        clock=clock,
        profile=STANDARD,
        secret=_proof_key(home),
        vantage=settings.vantage,
        **more,
    )


class Visits:
    """The port `Websites` for single sites: no other process visits any meanwhile."""

    def __init__(self, home: Path, gatherer: Gatherer) -> None:
        self._home = home
        self._gatherer = gatherer
        self._inside = 0
        self._lock = ExitStack()

    async def visit_many(self, subjects: Sequence[Subject]) -> Sequence[SiteFacts]:
        """The facts of each site, in order; StoreError while a run is under way."""
        if not self._inside:
            self._lock.enter_context(alone(self._home))
        self._inside += 1
        try:
            return await self._gatherer.visit_many(subjects)
        finally:
            self._inside -= 1
            if not self._inside:
                self._lock.close()


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Be the only process that visits sites, so that one budget holds; StoreError when not."""
    with _only_one(home / _LOCK_NAME, "error-sites-busy"):
        yield


@contextmanager
def judging(home: Path) -> Iterator[None]:
    """Be the only process that judges or forgets runs; StoreError when not."""
    with _only_one(home / _JUDGE_LOCK_NAME, "error-sites-judging"):
        yield


@contextmanager
def _only_one(path: Path, otherwise: str) -> Iterator[None]:
    from cityshield.adapters.store.place import locked

    with ExitStack() as stack:
        try:
            stack.enter_context(locked(path, wait=False))
        except BlockingIOError:
            raise StoreError(otherwise) from None
        yield


def _proof_key(home: Path) -> bytes:
    """The key of this installation that proves secrets which were seen; made at the first call."""
    path = home / "sites" / "proof.key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = os.urandom(_KEY_BYTES)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
    return key
