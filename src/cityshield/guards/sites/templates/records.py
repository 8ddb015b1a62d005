"""Templates of DNS and TLS, held against kept facts: a new one needs no new visit.

The text of an answer is put together as dig writes it; how long a record may be kept is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cityshield.guards.sites.facts import Certificate, Names, SiteFacts, TemplateHit
from cityshield.guards.sites.templates.engine import Unit, extract, hit_of, units_of
from cityshield.guards.sites.templates.functions import Value
from cityshield.guards.sites.templates.model import DNS, TLS, Question, Template
from cityshield.guards.sites.templates.view import Spent, View
from cityshield.vocabulary.finding import NONE

_TTL = 300
_VERSIONS = {
    "SSL 3.0": "ssl30", "TLS 1.0": "tls10", "TLS 1.1": "tls11", "TLS 1.2": "tls12",
    "TLS 1.3": "tls13",
}  # fmt: skip
_SEPARATOR = ", "


class Records:
    """Compiled templates of DNS and TLS; those that tell no weakness are left out."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._by_protocol: dict[str, list[tuple[Template, Question, list[Unit]]]] = {
            DNS: [], TLS: []
        }  # fmt: skip
        for each in templates:
            if each.protocol in self._by_protocol and each.severity != NONE:
                self._by_protocol[each.protocol] += [
                    (each, question, list(units_of(0, question))) for question in each.questions
                ]

    def hits_of(self, facts: SiteFacts) -> Iterator[TemplateHit]:
        """The templates that are true of what DNS and TLS said."""
        names, tls = facts.names, facts.tls
        views: dict[str, View | None] = {}
        for template, question, units in self._by_protocol[DNS] if names is not None else ():
            kind = question.asks[0]
            if kind not in views:
                views[kind] = _records_view(facts.host, names, kind) if names else None
            yield from _hit(template, question, units, views[kind], "DNS")
        if tls is None or not tls.chain:
            return
        for template, question, units in self._by_protocol[TLS]:
            version = question.asks[0]
            if version not in views:
                views[version] = _tls_view(facts, version)
            yield from _hit(template, question, units, views[version], "TLS")


def _hit(
    template: Template, question: Question, units: list[Unit], view: View | None, where: str
) -> Iterator[TemplateHit]:
    if view is None:
        return
    names = [unit.name for unit in units if _is_true(unit, view)]
    extracts = [each for extractor in question.extractors for each in extract(extractor, view)]
    if names or (not question.matchers and extracts):
        yield hit_of(template, where, names, extracts)


def _is_true(unit: Unit, view: View) -> bool:
    try:
        return all(condition.test(view) for condition in unit.conditions)
    except Spent:
        return False


def _records_view(host: str, names: Names, kind: str) -> View:
    aliases = list(zip((host, *names.chain), names.chain, strict=False))
    lines = [_line(owner, "CNAME", f"{target}.") for owner, target in aliases]
    last = names.chain[-1] if names.chain else host
    records = {
        "A": list(names.v4),
        "AAAA": list(names.v6),
        "NS": [f"{each}." for each in names.servers],
        "MX": [f"{rank} {each}." for rank, each in names.mail],
        "TXT": [f'"{each}"' for each in names.texts],
        "CAA": [f'0 {tag} "{value}"' for tag, value in names.authorities],
    }.get(kind, [])
    lines += [_line(last, kind, each) for each in records]
    answer = "\n".join(lines)
    question = f";{host}.\tIN\t {kind}"
    raw = (
        f";; opcode: QUERY, status: {names.status}, id: 0\n\n;; QUESTION SECTION:\n{question}\n\n"
        f";; ANSWER SECTION:\n{answer}\n"
    )
    values: dict[str, Value] = {
        "raw": raw.encode(), "answer": answer.encode(), "question": question.encode(),
        "rcode": names.status.encode(), "host": host.encode(), "FQDN": host.encode(),
        "cname": " ".join(names.chain).encode(),
    }  # fmt: skip
    return View(values)


def _line(owner: str, kind: str, data: str) -> str:
    return f"{owner}.\t{_TTL}\tIN\t{kind}\t{data}"


def _tls_view(facts: SiteFacts, version: str) -> View | None:
    """What a handshake said; None where the one version that is asked for was not accepted."""
    tls = facts.tls
    if tls is None or not tls.chain or (version and version not in tls.versions):
        return None
    leaf = tls.chain[0]
    spoken = version or (tls.versions[-1] if tls.versions else "")
    address = next(iter((*(facts.names.v4 if facts.names else ()), "")))
    is_wild = any(name.startswith("*.") for name in leaf.names)
    values: dict[str, Value] = {
        "tls_version": _VERSIONS.get(spoken, "").encode(),
        "cipher": tls.suite.encode(),
        "expired": leaf.not_after < facts.at,
        "self_signed": leaf.self_signed,
        "mismatched": tls.trust == "name",
        "untrusted": tls.trust in ("self-signed", "unknown-issuer", "incomplete"),
        "wildcard_certificate": is_wild,
        "not_before": leaf.not_before,
        "not_after": leaf.not_after,
        "host": facts.host.encode(),
        "ip": address.encode(),
        "port": b"443",
        "subject_an": " ".join(leaf.names).encode(),
        "fingerprint_hash": leaf.sha256.encode(),
        **_named("subject", leaf.subject, leaf),
        **_named("issuer", leaf.issuer, leaf),
    }
    return View(values)


def _named(prefix: str, name: str, leaf: Certificate) -> dict[str, Value]:
    """A distinguished name (RFC 4514) whole and by its parts."""
    parts = [part for part in name.split(",") if "=" in part]
    values: dict[str, Value] = {f"{prefix}_dn": _SEPARATOR.join(parts).encode()}
    for key, of in (("cn", "CN="), ("org", "O=")):
        found = next((part[len(of) :] for part in parts if part.startswith(of)), None)
        if found is not None:
            values[f"{prefix}_{key}"] = found.encode()
    return values
