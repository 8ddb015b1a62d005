"""One outside host, how many sites: counted from kept facts, whose a host is as checks see it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from cityshield.adapters.history.analytics import analytics
from cityshield.adapters.history.run import Record, RunFolder
from cityshield.adapters.history.third_parties import third_parties_of
from cityshield.guards.sites.facts import Page, Script, SiteFacts, Visit
from cityshield.guards.sites.hosts import is_foreign
from cityshield.vocabulary.census import Site, ThirdParty
from cityshield.vocabulary.subject import SITE, Subject

HOSTS = ["www.a.example", "www.b.example", "www.town.gov.cn", "shop.gov.cn", "c.example"]
CDN = "https://cdn.test/x.js"
SCRIPTS = {
    "www.a.example": [CDN, "https://cdn.test/y.js", "https://static.a.example/z.js", "/"],
    "www.b.example": ["//no", "HTTPS://CDN.test:8443/x.js", "https://www.b.example/own.js"],
    "www.town.gov.cn": ["https://img.town.gov.cn/a.js", "https://www.county.gov.cn/b.js"],
    "shop.gov.cn": ["https://www.town.gov.cn/b.js", "https://static.shop.gov.cn/c.js"],
    "c.example": [CDN, "not an address", "https://user@cdn.test/x.js", ""],
}


def facts(host: str, integrity: str = "") -> SiteFacts:
    page = Page(scripts=tuple(Script(url, integrity) for url in SCRIPTS[host]))
    visit = Visit(page=page)
    return SiteFacts(
        Subject(SITE, host), host, 0,
        secure=visit if host != "c.example" else Visit(failed="refused"),
        plain=visit if host == "c.example" else None,
    )  # fmt: skip


@pytest.fixture
def folder(home: Path) -> RunFolder:
    made = RunFolder(home, 1)
    made.write_plan([(Site(host), "") for host in HOSTS])
    for place, planned in enumerate(p for piece in made.planned(bytearray(5)) for p in piece):
        pinned = "sha384-x" if planned.host == "www.b.example" else ""
        made.append(Record(planned.n, facts(planned.host, pinned)))
        if not place:
            made.append(Record(planned.n, facts("c.example"), again=True))
    made.pack(made.turn())
    return made


def test_outside_hosts_are_counted_by_site(folder: RunFolder) -> None:
    with analytics(folder.path) as ask:
        found = third_parties_of(ask, folder)
    assert found[0] == ThirdParty("cdn.test", 3, 2)
    assert {each.host: each.sites for each in found[1:]} == {
        "www.county.gov.cn": 1,
        "www.town.gov.cn": 1,
    }


def test_whose_a_host_is_checks_see_alike(folder: RunFolder) -> None:
    with analytics(folder.path) as ask:
        found = {each.host for each in third_parties_of(ask, folder)}
    for site, urls in SCRIPTS.items():
        for url in urls:
            host = url.partition("://")[2].partition("/")[0].partition(":")[0].lower()
            if host and "@" not in host:
                assert (host in found) or not is_foreign(host, site), (host, site)


def test_a_run_without_pages_has_none(home: Path) -> None:
    made = RunFolder(home, 1)
    made.write_plan([(Site("a.example"), "")])
    with analytics(made.path) as ask:
        assert third_parties_of(ask, made) == []
    made.append(Record(0, replace(facts("www.a.example"), secure=None)))
    made.pack(made.turn())
    with analytics(made.path) as ask:
        assert third_parties_of(ask, made) == []
