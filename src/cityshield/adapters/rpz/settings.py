"""Where the block zone is served, to whom, and how."""

from __future__ import annotations

from typing import Annotated

import msgspec

Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=86_400)]
Name = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(?=.{1,24}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"
    ),
]


Host = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^$|^(?=.{1,200}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$"
    ),
]


class ZoneSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The block zone.

    With `serve` it is served by `cityshield up` too; without, by `cityshield decisions serve` only.
    `allow` are the networks that may transfer it unsigned; `keys` (name: base64 secret) sign
    transfers from anywhere. `notify` are the resolvers to be told of a change, `address` or
    `address@port`. Changes are gathered for `coalesce_s` seconds at most. `blocked_to` is the
    host of a page that blocked names lead to; without it they do not exist (NXDOMAIN).
    With `certificate` and `key`, PEM files, `tls_port` serves transfers over TLS (RFC 9103).
    """

    serve: bool = False
    name: Name = "cityshield.rpz"
    host: str = "127.0.0.1"
    port: Port = 5380
    tls_port: Port = 8853
    certificate: str = ""
    key: str = ""
    allow: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    notify: tuple[str, ...] = ()
    keys: dict[str, str] = {}
    blocked_to: Host = ""
    coalesce_s: Seconds = 5
    ttl_s: Seconds = 30
    refresh_s: Seconds = 60
    connections: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 64
    transfer_s: Seconds = 900

    @property
    def shape(self) -> str:
        """What the records depend on besides the decisions."""
        return f"{self.name} {self.blocked_to} {self.ttl_s}"
