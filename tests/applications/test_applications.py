"""Real applications are told by name and version, what is wrong is found, what is right is not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.sites.gatherer import Gatherer
from cityshield.adapters.sites.settings import Limit, SitesSettings
from cityshield.guards.guard import Guard
from cityshield.guards.scale import Scale
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.fingerprints import applications_of, more_paths
from cityshield.guards.sites.gather import SiteGatherer
from cityshield.guards.sites.page import read_page
from cityshield.rooms import find_checks
from cityshield.vocabulary.subject import SITE
from tests.adapters.sites.farm import registrable
from tests.adapters.sites.scope import Scope
from tests.applications.town import (
    AS_ROOT,
    ILL_KEPT,
    TOWN,
    VILLAGE,
    WELL_KEPT,
    Town,
    packaged,
    running_town,
)

pytestmark = [
    pytest.mark.applications,
    pytest.mark.nginx,
    pytest.mark.bind,
    pytest.mark.unbound,
    pytest.mark.slow,
]

FAST = Limit(8, 10_000)
UNKNOWN_HERE = {"robots", "no-lists"}
"""Why a check may say nothing: phpMyAdmin's robots.txt, and that no list of weaknesses is given."""
OTHERS = (f"left.{VILLAGE}", "broken.example")


def gather(town: Town) -> dict[str, SiteFacts]:
    """One full visit to every site."""
    settings = SitesSettings(
        address=FAST, domain=FAST, network=FAST, all=FAST, agent="CityShield (+https://shield.example/)",
        resolvers=(f"127.0.0.1:{town.resolver}",), ca=str(town.roots), plain_port=town.plain,
        secure_port=town.secure, mail_port=town.mail,
    )  # fmt: skip
    gatherer = Gatherer(
        settings,
        Scope([TOWN, f"*.{TOWN}", VILLAGE, f"*.{VILLAGE}", "broken.example"]),
        lets=lambda address: address in ("127.0.0.1", "127.0.0.2"),
        registrable=registrable,
        read_page=partial(read_page),
        clock=SystemClock(),
        more_paths=more_paths,
        profile="full",
        secret=b"a key of this test",
    )

    async def visit() -> dict[str, SiteFacts]:
        hosts = (*WELL_KEPT, *ILL_KEPT, *OTHERS)
        return {facts.host: facts async for facts in gatherer.visit(hosts)}

    return asyncio.run(visit())


@pytest.fixture(scope="module")
def seen() -> Iterator[dict[str, SiteFacts]]:
    with running_town() as town:
        yield gather(town)


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard("sites", SITE, find_checks("sites", []), SiteGatherer(None), Scale())


def found(guard: Guard, facts: SiteFacts) -> dict[str, str]:
    """What is found on a site, each with its severity."""
    verdict = guard.judge(facts)
    assert {failure.reason for failure in verdict.failed} <= UNKNOWN_HERE
    assert verdict.evidence == ()
    return {each.check.removeprefix("sites."): each.severity for each in verdict.findings}


@pytest.mark.parametrize("host", WELL_KEPT)
def test_on_a_well_kept_site_nothing_is_found(
    host: str, seen: dict[str, SiteFacts], guard: Guard
) -> None:
    facts = seen[host]
    assert facts.reason == ""
    assert facts.secure is not None
    assert facts.secure.page is not None
    assert facts.secure.page.title
    assert found(guard, facts) == {}


BARE = {
    "caa_missing": "none", "csp_missing": "low", "dmarc_weak": "low", "dnssec_unsigned": "none",
    "certificate_expired": "high", "hsts_missing": "low", "nosniff": "low", "framing": "low",
    "permissions_policy": "none", "referrer_policy": "none", "security_txt_missing": "none",
    "server_version": "low", "spf_missing": "low", "no_redirect": "medium",
    "tls_old_versions": "medium", "tls_weak_suites": "high", "exposed/git": "high",
    "exposed/env": "critical", "exposed/database_dump": "critical", "exposed/listing": "medium",
    "exposed/server_status": "medium",
}  # fmt: skip
"""What is found on each site of the village, if its application does nothing about it."""

INSTEAD: dict[str, tuple[set[str], dict[str, str]]] = {
    VILLAGE: ({"spf_missing", "exposed/server_status"}, {"spf_weak": "medium"}),
    f"blog.{VILLAGE}": ({"no_redirect"}, {}),  # WordPress leads to the address that it was given
    f"tables.{VILLAGE}": (
        {"csp_missing", "framing", "nosniff", "referrer_policy", "security_txt_missing", "exposed/git",
         "exposed/env", "exposed/database_dump", "exposed/listing", "exposed/server_status"},
        {"csp_weak": "low"},
    ),
    f"wiki.{VILLAGE}": ({"no_redirect", "nosniff"}, {}),
    f"notes.{VILLAGE}": (set(), {"cookie_same_site": "none"}),
    f"post.{VILLAGE}": ({"framing"}, {"cookie_same_site": "none"}),
    f"buses.{VILLAGE}": (set(), {"exposed/default_page": "low", "exposed/admin_panel": "medium"}),
}  # fmt: skip
"""Of each host, what is not found, and what else is: phpMyAdmin's robots.txt keeps us out."""


@pytest.mark.parametrize("host", ILL_KEPT)
def test_what_is_wrong_in_the_village_is_found(
    host: str, seen: dict[str, SiteFacts], guard: Guard
) -> None:
    less, more = INSTEAD[host]
    expected = {check: severity for check, severity in BARE.items() if check not in less} | more
    assert found(guard, seen[host]) == expected


@pytest.mark.parametrize("town", [TOWN, VILLAGE])
@pytest.mark.parametrize(
    ("kind", "name", "package"),
    [
        ("blog", "wordpress", "wordpress"),
        ("tables", "phpmyadmin", "phpmyadmin"),
        ("wiki", "mediawiki", "mediawiki"),
        ("notes", "dokuwiki", "dokuwiki"),
        ("post", "roundcube", "roundcube-core"),
        ("buses", "tomcat", "tomcat10"),
    ],
)
def test_an_application_is_told_by_name_and_version(
    town: str, kind: str, name: str, package: str, seen: dict[str, SiteFacts]
) -> None:
    facts = seen[f"{kind}.{town}"]
    if (town, kind) == (TOWN, "buses"):  # it hides everything
        assert applications_of(facts) == ()
        return
    assert name in applications_of(facts)
    assert facts.secure is not None
    assert facts.secure.page is not None
    told = {facts.secure.page.generator, *facts.secure.page.marks}
    told |= {mark for path in facts.paths.values() for mark in path.marks}
    version = packaged(package)
    if name == "dokuwiki":  # dates its releases
        version = Path("/usr/share/dokuwiki/VERSION").read_text().split()[0]
    hidden = {(TOWN, "wiki"), (TOWN, "notes")}
    assert any(version in text for text in told) == ((town, kind) not in hidden), told


def test_the_server_and_its_language_are_told(seen: dict[str, SiteFacts]) -> None:
    visit = seen[f"blog.{VILLAGE}"].secure
    assert visit is not None
    headers = dict(visit.hops[-1].headers)
    assert headers["server"] == f"nginx/{packaged('nginx-common')}"
    assert headers["x-powered-by"].startswith("PHP/8.")


def test_names_and_mail_of_the_town(seen: dict[str, SiteFacts]) -> None:
    facts = seen[TOWN]
    assert facts.names is not None
    assert facts.mail is not None
    assert facts.tls is not None
    told = "yes" if AS_ROOT else "unknown"
    assert (facts.names.signed, facts.names.authorities) == (True, (("issue", "ca.example"),))
    assert (facts.mail.mta_sts_mode, facts.mail.starttls) == ("enforce", ((f"mail.{TOWN}", told),))
    assert [selector for selector, _ in facts.mail.dkim] == ["default"]
    assert facts.mail.tls_rpt.startswith("v=TLSRPTv1")
    assert (facts.tls.versions, facts.tls.weak) == (("TLS 1.2", "TLS 1.3"), ())


def test_a_name_that_leads_nowhere_and_one_that_is_broken(
    seen: dict[str, SiteFacts], guard: Guard
) -> None:
    assert seen[f"left.{VILLAGE}"].reason == "no-name"
    assert found(guard, seen[f"left.{VILLAGE}"]) == {"dangling_cname": "high"}
    assert seen["broken.example"].reason == "name-timeout"
    assert found(guard, seen["broken.example"]) == {}
