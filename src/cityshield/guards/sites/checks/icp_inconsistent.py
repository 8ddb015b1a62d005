"""The page shows filing numbers of different owners."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import page_of, shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="low")
def icp_inconsistent(facts: SiteFacts) -> Hit | None:
    """Hit when ICP numbers on one page have different stems: `京ICP备12345678号-1` without `-1`.

    A licence (`京ICP证`) stands beside a filing, and is none.
    """
    page = page_of(facts)
    marks = page.marks if page is not None else ()
    filed = (mark[4:] for mark in marks if mark.startswith("icp:") and "备" in mark)
    stems = {number.partition("号")[0] for number in filed}
    if len(stems) < 2:
        return None
    return Hit(args={"numbers": shorten(", ".join(sorted(stems)))}, location="/")
