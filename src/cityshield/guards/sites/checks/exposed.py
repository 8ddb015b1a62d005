"""Something stands in public that should not."""

from __future__ import annotations

from collections.abc import Iterator

from cityshield.guards.check import Hit, Material, check
from cityshield.guards.sites.answers import page_of
from cityshield.guards.sites.facts import SiteFacts

_OPEN = frozenset({200})
_SHOWN = {"admin-panel": _OPEN | {401}, "stack-trace": _OPEN | {400, 404, 405, 500}}
"""The answers that show something: a page that asks for a password is there all the same."""

Rules = dict[str, tuple[str, str, int]]
"""From a mark, or what stands before its colon, to the rule, its severity and its CWE."""


def _rules(material: Material) -> Rules:
    return {
        mark: (name, table["severity"], table["cwe"])
        for name, table in material.rules.items()
        for mark in table["marks"]
    }


@check(severity="medium", cwe=538, knowledge=_rules, rules="exposures")
def exposed(facts: SiteFacts, rules: Rules) -> Iterator[Hit]:
    """One hit for each kind of thing, at the first path that has its mark (see `paths`)."""
    told: set[str] = set()
    page = page_of(facts)
    for mark in page.marks if page is not None else ():
        yield from _hits("/", mark, rules, told)
    for path, answer in facts.paths.items():
        if not answer.soft:
            for mark in answer.marks:
                if answer.status in _SHOWN.get(mark.partition(":")[0], _OPEN):
                    yield from _hits(path, mark, rules, told)


def _hits(path: str, mark: str, rules: Rules, told: set[str]) -> Iterator[Hit]:
    kind, _, name = mark.partition(":")
    rule, severity, cwe = rules.get(kind, ("", "", 0))
    if rule and rule not in told:
        told.add(rule)
        args = {"path": path[:120], "name": name or kind}
        yield Hit(args=args, rule=rule, severity=severity, location=path[:300], cwe=cwe)
