"""Content Security Policy as a browser reads it (CSP 3), and what is weak about one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cityshield.guards.sites.answers import header, home, page_of
from cityshield.guards.sites.facts import SiteFacts

Policy = dict[str, tuple[str, ...]]

_MOST_DIRECTIVES = 100
_ANY = frozenset({"*", "http:", "https:", "http://*", "https://*", "data:", "blob:"})


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

    All policies hold at once, so what any of them forbids is forbidden: of those that say something
    of scripts, and of those that say something of plug-ins, the one with the fewest weaknesses
    counts.
    """
    scripts = [list(dict.fromkeys(_of_scripts(policy))) for policy in policies]
    spoken = [found for found in scripts if found != ["script-src"]]
    objects = [found for found in map(_of_objects, policies) if found is not None]
    if not spoken:
        return ["script-src"] if policies else []
    return min(spoken, key=len) + min(objects, key=len, default=["object-src"])


def _of_scripts(policy: Policy) -> Iterator[str]:
    """What lets scripts through: elements, and handlers in attributes (CSP 3, 6.8.3)."""
    for first in ("script-src-elem", "script-src-attr"):
        name = next((name for name in (first, "script-src", "default-src") if name in policy), "")
        if not name:
            yield "script-src"
            continue
        sources = policy[name]
        strict = any(
            source.startswith(("'nonce-", "'sha256-", "'sha384-", "'sha512-")) for source in sources
        )
        if "'unsafe-inline'" in sources and not strict and "'strict-dynamic'" not in sources:
            yield f"{name} 'unsafe-inline'"
        if first == "script-src-elem" and not (strict and "'strict-dynamic'" in sources):
            for source in sources:
                if _is_anybody(source):
                    yield f"{name} {source}"


def _of_objects(policy: Policy) -> list[str] | None:
    """What lets plug-ins through; None where the policy does not say."""
    sources = policy.get("object-src", policy.get("default-src"))
    if sources is None:
        return None
    return [f"object-src {source}" for source in sources if _is_anybody(source)][:1]


def _is_anybody(source: str) -> bool:
    return source in _ANY or source.startswith(("*:", "http://*:", "https://*:"))


def upgrades(policies: list[Policy]) -> bool:
    """Whether browsers ask over HTTPS for all that the page names (Upgrade Insecure Requests)."""
    return any("upgrade-insecure-requests" in policy for policy in policies)


def forbids_framing(policies: list[Policy]) -> bool:
    """Whether some policy says who may frame the page, and not everybody."""
    return any(
        "frame-ancestors" in policy and not any(map(_is_anybody, policy["frame-ancestors"]))
        for policy in policies
    )


def policies_of(facts: SiteFacts) -> list[Policy]:
    """The policies of the home page, those in its HTML included; empty where there is none."""
    hop, page = home(facts), page_of(facts)
    written = page.policies if page is not None else ()
    return read_policies([header(hop, "content-security-policy"), *written]) if hop else []
