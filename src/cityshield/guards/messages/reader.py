"""Reading of one text: normal form, tells, model, and what they come to together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from cityshield.guards.messages.features import LANGUAGES, tokenize
from cityshield.guards.messages.fold import Fold
from cityshield.guards.messages.model import (
    Model,
    Settings,
    between,
    heaviest,
    load_model,
    marks_of,
    type_of,
)
from cityshield.guards.messages.normal import Normal, normalize
from cityshield.guards.messages.pattern import Match, Patterns, Table, compile_patterns
from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.verdict import BENIGN, UNKNOWN, Span
from cityshield.vocabulary.verdict import MALICIOUS as IS_MALICIOUS
from cityshield.vocabulary.verdict import SUSPICIOUS as IS_SUSPICIOUS

MAX_CHARACTERS = 100_000
"""A longer text is read this far, and its verdict says so."""

SUSPICIOUS, MALICIOUS = 500, 900
"""Scores in thousandths."""

_SILENCER = "!"
_QUIET_REACH = 60
_WORDS_APART = 3
_FEWEST_WORDS, _FEWEST_ORDINARY = 2, 5
_WEAK = 300
TURNS_TOGETHER = 3
"""Neighbouring turns of a chat that are read as one text."""

SIGNS: dict[str, int] = {
    "hidden": 2, "split": 3, "disguised": 2, "leet": 3, "marks": 3, "phrases": 1,
}  # fmt: skip
"""Kinds of disguise, and how often one must occur to be a sign."""


class TellTable(msgspec.Struct, frozen=True):
    """Tells as they lie in a pack: their patterns, and by name the silencers of each."""

    patterns: Table
    silenced: dict[str, list[str]]


class FoundTell(msgspec.Struct, frozen=True, gc=False):
    """A tell in a text, with its part of the score in thousandths and its words' ranges."""

    name: str
    weight: int
    spans: tuple[Span, ...]


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What was read in a text.

    `marks` are log-odds in thousandths, `chance` the calibrated probability of fraud and `score`
    the place on the scale of verdicts, both in thousandths. `weight` is the model's part of the
    score, `disguise` that of signs of disguise. `abstained` says why there is no judgement.
    Ranges are code points of the original.
    """

    normal: Normal
    language: str
    marks: int
    chance: int
    score: int
    weight: int
    type: str
    spans: tuple[Span, ...]
    tells: tuple[FoundTell, ...]
    signs: tuple[str, ...]
    disguise: int
    ordinary: bool
    abstained: str

    @property
    def level(self) -> str:
        """The level that this reading alone earns, the links in the text left out."""
        if self.score >= MALICIOUS:
            return IS_MALICIOUS
        if self.score >= SUSPICIOUS:
            return IS_SUSPICIOUS
        return BENIGN if self.ordinary else UNKNOWN


class Talk(msgspec.Struct, frozen=True):
    """A chat as a whole: the reading of each turn, of the turns read together, and the course.

    `peak` is the highest score of a turn or of neighbouring turns together, `trend` how many
    thousandths a turn the scores rise or fall (least squares, rounded down).
    """

    turns: list[Reading]
    peak: int
    peak_turn: int
    trend: int
    level: str


def compile_tells(
    rules: Mapping[str, Mapping[str, Any]],
    silencers: Mapping[str, Sequence[str]],
    fold: Callable[[str], str],
) -> TellTable:
    """The table of tells: `patterns`, `unless` and `silenced_by` of each.

    `silenced_by` names groups of `silencers`, which many tells share.
    """
    patterns: dict[str, Sequence[str]] = {
        _SILENCER + group: phrases for group, phrases in silencers.items()
    }
    silenced: dict[str, list[str]] = {}
    for name, tell in rules.items():
        patterns[name] = tell["patterns"]
        groups = [_SILENCER + group for group in tell.get("silenced_by", [])]
        if tell.get("unless"):
            patterns[_SILENCER + name] = tell["unless"]
            groups.append(_SILENCER + name)
        silenced[name] = groups
    return TellTable(compile_patterns(patterns, fold), silenced)


class Tells:
    """The interpreter of a table of tells."""

    def __init__(self, table: TellTable) -> None:
        self.names = frozenset(table.silenced)
        self._silenced = table.silenced
        self._patterns = Patterns(table.patterns)

    def find(self, normal: Normal) -> list[tuple[str, tuple[Span, ...]]]:
        """The tells that are heard, in order of name, with the words of each in the original.

        A silencer keeps a tell quiet when it stands within 60 characters: "never tell anyone your
        code" asks for no code.
        """
        found = self._patterns.find(normal.text)
        heard = []
        for name in sorted(found):
            if name.startswith(_SILENCER):
                continue
            quiet = [match for group in self._silenced[name] for match in found.get(group, ())]
            loud = [match for match in found[name] if not _is_near(match, quiet)]
            if loud:
                heard.append((name, _spans(normal, loud)))
        return heard


def _is_near(match: Match, others: Sequence[Match]) -> bool:
    start, end = match.slots[0][0], match.slots[-1][1]
    return any(
        other.slots[0][0] - end <= _QUIET_REACH and start - other.slots[-1][1] <= _QUIET_REACH
        for other in others
    )


def _spans(normal: Normal, matches: Sequence[Match]) -> tuple[Span, ...]:
    """The matched words in the original, those that nearly touch joined, in order, each once."""
    return join_spans(normal, sorted({slot for match in matches for slot in match.slots}))


def join_spans(normal: Normal, ranges: Sequence[Span]) -> tuple[Span, ...]:
    """Ranges of a normal form, in order, as ranges of the original; near ones are one."""
    joined: list[Span] = []
    for start, end in ranges:
        if joined and start - joined[-1][1] <= _WORDS_APART:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple([normal.span(start, end) for start, end in joined])


def signs_of(normal: Normal) -> list[str]:
    """The kinds of disguise that a text shows."""
    return [name for name, least in SIGNS.items() if getattr(normal, name) >= least]


class Reader:
    """Reads texts by the tables of a pack; built once for each process.

    `added` are an operator's own tells, as in their files; what they add to the score is the weight
    given there.
    """

    def __init__(
        self,
        sections: Mapping[str, bytes],
        added: Mapping[str, Mapping[str, Any]] | None = None,
        silencers: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        try:
            self.fold = msgspec.json.decode(sections["fold"], type=Fold)
            table = msgspec.json.decode(sections["tells"], type=TellTable)
            settings = msgspec.json.decode(sections["settings"], type=Settings)
            model, types, classes = [sections[name] for name in ("model", "types", "classes")]
        except (KeyError, msgspec.MsgspecError) as error:
            raise ConfigurationError("error-pack-section", section=str(error)) from error
        self.tells = Tells(table)
        self._link = re.compile(table.patterns.entities["link"])
        self.model: Model = load_model(model, types, classes, settings)
        own = {name: rule for name, rule in (added or {}).items() if name not in self.tells.names}
        self._own_weights = {
            name: round(1000 * float(rule["weight"])) for name, rule in own.items()
        }
        self._own = Tells(compile_tells(own, silencers or {}, self.fold_word)) if own else None

    def fold_word(self, word: str) -> str:
        """A word of a pattern in the normal form."""
        return normalize(word, self.fold).text

    def normalize(self, text: str) -> Normal:
        """The normal form of a text."""
        return normalize(text, self.fold)

    def links(self, text: str) -> list[Span]:
        """The ranges of links in a normal text."""
        if "." not in text and "://" not in text:
            return []
        return [match.span() for match in self._link.finditer(text)]

    def read(self, text: str) -> Reading:
        """What a text says; of a very long one, what its beginning says."""
        normal = normalize(text[:MAX_CHARACTERS], self.fold)
        links = self.links(normal.text)
        tokens = tokenize(normal.text, links, self.model.classes)
        language = tokens.language
        settings = self.model.settings
        if tokens.words < _FEWEST_WORDS:
            reason = "link" if links else "number" if _has_digit(normal.text) else "short"
            return _silent(normal, LANGUAGES[language], reason)
        own, first, last = marks_of(self.model, tokens)
        found = self.tells.find(normal)
        own += settings.bias[language]
        signs = tuple(signs_of(normal))
        part = normal.span(tokens.starts[first], tokens.ends[last - 1])
        heard = [settings.tells.get(name, 0) * _touches(spans, part) for name, spans in found]
        shown = [settings.signs.get(name, 0) for name in signs]
        marks = own + sum(heard) + sum(shown)
        score = between(settings.knots[language], marks)
        chance = between(settings.chances[language], marks)
        speaks = score >= _WEAK
        base = max(own - settings.ordinary[language], 1) if speaks else 0
        parts = [max(part, 100) for part in (*heard, *([sum(shown)] if signs else []))]
        whole = max(sum(parts) + base, 1)
        if not speaks:
            whole = max(whole, sum(parts) * 2)
        shares = [score * part // whole for part in parts]
        tells = tuple(
            [
                FoundTell(name, share, spans)
                for (name, spans), share in zip(found, shares, strict=False)
            ]
        )
        if self._own is not None:
            tells += tuple(
                [
                    FoundTell(name, self._own_weights[name], spans)
                    for name, spans in self._own.find(normal)
                ]
            )
        ranges = heaviest(self.model, tokens, first, last) if speaks else []
        return Reading(
            normal,
            LANGUAGES[language],
            marks,
            chance,
            score,
            score - sum(shares) if speaks else 0,
            type_of(self.model, tokens, first, last) if speaks else "",
            join_spans(normal, ranges),
            tells,
            signs,
            shares[-1] if signs else 0,
            not (tells or signs or links)
            and tokens.words >= _FEWEST_ORDINARY
            and marks <= settings.ordinary[language],
            "",
        )

    def read_turns(self, turns: Sequence[str]) -> Talk:
        """What a chat says, its turns in order: each alone, and each together with those before.

        A fraud may be spread over turns that are harmless alone, so three neighbours at a time are
        read as one text too.
        """
        alone = [self.read(turn) for turn in turns]
        scores = [reading.score for reading in alone]
        peak, place = max(((score, -n) for n, score in enumerate(scores)), default=(0, 0))
        for last in range(1, len(turns)):
            together = self.read("\n".join(turns[max(0, last - TURNS_TOGETHER + 1) : last + 1]))
            scores[last] = max(scores[last], together.score)
            if together.score > peak:
                peak, place = together.score, -last
        level = IS_MALICIOUS if peak >= MALICIOUS else IS_SUSPICIOUS if peak >= SUSPICIOUS else ""
        if not level:
            ordinary = bool(alone) and all(reading.level == BENIGN for reading in alone)
            level = BENIGN if ordinary else UNKNOWN
        return Talk(alone, peak, -place, _slope(scores), level)


def _slope(values: Sequence[int]) -> int:
    """The slope of a least-squares line through equally spaced values, rounded down."""
    count = len(values)
    if count < 2:
        return 0
    total = sum(values)
    mixed = sum([place * value for place, value in enumerate(values)])
    places = count * (count - 1) // 2
    squares = (count - 1) * count * (2 * count - 1) // 6
    return (count * mixed - places * total) // (count * squares - places * places)


def _touches(spans: Sequence[Span], part: Span) -> bool:
    """Whether one of these ranges shares a character with the part."""
    return any(start < part[1] and part[0] < end for start, end in spans)


def _silent(normal: Normal, language: str, reason: str) -> Reading:
    return Reading(normal, language, 0, 0, 0, 0, "", (), (), (), 0, False, reason)


def _has_digit(text: str) -> bool:
    return any("0" <= character <= "9" for character in text)
