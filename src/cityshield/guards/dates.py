"""Days and moments, as sentences name them."""

from __future__ import annotations

import time


def day(seconds: int) -> str:
    """The UTC day of a time in seconds since 1970, as ISO 8601: `2026-11-21`."""
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def moment(seconds: int) -> str:
    """A time in seconds since 1970 to the minute: `2026-11-21 08:30 UTC`."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
