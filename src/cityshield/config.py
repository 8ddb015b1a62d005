"""The operator's settings: one frozen typed tree, read once."""

from __future__ import annotations

import os
from errno import ENOTDIR
from pathlib import Path
from typing import Annotated, Any

import msgspec

from cityshield.adapters.net.settings import NetSettings
from cityshield.adapters.rpz.settings import ZoneSettings
from cityshield.adapters.sites.settings import SitesSettings
from cityshield.guards.check import read_toml
from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.subject import FILE, LINK, MESSAGE

FILE_NAME = "cityshield.toml"
_MIB = 1 << 20


Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
Number = Annotated[int, msgspec.Meta(ge=1, le=1 << 40)]
Days = Annotated[int, msgspec.Meta(ge=0, le=36_500)]
WholeSeconds = Annotated[int, msgspec.Meta(ge=1, le=31_536_000)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Score = Annotated[float, msgspec.Meta(ge=0, le=1)]
Address = Annotated[
    str, msgspec.Meta(pattern=r"^$|^https?://[a-z0-9]([a-z0-9.-]{0,253}[a-z0-9])?(:[0-9]{1,5})?$")
]
Weight = Annotated[float, msgspec.Meta(ge=-1, le=1)]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Operator(_Table, frozen=True):
    """Who runs this shield, as pages and verdicts name them.

    `address` is where its pages are found from outside, such as `https://shield.city.example`.
    """

    name: str = "CityShield"
    contact: str = ""
    address: Address = ""


class Thresholds(_Table, frozen=True):
    """Scores, 0..1, from which a subject is suspicious or malicious."""

    suspicious: Score = 0.5
    malicious: Score = 0.9


class Parts(_Table, frozen=True):
    """How much of one subject's parts is judged."""

    depth: Count = 4
    count: Count = 1000
    bytes: Count = 256 * _MIB
    time_s: Seconds = 20.0


class Files(_Table, frozen=True):
    """Where the rules are and how much of a file they see."""

    rules: str = ""
    scan_bytes: Number = 64 * _MIB
    rule_timeout_s: WholeSeconds = 10


class Server(_Table, frozen=True):
    """What the service accepts.

    `rate_per_minute` counts work for each client address: one unit for a request and one for
    every 16 KiB of its body; `rate_burst` units may come at once. `trusted_proxies` are the
    addresses or networks whose `X-Forwarded-For` is believed.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 8765
    trusted_proxies: tuple[str, ...] = ()
    rate_per_minute: Number = 1200
    rate_burst: Number = 2400
    max_body_bytes: Number = 34 * _MIB
    max_text_bytes: Number = 1 * _MIB
    time_s: Seconds = 30.0
    workers: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 2
    bulk_at_once: Number = 16
    bulk_held_bytes: Number = 16 * _MIB
    header_time_s: Seconds = 10.0
    connections_per_client: Number = 200


class Retention(_Table, frozen=True):
    """After how many days what is kept is deleted, and how often that is done."""

    verdicts_days: Days = 30
    revoked_tokens_days: Days = 365
    appeals_days: Days = 90
    every_s: WholeSeconds = 3600


class Expiry(_Table, frozen=True):
    """After how many days an entry of a list expires that says nothing else, by kind; 0: never.

    What is vouched for does not expire.
    """

    url: Days = 30
    host: Days = 90
    sha256: Days = 0


class Decisions(_Table, frozen=True):
    """How blocks come about by themselves, and which names are the operator's own.

    A host that `agree` trusted sources list, and that nothing guards, is blocked for `days`.
    `licence` is what exports say of themselves. An appeal is answered within `appeal_hours`.
    """

    agree: Annotated[int, msgspec.Meta(ge=2, le=100)] = 2
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 30
    own: tuple[str, ...] = ()
    licence: str = "CC BY 4.0"
    appeal_hours: Annotated[int, msgspec.Meta(ge=1, le=8760)] = 72


class Console(_Table, frozen=True):
    """How long somebody stays signed in at the console: without doing anything, and at all."""

    idle_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 30
    longest_hours: Annotated[int, msgspec.Meta(ge=1, le=168)] = 12


class Census(_Table, frozen=True):
    """Runs through websites: hosts that are known to be well, and how long facts are kept.

    A canary is a site in scope. While none answers, it is we who are cut off.
    """

    canaries: tuple[str, ...] = ()
    keep_days: Days = 730


class Config(_Table, frozen=True):
    """Everything an operator may set; each has a default that is safe to run with."""

    checks: tuple[str, ...] = ()
    weights: dict[str, Weight] = {}
    thresholds: dict[str, Thresholds] = {}
    operator: Operator = Operator()
    parts: Parts = Parts()
    files: Files = Files()
    server: Server = Server()
    retention: Retention = Retention()
    expiry: Expiry = Expiry()
    decisions: Decisions = Decisions()
    console: Console = Console()
    census: Census = Census()
    sites: SitesSettings = SitesSettings()
    zone: ZoneSettings = ZoneSettings()
    net: NetSettings = NetSettings()


def home_directory(given: str | None = None) -> Path:
    """The data directory: what was given, else CITYSHIELD_HOME, else the user's own place."""
    chosen = given or os.environ.get("CITYSHIELD_HOME")
    if chosen:
        return Path(chosen)
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(state) / "cityshield"


def read_config(home: Path) -> Config:
    """The settings in a data directory's `cityshield.toml`; the defaults when there is none."""
    path = home / FILE_NAME
    if not os.path.exists(path):
        if os.path.exists(home) and not os.path.isdir(home):
            raise ConfigurationError("error-home", path=str(home), reason=os.strerror(ENOTDIR))
        return Config()
    table: dict[str, Any] = read_toml(path)
    try:
        config = msgspec.convert(table, Config)
        _require_sense(config)
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigurationError("error-config", path=str(path), reason=str(error)) from error
    return config


def _require_sense(config: Config) -> None:
    """Raise ValueError for what its type alone does not rule out."""
    if unknown := set(config.thresholds) - {LINK, MESSAGE, FILE}:
        raise ValueError(f"thresholds: no kind `{min(unknown)}`")
    for kind, limits in config.thresholds.items():
        if limits.malicious <= limits.suspicious:
            raise ValueError(
                f"thresholds.{kind}: malicious ({limits.malicious:g}) must be above "
                f"suspicious ({limits.suspicious:g})"
            )
    if config.files.rules and not os.path.isdir(config.files.rules):
        raise ValueError(f"files.rules: no folder `{config.files.rules}`")
    for folder in config.checks:
        if not os.path.isdir(folder):
            raise ValueError(f"checks: no folder `{folder}`")
    if config.server.trusted_proxies:
        from ipaddress import ip_network

        for proxy in config.server.trusted_proxies:
            ip_network(proxy, strict=False)
