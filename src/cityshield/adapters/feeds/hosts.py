"""Hosts files (hosts(5)): an address that leads nowhere, then the names it is given to."""

from __future__ import annotations

from cityshield.adapters.feeds.plain import host_expression
from cityshield.vocabulary.indicator import HOST

_NOWHERE = frozenset({"0.0.0.0", "127.0.0.1", "::", "::1", "::0", "127.0.1.1", "255.255.255.255"})
_OWN = frozenset(
    {"localhost", "localhost.localdomain", "local", "broadcasthost", "0.0.0.0", "ip6-localhost"}
    | {"ip6-loopback", "ip6-localnet", "ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters"}
)


def read(line: str) -> list[tuple[str, str]] | None:
    """The hosts that a line sends nowhere."""
    line = line.partition("#")[0].strip()
    if not line:
        return []
    address, *names = line.split()
    if address not in _NOWHERE:
        return [] if address.startswith(("ff0", "fe80")) else None
    foreign = [name for name in names if name.lower() not in _OWN]
    expressions = [host_expression(name) for name in foreign]
    entries = [(HOST, expression) for expression in expressions if expression]
    return entries if entries or (names and not foreign) else None
