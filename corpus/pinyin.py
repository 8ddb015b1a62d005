"""Count the syllables and pairs of ideographs that `guards/messages/pinyin.py` reads pinyin by.

    python corpus/pinyin.py

Writes, from the training voices of the corpus, `language/pinyin.txt` (a syllable and its characters
a line), `language/pairs.txt` (pairs of characters, sorted) and `language/words.txt` (words of
English messages that fall into syllables); the readings are pypinyin's, in context.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import msgspec
from pypinyin import lazy_pinyin

from cityshield.guards.messages.corpus import read_corpus
from cityshield.guards.messages.normal import normalize
from cityshield.guards.messages.sections import FOLDER, read_fold

FEWEST_PAIRS = 8
MOST_CHARACTERS = 16
RARELY = 10  # a reading of a character that is less than one in so many is left out
FEWEST_WORDS = 2
WORD = re.compile("(?<![a-z])[a-z]{2,30}(?![a-z])")
KNOWN_WORDS = {"ai", "pi", "line", "repo", "nike", "anna", "canada", "obu", "oa", "eori"}
RUN = re.compile("[\u3400-\u9fff]+")


def main() -> None:
    fold = msgspec.structs.replace(read_fold(), syllables={}, pairs="", words=[])
    single: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    readings: Counter[tuple[str, str]] = Counter()
    words: Counter[str] = Counter()
    for message in read_corpus(Path(__file__).parent):
        if message.split != "train":
            continue
        text = normalize(message.text, fold).text
        if message.lang == "en":
            words.update(WORD.findall(text))
        for run in RUN.findall(text):
            single.update(run)
            pairs.update(run[place : place + 2] for place in range(len(run) - 1))
            readings.update(zip(run, lazy_pinyin(run), strict=True))
    syllables: dict[str, str] = {}
    for (character, syllable), count in sorted(readings.items(), key=lambda x: (-x[1], x[0])):
        own = syllables.get(syllable, "")
        often = count * RARELY >= single[character]
        if often and len(own) < MOST_CHARACTERS and re.fullmatch("[a-z]+", syllable):
            syllables[syllable] = own + character
    lines = [f"{name} {syllables[name]}" for name in sorted(syllables)]
    used = sorted(pair for pair, count in pairs.items() if count >= FEWEST_PAIRS)
    known = {word for word, count in words.items() if count >= FEWEST_WORDS} | KNOWN_WORDS
    falls = re.compile(f"(?:{'|'.join(syllables)})+")
    no_pinyin = sorted(word for word in known if falls.fullmatch(word))
    language = FOLDER / "language"
    (language / "pinyin.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (language / "pairs.txt").write_text(_wrapped("".join(used)), encoding="utf-8")
    (language / "words.txt").write_text("\n".join(no_pinyin) + "\n", encoding="utf-8")


def _wrapped(text: str, width: int = 80) -> str:
    return "\n".join(text[place : place + width] for place in range(0, len(text), width)) + "\n"


if __name__ == "__main__":
    main()
