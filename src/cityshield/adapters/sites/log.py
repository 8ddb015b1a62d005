"""The log of what was asked of whom."""

from __future__ import annotations

import msgspec


class Line(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One request or connection: when it began and ended (seconds, of one monotonic clock), where.

    `path` is that of the request, or `tls` for a connection of the TLS probe; `status` is 0 where
    there was no answer.
    """

    began: float
    ended: float
    address: str
    host: str
    path: str
    status: int = 0
