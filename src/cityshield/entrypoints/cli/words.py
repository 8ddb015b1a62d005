"""A verdict as a terminal shows it."""

from __future__ import annotations

import click

from cityshield.answer import answer, harmless
from cityshield.shield import Shield
from cityshield.vocabulary.verdict import BENIGN, MALICIOUS, SUSPICIOUS, UNKNOWN, Verdict

_GLYPHS = {BENIGN: "○", UNKNOWN: "?", SUSPICIOUS: "!", MALICIOUS: "⛔"}
_GRADE_COLOURS = {"A": "green", "B": "green", "C": "yellow", "D": "yellow", "E": "red", "F": "red"}
_COLOURS = {BENIGN: "green", UNKNOWN: "white", SUSPICIOUS: "yellow", MALICIOUS: "red"}


def in_words(shield: Shield, verdict: Verdict, language: str) -> str:
    """What, why and now, then the reasons, the parts and what was not read."""
    said = answer(shield, verdict, language)
    name = said.shown or harmless(verdict.subject.value, 120)
    head = f"{_GLYPHS[said.level]} {said.word} ({said.level}, {verdict.score:g})"
    colour = _COLOURS[said.level]
    if said.grade in _GRADE_COLOURS and said.level == UNKNOWN:
        head, colour = f"[{said.grade}]", _GRADE_COLOURS[said.grade]
    lines = [
        click.style(head, fg=colour, bold=True) + f"  {name}",
        f"  {said.headline}",
        f"  {said.why}",
        click.style(f"  → {said.now}", bold=True),
    ]
    if said.coach:
        lines.append(f"  {said.coach}")
    lines += [
        f"  [{item.number}] {item.check} {item.weight:+g}  {item.what}" for item in said.reasons
    ]
    lines += [
        f"  └ {_GLYPHS[part.level]} {part.word}  {part.shown}  {part.what}" for part in said.parts
    ]
    for fault in said.faults:
        place = f"  ({fault.location})" if fault.location else ""
        lines += ["", f"  {fault.word} · {fault.what}{place}", f"    {fault.why}"]
        lines.append(f"    → {fault.now}  [{fault.check}]")
    lines += [f"  … {text}" for text in said.not_read]
    return "\n".join(lines)
