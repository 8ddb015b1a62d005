"""Which addresses may be connected to: those of the public internet, and what the operator opened.

Source: the special-purpose registries of IANA (RFC 6890). `ipaddress.is_global` is the start;
what leads elsewhere than it says, such as tunnels and translations, is refused besides.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from threading import Thread

from cityshield.vocabulary.errors import ConfigurationError, InputError

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, float], Sequence[str]]
"""The addresses of a host name; the number is how many seconds that may take."""

_NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",  # a cloud's metadata at a public address
            "192.0.0.0/24",  # protocol assignments, some of which count as global
            "192.88.99.0/24",  # 6to4 relays (RFC 7526)
            "2001::/23",  # Teredo, ORCHID and other assignments (RFC 2928)
            "2002::/16",  # 6to4: an IPv4 address inside (RFC 3056)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
_UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that is given out; translations (64:ff9b::/96), mapped and old forms lie outside."""

_MOST_ADDRESSES = 8


class Border:
    """Tells where the shield may connect to. `allow` are the networks opened by the operator."""

    def __init__(self, allow: Sequence[str] = ()) -> None:
        try:
            self._allow = [ip_network(text, strict=False) for text in allow]
        except ValueError as error:
            raise ConfigurationError("error-net-allow", reason=str(error)) from error

    def lets(self, text: str) -> bool:
        """Whether an address, as a socket has it, may be connected to."""
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
            return self._is_allowed(address)
        return self._is_allowed(address) or is_public(address)

    def _is_allowed(self, address: Address) -> bool:
        return any(address in network for network in self._allow)

    def addresses_of(self, host: str, resolve: Resolve, time_s: float) -> list[str]:
        """The addresses of a host that may be connected to, asked for once.

        Raises InputError when there are none.
        """
        literal = host.strip("[]")
        try:
            found: Sequence[str] = [str(ip_address(literal))]
        except ValueError:
            found = resolve(host, time_s)
        good = [address for address in found if self.lets(address)]
        if not good:
            shown = ", ".join(found[:3])
            raise InputError("error-net-address", host=host[:255], address=shown)
        return good[:_MOST_ADDRESSES]


def is_public(address: Address) -> bool:
    """Whether an address is of the public internet, and leads nowhere else."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return not any(_contains(network, address) for network in _NOT_PUBLIC)


def _contains(network: IPv4Network | IPv6Network, address: Address) -> bool:
    return network.version == address.version and address in network


def resolve_by_system(host: str, time_s: float) -> list[str]:
    """The addresses of a host by the system's resolver; InputError when it knows none in time.

    The system's call can't be stopped: one that takes too long is left behind in its thread.
    """
    asked: Future[list[str]] = Future()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            asked.set_result(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            asked.set_exception(error)

    Thread(target=ask, daemon=True).start()
    try:
        return asked.result(time_s)
    except TookTooLong as error:
        raise InputError("error-net-name", host=host[:255], reason="timeout") from error
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError("error-net-name", host=host[:255], reason=reason[:200]) from error
