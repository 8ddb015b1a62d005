"""False mail is reported at most, not refused."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="low", cwe=290)
def dmarc_weak(facts: SiteFacts) -> Hit | None:
    """Hit on `p=none`, on no policy that is understood, and on two records (RFC 7489, 6.6.3).

    Of a record that the name inherits, `sp` holds where it has one. A policy that holds for none
    of the mail is the next weaker one (6.6.4): `reject` is `quarantine`, which is `none`.
    """
    mail = facts.mail
    if mail is None or not mail.dmarc:
        return None
    tags = _tags(mail.dmarc[0])
    policy = tags.get("p", "")
    if mail.dmarc_inherited:
        policy = tags.get("sp", policy)
    refuses = policy == "reject" or (policy == "quarantine" and tags.get("pct") != "0")
    if refuses and "p" in tags and len(mail.dmarc) == 1:
        return None
    return Hit(args={"record": shorten(mail.dmarc[0])}, location=f"_dmarc.{facts.host}")


def _tags(record: str) -> dict[str, str]:
    """The tags of a record with their values, in lower case."""
    pairs = [tag.partition("=") for tag in record[:1_000].lower().split(";")]
    return {name.strip(): value.strip() for name, _, value in reversed(pairs)}
