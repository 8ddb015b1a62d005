"""A resolver asked from outside whether it holds what was decided."""

from __future__ import annotations

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import msgspec

from cityshield.ports.zone import STATE_NAME

HELD, NOT_HELD, NO_ANSWER = "held", "not-held", "no-answer"


class Probed(msgspec.Struct, frozen=True):
    """What a resolver says of a name: `answer` is the code, or where the name leads."""

    name: str
    result: str
    answer: str


def probe(
    address: str, port: int, name: str, *, blocked: bool, blocked_to: str, timeout_s: float
) -> Probed:
    """Ask for the address of a name; held when it is blocked as it should be, or is not."""
    try:
        answer = _ask(address, port, name, "A", timeout_s)
    except (OSError, dns.exception.DNSException) as error:
        return Probed(name, NO_ANSWER, type(error).__name__)
    leads_to = [
        str(rrset[0].target).rstrip(".").lower()
        for rrset in answer.answer
        if rrset.rdtype == dns.rdatatype.CNAME
    ]
    code = dns.rcode.to_text(answer.rcode())
    is_blocked = blocked_to in leads_to if blocked_to else answer.rcode() == dns.rcode.NXDOMAIN
    said = leads_to[-1] if blocked_to and leads_to else code
    return Probed(name, HELD if is_blocked == blocked else NOT_HELD, said)


def state_of(address: str, port: int, timeout_s: float) -> int | None:
    """The serial of the zone that a resolver holds; None when it tells none."""
    try:
        answer = _ask(address, port, STATE_NAME, "TXT", timeout_s)
    except (OSError, dns.exception.DNSException):
        return None
    for rrset in answer.answer:
        if rrset.rdtype == dns.rdatatype.TXT:
            text = b"".join(rrset[0].strings)
            return int(text) if text.isdigit() else None
    return None


def _ask(address: str, port: int, name: str, type_: str, timeout_s: float) -> dns.message.Message:
    query = dns.message.make_query(name, type_)
    answer, _ = dns.query.udp_with_fallback(query, address, timeout=timeout_s, port=port)
    return answer
