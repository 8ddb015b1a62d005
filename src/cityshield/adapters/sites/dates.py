"""Dates as headers have them."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

_LONGEST = 100


def read_date(text: str) -> float | None:
    """Seconds since 1970 of a date (RFC 9110, 5.6.7); None where it is none."""
    try:
        date = parsedate_to_datetime(text[:_LONGEST])
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
