"""Count the syllables and pairs of ideographs that `guards/messages/pinyin.py` reads pinyin by.

    python corpus/pinyin.py

Writes `language/pinyin.txt` (a syllable and its characters a line) and `language/pairs.txt` (pairs
of characters, sorted) from the training voices of the corpus; the readings are pypinyin's.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import msgspec
from pypinyin import lazy_pinyin

from cityshield.guards.messages.corpus import read_corpus
from cityshield.guards.messages.normal import normalize
from cityshield.guards.messages.sections import FOLDER, read_fold

FEWEST_PAIRS = 3
MOST_CHARACTERS = 16
NOT_PINYIN = {"ai", "pi"}  # AI and API are said in Chinese texts as they are
RUN = re.compile("[\u3400-\u9fff]+")


def main() -> None:
    fold = msgspec.structs.replace(read_fold(), syllables={}, pairs="")
    single: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for message in read_corpus(Path(__file__).parent):
        if message.split == "test":
            continue
        for run in RUN.findall(normalize(message.text, fold).text):
            single.update(run)
            pairs.update(run[place : place + 2] for place in range(len(run) - 1))
    syllables: defaultdict[str, str] = defaultdict(str)
    for character, _ in sorted(single.items(), key=lambda item: (-item[1], item[0])):
        (syllable,) = lazy_pinyin(character)
        if syllable.isascii() and len(syllables[syllable]) < MOST_CHARACTERS:
            syllables[syllable] += character
    lines = [f"{name} {syllables[name]}" for name in sorted(syllables) if len(name) > 1]
    kept = [line for line in lines if line.split()[0] not in NOT_PINYIN]
    used = sorted(pair for pair, count in pairs.items() if count >= FEWEST_PAIRS)
    language = FOLDER / "language"
    (language / "pinyin.txt").write_text("\n".join(kept) + "\n", encoding="utf-8")
    (language / "pairs.txt").write_text(_wrapped("".join(used)), encoding="utf-8")


def _wrapped(text: str, width: int = 80) -> str:
    return "\n".join(text[place : place + width] for place in range(0, len(text), width)) + "\n"


if __name__ == "__main__":
    main()
