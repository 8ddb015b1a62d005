"""Where a page that shows nothing itself sends its visitors: the refresh of HTML (4.2.5.3)."""

from __future__ import annotations

import re

from cityshield.guards.sites.markup import EVERY_TAG, attributes_of

_HEAD_BYTES = 8_192
_MOST_TAGS = 100
_LONGEST_S = 5
_REFRESH = re.compile(
    r"""\s*(\d{1,4})(?:\.[\d.]*)?\s*[;,]?\s*(?:url\s*=\s*)?(?:"([^"]*)|'([^']*)|([^\s"'].*))""",
    re.IGNORECASE | re.DOTALL,
)


def refresh_of(header: str, body: bytes) -> str:
    """Where a browser goes on to within seconds, as it is written; empty where it stays.

    `header` is the value of `Refresh`. What stands in `<noscript>` and in comments counts for
    nobody who runs scripts.
    """
    if header:
        return _target(header)
    head = body[:_HEAD_BYTES]
    if b"refresh" not in head.lower():
        return ""
    text, at, within = head.decode("utf-8", "replace"), 0, 0
    for _ in range(_MOST_TAGS):
        found = EVERY_TAG.match(text, at)
        if found is None or found.end() == at:
            break
        at = found.end()
        slash, name, inside = found[5], (found[6] or "").lower(), found[7]
        if name == "noscript":
            within += -1 if slash else 1
        elif name == "meta" and not slash and within <= 0:
            attributes = attributes_of(inside)
            if attributes.get("http-equiv", "").lower() == "refresh":
                return _target(attributes.get("content", ""))
    return ""


def _target(value: str) -> str:
    found = _REFRESH.match(value[:2_000])
    if found is None or int(found[1]) > _LONGEST_S:
        return ""
    return (found[2] or found[3] or found[4] or "").strip()
