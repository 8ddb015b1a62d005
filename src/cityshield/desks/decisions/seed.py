"""The guard lists that the project brings itself, in `guarded.toml` beside this module."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cityshield.desks.decisions.collateral import CLASSES, domain_of
from cityshield.desks.decisions.lists import InMemory
from cityshield.desks.decisions.target import read_target
from cityshield.guards.check import read_toml
from cityshield.guards.links.suffixes import Suffixes
from cityshield.vocabulary.decision import HOST, Guarded
from cityshield.vocabulary.errors import ConfigurationError, InputError

SOURCE = "cityshield"
_FILE = Path(__file__).parent / "guarded.toml"


class Seed(InMemory):
    """The `GuardLists` port over the seed, the operator's own names added."""

    def __init__(self, suffixes: Suffixes, own: Sequence[str] = ()) -> None:
        entries: dict[str, list[Guarded]] = {}
        mine = [_own_name(name, suffixes) for name in own]
        for kind, names in [*read_toml(_FILE).items(), (CLASSES[-1], mine)]:
            for name in names:
                entry = Guarded(name, kind, SOURCE)
                entries.setdefault(domain_of(name, suffixes), []).append(entry)
        super().__init__(entries)


def _own_name(text: str, suffixes: Suffixes) -> str:
    """One of the operator's own names as a guard entry; ConfigurationError for what is none."""
    try:
        return read_target(text.removeprefix("*."), suffixes, HOST).value
    except InputError as error:
        raise ConfigurationError("error-own-name", name=text[:200]) from error
