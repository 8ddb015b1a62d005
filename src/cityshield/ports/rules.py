"""Rules over bytes, as a gatherer may ask for them."""

from __future__ import annotations

from typing import Protocol

import msgspec


class RuleHit(msgspec.Struct, frozen=True, gc=False):
    """One rule that matched: its name, the set it is from, and its own description.

    The bytes that matched are not kept.
    """

    rule: str
    origin: str
    description: str


class Scan(msgspec.Struct, frozen=True, gc=False):
    """What scanning gave: hits, or the reason why the scan did not end."""

    hits: tuple[RuleHit, ...] = ()
    failure: str = ""


class Rules(Protocol):
    """Compiled rules; one that is broken has been left out and reported by its owner."""

    def version(self) -> str:
        """A word that changes whenever the rules do; empty when there are none."""
        ...

    def scan(self, content: bytes) -> Scan:
        """The rules that match this content."""
        ...
