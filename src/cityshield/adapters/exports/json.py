"""JSON, a decision as the vocabulary has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from cityshield.adapters.exports.export import About
from cityshield.vocabulary.decision import Decision

_encode = msgspec.json.Encoder().encode


def write(listed: Sequence[Decision], about: About) -> Iterator[str]:
    """One object: whose decisions these are, and all that are in force."""
    yield f'{{"about":{_encode(about).decode()},"decisions":['
    for place, decision in enumerate(listed):
        yield (",\n" if place else "\n") + _encode(decision).decode()
    yield "\n]}\n"
