"""Which hosts may be visited: those that are listed, less those that opted out.

A million names take eight megabytes: a keyed 64-bit hash of each is held, in order. The key is new
in each process, so nobody can make up a name that is mistaken for a listed one.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b


class Scope:
    """Listed hosts and opt-outs; `*.city.example` lists every name below one."""

    def __init__(self, listed: Iterable[str], opted_out: Iterable[str] = ()) -> None:
        self._key = os.urandom(16)
        self._listed = self._sorted(listed)
        self._out = self._sorted(opted_out)

    def reason(self, host: str) -> str:
        """Empty where a host may be visited, else `opted-out` or `out-of-scope`."""
        if self._holds(self._out, host):
            return "opted-out"
        return "" if self._holds(self._listed, host) else "out-of-scope"

    def _sorted(self, names: Iterable[str]) -> array[int]:
        return array("Q", sorted({self._hash(name.lower().rstrip(".")) for name in names}))

    def _hash(self, name: str) -> int:
        digest = blake2b(name.encode(), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest, "big")

    def _holds(self, table: array[int], host: str) -> bool:
        if not table:
            return False
        host = host.lower().rstrip(".")
        if _in(table, self._hash(host)):
            return True
        rest = host
        while "." in rest:
            rest = rest.partition(".")[2]
            if _in(table, self._hash(f"*.{rest}")):
                return True
        return False


def _in(table: array[int], value: int) -> bool:
    place = bisect_left(table, value)
    return place < len(table) and table[place] == value
