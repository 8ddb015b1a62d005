"""Templates held against the answers of a real visit over loopback: hits are kept, pages are not."""

from __future__ import annotations

import msgspec
import pytest

from cityshield.adapters.sites.matching import Matching, no_templates
from cityshield.adapters.sites.transfer import Answer
from cityshield.guards.sites.facts import TemplateHit
from cityshield.guards.sites.templates.engine import Engine
from cityshield.guards.sites.templates.model import Outcome, Seen, Template
from cityshield.guards.sites.templates.plan import PathPlan
from cityshield.guards.sites.templates.reading import read_template
from tests.adapters.sites.farm import Site, answer, gatherer, name_server, server, visit_one
from tests.guards.sites.templates.written import written

HOST = "town.example"
TABLE = {(HOST, "A"): ["127.0.0.1"]}


def asking(id_: str, word: str, url: str, extra: str = "", tags: str = "panel") -> Template:
    conditions = f"{extra}matchers:\n  - type: word\n    words: [{word}]"
    data = written(conditions, url, tags)
    return read_template(data.replace(b"id: parcel-panel", f"id: {id_}".encode()))


FAR = b"<p>" + b" " * 60
"""More than the farm keeps of a page."""
HOME = asking("parcel-home", "ParcelCMS", "{{BaseURL}}", tags="parcelcms")
LOGIN = asking("parcel-login", "ParcelCMS", "{{BaseURL}}/parcel/login", tags="parcelcms")
BACKUP = asking("parcel-backup", "dump of", "{{BaseURL}}/backup.sql")
TEMPLATES = [HOME, LOGIN, BACKUP]


async def hits_of(replies: dict[str, bytes], profile: str = "full") -> tuple[list[str], Site]:
    engine, paths = Engine(TEMPLATES, "v1"), PathPlan(TEMPLATES)
    pages = Site(replies)
    async with name_server(TABLE) as (_, resolver), server(pages) as plain:
        one = gatherer(
            [HOST], resolver, plain=plain, profile=profile, match=engine.match,
            template_set=engine.version, more_paths=paths.more_paths,
        )  # fmt: skip
        facts = await visit_one(one, HOST)
    assert facts.template_set == "v1"
    assert facts.failed == ()
    assert b"ParcelCMS" not in msgspec.json.encode(facts)
    return [f"{hit.id} {hit.path}" for hit in facts.templates], pages


async def test_hits_of_the_home_page_and_of_paths_are_kept() -> None:
    replies = {
        "/": answer(FAR + b"Made with ParcelCMS"),
        "/parcel/login": answer(FAR + b"ParcelCMS: sign in"),
        "/backup.sql": answer(b"-- dump of town"),
    }
    told, pages = await hits_of(replies)
    assert told == ["parcel-home /", "parcel-backup /backup.sql", "parcel-login /parcel/login"]
    asked = [path for _, path in pages.asked]
    assert asked.count("/backup.sql") == 1


async def test_the_quick_profile_looks_at_the_home_page_only() -> None:
    told, pages = await hits_of({"/": answer(FAR + b"ParcelCMS")}, "quick")
    assert told == ["parcel-home /"]
    assert {path for _, path in pages.asked} == {"/"}


async def test_a_page_that_answers_for_every_path_is_no_hit_of_a_path() -> None:
    told, _ = await hits_of({"*": answer(FAR + b"ParcelCMS, dump of all")})
    assert told == ["parcel-home /"]


async def test_a_redirect_on_the_own_host_is_followed_to_the_home_page() -> None:
    replies = {
        "/": answer(b"", 302, Location="/start"),
        "/start": answer(FAR + b"ParcelCMS"),
    }
    assert (await hits_of(replies, "quick"))[0] == ["parcel-home /"]


def reply(body: bytes = b"ParcelCMS", status: int = 200, failed: str = "", **fields: str) -> Answer:
    return Answer(status, tuple(fields.items()), body, failed, 0.0)


def test_an_answer_is_seen_as_it_came() -> None:
    seen: list[Seen] = []

    def match(each: Seen) -> Outcome:
        seen.append(each)
        return Outcome((TemplateHit("x", "0"),))

    matching = Matching(match, HOST, "192.0.2.10")
    matching.see_home(reply(), f"https://{HOST}/")
    matching.see_home(reply(), f"http://{HOST}/")
    matching.see_home(reply(b"", 302, location="/x"), f"http://{HOST}/")
    matching.see_home(reply(b"cut", failed="too-large"), "https://other.example/")
    matching.see("/x", reply(b"part", 206), [])
    matching.see("/x", reply(b"", 0, "refused"), [])
    told = [(each.status, each.is_whole, each.leads_on, each.is_far) for each in seen]
    assert told == [
        (200, True, False, False), (302, True, True, False), (200, False, False, True),
        (200, False, False, False),
    ]  # fmt: skip
    assert (seen[0].host, seen[0].address, seen[0].path) == (HOST, "192.0.2.10", "/")
    assert matching.hits == (TemplateHit("x", "0"),)


@pytest.mark.parametrize(
    ("outcome", "reason"), [(Outcome((), is_cut=True), "out-of-time"), (None, "raised")]
)
def test_what_was_not_tried_is_said(outcome: Outcome | None, reason: str) -> None:
    def match(seen: Seen) -> Outcome:
        if outcome is None:
            raise ValueError
        return outcome

    matching = Matching(match, HOST, "192.0.2.10")
    matching.see_home(reply(), f"https://{HOST}/")
    assert matching.hits == ()
    assert [(each.check, each.reason) for each in matching.failed] == [("sites.template", reason)]


def test_without_templates_nothing_is_looked_at() -> None:
    matching = Matching(no_templates, HOST, "192.0.2.10")
    matching.see_home(reply(), f"https://{HOST}/")
    assert (matching.hits, matching.failed) == ((), [])
