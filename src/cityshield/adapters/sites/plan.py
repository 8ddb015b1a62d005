"""What one site is asked at the most."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cityshield.adapters.sites.names import MAIL_SERVERS, SELECTORS
from cityshield.adapters.sites.paths import TIER_1
from cityshield.adapters.sites.probe import MOST_CONNECTIONS
from cityshield.adapters.sites.settings import SitesSettings
from cityshield.adapters.sites.visit import MOST_OTHERS
from cityshield.vocabulary.census import FULL, QUICK

_HOME = 2
_AGAIN = 2
"""The home page over both schemes at a second address, where the first is silent."""

_TEXTS = 3
"""robots.txt, a second time where it did not come over HTTPS, and security.txt."""

_ROBOTS_AGAIN = 2
"""robots.txt once more as to an old server, and at a second address."""

_INVENTED = 2
_POLICY = 1
"""The policy of MTA-STS, from a host of its own."""

_LOST = 1
"""A request that a kept connection took with it; then none is kept any more."""

_MOST_MORE = 200
_RECORDS = 11
_DOUBTFUL = 4
"""Questions to find out whether signatures are to blame that a name has no address."""


class Most(msgspec.Struct, frozen=True):
    """What one site is asked at the most, as if there were as many redirects as may be.

    `questions` are those to DNS; `least_s` is how long the budget makes the visit take.
    """

    requests: int
    connections: int
    questions: int
    least_s: float


def most_asked(settings: SitesSettings, profile: str, paths: Sequence[str] = TIER_1) -> Most:
    """What a profile asks of one site at the most."""
    home = _HOME * (1 + settings.redirects) + _AGAIN
    rate = min(settings.address.per_s, settings.domain.per_s)
    if profile == QUICK:
        return Most(home, home + 1, 2 + _DOUBTFUL, round(_HOME / rate, 1))
    elsewhere = MOST_OTHERS + _POLICY
    more = _TEXTS + _INVENTED + len(paths) + settings.scripts + elsewhere + _LOST
    probes = MOST_CONNECTIONS
    led = _HOME * settings.redirects + _ROBOTS_AGAIN
    if profile == FULL:
        more += _MOST_MORE
        probes += MAIL_SERVERS
    connections = home + more + led + probes  # of a server that keeps none open
    questions = 2 + _DOUBTFUL + _RECORDS + len(SELECTORS) + 2 * MAIL_SERVERS
    least_s = round((_HOME + more + MOST_CONNECTIONS) / rate, 1)
    return Most(home + more + led, connections, questions, least_s)
