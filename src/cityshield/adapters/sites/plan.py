"""What one site is asked at the most."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cityshield.adapters.sites.names import SELECTORS
from cityshield.adapters.sites.paths import TIER_1
from cityshield.adapters.sites.probe import MOST_CONNECTIONS
from cityshield.adapters.sites.settings import SitesSettings
from cityshield.adapters.sites.visit import MOST_OTHERS
from cityshield.vocabulary.census import FULL, QUICK

_HOME = 2
_TEXTS = 2
_INVENTED = 2
_MOST_MORE = 200
_RECORDS = 11


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
    home = _HOME * (1 + settings.redirects)
    quick = profile == QUICK
    more = 0 if quick else _TEXTS + _INVENTED + len(paths) + settings.scripts
    more += 0 if quick else MOST_OTHERS
    more += _MOST_MORE if profile == FULL else 0
    probes = 0 if quick else MOST_CONNECTIONS
    questions = 2 if quick else 2 + _RECORDS + len(SELECTORS)
    rate = min(settings.address.per_s, settings.domain.per_s)
    least_s = round((_HOME + more + probes) / rate, 1)
    return Most(home + more, home + 1 + probes, questions, least_s)
