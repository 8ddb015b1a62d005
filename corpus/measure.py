"""Counts of the corpus: labels, types, agreement, near-duplicates, surface cues by label."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "messages"
CUES = {
    "signature in brackets": re.compile(r"[【\[]\w"),
    "link": re.compile(r"https?:|\.(?:example|test|invalid)"),
    "digits": re.compile(r"\d"),
    "polite": re.compile(r"您|请|please|kindly|dear|sorry|thank", re.IGNORECASE),
    "emoji": re.compile("[\U0001f300-\U0001faff☀-➿]"),
    "exclamation": re.compile(r"[!！]"),
    "odd spelling": re.compile("[\u200b-\u200f]|[a-z]\\d[a-z]|[薇裙➕]"),
    "short (under 20 zh, 45 en)": None,
    "long (over 80 zh, 160 en)": None,
}


def rows() -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted(FOLDER.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def near_duplicates(texts: list[str]) -> int:
    """Texts that share more than half of their 5-grams (Jaccard) with an earlier one."""
    grams = [_grams(text) for text in texts]
    by_gram: dict[str, list[int]] = defaultdict(list)
    for number, own in enumerate(grams):
        for gram in own:
            by_gram[gram].append(number)
    shared: Counter[tuple[int, int]] = Counter()
    for members in by_gram.values():
        if len(members) <= 60:
            shared.update(combinations(members, 2))
    return len(
        {
            later
            for (first, later), count in shared.items()
            if count / (len(grams[first]) + len(grams[later]) - count) > 0.5
        }
    )


def _grams(text: str) -> set[str]:
    text = re.sub(r"\s+", "", text.lower())
    return {text[place : place + 5] for place in range(max(1, len(text) - 4))}


def _has(cue: str, row: dict[str, Any]) -> bool:
    pattern = CUES[cue]
    if pattern is not None:
        return bool(pattern.search(row["text"]))
    short, long = (20, 80) if row["lang"] == "zh" else (45, 160)
    return len(row["text"]) < short if cue.startswith("short") else len(row["text"]) > long


def main() -> None:
    found = rows()
    for language in ("zh", "en"):
        own = [row for row in found if row["lang"] == language]
        labels = Counter(row["label"] for row in own)
        splits = Counter(row["split"] for row in own)
        read = sum("second" in row for row in own)
        print(f"{language}: {len(own):,} messages, {dict(labels)}, {dict(splits)}")
        print(f"  voices: {len({row['voice'] for row in own})}; read twice: {read:,}")
        twins = near_duplicates([row["text"] for row in own])
        print(f"  near-duplicates: {twins} ({twins / len(own):.2%})")
        fraud = Counter(row["type"] for row in own if row["label"] == "fraud")
        print("  fraud: " + ", ".join(f"{name} {count}" for name, count in fraud.most_common()))
        for cue in CUES:
            shares = [
                sum(_has(cue, row) for row in own if row["label"] == label) / labels[label]
                for label in ("fraud", "benign")
            ]
            print(f"  {cue:<28}{shares[0]:>7.1%} of fraud {shares[1]:>7.1%} of benign")


if __name__ == "__main__":
    main()
