"""The filing number is not the one of the register."""

from __future__ import annotations

from cityshield.guards.check import Hit, Material, check
from cityshield.guards.sites.answers import page_of, shorten
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.filings import FILE, Register, stem_of


def _register(material: Material) -> Register | None:
    """The operator's register; None where there is none."""
    data = material.read(FILE)
    return None if data is None else Register(data)


@check(severity="medium", knowledge=_register)
def icp_register(facts: SiteFacts, register: Register | None) -> Hit | None:
    """Hit when the page shows another ICP number than the operator's register has for the host.

    The register is the operator's file `icp-register.csv`. Low where the page shows no number;
    nothing is said of hosts that the register does not hold. A licence (`京ICP证`) is no filing.
    """
    page = page_of(facts)
    if register is None or page is None:
        return None
    filed = register.find(facts.host)
    if filed is None:
        return None
    shown = [mark[4:] for mark in page.marks if mark.startswith("icp:") and "备" in mark]
    if any(stem_of(number) == stem_of(filed.number) for number in shown):
        return None
    args = {
        "filed": shorten(filed.number, 60),
        "owner": shorten(filed.owner, 80),
        "shown": shorten(", ".join(shown), 90) or "–",
    }
    return Hit(args=args, severity="" if shown else "low", location="/")
