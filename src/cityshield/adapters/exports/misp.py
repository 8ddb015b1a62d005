"""A MISP event (the core format of misp-standard.org), the same ids for the same decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import NAMESPACE_URL, uuid5

import msgspec

from cityshield.adapters.exports.export import About
from cityshield.guards.dates import iso
from cityshield.vocabulary.decision import BLOCK, URL, Decision

_encode = msgspec.json.Encoder().encode


def write(listed: Sequence[Decision], about: About) -> Iterator[str]:
    """One event with an attribute for each block."""
    blocks = [decision for decision in listed if decision.action == BLOCK]
    space = uuid5(NAMESPACE_URL, f"cityshield:{about.operator}")
    newest = max((decision.since or 0 for decision in blocks), default=0)
    event = {
        "uuid": str(uuid5(space, "event")),
        "info": f"Decisions of {about.operator}",
        "date": iso(newest)[:10],
        "timestamp": str(newest),
        "published": True,
        "analysis": "2",
        "threat_level_id": "2",
        "Orgc": {"uuid": str(space), "name": about.operator},
        "Tag": [{"name": f"licence:{about.licence}"}],
    }
    yield '{"Event":' + _encode(event).decode()[:-1] + ',"Attribute":['
    for place, decision in enumerate(blocks):
        scope, value = decision.target.scope, decision.target.value
        attribute = {
            "uuid": str(uuid5(space, str(decision.id))),
            "type": "url" if scope == URL else "domain" if scope == "domain" else "hostname",
            "category": "Network activity",
            "value": f"http://{value}" if scope == URL else value,
            "to_ids": True,
            "timestamp": str(decision.since or 0),
            "comment": decision.reason,
            "first_seen": iso(decision.since or 0),
            "last_seen": iso(decision.expires or 0),
        }
        yield (",\n" if place else "\n") + _encode(attribute).decode()
    yield "\n]}}\n"
