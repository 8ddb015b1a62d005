"""What is shown of what a template took out of a page: little, and no secret."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

MOST_EXTRACTS: Final = 5
_LONGEST = 80
_KEPT = 3
_PERSONAL = re.compile(r"@|[0-9]{7}")
_HARMLESS_TAGS = frozenset({"tech", "panel", "detect", "detection", "favicon", "waf", "cms"})


def shown(values: Iterable[bytes], tags: Iterable[str]) -> tuple[str, ...]:
    """The first few values, cut; masked unless the template tells what software there is.

    What looks like an address of a person or a long number is masked in any case.
    """
    is_open = not _HARMLESS_TAGS.isdisjoint(tags)
    told: dict[str, None] = {}
    for value in values:
        text = "".join(filter(str.isprintable, value[:400].decode("utf-8", "replace"))).strip()
        if not text:
            continue
        is_safe = is_open and not _PERSONAL.search(text)
        told[text[:_LONGEST] if is_safe else f"{text[:_KEPT]}… ({len(value)})"] = None
        if len(told) >= MOST_EXTRACTS:
            break
    return tuple(told)
