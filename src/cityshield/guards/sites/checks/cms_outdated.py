"""The content system is out of date, by the version that it tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.outdated import hits, read_lists
from cityshield.guards.sites.software import CMS

if TYPE_CHECKING:
    from cityshield.guards.sites.weaknesses import Weaknesses


@check(severity="medium", cwe=1395, knowledge=read_lists, rules="outdated_cms")
def cms_outdated(facts: SiteFacts, lists: Weaknesses | None) -> Iterator[Hit]:
    """Hits by lists of weaknesses (CVE), of those in use (KEV) and of support (see `outdated`)."""
    return hits(facts, CMS, lists)
