"""The system's time."""

from __future__ import annotations

import time


class SystemClock:
    """The `Clock` port over the machine's own clocks."""

    def now(self) -> int:
        """Seconds since 1970 in UTC."""
        return int(time.time())

    def monotonic(self) -> float:
        """Seconds since some point, never going back."""
        return time.monotonic()
