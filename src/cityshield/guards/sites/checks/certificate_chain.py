"""Browsers refuse what vouches for the certificate."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.dates import day
from cityshield.guards.sites.answers import leaf, shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="high", cwe=295)
def certificate_chain(facts: SiteFacts) -> Hit | None:
    """Hit when an issuer is out of its time, or the chain is refused for a rarer reason.

    Such as an issuer that is no authority, or a certificate not for servers (RFC 5280, 6.1).
    """
    tls, shown = facts.tls, leaf(facts)
    if tls is None or shown is None or tls.trust not in ("expired", "not-yet", "other"):
        return None
    if tls.trust == "other":
        return Hit(args={"problem": "other", "issuer": shorten(shown.issuer), "day": ""})
    if not shown.not_before <= facts.at <= shown.not_after:
        return None  # told of the certificate itself
    is_over = tls.trust == "expired"
    for above in tls.chain[1:]:
        if above.not_after < facts.at if is_over else above.not_before > facts.at:
            when = day(above.not_after if is_over else above.not_before)
            args = {"problem": tls.trust, "issuer": shorten(above.subject), "day": when}
            return Hit(args=args)
    return Hit(args={"problem": "other", "issuer": shorten(shown.issuer), "day": ""})
