"""Days and moments, as sentences name them."""

from __future__ import annotations

import time
from functools import lru_cache

_LAST = 253_402_300_799
"""The end of the year 9999, after which no calendar of ours goes; what is later is shown as it."""


def day(seconds: int) -> str:
    """The UTC day of a time in seconds since 1970, as ISO 8601: `2026-11-21`."""
    return time.strftime("%Y-%m-%d", time.gmtime(min(seconds, _LAST)))


def moment(seconds: int) -> str:
    """A time in seconds since 1970 to the minute: `2026-11-21 08:30 UTC`."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(min(seconds, _LAST)))


@lru_cache(maxsize=4096)  # one run of the automatic tier gives many decisions the same times
def iso(seconds: int) -> str:
    """A time in seconds since 1970 as machines read it (RFC 3339): `2026-11-21T08:30:00Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
