"""Letters of other scripts that look like Latin ones.

Source: pairs of Unicode TS #39 (confusables) that look the same in common fonts, chosen by hand.
"""

from __future__ import annotations

HOMOGLYPHS: dict[str, str] = {
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "х": "x", "у": "y", "і": "i",
    "ѕ": "s", "ј": "j", "ԁ": "d", "һ": "h", "ո": "n", "ν": "v", "ο": "o", "α": "a",
    "ı": "i", "ɡ": "g", "ℓ": "l", "ɑ": "a", "ԛ": "q", "ԝ": "w", "ρ": "p", "τ": "t",
    "κ": "k", "ι": "i", "υ": "u", "ϲ": "c", "ӏ": "l", "ց": "g", "ս": "u", "օ": "o",
    "к": "k", "т": "t", "в": "b", "м": "m", "н": "h", "ø": "o", "ł": "l", "đ": "d",
}  # fmt: skip
"""A letter in lower case, and the Latin one to read for it."""
