"""What visits share, and what they ask others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from cityshield.adapters.sites.certificates import Roots
from cityshield.adapters.sites.log import Line
from cityshield.adapters.sites.matching import Match, no_templates
from cityshield.adapters.sites.paths import TIER_1
from cityshield.adapters.sites.resolver import Resolver
from cityshield.adapters.sites.settings import SitesSettings
from cityshield.adapters.sites.transfer import Transfers
from cityshield.adapters.sites.turnstile import Turnstile
from cityshield.guards.sites.facts import Header, Page, SiteFacts
from cityshield.ports.clock import Clock


class Scoped(Protocol):
    """Says which hosts may be visited."""

    def reason(self, host: str) -> str:
        """Empty where a host may be visited, else the code for why not."""
        ...


ReadPage = Callable[[bytes, str, Sequence[Header]], Page]
"""What is taken from a page: of its bytes, its address, and the headers it came with."""

ReadScript = Callable[[bytes, str], tuple[tuple[str, str], ...]]
"""The libraries in a script, with their versions."""

MorePaths = Callable[[SiteFacts], Sequence[str]]
"""What else to ask of a site, by what is known of it."""


def no_libraries(body: bytes, url: str) -> tuple[tuple[str, str], ...]:
    """No library is known."""
    return ()


def nobody(address: str) -> str:
    """Nobody's network is known."""
    return ""


def no_more(facts: SiteFacts) -> Sequence[str]:
    """No more than what is always asked for."""
    return ()


class Doors(msgspec.Struct, frozen=True):
    """What visits share and what they ask others: all that reaches out goes through here.

    `lets` says whether an address may be connected to, and `hoster` whose it is. `read_page` and
    `read_script` are pure; `more_paths` says what else to ask of a site with the profile `full`, by
    what is known of it. `match` holds templates against an answer; `template_set` is the version of
    their set. `secret` keys the proofs of what stood at a path.
    """

    settings: SitesSettings
    transfers: Transfers
    resolver: Resolver
    turnstile: Turnstile
    scope: Scoped
    roots: Roots
    clock: Clock
    lets: Callable[[str], bool]
    registrable: Callable[[str], str]
    hoster: Callable[[str], str]
    read_page: ReadPage
    log: Callable[[Line], None]
    read_script: ReadScript = no_libraries
    more_paths: MorePaths = no_more
    match: Match = no_templates
    template_set: str = ""
    paths: Sequence[str] = TIER_1
    secret: bytes = b""
    vantage: str = ""
