"""Time, as a guard or a desk may ask for it."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Wall time for records, monotonic time for budgets; both in seconds."""

    def now(self) -> int:
        """Seconds since 1970 in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary point, never going back."""
        ...
