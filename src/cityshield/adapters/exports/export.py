"""What an export is: decisions in force, written for something that enforces or reads them.

A format is one module in this folder, named as the format is, with `write(listed, about)` that
gives the text in pieces. The same decisions give the same bytes: nothing in an export comes from
the clock, and the order is that of the names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

import msgspec

from cityshield.guards.dates import iso
from cityshield.vocabulary.decision import ALLOW, BLOCK, DOMAIN, HOST, URL, Decision, Target


class About(msgspec.Struct, frozen=True):
    """Whose decisions these are, under which licence, where to appeal, and as of when."""

    operator: str
    contact: str
    licence: str
    changed_at: int = 0


Write = Callable[[Sequence[Decision], About], Iterator[str]]

_PACKAGE, _, _OWN_NAME = __name__.rpartition(".")


def formats() -> dict[str, Write]:
    """Every format by name."""
    return {
        path.stem: import_module(f"{_PACKAGE}.{path.stem}").write
        for path in sorted(Path(__file__).parent.glob("[a-z]*.py"))
        if path.stem != _OWN_NAME
    }


def in_order(decisions: Sequence[Decision]) -> list[Decision]:
    """Decisions in the order of every export; a dry run is not exported."""
    kept = [decision for decision in decisions if not decision.dry_run]
    return sorted(kept, key=lambda decision: (decision.target.value, decision.target, decision.id))


def blocked_names(listed: Sequence[Decision]) -> list[tuple[str, bool, Decision]]:
    """The names that are blocked, whether all below them are too, and by which decision."""
    names: dict[str, tuple[str, bool, Decision]] = {}
    for decision in listed:
        target = decision.target
        if decision.action == BLOCK and target.scope in (HOST, DOMAIN):
            below = target.scope == DOMAIN or (target.value in names and names[target.value][1])
            names[target.value] = (target.value, below, decision)
    allowed = {d.target for d in listed if d.action == ALLOW and d.target.scope != URL}
    return [
        entry
        for name, entry in names.items()
        if not {Target(HOST, name), Target(DOMAIN, name)} & allowed
    ]


def allowed_names(listed: Sequence[Decision]) -> list[str]:
    """The names that are let through, in order."""
    allowed = {d.target.value for d in listed if d.action == ALLOW and d.target.scope != URL}
    return sorted(allowed)


def heading(listed: Sequence[Decision], about: About, mark: str = "#") -> Iterator[str]:
    """Comment lines that say whose list it is, of when, and until when it holds."""
    yield f"{mark} Blocked by decision of {_line(about.operator)}\n"
    yield f"{mark} Entries: {len(listed)}\n"
    if listed:
        yield f"{mark} Newest decision: {iso(max(d.since or 0 for d in listed))}\n"
        yield f"{mark} First to expire: {iso(min(d.expires or 0 for d in listed))}\n"
    yield f"{mark} Licence: {_line(about.licence)}\n"
    if about.contact:
        yield f"{mark} Appeals: {_line(about.contact)}\n"


def _line(text: str) -> str:
    """A text that cannot leave its comment."""
    return " ".join(text.split())
