"""Days, as sentences name them."""

from __future__ import annotations

import time


def day(seconds: int) -> str:
    """The UTC day of a time in seconds since 1970, as ISO 8601: `2026-11-21`."""
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
