"""How good the guard is: recall at fixed false alarms, by type and by source, with intervals."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from cityshield.guards.messages.corpus import FRAUD, Message
from cityshield.guards.messages.evasion import ATTACKS, halves
from cityshield.guards.messages.reader import MALICIOUS, SUSPICIOUS, Reader, Reading
from cityshield.vocabulary.verdict import BENIGN

_BINS = 10
_Z = 1.96


class Share(msgspec.Struct, frozen=True):
    """So many of so many, with the 95 % interval of Wilson (1927)."""

    count: int
    of: int
    share: float
    low: float
    high: float


class Group(msgspec.Struct, frozen=True):
    """The figures of one language, source, voice, type or kind.

    `recall` and `false_alarms` are at the shipped threshold, `loud` is benign shown as malicious,
    `missed` fraud shown as benign. `recall_at` has recall at the threshold that so large a share of
    the benign texts of this very group passes: it is empty where they are too few to tell.
    """

    name: str
    texts: int
    precision: Share
    recall: Share
    false_alarms: Share
    loud: Share
    missed: Share
    vouched: Share
    recall_at: dict[str, Share]
    calibration_error: float


class Mistake(msgspec.Struct, frozen=True):
    """A text on the wrong side of the threshold."""

    score: int
    label: str
    type: str
    voice: str
    text: str


class Evaluation(msgspec.Struct, frozen=True):
    """All figures of a run; `types_f1` is the macro-average over the types of fraud."""

    groups: list[Group]
    types: dict[str, float]
    types_f1: float
    attacks: dict[str, Share]
    mistakes: list[Mistake]


class Judged(NamedTuple):
    """A message and what was read in it."""

    message: Message
    reading: Reading


def evaluate(
    reader: Reader,
    messages: Iterable[Message],
    *,
    attacks: bool = False,
    mistakes: int = 10,
    progress: Callable[[], None] = lambda: None,
) -> Evaluation:
    """Read every message and count."""
    judged = []
    for message in messages:
        judged.append(Judged(message, reader.read(message.text)))
        progress()
    groups: dict[str, list[Judged]] = defaultdict(list)
    for item in judged:
        message = item.message
        groups[f"language {item.reading.language}"].append(item)
        groups[f"source {message.source or message.voice or '-'}"].append(item)
        if message.label != FRAUD and message.type:
            groups[f"benign {message.type}"].append(item)
    types, macro = type_scores(judged)
    return Evaluation(
        [_group("all", judged), *(_group(name, groups[name]) for name in sorted(groups))],
        types,
        macro,
        attack_shares(reader, judged) if attacks else {},
        worst(judged, mistakes),
    )


def share(count: int, of: int) -> Share:
    """A share with its interval; of nothing, an interval that says nothing."""
    if not of:
        return Share(0, 0, 0.0, 0.0, 1.0)
    p = count / of
    middle = (p + _Z * _Z / (2 * of)) / (1 + _Z * _Z / of)
    half = _Z * math.sqrt(p * (1 - p) / of + _Z * _Z / (4 * of * of)) / (1 + _Z * _Z / of)
    return Share(count, of, p, max(0.0, middle - half), min(1.0, middle + half))


def threshold_at(benign_marks: Sequence[int], false_alarms: float) -> int | None:
    """The marks that at most this share of benign texts exceeds; None when they are too few."""
    allowed = int(len(benign_marks) * false_alarms)
    if allowed < 1:
        return None
    return sorted(benign_marks, reverse=True)[allowed]


def calibration_error(judged: Sequence[Judged]) -> float:
    """Expected calibration error over ten bins of equal width (Guo et al. 2017)."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for message, reading in judged:
        if reading.abstained:
            continue
        place = min(reading.chance * _BINS // 1000, _BINS - 1)
        bins[place].append((reading.chance / 1000, message.label == FRAUD))
    total = sum(map(len, bins.values()))
    return sum(
        abs(sum(chance for chance, _ in members) - sum(fraud for _, fraud in members)) / total
        for members in bins.values()
    )


def type_scores(judged: Sequence[Judged]) -> tuple[dict[str, float], float]:
    """F1 of each type of fraud over the fraud that the model speaks of, and their mean."""
    right: Counter[str] = Counter()
    said: Counter[str] = Counter()
    are: Counter[str] = Counter()
    for message, reading in judged:
        if message.label != FRAUD or not reading.type or not message.type:
            continue
        are[message.type] += 1
        said[reading.type] += 1
        right[message.type] += message.type == reading.type
    scores = {name: 2 * right[name] / (are[name] + said[name]) for name in sorted(are)}
    return scores, sum(scores.values()) / len(scores) if scores else 0.0


def attack_shares(reader: Reader, judged: Sequence[Judged], seed: int = 1) -> dict[str, Share]:
    """Of the fraud that is recognised, what each attack leaves recognised."""
    shares: dict[str, Share] = {}
    for language, attacks in ATTACKS.items():
        some = [
            message.text
            for message, reading in judged
            if message.label == FRAUD
            and reading.language == language
            and reading.score >= SUSPICIOUS
        ]
        for name, attack in attacks.items():
            rng = random.Random(seed)  # noqa: S311
            kept = sum(reader.read(attack(text, rng)).score >= SUSPICIOUS for text in some)
            shares[f"{language} {name}"] = share(kept, len(some))
        kept = sum(reader.read_turns(halves(text)).peak >= SUSPICIOUS for text in some)
        shares[f"{language} split over two messages"] = share(kept, len(some))
    return shares


def worst(judged: Sequence[Judged], most: int) -> list[Mistake]:
    """The benign texts with the highest marks, then the fraud with the lowest."""
    benign = [item for item in judged if item.message.label != FRAUD]
    fraud = [item for item in judged if item.message.label == FRAUD]
    benign.sort(key=lambda item: -item.reading.marks)
    fraud.sort(key=lambda item: item.reading.marks)
    loud = [item for item in benign[:most] if item.reading.score >= SUSPICIOUS]
    missed = [item for item in fraud[:most] if item.reading.score < SUSPICIOUS]
    return [
        Mistake(r.score, m.label, m.type, m.voice or m.source, m.text[:200])
        for m, r in (*loud, *missed)
    ]


def _group(name: str, judged: Sequence[Judged]) -> Group:
    fraud = [reading for message, reading in judged if message.label == FRAUD]
    benign = [reading for message, reading in judged if message.label != FRAUD]
    caught = sum(reading.score >= SUSPICIOUS for reading in fraud)
    alarms = sum(reading.score >= SUSPICIOUS for reading in benign)
    marks = [_rank(reading) for reading in benign]
    recall_at = {}
    for false_alarms in (0.001, 0.01, 0.03):
        limit = threshold_at(marks, false_alarms)
        if limit is not None and fraud:
            found = sum(_rank(reading) > limit for reading in fraud)
            recall_at[f"{false_alarms:.1%}"] = share(found, len(fraud))
    return Group(
        name,
        len(judged),
        share(caught, caught + alarms),
        share(caught, len(fraud)),
        share(alarms, len(benign)),
        share(sum(reading.score >= MALICIOUS for reading in benign), len(benign)),
        share(sum(reading.level == BENIGN for reading in fraud), len(fraud)),
        share(sum(reading.level == BENIGN for reading in benign), len(benign)),
        recall_at,
        calibration_error(judged),
    )


def _rank(reading: Reading) -> int:
    """Marks for ranking; a text that is not judged ranks below all."""
    return reading.marks if not reading.abstained else -(1 << 30)
