"""Write docs/checks.md, the catalogue of checks; with --check, say whether it is up to date."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cityshield.catalogue import CheckCard, catalogue
from cityshield.config import Config
from cityshield.shield import build_shield

TARGET = Path(__file__).with_name("checks.md")
_INTRODUCTION = """\
# Checks

Every check and every tell, as this version has them. `make docs` writes this page from the files of
the checks; change those, not this.

The weight is what a hit adds to the score: from 0.5 a subject is suspicious, from 0.9 malicious. A
negative weight vouches. A check of how a site is kept has a severity instead, in the words of CVSS,
and says nothing of malice (see [Grades](grades.md)). A name in braces is filled in, such as
`{$host}`. Examples marked + hit, those marked - do not.
"""
_TITLES = {"link": "Links", "message": "Messages", "file": "Files", "site": "Sites"}


def page() -> str:
    """The page, from the defaults alone: no settings, no lists, no rules."""
    with tempfile.TemporaryDirectory() as home:
        shield = build_shield(Path(home), Config(), disk=False)
        english = list(catalogue(shield, "en"))
        chinese = {card.id: card for card in catalogue(shield, "zh-Hans")}
    lines = [_INTRODUCTION]
    for kind, title in _TITLES.items():
        lines.append(f"## {title}\n")
        for card in english:
            if card.kind == kind:
                lines.extend(_section(card, chinese[card.id]))
    return "\n".join(lines).rstrip() + "\n"


def _section(card: CheckCard, chinese: CheckCard) -> Iterator[str]:
    yield f"### {card.id}\n"
    cwe = f", CWE-{card.cwe}" if card.cwe else ""
    yield f"Severity {card.severity}{cwe}\n" if card.severity else f"Weight {card.weight:+g}\n"
    yield f"**{_plain(card.what)}** {_plain(card.why)} {_plain(card.now)}\n"
    yield f"**{_plain(chinese.what)}** {_plain(chinese.why)}{_plain(chinese.now)}\n"
    for mark, examples in (("+", card.hits), ("-", card.misses)):
        for example in examples:
            yield f"    {mark} {_one_line(example)}"
    yield ""


def _plain(text: str) -> str:
    """A sentence without what Markdown would act on."""
    return _one_line(text).replace("*", "\\*").replace("_", "\\_").replace("<", "&lt;")


def _one_line(text: str) -> str:
    """A text on one line, characters that leave no mark written as escapes."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def main() -> int:
    """Write the page or compare it; the exit status."""
    wanted = page()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(wanted)
        return 0
    if TARGET.exists() and TARGET.read_text() == wanted:
        return 0
    print("docs/checks.md is not up to date: run make docs", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
