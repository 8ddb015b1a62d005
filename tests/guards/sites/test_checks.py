"""Checks of sites: restraint on well-kept ones, and what they say of many kinds of sites."""

from __future__ import annotations

from random import Random
from types import UnionType
from typing import Any, get_args, get_origin

import msgspec
import pytest

from cityshield.guards.guard import Guard
from cityshield.guards.scale import Scale
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.gather import SiteGatherer
from cityshield.guards.sites.given import site
from cityshield.guards.sites.grade import grade_of
from cityshield.rooms import find_checks
from cityshield.vocabulary.subject import SITE, Subject
from cityshield.vocabulary.verdict import UNKNOWN, Verdict

GUARD = Guard("sites", SITE, find_checks("sites", []), SiteGatherer(None), Scale())
HOST = "city-library.example"


def judge(**given: Any) -> Verdict:
    verdict = GUARD.judge(site(HOST, given))
    assert verdict.failed == ()
    return verdict


def test_a_well_kept_site_gets_nothing() -> None:
    verdict = judge()
    assert (verdict.findings, verdict.evidence, grade_of(verdict)) == ((), (), "A")
    assert verdict.level == UNKNOWN  # nothing that a visitor sees proves that nobody broke in


@pytest.mark.parametrize(
    "given",
    [
        {
            "headers": ["permissions-policy:", "referrer-policy:"],
            "names": {"signed": False, "authorities": []},
        },
        {"security_txt": "", "mail": {"mta_sts": "", "mta_sts_mode": ""}},
        {
            "cookies": [
                "lang=en; Secure; SameSite=Lax",
                "__Host-sid=1; Secure; HttpOnly; SameSite=Lax; Path=/",
            ]
        },
        {
            "html": "<html lang=en><script src=https://counter.test/c.js></script><form><input name=q></form>"
        },
        {"plain": {"failed": "refused"}},
    ],
)
def test_small_things_cost_no_grade(given: dict[str, Any]) -> None:
    verdict = judge(**given)
    assert {item.severity for item in verdict.findings} <= {"none", "low"}
    assert grade_of(verdict) == "A"


def test_weaknesses_are_no_malice_and_malice_is_no_weakness() -> None:
    weak = judge(tls={"versions": ["TLS 1.0"], "trust": "expired"}, certificate={"days": -1})
    assert (weak.level, weak.evidence, grade_of(weak)) == (UNKNOWN, (), "F")
    broken = judge(html="<title>Hacked by nobody</title>")
    assert (broken.level, broken.findings, grade_of(broken)) == ("malicious", (), "F")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"tls": {"trust": "expired"}, "certificate": {"days": -1}}, "certificate_expired"),
        ({"tls": {"trust": "not-yet"}, "certificate": {"days": 200}}, "certificate_expired"),
        ({"tls": {"trust": "name"}}, "certificate_name"),
        ({"tls": {"trust": "self-signed"}}, "certificate_self_signed"),
        ({"tls": {"trust": "unknown-issuer"}}, "certificate_unknown_issuer"),
        ({"tls": {"trust": "incomplete"}}, "certificate_incomplete"),
        ({"tls": {"trust": "expired"}}, "certificate_chain"),
        ({"tls": {"trust": "not-yet"}}, "certificate_chain"),
        ({"tls": {"trust": "other"}}, "certificate_chain"),
    ],
)
def test_a_chain_that_browsers_refuse_is_told_once(given: dict[str, Any], told: str) -> None:
    verdict = judge(**given)
    assert [item.check for item in verdict.findings] == [f"sites.{told}"]
    assert grade_of(verdict) != "A"


def test_the_certificate_that_is_missing_is_named() -> None:
    above = {"subject": "City CA 1", "issuer": "City root"}
    given = {"tls": {"trust": "incomplete"}, "certificate": {"issuer": "City CA 1"}}
    for chain, named in ((above, "City root"), ({"subject": "Else"}, "City CA 1")):
        (item,) = judge(**given, chain=chain).findings
        assert item.args == {"issuer": named}


def test_a_site_that_was_not_read_has_no_grade() -> None:
    subject = Subject(SITE, HOST)
    verdict = GUARD.judge(SiteFacts(subject, HOST, 0, reason="no-address", read=0.0))
    assert (verdict.level, verdict.findings, grade_of(verdict)) == (UNKNOWN, (), "unknown")


def test_an_error_page_is_not_held_to_have_headers() -> None:
    verdict = judge(
        secure={"status": 503}, plain={"failed": "refused"}, headers=["server: nginx/1.2"]
    )
    assert [item.check for item in verdict.findings] == []


def test_findings_carry_severity_place_and_cwe() -> None:
    found = judge(paths={"/.env": {"marks": ["env"]}}).findings[0]
    assert (found.check, found.severity, found.location, found.cwe) == (
        "sites.exposed/env",
        "critical",
        "/.env",
        538,
    )


def test_kept_facts_are_judged_the_same() -> None:
    facts = site(
        HOST, {"html": "<script>new CoinHive.Anonymous('x')</script>", "cookies": ["sid=1"]}
    )
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=SiteFacts)
    assert GUARD.judge(kept) == GUARD.judge(facts)


def test_every_check_takes_facts_with_nothing_in_them() -> None:
    verdict = GUARD.judge(SiteFacts(Subject(SITE, HOST), HOST, 0))
    assert verdict.failed == ()


def test_what_strangers_wrote_is_cut() -> None:
    long = "x" * 5_000
    verdict = judge(
        headers=[
            f"server: {long}/1.2",
            f"content-security-policy: script-src 'unsafe-inline' {long} *",
        ],
        names={"status": "NXDOMAIN", "dangling": f"{long}.example"},
        html=f"<title>Hacked by {long}</title><script src='http://{long}.test/a.js'></script>",
        cookies=[f"{long}sid=1"],
    )
    for item in (*verdict.findings, *verdict.evidence):
        assert all(len(value) <= 200 for value in item.args.values()), item.check
    assert all(len(item.location) <= 300 for item in verdict.findings)


WORDS = [
    *(
        "",
        "https://a.example/",
        "http://a.example/",
        "max-age=1",
        "max-age=" + "9" * 50,
        "max-age=٣",
    ),
    *("strict-transport-security", "content-security-policy", "server", "default-src", ";;,,"),
    *("a=b;" * 50, "\ud800x", "é\0", "Expires: 9999-12-31T23:59:59Z", "x" * 200, "RSA", "name"),
    *("Expires: 0001-01-01T00:00:00+23:59", "v=DMARC1; p=", "v=spf1", "text/html", "1.2.3", "git"),
    *("version:dedecms/5.7", "WordPress 6.1.8", "nginx/1.20.2", "3 1 1 aa", "k=rsa; p=AAAA"),
    *("icp:京", "redirector:", "miner:", "dark-links:x", "admin-panel:x", "SSL 3.0", "NULL", "no"),
]
NUMBERS = [0, -1, 200, 404, 10**9, 1 << 62]


def anything(kind: Any, chance: Random) -> Any:
    """A value of a type of `facts.py`, with words that checks look for in all the wrong places."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return anything(chance.choice(inner), chance)
    if origin is tuple and inner[-1] is ...:
        return tuple(anything(inner[0], chance) for _ in range(chance.choice([0, 1, 1, 3])))
    if origin is tuple:
        return tuple(anything(each, chance) for each in inner)
    if origin is dict:
        pairs = range(chance.choice([0, 1, 3]))
        return {anything(inner[0], chance): anything(inner[1], chance) for _ in pairs}
    if issubclass(kind, msgspec.Struct):
        fields = msgspec.structs.fields(kind)
        return kind(**{field.name: anything(field.type, chance) for field in fields})
    plain = {str: WORDS, int: NUMBERS, float: [0.0, 1.0], bool: [True, False], bytes: [b"x"]}
    return chance.choice(plain.get(kind, [None]))


def test_facts_of_any_content_are_judged() -> None:
    chance = Random(5)
    for _ in range(2_000):
        verdict = GUARD.judge(anything(SiteFacts, chance))
        assert [item for item in verdict.failed if item.reason == "raised"] == []
        for item in (*verdict.findings, *verdict.evidence):
            assert all(len(value) <= 250 for value in item.args.values()), item.check
