"""What the model sees of a normal form: hashed n-grams of tokens, in integers only.

A token is an ideograph, a word of Latin letters, a run of digits (by its length, not its value), a
link, a line break, or any other mark. Features are n-grams of tokens, pairs of tokens two to four
apart, and in English the beginnings of long words, and the classes of words, alone and in pairs.
Every step is arithmetic on 32-bit integers, so that JavaScript (`Math.imul`) makes the very same
buckets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cityshield.vocabulary.verdict import Span

BUCKET_BITS, CLASS_BITS = 24, 20
ZH, EN = 0, 1
LANGUAGES = ("zh", "en")

_BUCKET = (1 << BUCKET_BITS) - 1
CLASS_MASK = (1 << CLASS_BITS) - 1
_WORD = 0xFFFFFFFF
_PRIME, _BASIS = 0x01000193, 0x811C9DC5  # FNV-1a, 32 bits
_MIX = 0x9E3779B1  # 2**32 over the golden ratio (Knuth, TAOCP 3, 6.4)
_GRAM_SEEDS = (0x1B873593, 0xCC9E2D51)
_SKIP_SEEDS = (0x85EBCA6B, 0x27D4EB2F)
_PREFIX_SEED, _CLASS_SEED = 0x165667B1, 0xA511E9B3
_LONGEST_GRAM = (4, 3)
MOST_TIMES = (3, 1)
"""How often a feature counts in one text, by language."""
_PREFIX = 5
_LONGEST_DIGITS = 5
_LONGEST_REPEATED = 4
_BEGIN, _END, _LINK = 0x9, 0xA, 0xB

_TOKEN = re.compile(r"([a-z]+(?:'[a-z]{1,2}(?![a-z]))?)|([0-9][0-9x]*|x[0-9x]*[0-9][0-9x]*)|([^ ])")


class Tokens(NamedTuple):
    """The tokens of a normal form: hashes, ranges, the hash of each long word's beginning, classes.

    The first and the last token are the borders of the text. `words` counts ideographs and words,
    `language` is the one that has most of them. A text in Chinese has no `classes`.
    """

    hashes: list[int]
    starts: list[int]
    ends: list[int]
    prefixes: list[int]
    classes: list[int]
    language: int
    words: int


def tokenize(text: str, links: Sequence[Span], classes: Mapping[int, int]) -> Tokens:
    """The tokens of a normal text in which these ranges are links.

    `classes` has the class of a token by the last CLASS_BITS of its hash.
    Of one to four tokens that are repeated, the first three times are kept, so that nobody thins a
    message out with a letter held down.
    """
    hashes, starts, ends, prefixes = [_BEGIN], [0], [0], [0]
    ideographs = latin = place = number = 0
    period = step = 0
    length = len(text)
    match = _TOKEN.match
    while place < length:
        kind = 0
        if number < len(links) and place >= links[number][0]:
            start, end = links[number]
            number += 1
            if end <= place:
                continue
            value = _LINK
        else:
            found = match(text, place)
            if found is None:
                place += 1
                continue
            start, end = found.span()
            if number < len(links):
                end = min(end, links[number][0])
            kind = found.lastindex or 0
            value = _hash("0" * min(end - start, _LONGEST_DIGITS) if kind == 2 else text[start:end])
        place = end
        if not period or value != hashes[step % period - period]:
            period, step = _period(hashes, value), 0
        if period:
            step += 1
            ends[-1] = end
            continue
        prefix = 0
        if kind == 1:
            latin += 1
            if end - start > _PREFIX:
                prefix = _hash(text[start : start + _PREFIX])
        elif kind == 3 and "\u3400" <= text[start] <= "\u9fff":
            ideographs += 1
        hashes.append(value)
        prefixes.append(prefix)
        starts.append(start)
        ends.append(end)
    hashes.append(_END)
    starts.append(length)
    ends.append(length)
    prefixes.append(0)
    language = ZH if ideographs >= 2 * latin and ideographs else EN
    own = classes_of(hashes, classes) if language == EN else []
    return Tokens(hashes, starts, ends, prefixes, own, language, ideographs + latin)


def classes_of(hashes: Iterable[int], classes: Mapping[int, int]) -> list[int]:
    """The class of each token, zero where none was learnt; hashes that end alike share one."""
    known = classes.get
    return [known(value & CLASS_MASK, 0) for value in hashes]


def _period(hashes: list[int], value: int) -> int:
    """How many tokens, if any, stand there three times and would begin a fourth time with this."""
    size = len(hashes)
    for count in range(1, min(_LONGEST_REPEATED, (size - 1) // 3) + 1):
        if value == hashes[-count]:
            last = hashes[-count:]
            if last == hashes[-2 * count : -count] == hashes[-3 * count : -2 * count]:
                return count
    return 0


def buckets(tokens: Tokens, first: int, last: int) -> list[int]:
    """The buckets of all features of the tokens `first` to `last`.

    What is repeated counts MOST_TIMES at most, so that nobody outweighs a message by saying a word
    a hundred times.
    """
    hashes, language = tokens.hashes, tokens.language
    seed, skip_seed = _GRAM_SEEDS[language], _SKIP_SEEDS[language]
    longest = _LONGEST_GRAM[language]
    found: list[int] = []
    add = found.append
    for place in range(first, last):
        value = seed
        for token in hashes[place : min(place + longest, last)]:
            value = (value ^ token) * _MIX & _WORD
            value ^= value >> 15
            add(value & _BUCKET)
    inner_first = first + (first == 0)
    inner_last = last - (last == len(hashes))
    for place in range(inner_first, inner_last):
        start = (skip_seed ^ hashes[place]) * _MIX & _WORD
        start ^= start >> 15
        for token in hashes[place + 2 : min(place + 5, inner_last)]:
            value = (start ^ token) * _MIX & _WORD
            add((value ^ value >> 15) & _BUCKET)
    if language == EN:
        for prefix in tokens.prefixes[first:last]:
            if prefix:
                value = (_PREFIX_SEED ^ prefix) * _MIX & _WORD
                add((value ^ value >> 15) & _BUCKET)
        before = 0
        for number in tokens.classes[first:last]:
            value = (_CLASS_SEED ^ number) * _MIX & _WORD
            value ^= value >> 15
            add(value & _BUCKET)
            if before:
                pair = (before ^ number) * _MIX & _WORD
                add((pair ^ pair >> 15) & _BUCKET)
            before = value
    return _at_most(MOST_TIMES[language], found)


def _at_most(times: int, found: list[int]) -> list[int]:
    """The first so many occurrences of each."""
    once = dict.fromkeys(found, 0)
    if times == 1 or len(once) == len(found):
        return list(once)
    kept = []
    for bucket in found:
        count = once[bucket]
        if count < times:
            once[bucket] = count + 1
            kept.append(bucket)
    return kept


def _hash(text: str) -> int:
    value = _BASIS
    for character in text:
        value = (value ^ ord(character)) * _PRIME & _WORD
    return value
