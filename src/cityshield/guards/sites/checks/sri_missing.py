"""Scripts of other hosts are not pinned."""

from __future__ import annotations

import re

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.addresses import without_values
from cityshield.guards.sites.answers import page_of, shorten
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.hosts import host_of, is_foreign

_VERSION = re.compile(r"[@/.-]v?\d+\.\d+")


@check(severity="low", cwe=353)
def sri_missing(facts: SiteFacts) -> Hit | None:
    """Hit on scripts of foreign hosts with a version in the address and no `integrity` (SRI).

    What a host changes at will, such as a counter, cannot be pinned: only an address with a version
    in it is taken to stay the same.
    """
    page = page_of(facts)
    if page is None:
        return None
    open_ = [
        script.url
        for script in page.scripts
        if script.url
        and not script.integrity
        and is_foreign(host_of(script.url), facts.host)
        and _VERSION.search(script.url[:500])
    ]
    if not open_:
        return None
    hosts = dict.fromkeys(host_of(url) for url in open_)
    args = {"count": str(len(open_)), "hosts": shorten(", ".join(list(hosts)[:3]))}
    return Hit(args=args, location=without_values(open_[0])[:300])
