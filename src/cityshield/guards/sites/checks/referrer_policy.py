"""Other sites are told which page a visitor came from."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import header, home, page_of
from cityshield.guards.sites.facts import SiteFacts

_LOOSE = ("unsafe-url", "no-referrer-when-downgrade")
_KNOWN = frozenset(
    ["no-referrer", "same-origin", "origin", "strict-origin", "origin-when-cross-origin",
     "strict-origin-when-cross-origin", *_LOOSE]
)  # fmt: skip
_OLD = {"never": "no-referrer", "always": "unsafe-url",
        "origin-when-crossorigin": "origin-when-cross-origin"}  # fmt: skip
"""What a `<meta>` may say instead (HTML, 4.2.5.1)."""


@check(severity="none", cwe=200)
def referrer_policy(facts: SiteFacts) -> Hit | None:
    """Hit when no policy is set, low when a loose one is; the last one known counts (8.1)."""
    hop, page = home(facts), page_of(facts)
    if hop is None or page is None:
        return None
    said = [word.strip() for word in header(hop, "referrer-policy").lower().split(",")]
    said += [_OLD.get(mark[9:], mark[9:]) for mark in page.marks if mark.startswith("referrer:")]
    value = next((word for word in reversed(said) if word in _KNOWN), "")
    if value and value not in _LOOSE:
        return None
    return Hit(severity="low" if value else "", location="Referrer-Policy")
