"""How the shield connects to others, and where it must not."""

from __future__ import annotations

from typing import Annotated

import msgspec

Bytes = Annotated[int, msgspec.Meta(ge=1024, le=1 << 40)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=86_400)]


class NetSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Outgoing connections.

    Only public addresses are connected to, and those in the networks of `allow`. `ca` is a PEM
    file of certificates to trust beside the system's. An answer may have `max_bytes` as it comes
    and `max_unpacked_bytes` unpacked, and take `time_s`; below `slow_bytes_s` for `slow_s` it is
    given up.
    """

    allow: tuple[str, ...] = ()
    ca: str = ""
    max_bytes: Bytes = 256 << 20
    max_unpacked_bytes: Bytes = 1 << 30
    connect_s: Seconds = 10
    time_s: Seconds = 600
    slow_bytes_s: Annotated[int, msgspec.Meta(ge=1, le=1 << 30)] = 500
    slow_s: Seconds = 30
