"""A STIX 2.1 bundle (OASIS, section 4.7: indicator), the same ids for the same decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from cityshield.adapters.exports.export import About
from cityshield.guards.dates import iso
from cityshield.vocabulary.decision import ALLOW, DOMAIN, URL, WARN, Decision

_encode = msgspec.json.Encoder().encode
_FIRST = "2020-01-01T00:00:00.000Z"
_TYPES = {ALLOW: "benign", WARN: "anomalous-activity"}


def write(listed: Sequence[Decision], about: About) -> Iterator[str]:
    """The operator as an identity, and an indicator for each decision."""
    space = uuid5(NAMESPACE_URL, f"cityshield:{about.operator}")
    identity = f"identity--{space}"
    bundle = uuid5(space, ",".join(str(decision.id) for decision in listed))
    yield f'{{"type":"bundle","id":"bundle--{bundle}","objects":[\n'
    who = {
        "type": "identity",
        "spec_version": "2.1",
        "id": identity,
        "created": _FIRST,
        "modified": _FIRST,
        "name": about.operator,
        "identity_class": "organization",
    }
    yield _encode(who).decode()
    for decision in listed:
        yield ",\n" + _encode(_indicator(decision, space, identity, about)).decode()
    yield "\n]}\n"


def _indicator(decision: Decision, space: UUID, identity: str, about: About) -> dict[str, object]:
    since = _millis(decision.since or 0)
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{uuid5(space, str(decision.id))}",
        "created_by_ref": identity,
        "created": since,
        "modified": since,
        "name": f"{decision.action} {decision.target.scope}",
        "description": decision.reason,
        "indicator_types": [_TYPES.get(decision.action, "malicious-activity")],
        "labels": [decision.action, decision.origin, f"licence:{about.licence}"],
        "pattern": _pattern(decision),
        "pattern_type": "stix",
        "valid_from": since,
        "valid_until": _millis(decision.expires or 0),
    }


def _pattern(decision: Decision) -> str:
    value = decision.target.value.replace("\\", "\\\\").replace("'", "\\'")
    if decision.target.scope == URL:
        return f"[url:value IN ('http://{value}', 'https://{value}')]"
    exact = f"domain-name:value = '{value}'"
    below = f" OR domain-name:value LIKE '%.{value}'"
    return f"[{exact}{below if decision.target.scope == DOMAIN else ''}]"


def _millis(at: int) -> str:
    return iso(at).replace("Z", ".000Z")
