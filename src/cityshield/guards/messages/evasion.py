"""How senders of fraud spell to get past filters: a seeded generator, for training and evaluation.

Each attack takes a text and a source of randomness and gives the text as a reader would still read
it. Benign texts are attacked in training too, so that spelling alone is no sign of fraud.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from cityshield.guards.check import read_toml
from cityshield.guards.homoglyphs import HOMOGLYPHS

_LANGUAGE = Path(__file__).parent / "language"
_EMOJI = "😀🎉💰📱🌟🔥✨🙏💡🎁"
_LEET = {"o": "0", "i": "1", "e": "3", "a": "4", "s": "5", "t": "7"}
_NUMERALS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_PINYIN_SHARE, _LEET_SHARE, _HOMOGLYPH_SHARE = 0.2, 0.5, 0.5
_PADDING = {
    "zh": (
        "今天天气不错，晚饭后我们去公园走了走。",
        "孩子这次考试进步了，老师还表扬了他。",
        "周末打算在家包饺子，顺便把阳台收拾一下。",
        "昨天那场球看得真过瘾，可惜最后一分钟没守住。",
        "楼下新开的面馆味道挺好，下次带你去尝尝。",
        "最近早晚温差大，出门记得多穿一件。",
    ),
    "en": (
        "We had a lovely walk by the river after lunch.",
        "The kids are back from football and already asleep.",
        "It rained all morning so I stayed in and read my book.",
        "The new bakery on the corner makes very good bread.",
        "Hope your knee is better and you can come on Sunday.",
        "The garden looks nice now that the roses are out.",
    ),
}
_CHATTER = {
    "zh": ("哈哈", "嗯嗯", "嘻嘻", "呢~", "啊啊", "！！！", "…", "？！", "么么", "晚安", "好的"),
    "en": ("!!!", "lol", "haha", "ok", "hey", "pls", "...", "?!", "yeah", "thx", "xx", ":)"),
}

Attack = Callable[[str, random.Random], str]


def full_width(text: str, rng: random.Random) -> str:
    """ASCII in its full-width forms."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def zero_width(text: str, rng: random.Random) -> str:
    """A zero-width space between all characters."""
    return "\u200b".join(text)


def spaces(text: str, rng: random.Random) -> str:
    """A space between all characters."""
    return " ".join(text)


def dots(text: str, rng: random.Random) -> str:
    """A middle dot every two characters."""
    return "·".join(text[place : place + 2] for place in range(0, len(text), 2))


def emoji(text: str, rng: random.Random) -> str:
    """A picture every three characters."""
    pieces = [text[place : place + 3] for place in range(0, len(text), 3)]
    return "".join(piece + rng.choice(_EMOJI) for piece in pieces[:-1]) + "".join(pieces[-1:])


def traditional(text: str, rng: random.Random) -> str:
    """Traditional script."""
    return text.translate(_traditional())


def variant(text: str, rng: random.Random) -> str:
    """Characters that sound or look alike, where there is one."""
    table = _variants()
    return "".join(rng.choice(table[c]) if c in table else c for c in text)


def pinyin(text: str, rng: random.Random) -> str:
    """Pinyin in place of a fifth of the ideographs."""
    from pypinyin import lazy_pinyin

    return "".join(
        lazy_pinyin(c)[0] if "\u4e00" <= c <= "\u9fff" and rng.random() < _PINYIN_SHARE else c
        for c in text
    )


def numerals(text: str, rng: random.Random) -> str:
    """Chinese numerals for digits."""
    return "".join(_NUMERALS.get(c, c) for c in text)


def mathematical(text: str, rng: random.Random) -> str:
    """Letters from the mathematical alphabets."""

    def bold(c: str) -> str:
        if "a" <= c <= "z":
            return chr(0x1D41A + ord(c) - 97)
        return chr(0x1D400 + ord(c) - 65) if "A" <= c <= "Z" else c

    return "".join(map(bold, text))


def leet(text: str, rng: random.Random) -> str:
    """Digits for half of the letters that have one."""
    return "".join(_LEET[c] if c in _LEET and rng.random() < _LEET_SHARE else c for c in text)


def homoglyphs(text: str, rng: random.Random) -> str:
    """Letters of other alphabets for half of those that have one."""
    table = _homoglyphs()
    return "".join(
        rng.choice(table[c]) if c in table and rng.random() < _HOMOGLYPH_SHARE else c for c in text
    )


def padding(text: str, rng: random.Random) -> str:
    """Sentences of everyday life before and after."""
    before, after, last = rng.sample(_PADDING[_language(text)], 3)
    joint = "" if _language(text) == "zh" else " "
    return joint.join((before, text, after, last))


def chatter(text: str, rng: random.Random) -> str:
    """Marks and small words of friends before and after, some of them held down."""
    said = rng.choices(_CHATTER[_language(text)], k=3)
    before, after, last = (
        (" " if word.isalpha() else "").join([word] * rng.randint(1, 3)) for word in said
    )
    return f"{before} {text} {after} {last}"


def _language(text: str) -> str:
    return "zh" if sum("\u4e00" <= c <= "\u9fff" for c in text) * 3 > len(text) else "en"


def halves(text: str) -> tuple[str, str]:
    """A text split over two messages, near its middle, after a mark or a blank if there is one."""
    middle = len(text) // 2
    for distance in range(middle // 2):
        for place in (middle + distance, middle - distance):
            if text[place - 1] in "，。！？,.!? ":
                return text[:place], text[place:]
    return text[:middle], text[middle:]


ATTACKS: Mapping[str, Mapping[str, Attack]] = {
    "zh": {
        "full-width": full_width,
        "zero-width": zero_width,
        "spaces": spaces,
        "dots": dots,
        "emoji": emoji,
        "traditional": traditional,
        "variants": variant,
        "pinyin": pinyin,
        "numerals": numerals,
        "padding": padding,
        "chatter": chatter,
    },
    "en": {
        "full-width": full_width,
        "zero-width": zero_width,
        "spaces": spaces,
        "dots": dots,
        "emoji": emoji,
        "mathematical": mathematical,
        "leet": leet,
        "homoglyphs": homoglyphs,
        "padding": padding,
        "chatter": chatter,
    },
}
"""The attacks on texts of a language, by name; a split over two messages is `halves`."""


@cache
def _traditional() -> dict[int, str]:
    pairs = (_LANGUAGE / "traditional.txt").read_text(encoding="utf-8").replace("\n", "")
    table: dict[int, str] = {}
    for old, plain in zip(pairs[::2], pairs[1::2], strict=True):
        table.setdefault(ord(plain), old)
    return table


@cache
def _variants() -> dict[str, Sequence[str]]:
    table: dict[str, Any] = read_toml(_LANGUAGE / "variants.toml")
    found: dict[str, Sequence[str]] = dict(table["characters"])
    return found


@cache
def _homoglyphs() -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for other, plain in HOMOGLYPHS.items():
        if other > "\u024f":
            table.setdefault(plain, []).append(other)
    return table
