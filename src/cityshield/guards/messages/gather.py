"""Gathering of facts about messages: the normal form and the links inside."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cityshield.guards.budget import Budget
from cityshield.guards.guard import Uncached
from cityshield.guards.messages.facts import MessageFacts
from cityshield.guards.messages.reader import MAX_CHARACTERS, Reader
from cityshield.vocabulary.subject import LINK, Subject
from cityshield.vocabulary.verdict import Failure

_UNSEEN = dict.fromkeys(
    map(
        ord,
        "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u200b\u200c\u200d"
        "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067"
        "\u2068\u2069\u3164\ufeff\uffa0",
    )
)
"""Characters that nobody sees and no link holds."""

MAX_LINKS = 100
"""Links of one message that are judged; the others are counted as not reached."""

_TOP_LEVEL = (
    "com|net|org|info|biz|name|pro|mobi|asia|cn|hk|tw|mo|sg|my|jp|kr|in|id|th|vn|ph|us|uk|ca|au|nz"
    "|de|fr|it|es|pt|nl|be|ch|at|se|no|dk|fi|pl|cz|ru|ua|tr|br|mx|ar|za|ng|ke|ae|eu|gov|edu|int"
    "|top|xyz|vip|shop|store|online|site|club|icu|app|dev|cc|co|io|me|tv|ws|to|ly|gg|gl|la|pw|tk"
    "|ml|ga|cf|gq|live|life|link|click|space|website|work|world|today|fun|ltd|group|tech|cloud|wang"
    "|ren|xin|ink|red|cyou|cfd|sbs|bond|buzz|rest|quest|monster|best|help|support|bid|win|loan|page"
    "|example|test|invalid"
)
_STOP = r"\s<>\"'`，。；：！？、（）【】《》「」『』“”‘’\u200b"
_LINK = re.compile(
    rf"(?:https?|hxxps?)(?:://|\[:\]//)[^{_STOP}]{{1,4096}}"
    r"|(?<![A-Za-z0-9@._/-])(?:[A-Za-z0-9_-]{1,63}(?:\.|\[\.\]|\(\.\))){1,8}"
    rf"(?:{_TOP_LEVEL})(?![A-Za-z0-9@_-])(?:(?::\d{{1,5}})?[/?#][^{_STOP}]{{0,4096}})?",
    re.IGNORECASE,
)
"""A link as people write it; repetitions are bounded and start at a border: linear."""


class MessageGatherer(Uncached):
    """Reads a text in memory, by the tables of a pack; asks no port, and nothing of it is kept.

    `open_reader` makes the reader when the first text comes.
    """

    def __init__(self, open_reader: Callable[[], Reader]) -> None:
        self._open_reader = open_reader

    async def gather_many(self, subjects: Sequence[Subject]) -> list[MessageFacts]:
        """Facts for each text, of which at most MAX_CHARACTERS are read."""
        reader = self._open_reader()
        return [_facts(subject, reader) for subject in subjects]

    def parts(self, subject: Subject, facts: Any, budget: Budget) -> Iterator[Subject | Failure]:
        """The links of the message."""
        for link in facts.links:
            yield Subject(LINK, link)
        if facts.links_missed:
            yield Failure("messages", "too-many", count=facts.links_missed)


def _facts(subject: Subject, reader: Reader) -> MessageFacts:
    text = subject.value
    read = 1.0
    failed: tuple[Failure, ...] = ()
    if len(text) > MAX_CHARACTERS:
        read = MAX_CHARACTERS / len(text)
        failed = (Failure("messages", "too-long"),)
        text = text[:MAX_CHARACTERS]
    links = find_links(text)
    missed = max(0, len(links) - MAX_LINKS)
    return MessageFacts(
        subject.bare(), reader.read(text), tuple(links[:MAX_LINKS]), missed, read, failed
    )


def find_links(text: str) -> list[str]:
    """The links in a text, in order, each once, without the characters that nobody sees."""
    if "." not in text and "://" not in text:
        return []
    seen = text.translate(_UNSEEN)
    found = (match.group().rstrip(".,;:!?)]}") for match in _LINK.finditer(seen))
    return list(dict.fromkeys(found))
