"""The server still speaks old versions of TLS."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.facts import SiteFacts

_OLD = ("SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1")
_MODERN = frozenset({"TLS 1.2", "TLS 1.3"})


@check(severity="medium", cwe=327)
def tls_old_versions(facts: SiteFacts) -> Hit | None:
    """Hit on SSL (RFC 7568), TLS 1.0 and 1.1 (RFC 8996); high for SSL or nothing newer."""
    versions = facts.tls.versions if facts.tls is not None else ()
    old = [version for version in _OLD if version in versions]
    if not old:
        return None
    worse = old[0].startswith("SSL") or not _MODERN & set(versions)
    return Hit(args={"versions": ", ".join(old)}, severity="high" if worse else "")
