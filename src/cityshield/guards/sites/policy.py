"""Content Security Policy as a browser reads it (CSP 3), and what is weak about one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cityshield.guards.sites.answers import header, home, page_of
from cityshield.guards.sites.facts import SiteFacts

Policy = dict[str, tuple[str, ...]]

_MOST_DIRECTIVES = 100
_ANY = frozenset({"*", "http:", "https:", "http://*", "https://*", "data:", "blob:"})
_FALL_BACK = ("script-src-elem", "script-src", "default-src")


def read_policies(headers: Iterable[str]) -> list[Policy]:
    """The policies in values of `Content-Security-Policy`, split at commas (CSP 3, 2.2)."""
    policies = []
    for value in headers:
        for text in value[:20_000].split(","):
            policy: Policy = {}
            for directive in text.split(";")[:_MOST_DIRECTIVES]:
                words = directive.split()
                if words and words[0].lower() not in policy:
                    policy[words[0].lower()] = tuple(word.lower() for word in words[1:])
            if policy:
                policies.append(policy)
    return policies


def weaknesses(policies: list[Policy]) -> list[str]:
    """What lets scripts of strangers run in spite of the policies, as `directive source`.

    All policies hold at once, so what any of them forbids is forbidden: the one with the fewest
    weaknesses counts.
    """
    found = [list(dict.fromkeys(_weaknesses(policy))) for policy in policies]
    return min(found, key=len, default=[])


def _weaknesses(policy: Policy) -> Iterator[str]:
    name = next((name for name in _FALL_BACK if name in policy), "")
    if not name:
        yield "script-src"
        return
    sources = policy[name]
    strict = any(
        source.startswith(("'nonce-", "'sha256-", "'sha384-", "'sha512-")) for source in sources
    )
    if "'unsafe-inline'" in sources and not strict and "'strict-dynamic'" not in sources:
        yield f"{name} 'unsafe-inline'"
    if not (strict and "'strict-dynamic'" in sources):
        for source in sources:
            if source in _ANY:
                yield f"{name} {source}"
    objects = policy.get("object-src", policy.get("default-src"))
    if objects is None or any(source in _ANY for source in objects):
        yield "object-src" if objects is None else f"object-src {objects[0]}"


def forbids_framing(policies: list[Policy]) -> bool:
    """Whether some policy says who may frame the page, and not everybody."""
    return any(
        "frame-ancestors" in policy and not _ANY & set(policy["frame-ancestors"])
        for policy in policies
    )


def policies_of(facts: SiteFacts) -> list[Policy]:
    """The policies of the home page, those in its HTML included; empty where there is none."""
    hop, page = home(facts), page_of(facts)
    written = page.policies if page is not None else ()
    return read_policies([header(hop, "content-security-policy"), *written]) if hop else []
