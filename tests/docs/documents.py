"""The documents as tests read them: their fenced blocks, and the sessions in them.

What stands in a fenced block is meant to be true:

- A ``console`` block is a terminal session. A line that starts with ``$ `` is a command (it goes
  on after a backslash, and to the closing word of a here-document); the lines below it are what it
  prints. ``...`` stands for any text, a line of its own for any lines. Dates, digests and tokens
  match any other of their shape. A command without output below it may print anything, but it
  must succeed; where the status matters, the next command is ``echo $?``.
- All blocks of a document are one session: one shell, one home, one folder, in order.
- A block with ``title="path"`` is a file; it is there before the session starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs"

_FENCE = re.compile(r"^```(\w+)[^\n\S]*([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')
_HERE = re.compile(r"<<'?(\w+)'?")
_SHAPES = (
    r"cs_[0-9a-f]{12}_[0-9a-f]{64}",
    r"\d{8}T\d{6}Z",
    r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?",
    r"\b[0-9a-f]{12,64}\b",
    r"(?<=, )[01](?:\.\d+)?(?=\)  )",
    r"[+-][01](?:\.\d+)?(?=  )",
    r"\.\.\.",
)
"""Tokens, times, days, digests, scores, weights; and what stands for anything."""


class Fence(NamedTuple):
    """A fenced block: its language, the file it is (or an empty string), its text."""

    language: str
    title: str
    text: str


class Step(NamedTuple):
    """One command of a session and the lines that are shown below it."""

    command: str
    shown: list[str]


def documents() -> list[Path]:
    """Every Markdown document of the project."""
    return sorted([*ROOT.glob("*.md"), *FOLDER.rglob("*.md")])


def fences(document: Path) -> list[Fence]:
    """The fenced blocks of a document, in order."""
    found = []
    for language, info, text in _FENCE.findall(document.read_text()):
        title = _TITLE.search(info)
        found.append(Fence(language, title[1] if title else "", text))
    return found


def session(document: Path) -> list[Step]:
    """The commands of a document, in order."""
    return [
        step
        for fence in fences(document)
        if fence.language == "console"
        for step in _steps(fence.text)
    ]


def _steps(text: str) -> Iterator[Step]:
    lines = iter(text.splitlines())
    step: Step | None = None
    for line in lines:
        if line.startswith("$ "):
            if step:
                yield step
            command = line[2:]
            while command.endswith("\\"):
                command += "\n" + next(lines)
            if here := _HERE.search(command):
                for more in lines:
                    command += "\n" + more
                    if more == here[1]:
                        break
            step = Step(command, [])
        elif step:
            step.shown.append(line)
    if step:
        yield step


def prose(text: str) -> str:
    """A document without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def is_as_shown(shown: list[str], printed: str) -> bool:
    """Whether what was printed is what the document shows."""
    pattern = ""
    for line in shown:
        pattern += r"(?:.*\n)*?" if line.strip() == "..." else _line_pattern(line.rstrip()) + "\n"
    text = "".join(line.rstrip() + "\n" for line in printed.splitlines())
    return re.fullmatch(pattern, text) is not None


def _line_pattern(line: str) -> str:
    pattern, place = "", 0
    for found in re.finditer("|".join(f"({shape})" for shape in _SHAPES), line):
        shape = _SHAPES[(found.lastindex or 1) - 1]
        pattern += re.escape(line[place : found.start()])
        pattern += ".*?" if found.group() == "..." else shape
        place = found.end()
    return pattern + re.escape(line[place:])
