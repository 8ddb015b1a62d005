"""What is kept of an address that a page or a server names."""

from __future__ import annotations

import re
from typing import Final

_VALUE: Final = re.compile(r"=[^&;]*")
_SESSION: Final = re.compile(r";[a-z]{1,20}=[^/;]*", re.IGNORECASE)
_TELLING: Final = frozenset("#?;@")
_USER: Final = re.compile(r"^((?:[a-z]{1,10}:)?//)[^/]*@", re.IGNORECASE)


def without_values(address: str) -> str:
    """An address without what may be a secret or say who somebody is.

    The names of its parameters stay; their values, a session in the path, what stands before `@`
    and what follows `#` do not.
    """
    if _TELLING.isdisjoint(address):
        return address
    head, mark, query = address.partition("#")[0].partition("?")
    return _USER.sub(r"\1", _SESSION.sub("", head)) + mark + _VALUE.sub("=", query)


def without_user(address: str) -> str:
    """An address without what stands before `@`: a name, and maybe a password."""
    return _USER.sub(r"\1", address) if "@" in address else address
