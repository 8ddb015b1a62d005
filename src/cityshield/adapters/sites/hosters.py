"""Whose network an address lies in, by a list that the operator supplies."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from pathlib import Path

from cityshield.vocabulary.errors import ConfigurationError

_LONGEST_LINE = 500
_MOST_NAME = 100
_HEADERS = ("network", "#")


class Hosters:
    """Networks and the companies that they belong to; the narrowest that holds an address counts.

    A network is kept by its length and its first bits, so that a look-up asks once for each length.
    """

    def __init__(self, lines: Iterable[str] = (), path: str = "") -> None:
        self._named: dict[tuple[int, int], dict[int, str]] = {}
        names: dict[str, str] = {}
        for number, line in enumerate(lines, 1):
            text, _, name = line[:_LONGEST_LINE].partition(",")
            text, name = text.strip(), name.strip().strip('"').strip().lower()[:_MOST_NAME]
            if not text or text.lower().startswith(_HEADERS):
                continue
            try:
                network = ip_network(text, strict=False)
            except ValueError:
                name = ""
            if not name:
                raise ConfigurationError("error-sites-hosters", path=path, number=str(number))
            kept = self._named.setdefault((network.version, network.prefixlen), {})
            bits = network.max_prefixlen - network.prefixlen
            kept[int(network.network_address) >> bits] = names.setdefault(name, name)
        self._lengths = sorted(self._named, reverse=True)

    def of(self, address: str) -> str:
        """The company of an address; empty where nothing is known."""
        if not self._lengths:
            return ""
        found = ip_address(address)
        number = int(found)
        for version, length in self._lengths:
            if version == found.version:
                name = self._named[version, length].get(number >> found.max_prefixlen - length)
                if name is not None:
                    return name
        return ""


def read_hosters(path: str) -> Hosters:
    """The list in a file, none for an empty path; ConfigurationError for what can't be read."""
    if not path:
        return Hosters()
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            return Hosters(file, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError("error-file", path=path, reason=reason) from error
