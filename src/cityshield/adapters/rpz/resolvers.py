"""How each resolver takes the zone: configuration that is tested against the resolver itself."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from string import Template

from cityshield.adapters.rpz.settings import ZoneSettings

_FILES = {path.stem: path for path in sorted((Path(__file__).parent / "resolvers").iterdir())}


def configuration(resolver: str, settings: ZoneSettings) -> str:
    """The text to put into the configuration of a resolver on the same machine or network."""
    host = settings.host
    if ip_address(host).is_unspecified:
        host = "127.0.0.1" if ip_address(host).version == 4 else "::1"
    values = {"zone": settings.name, "host": host, "port": str(settings.port)}
    return Template(_FILES[resolver].read_text(encoding="utf-8")).substitute(values)
