"""How websites are visited: how much at once, how fast, how far."""

from __future__ import annotations

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Rate = Annotated[float, msgspec.Meta(gt=0, le=100_000)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=3600)]
Bytes = Annotated[int, msgspec.Meta(ge=1024, le=64 << 20)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
HourMinute = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much may be under way at once, and how many requests may begin in a second."""

    in_flight: Count
    per_s: Rate


class SitesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Visits to websites.

    A request or a connection of the TLS probe counts against several limits at once: that of the
    `address`, of its `network` (/24, of IPv6 /48), of the registrable `domain`, of the hosting
    company (`hoster`), and of `all`. `hosters` is a file that says which networks are whose, lines
    of `network,company`; what it does not name has no such limit. `agent` is how the shield names
    itself, empty for its name with the operator's address and contact. `vantage` names the place
    that is visited from.
    `windows` are the times of day, `from-to` in UTC, at which visits begin; none means always.
    At most `waiting` sites are held until their server has room. A server that has taken
    `patience_s` to answer, all its answers together, is asked for no more. `ca` is a PEM file of
    roots to trust beside the system's.
    """

    address: Limit = Limit(2, 10)
    network: Limit = Limit(16, 60)
    domain: Limit = Limit(2, 10)
    hoster: Limit = Limit(64, 240)
    all: Limit = Limit(256, 2000)
    waiting: Count = 5000
    agent: Annotated[str, msgspec.Meta(pattern=r"^[\x20-\x7e]{0,300}$")] = ""
    hosters: str = ""
    vantage: Annotated[str, msgspec.Meta(max_length=100)] = ""
    resolvers: tuple[str, ...] = ()
    windows: tuple[tuple[HourMinute, HourMinute], ...] = ()
    ca: str = ""
    connect_s: Seconds = 8
    time_s: Seconds = 20
    slow_bytes_s: Count = 200
    slow_s: Seconds = 6
    longest_wait_s: Seconds = 600
    patience_s: Seconds = 120
    page_bytes: Bytes = 1 << 20
    path_bytes: Bytes = 64 << 10
    script_bytes: Bytes = 1 << 20
    header_bytes: Bytes = 64 << 10
    headers: Count = 200
    redirects: Count = 5
    scripts: Count = 10
    plain_port: Port = 80
    secure_port: Port = 443
    mail_port: Port = 25
