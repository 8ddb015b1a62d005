"""The model: a linear sum over hashed n-grams, and a second one that names the type of fraud.

Weights are 8-bit integers, norms and calibration tables of integers, so that every runtime gives
the very same score. Units: a *mark* is a thousandth of a natural log-odds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

import msgspec

from cityshield.guards.messages.features import BUCKET_BITS, CLASS_BITS, Tokens, buckets
from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.verdict import Span

TYPE_BITS = 17
_TYPE_MASK = (1 << TYPE_BITS) - 1
NORM_SHIFT = 16
_SKIP = 255
"""A step over so many places, at whose end is none."""
_LONGEST_RUN = 12

WINDOW, WINDOWED_FROM = 32, 96
"""Tokens of a window, and of the longest text, borders included, that is read as a whole only."""


class Settings(msgspec.Struct, frozen=True):
    """All numbers of the model that are not weights, by language where two stand together.

    The norm for n tokens times the sum of weights, shifted right by NORM_SHIFT, gives marks.
    `window_cost` is what a part must outweigh the whole by, and by how much more for each doubling
    of the text, for of many honest parts one is like a fraud. `signs` adds marks for each kind of
    disguise, `tells` for each tell. `knots` map marks to the score in thousandths, `chances` to the
    probability of fraud in thousandths; both rise, and are read between their points. `ordinary` is
    the mark below which a text is one of everyday life.
    """

    norms: tuple[list[int], list[int]]
    bias: tuple[int, int]
    window_cost: tuple[int, int]
    signs: dict[str, int]
    tells: dict[str, int]
    knots: tuple[list[tuple[int, int]], list[tuple[int, int]]]
    chances: tuple[list[tuple[int, int]], list[tuple[int, int]]]
    ordinary: tuple[int, int]
    types: list[str]


class Model(NamedTuple):
    """Weights by bucket; rows of a weight for each type; the class of a token by its hash's end."""

    weights: memoryview
    type_rows: list[int]
    type_weights: memoryview
    classes: Mapping[int, int]
    settings: Settings


def load_model(weights: bytes, types: bytes, classes: bytes, settings: Settings) -> Model:
    """The model from its sections, each of which has places, then the bytes of each."""
    count = len(settings.types)
    used, values = _read_places(weights, BUCKET_BITS)
    rows, type_values = _read_places(types, TYPE_BITS, count)
    words, numbers = _read_places(classes, CLASS_BITS)
    table = bytearray(1 << BUCKET_BITS)
    for bucket, value in zip(used, values, strict=True):
        table[bucket] = value
    type_rows = [-1] * (1 << TYPE_BITS)
    for number, row in enumerate(rows):
        type_rows[row] = number * count
    return Model(
        memoryview(bytes(table)).cast("b"),
        type_rows,
        memoryview(type_values).cast("b"),
        dict(zip(words, numbers, strict=True)),
        settings,
    )


def write_places(places: Iterable[int]) -> bytes:
    """Rising places as steps of one byte: how many are left out, 255 for as many and no place.

    Their number stands before them in four bytes, the lowest first. A step is nearly as short as
    its entropy once the pack is deflated; a bit for each bucket took a third more.
    """
    steps = bytearray()
    count, next_place = 0, 0
    for place in places:
        skips, left = divmod(place - next_place, _SKIP)
        steps += bytes([_SKIP]) * skips + bytes([left])
        count, next_place = count + 1, place + 1
    return count.to_bytes(4, "little") + bytes(steps)


def _read_places(section: bytes, bits: int, each: int = 1) -> tuple[list[int], bytes]:
    """The places of so many bits that a section begins with, and as many bytes for each."""
    size = 1 << bits
    count = int.from_bytes(section[:4], "little")
    found: list[int] = []
    place, read = 0, 4
    while len(found) < count and read < len(section) and place < size:
        step = section[read]
        read += 1
        place += step
        if step != _SKIP:
            found.append(place)
            place += 1
    values = section[read:]
    whole = len(section) >= 4 and len(found) == count and place <= size
    if not whole or len(values) != count * each:
        raise ConfigurationError("error-pack-section", section="model")
    return found, values


def marks_of(model: Model, tokens: Tokens) -> tuple[int, int, int]:
    """The marks of a text, and the tokens between which they were found: its whole or a window."""
    last = len(tokens.hashes)
    best = _marks(model, tokens, 0, last), 0, last
    if last > WINDOWED_FROM:
        cost, more = model.settings.window_cost
        cost += more * ((last // WINDOWED_FROM).bit_length() - 1)
        for first in range(0, last - WINDOW // 2, WINDOW // 2):
            end = min(first + WINDOW, last)
            found = _marks(model, tokens, first, end) - cost
            if found > best[0]:
                best = found, first, end
    return best


def _marks(model: Model, tokens: Tokens, first: int, last: int) -> int:
    weights = model.weights
    total = sum([weights[bucket] for bucket in buckets(tokens, first, last)])
    norms = model.settings.norms[tokens.language]
    return total * norms[min(last - first, len(norms) - 1)] >> NORM_SHIFT


def type_of(model: Model, tokens: Tokens, first: int, last: int) -> str:
    """The type of fraud that these tokens are most like; the first of the list when none is."""
    count = len(model.settings.types)
    rows, weights = model.type_rows, model.type_weights
    sums = [0] * count
    for bucket in buckets(tokens, first, last):
        row = rows[bucket & _TYPE_MASK]
        if row >= 0:
            for number in range(count):
                sums[number] += weights[row + number]
    return model.settings.types[sums.index(max(sums))]


def heaviest(model: Model, tokens: Tokens, first: int, last: int) -> list[Span]:
    """The words that weigh most, at most two ranges of the normal form.

    A range is the run of tokens with the greatest sum, each token's share of its neighbours' grams
    counted (Kadane's scan), a second one when it weighs at least half of the first.
    """
    shares = _shares(model, tokens, first, last)
    found: list[tuple[int, int, int]] = []
    for _ in range(2):
        best = _greatest_run(shares)
        if best is None or (found and best[0] * 2 < found[0][0]):
            break
        found.append(best)
        for place in range(best[1], best[2]):
            shares[place] = -(1 << 30)
    starts, ends = tokens.starts, tokens.ends
    return sorted(
        (starts[first + left], ends[first + right - 1])
        for _, left, right in found
        if ends[first + right - 1] > starts[first + left]
    )


def _shares(model: Model, tokens: Tokens, first: int, last: int) -> list[int]:
    """What each token weighs with its neighbours, above the mean of all."""
    weights = model.weights
    shares = [0] * (last - first)
    for place in range(last - first):
        low, high = max(first, first + place - 1), min(last, first + place + 2)
        shares[place] = sum([weights[bucket] for bucket in buckets(tokens, low, high)])
    mean = max(sum(shares) // len(shares), 0)
    return [share - mean for share in shares]


def _greatest_run(shares: list[int]) -> tuple[int, int, int] | None:
    best: tuple[int, int, int] | None = None
    total, start = 0, 0
    for place, share in enumerate(shares):
        if total <= 0:
            total, start = 0, place
        total += share
        if (
            share > 0
            and total > 0
            and place - start < _LONGEST_RUN
            and (best is None or total > best[0])
        ):
            best = total, start, place + 1
    return best


def between(knots: list[tuple[int, int]], value: int) -> int:
    """A rising line through points, read at a value, in integers; flat beyond its ends."""
    if value <= knots[0][0]:
        return knots[0][1]
    for (left, low), (right, high) in pairwise(knots):
        if value < right:
            return low + (high - low) * (value - left) // (right - left)
    return knots[-1][1]
