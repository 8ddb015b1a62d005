"""The text asks for what fraud asks for, in the words that fraud uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cityshield.guards.check import Hit, Material, check
from cityshield.guards.messages.facts import MessageFacts
from cityshield.guards.messages.normal import Normal
from cityshield.guards.messages.pattern import Match, Patterns
from cityshield.vocabulary.verdict import Span

_WORDS_APART = 3
_QUIET_REACH = 60
_SILENCER = "!"


class Tells(NamedTuple):
    """All tells compiled together, with the weight of each and the names of what silences it."""

    patterns: Patterns
    weights: dict[str, float]
    silenced: dict[str, tuple[str, ...]]


def compile_tells(material: Material) -> Tells:
    """Tells from the folder `tells`: `patterns`, `unless`, `silenced_by` and `weight` of each.

    `silenced_by` names groups of `[data.silencers]`, which many tells share.
    """
    silencers: dict[str, list[str]] = material.data["silencers"]
    patterns: dict[str, list[str]] = {
        _SILENCER + group: phrases for group, phrases in silencers.items()
    }
    silenced: dict[str, tuple[str, ...]] = {}
    for name, tell in material.rules.items():
        patterns[name] = tell["patterns"]
        patterns[_SILENCER + name] = tell.get("unless", [])
        groups = [name, *tell.get("silenced_by", [])]
        silenced[name] = tuple(_SILENCER + group for group in groups)
    weights = {name: float(tell["weight"]) for name, tell in material.rules.items()}
    return Tells(Patterns(patterns), weights, silenced)


@check(weight=0.3, rules="tells", knowledge=compile_tells)
def tells(facts: MessageFacts, compiled: Tells) -> Iterator[Hit]:
    """One hit for each tell that is in the text, with the words that gave it away.

    A silencer of its own or a shared one keeps a tell quiet when it stands within 60 characters:
    "never tell anyone your code" asks for no code.
    """
    normal = facts.normal
    found = compiled.patterns.find(normal.text)
    for name, matches in found.items():
        if name.startswith(_SILENCER):
            continue
        quiet = [other for group in compiled.silenced[name] for other in found.get(group, ())]
        heard = [match for match in matches if not _is_near(match, quiet)]
        if heard:
            yield Hit(_spans(normal, heard), rule=name, weight=compiled.weights[name])


def _is_near(match: Match, others: Sequence[Match]) -> bool:
    start, end = match.slots[0][0], match.slots[-1][1]
    return any(
        other.slots[0][0] - end <= _QUIET_REACH and start - other.slots[-1][1] <= _QUIET_REACH
        for other in others
    )


def _spans(normal: Normal, matches: Sequence[Match]) -> tuple[Span, ...]:
    """The matched words in the original, those that nearly touch joined, in order, each once."""
    joined: list[Span] = []
    for start, end in sorted({slot for match in matches for slot in match.slots}):
        if joined and start - joined[-1][1] <= _WORDS_APART:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(normal.span(start, end) for start, end in joined)
