"""One budget for all the parts of one subject: depth, count, bytes and time."""

from __future__ import annotations

from cityshield.ports.clock import Clock


class Budget:
    """What is left for parts; parts of parts draw on the same budget.

    `depth` is how many levels below the subject may be opened, `count` how many parts may be
    judged, `bytes_left` how many bytes may be unpacked, `time_s` for how long.
    """

    def __init__(
        self, depth: int, count: int, size_bytes: int, time_s: float, clock: Clock
    ) -> None:
        self.depth = depth
        self.count_left = count
        self.bytes_left = size_bytes
        self._clock = clock
        self._deadline = clock.monotonic() + time_s

    def spend(self, size_bytes: int) -> None:
        """Account for one part."""
        self.count_left -= 1
        self.bytes_left -= size_bytes

    def spent(self) -> str:
        """The limit that is used up, as a failure's reason; empty while none is."""
        if self.count_left <= 0:
            return "too-many"
        if self.bytes_left <= 0:
            return "too-large"
        if self._clock.monotonic() >= self._deadline:
            return "out-of-time"
        return ""
