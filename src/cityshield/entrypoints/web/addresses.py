"""Addresses of clients: what one client holds, and whose word about a client is believed."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def address_of(text: str) -> Address | None:
    """The address that a text is; IPv4 inside IPv6 (RFC 4291, 2.5.5.2) is the IPv4 address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address
    return address


def block_of(text: str) -> str:
    """An IPv6 address as its /64, which is what one client holds; any other as it is."""
    address = address_of(text)
    if address is None:
        return text
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(address), 64), strict=False))
    return str(address)


class Proxies:
    """The proxies whose word about the client is believed."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._networks = [_network_of(item) for item in trusted]

    def client(self, peer: str, forwarded: str) -> str:
        """The client's block: the last in `X-Forwarded-For` that is not a trusted proxy's."""
        address = peer
        for item in reversed(forwarded.split(",")):
            if not self.trusts(address):
                break
            candidate = item.strip().strip("[]")
            if address_of(candidate) is None:
                break
            address = candidate
        return block_of(address)

    def trusts(self, text: str) -> bool:
        """Whether a peer with this address is one of them."""
        address = address_of(text) if self._networks else None
        return address is not None and any(address in network for network in self._networks)


def _network_of(text: str) -> Network:
    network = ipaddress.ip_network(text, strict=False)
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= 96:
        if mapped := network.network_address.ipv4_mapped:
            return ipaddress.IPv4Network((int(mapped), network.prefixlen - 96))
    return network
