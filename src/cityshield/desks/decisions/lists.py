"""Guard lists put together, and those that are read whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cityshield.ports.guarded import GuardLists
from cityshield.vocabulary.decision import Guarded


class InMemory:
    """The `GuardLists` port over entries by domain."""

    def __init__(self, entries: Mapping[str, Sequence[Guarded]]) -> None:
        self._entries = entries

    def find(self, domains: Sequence[str]) -> list[Guarded]:
        """The entries whose own registrable domain is one of these, in order."""
        return [entry for domain in domains for entry in self._entries.get(domain, ())]


class Together:
    """Several guard lists as one."""

    def __init__(self, *lists: GuardLists) -> None:
        self._lists = lists

    def find(self, domains: Sequence[str]) -> list[Guarded]:
        """The entries of each list in turn."""
        return [entry for each in self._lists for entry in each.find(domains)]
