"""The normal form of a text, with a map back to the original.

Five linear passes, the same in every runtime and all by the tables of `fold`:

1. each character is folded; what leaves no mark and pictures are dropped and counted, blanks and
   separators between ideographs too, and separators inside words;
2. letters that were spaced out, or cut by dots, are joined;
3. digits and signs that stand for letters inside a word are read as letters, and runs of Chinese
   numerals as digits;
4. pinyin beside ideographs is read as ideographs;
5. phrases that stand for others are replaced.

A normal form holds characters of the BMP only, so positions in it are the same in UTF-16.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from cityshield.guards.messages.fold import INVISIBLE, MARK, SOFT, Fold, beyond
from cityshield.guards.messages.pinyin import read_pinyin
from cityshield.vocabulary.verdict import Span

_BETWEEN_IDEOGRAPHS = frozenset(" .-/\\_+=#")
"""Separators that are dropped where ideographs stand on both sides."""

_LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s"}
_NUMERALS = {c: str(n) for n, c in enumerate("零一二三四五六七八九")} | {
    c: str(n) for n, c in enumerate("壹贰叁肆伍陆柒捌玖", 1)
}
_TWO_BLANKS = [" ", " "]
_FEWEST_SPACED = 5
_FEWEST_DOTS = 4
_LETTERS_A_DOT = 5
_FEWEST_LETTERS = 2
_MOST_LEET, _MOST_AT_EDGES = 2, (1, 3)
_FEWEST_LEET, _FULL_OF_LEET = 3, 8
_AFTER_APOSTROPHE = frozenset("753")
_LEET_WORDS = frozenset(("4", "70", "47", "15", "17", "50", "45"))
_AMOUNT = re.compile(
    r"\$?[0-9]*(?:1st|2nd|3rd|[0-9]th|[0-9][0-9]s|[0-9](?:[ap]m|[bgkphlx]|[km]g|[gmt]b|[mck]m|ml|oz"
    r"|mins?|hrs?|days?|wks?|yrs?|lbs?)?)"
)
_LINK_BEFORE = frozenset("./:@#?=&_%")
_LINK_AFTER = frozenset(".,/:_?=&%")
_WORD_BEFORE = frozenset(" \n'\"(-")
_UNITS = frozenset("十百千万亿第")


class Normal(msgspec.Struct, frozen=True, gc=False):
    """A normal form: `text`, and for each of its characters the range of the original it is from.

    What was undone is counted: `hidden` characters that leave no mark between two letters,
    `split` separators or pictures inside a word, `spaced` letters that stood apart, `disguised`
    letters of other alphabets or faces, `leet` signs in place of letters, `marks` accents that
    were piled up, `phrases` and syllables that stand for others.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    hidden: int = 0
    split: int = 0
    spaced: int = 0
    disguised: int = 0
    leet: int = 0
    marks: int = 0
    phrases: int = 0

    def span(self, start: int, end: int) -> Span:
        """The range of the original that `text[start:end]` was made from."""
        return self.starts[start], self.ends[end - 1]


def is_latin(character: str) -> bool:
    """Whether a character of a normal form is a letter from a to z."""
    return "a" <= character <= "z"


def is_word(character: str) -> bool:
    """Whether a character of a normal form is a letter or a digit of any script."""
    return (
        "a" <= character <= "z"
        or "0" <= character <= "9"
        or "\u00b5" <= character <= "\u1fff"
        or "\u3040" <= character <= "\ufdff"
    )


def normalize(original: str, fold: Fold) -> Normal:
    """Fold a text; time and memory are linear in its length, and no text raises."""
    work = _Work(original, fold)
    work.join()
    work.read_digits()
    work.read_pinyin()
    work.replace_phrases()
    return Normal(
        "".join(work.out),
        work.starts,
        work.ends,
        work.hidden,
        work.split,
        work.spaced,
        work.disguised,
        work.leet,
        work.marks,
        work.phrases,
    )


class _Work:
    """The characters so far, with their ranges and counts."""

    def __init__(self, original: str, fold: Fold) -> None:
        self.fold = fold
        self.out: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.hidden = self.split = self.spaced = self.disguised = 0
        self.leet = self.marks = self.phrases = 0
        self._fold_all(original)

    def _fold_all(self, original: str) -> None:
        out, starts, ends = self.out, self.starts, self.ends
        known = self.fold.characters
        unseen = soft = marks = 0
        last = ""
        for index, character in enumerate(original):
            folded = known.get(character, character)
            if folded > "\uffff":
                folded = beyond(folded)
            if folded == INVISIBLE or "\ud800" <= folded <= "\udfff":
                unseen += 1
                continue
            if folded == SOFT:
                soft += 1
                continue
            if folded == MARK:
                marks += 1
                if marks > 1:
                    self.marks += 1
                if out:
                    ends[-1] = index + 1
                continue
            marks = 0
            first = folded[0]
            if first == " " and (last == "\n" or out[-2:] == _TWO_BLANKS or not out):
                continue
            if "\u3400" <= first <= "\u9fff":
                if last in _BETWEEN_IDEOGRAPHS:
                    self._close_gap()
                elif soft and "\u3400" <= last <= "\u9fff":
                    self.split += 1
                if unseen and "\u3400" <= last <= "\u9fff":
                    self.hidden += unseen
            elif "a" <= first <= "z":
                if (soft or unseen) and "a" <= last <= "z":
                    self.split += soft > 0
                    self.hidden += unseen
                if (
                    len(folded) == 1
                    and character > "\u024f"
                    and not "\uff00" <= character <= "\uffef"
                ):
                    self.disguised += 1
            unseen = soft = 0
            for item in folded:
                out.append(item)
                starts.append(index)
                ends.append(index + 1)
            last = folded[-1]
        while out and out[-1] == " ":
            out.pop(), starts.pop(), ends.pop()

    def _close_gap(self) -> None:
        """Drop the separators at the end when an ideograph stands before them."""
        out = self.out
        place = len(out)
        while place and out[place - 1] in _BETWEEN_IDEOGRAPHS:
            place -= 1
        if place and "\u3400" <= out[place - 1] <= "\u9fff":
            if any(item != " " for item in out[place:]):
                self.split += 1
            else:
                self.spaced += 1
            del out[place:], self.starts[place:], self.ends[place:]

    def join(self) -> None:
        """Join letters that stand apart by one blank each, and words that are full of dots."""
        keep = bytearray(b"\1") * len(self.out)
        self._join_spaced(keep)
        self._join_dotted(keep)
        if 0 in keep:
            self._keep(keep)

    def _join_spaced(self, keep: bytearray) -> None:
        """Letters apart by one blank are a word, two blanks stand between words."""
        out = self.out
        length = len(out)
        place = 0
        while place < length:
            if out[place] == " " and place and out[place - 1] == " ":
                keep[place] = 0
            if not self._stands_alone(place):
                place += 1
                continue
            single: list[int] = []
            count, letters, last = 1, int(is_latin(out[place])), place
            while last + 1 < length and out[last + 1] == " ":
                after = last + 2 if last + 2 >= length or out[last + 2] != " " else last + 3
                if not self._stands_alone(after):
                    break
                if after == last + 2:
                    single.append(last + 1)
                else:
                    keep[last + 2] = 0
                count += 1
                letters += is_latin(out[after])
                last = after
            if count >= _FEWEST_SPACED and letters * 2 >= count:
                self.spaced += count
                for blank in single:
                    keep[blank] = 0
            place = last + 1

    def _stands_alone(self, place: int) -> bool:
        out = self.out
        return (
            place < len(out)
            and out[place] > " "
            and (place == 0 or out[place - 1] <= " ")
            and (place + 1 == len(out) or out[place + 1] <= " ")
        )

    def _join_dotted(self, keep: bytearray) -> None:
        out = self.out
        dots = [
            place
            for place in range(1, len(out) - 1)
            if out[place] == "." and is_latin(out[place - 1]) and is_latin(out[place + 1])
        ]
        if len(dots) < _FEWEST_DOTS:
            return
        if len(dots) * _LETTERS_A_DOT >= sum([is_latin(item) for item in out]):
            self.split += len(dots)
            for place in dots:
                keep[place] = 0

    def _keep(self, keep: bytearray) -> None:
        for name in ("out", "starts", "ends"):
            values = getattr(self, name)
            setattr(self, name, [item for item, kept in zip(values, keep, strict=True) if kept])

    def read_digits(self) -> None:
        """Read signs inside words as letters, and runs of Chinese numerals as digits.

        In a text that does so often, signs at the borders of words are read as letters too, and in
        one that is full of them whole short words.
        """
        self._read_digits(0)
        if self.leet >= _FEWEST_LEET:
            self._read_digits(_MOST_AT_EDGES[self.leet >= _FULL_OF_LEET])

    def _read_digits(self, edges: int) -> None:
        out = self.out
        length = len(out)
        place = 0
        while place < length:
            item = out[place]
            if item in _NUMERALS:
                end = place + 1
                while end < length and out[end] in _NUMERALS:
                    end += 1
                if end - place > 1 and not (
                    (place and out[place - 1] in _UNITS) or (end < length and out[end] in _UNITS)
                ):
                    out[place:end] = [_NUMERALS[numeral] for numeral in out[place:end]]
                place = end
            elif "a" <= item <= "z" or item in _LEET:
                end = place + 1
                while end < length and ("a" <= out[end] <= "z" or out[end] in _LEET):
                    end += 1
                self._read_leet(place, end, edges)
                place = end
            else:
                place += 1

    def _read_leet(self, start: int, end: int, edges: int) -> None:
        """Signs between the first and the last letter of a word that is not part of a link.

        With `edges`, so many before the first and after the last letter too, and when it is more
        than one, whole short words.
        """
        out = self.out
        letters = [place for place in range(start, end) if "a" <= out[place] <= "z"]
        if len(letters) == end - start or (start and out[start - 1] in _LINK_BEFORE):
            return
        if end + 1 < len(out) and out[end] in _LINK_AFTER and is_word(out[end + 1]):
            return
        if letters and all(out[place] == "x" for place in letters):
            return
        most = _MOST_LEET
        if edges:
            if start and out[start - 1] not in _WORD_BEFORE:
                return
            if end < len(out) and is_word(out[end]):
                return
            word = "".join(out[start:end])
            if start and out[start - 1] == "'" and not letters:
                readable = word in _AFTER_APOSTROPHE
            elif letters:
                readable = not _AMOUNT.fullmatch(word)
            else:
                readable = (
                    edges > 1 and word in _LEET_WORDS and not (end < len(out) and out[end] == "%")
                )
            if not readable:
                return
            letters = [start - 1, *letters, end]
            most = edges
        elif len(letters) < _FEWEST_LETTERS:
            return
        for left, right in pairwise(letters):
            if 1 < right - left <= most + 1:
                for place in range(left + 1, right):
                    out[place] = _LEET[out[place]]
                    self.leet += 1

    def read_pinyin(self) -> None:
        """Read syllables that stand for ideographs; each covers its own letters."""
        self._replace(read_pinyin(self.out, self.fold.pinyin))

    def replace_phrases(self) -> None:
        """Replace phrases that stand for others; each new character covers the whole phrase."""
        by_first = self.fold.by_first
        out = self.out
        found: list[tuple[int, int, str]] = []
        place = 0
        while place < len(out):
            candidates = by_first.get(out[place])
            for spelling, plain in candidates or ():
                end = place + len(spelling)
                if (
                    "".join(out[place:end]) == spelling
                    and not (is_latin(spelling[0]) and place and is_latin(out[place - 1]))
                    and not (is_latin(spelling[-1]) and end < len(out) and is_latin(out[end]))
                ):
                    found.append((place, end, plain))
                    place = end - 1
                    break
            place += 1
        self._replace(found)

    def _replace(self, found: Sequence[tuple[int, int, str]]) -> None:
        """Put each text in place of its range; new characters cover the whole range."""
        if not found:
            return
        self.phrases += len(found)
        out, starts, ends = self.out, self.starts, self.ends
        text: list[str] = []
        firsts: list[int] = []
        lasts: list[int] = []
        done = 0
        for start, end, plain in (*found, (len(out), len(out), "")):
            text += out[done:start]
            firsts += starts[done:start]
            lasts += ends[done:start]
            if plain:
                text += plain
                firsts += [starts[start]] * len(plain)
                lasts += [ends[end - 1]] * len(plain)
            done = end
        self.out, self.starts, self.ends = text, firsts, lasts
