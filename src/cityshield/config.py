"""The operator's settings: one frozen typed tree, read once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from cityshield.guards.check import read_toml
from cityshield.vocabulary.errors import ConfigurationError

FILE_NAME = "cityshield.toml"
_MIB = 1 << 20


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Operator(_Table, frozen=True):
    """Who runs this shield, as pages and verdicts name them."""

    name: str = "CityShield"
    contact: str = ""


class Thresholds(_Table, frozen=True):
    """Scores, 0..1, from which a subject is suspicious or malicious."""

    suspicious: float = 0.5
    malicious: float = 0.9


class Parts(_Table, frozen=True):
    """How much of one subject's parts is judged."""

    depth: int = 4
    count: int = 1000
    bytes: int = 256 * _MIB
    time_s: float = 20.0


class Files(_Table, frozen=True):
    """Where the rules are and how much of a file they see."""

    rules: str = ""
    scan_bytes: int = 64 * _MIB
    rule_timeout_s: int = 10


class Server(_Table, frozen=True):
    """What the service accepts.

    `rate_per_minute` counts work for each client address: one unit for a request and one for
    every 16 KiB of its body; `rate_burst` units may come at once. `trusted_proxies` are the
    addresses or networks whose `X-Forwarded-For` is believed.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    trusted_proxies: tuple[str, ...] = ()
    rate_per_minute: int = 1200
    rate_burst: int = 2400
    max_body_bytes: int = 34 * _MIB
    max_text_bytes: int = 1 * _MIB
    time_s: float = 30.0
    workers: int = 2
    bulk_at_once: int = 4
    bulk_held_bytes: int = 64 * _MIB


class Retention(_Table, frozen=True):
    """After how many days what is kept is deleted, and how often that is done."""

    verdicts_days: int = 30
    revoked_tokens_days: int = 365
    every_s: int = 3600


class Config(_Table, frozen=True):
    """Everything an operator may set; each has a default that is safe to run with."""

    language: str = ""
    checks: tuple[str, ...] = ()
    weights: dict[str, float] = {}
    thresholds: dict[str, Thresholds] = {}
    operator: Operator = Operator()
    parts: Parts = Parts()
    files: Files = Files()
    server: Server = Server()
    retention: Retention = Retention()


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
        return Config()
    table: dict[str, Any] = read_toml(path)
    try:
        return msgspec.convert(table, Config)
    except msgspec.ValidationError as error:
        raise ConfigurationError("error-config", path=str(path), reason=str(error)) from error
