"""What a run would do, told without doing any of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from cityshield.adapters.sites.names import MAIL_SERVERS, SELECTORS
from cityshield.adapters.sites.paths import TIER_1
from cityshield.adapters.sites.probe import MOST_CONNECTIONS
from cityshield.adapters.sites.scope import Scope
from cityshield.adapters.sites.settings import FULL, QUICK, SitesSettings

_HOME = 2
_TEXTS = 2
_INVENTED = 2
_POLICY = 1
"""The policy of MTA-STS, from a host of its own."""

_MOST_MORE = 200
_RECORDS = 11
_DOUBTFUL = 4
"""Questions to find out whether signatures are to blame that a name has no address."""


class Plan(msgspec.Struct, frozen=True, gc=False):
    """The most that one host would be asked: requests, connections, questions to DNS.

    `reason` is set where it would not be visited; `least_s` is how long its budget makes it take.
    """

    host: str
    reason: str = ""
    requests: int = 0
    connections: int = 0
    questions: int = 0
    least_s: float = 0.0


def plan(
    hosts: Iterable[str],
    settings: SitesSettings,
    scope: Scope,
    profile: str,
    paths: Sequence[str] = TIER_1,
) -> Iterable[Plan]:
    """The plan of each host, one by one, as if there were as many redirects as may be."""
    home = _HOME * (1 + settings.redirects)
    quick = profile == QUICK
    more = 0 if quick else _TEXTS + _INVENTED + len(paths) + settings.scripts
    more += _MOST_MORE if profile == FULL else 0
    more += 0 if quick else _POLICY
    probes = 0 if quick else MOST_CONNECTIONS + _POLICY
    probes += MAIL_SERVERS if profile == FULL else 0
    questions = 2 + _DOUBTFUL
    questions += 0 if quick else _RECORDS + len(SELECTORS) + 2 * MAIL_SERVERS
    rate = min(settings.address.per_s, settings.domain.per_s)
    for host in hosts:
        reason = scope.reason(host)
        if reason:
            yield Plan(host, reason)
            continue
        least_s = (_HOME + more + probes) / rate
        yield Plan(host, "", home + more, home + 1 + probes, questions, round(least_s, 1))
