"""The link leads to a bare number instead of a name."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.links.facts import LinkFacts


@check(weight=0.5)
def raw_address(facts: LinkFacts) -> Hit | None:
    """Hit when the host is an IP address that is reachable from the internet."""
    canonical = facts.canonical
    if not canonical.is_ip or _is_local(canonical.host):
        return None
    return Hit(args={"host": canonical.host})


def _is_local(host: str) -> bool:
    """Whether a canonical address is a loopback, private or link-local one (RFC 6890)."""
    import ipaddress

    address = ipaddress.ip_address(host.strip("[]"))
    documentation = host.startswith(("192.0.2.", "198.51.100.", "203.0.113.", "[2001:db8:"))
    return not documentation and not address.is_global
