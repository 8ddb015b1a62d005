"""The desk over a real store: feeds in, blocks out, guarded names left alone."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import msgspec
import pytest

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store import decisions as kept
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.guarded import trust
from cityshield.config import Config
from cityshield.config import Decisions as Settings
from cityshield.desk import Desk, Ran
from cityshield.imports import import_feed, import_guard_list
from cityshield.vocabulary.decision import AUTOMATIC, IN_FORCE, REMOVED, Target
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.identity import Identity
from tests.conftest import run_cli

ANA, BO = Identity("ana", "operator"), Identity("bo", "operator")
CLOCK = SystemClock()


class Feeds:
    def __init__(self, home: Path, **settings: object) -> None:
        self.home = home
        self.engine = open_database(home)
        given = msgspec.structs.replace(Settings(), **settings)
        self.desk = Desk(self.engine, CLOCK, msgspec.structs.replace(Config(), decisions=given))

    def take(self, source: str, *lines: str, trusted: bool = True, **given: object) -> None:
        file = BytesIO("\n".join(lines).encode())
        import_feed(self.engine, self.home, CLOCK, ANA, file, source=source, **given)  # type: ignore[arg-type]
        trust(self.engine, source, ANA, CLOCK.now(), trusted=trusted)

    def guard(self, source: str, *names: str, kind: str = "popular") -> tuple[int, int]:
        file = BytesIO("\n".join(names).encode())
        report = import_guard_list(self.desk, ANA, file, source=source, guard=kind)
        return report.taken, report.withdrawn

    def blocked(self) -> dict[str, tuple[str, ...]]:
        found = kept.find(self.engine, states=(IN_FORCE,))
        return {decision.target.value: decision.evidence for decision in found}


def test_hosts_that_trusted_sources_agree_on_are_blocked_once(home: Path) -> None:
    feeds = Feeds(home)
    feeds.take("a", "parcel-desk.example", "one.example", "github.com", "192.0.2.7")
    feeds.take("b", "http://parcel-desk.example/pay", "http://github.com/x", "http://192.0.2.7/")
    feeds.take("rumour", "one.example", trusted=False)
    assert feeds.desk.run_automatic() == Ran(4, 1, 0, 0)
    assert feeds.blocked() == {"parcel-desk.example": ("a", "b")}
    assert feeds.desk.run_automatic() == Ran(4, 0, 0, 0)
    feeds.take("rumour", "one.example")
    assert feeds.desk.run_automatic().blocked == 1


def test_a_guard_list_that_comes_later_ends_the_block(home: Path) -> None:
    feeds = Feeds(home)
    for source in "ab":
        feeds.take(source, "shop.popular.example", "other.example")
    feeds.desk.run_automatic()
    assert feeds.guard("top", "popular.example", "# a comment", "") == (1, 1)
    (ended,) = kept.find(feeds.engine, states=(REMOVED,))
    assert ended.target.value == "shop.popular.example"
    assert "popular.example" in ended.end_reason
    assert feeds.desk.run_automatic().blocked == 0
    assert list(feeds.blocked()) == ["other.example"]
    with pytest.raises(InputError) as caught:
        feeds.desk.propose("popular.example", "block", "r", ANA)
    assert caught.value.sentence == "error-guarded"
    assert feeds.guard("top", "elsewhere.example") == (1, 0)
    assert feeds.desk.propose("popular.example", "block", "r", ANA).needed == 2


def test_a_guard_list_ends_the_blocks_of_what_it_names_in_every_scope(home: Path) -> None:
    feeds = Feeds(home)
    hurt = {"a.b.metro.example": "domain", "pay.team.pages.dev": "host", "tax.pages.dev": "domain"}
    for name, scope in (hurt | {"left.example": "host"}).items():
        made = feeds.desk.propose(name, "block", "r", ANA, scope=scope)
        feeds.desk.approve(made.id, BO)
    link = feeds.desk.propose("https://www.metro.example/x", "block", "r", ANA)
    feeds.desk.approve(link.id, BO)
    assert feeds.guard("state", "pages.dev", "www.metro.example", kind="government") == (3, 3)
    ended = {decision.target.value for decision in kept.find(feeds.engine, states=(REMOVED,))}
    assert ended == hurt.keys()
    assert set(feeds.blocked()) == {"left.example", "www.metro.example/x"}


def test_a_block_ends_when_too_few_list_the_host_and_comes_again_with_them(home: Path) -> None:
    feeds = Feeds(home)
    for source in "ab":
        feeds.take(source, "parcel-desk.example")
    feeds.desk.run_automatic()
    trust(feeds.engine, "b", ANA, CLOCK.now(), trusted=False)
    assert feeds.desk.run_automatic() == Ran(1, 0, 0, 1)
    assert not feeds.blocked()
    trust(feeds.engine, "b", ANA, CLOCK.now(), trusted=True)
    assert feeds.desk.run_automatic() == Ran(1, 1, 0, 0)


def test_what_people_decide_takes_the_place_of_the_automatic_block(home: Path) -> None:
    feeds = Feeds(home)
    open_ = feeds.desk.propose("parcel-desk.example", "block", "asks for cards", ANA)
    for source in "ab":
        feeds.take(source, "parcel-desk.example")
    assert feeds.desk.run_automatic().blocked == 1
    feeds.desk.approve(open_.id, BO)
    (found,) = kept.find(feeds.engine, states=(IN_FORCE,))
    assert found.id == open_.id
    feeds.desk.zone.publish()
    assert feeds.desk.verify() == (2, [])
    feeds.desk.end(open_.id, "an appeal was granted", BO)
    assert feeds.desk.run_automatic().blocked == 0
    feeds.desk.zone.publish()
    assert not feeds.blocked()
    assert list(feeds.desk.zone.records()[1]) == []


def test_a_warning_leaves_the_automatic_block(home: Path) -> None:
    feeds = Feeds(home)
    for source in "ab":
        feeds.take(source, "parcel-desk.example")
    feeds.desk.run_automatic()
    warned = feeds.desk.propose("parcel-desk.example", "warn", "r", ANA, scope="host")
    feeds.desk.approve(warned.id, BO)
    assert len(list(kept.find(feeds.engine, states=(IN_FORCE,)))) == 2


def test_what_a_person_ended_does_not_come_again_by_itself(home: Path) -> None:
    feeds = Feeds(home, agree=3)
    for source in "abc":
        feeds.take(source, "parcel-desk.example")
    feeds.desk.run_automatic()
    (decision,) = kept.find(feeds.engine, states=(IN_FORCE,))
    assert (decision.origin, decision.approvals) == (AUTOMATIC, ())
    feeds.desk.end(decision.id, "a false alarm", BO)
    assert feeds.desk.run_automatic().blocked == 0
    assert not feeds.blocked()


def test_a_popular_platform_does_not_guard_its_tenants(home: Path) -> None:
    feeds = Feeds(home)
    feeds.guard("top", "pages.dev", "github.io")
    assert feeds.desk.propose("parcel-7.pages.dev", "block", "r", ANA).state == "proposed"
    with pytest.raises(InputError):
        feeds.desk.propose("pages.dev", "block", "r", ANA)
    feeds.guard("state", "gov.uk", kind="government")
    with pytest.raises(InputError):
        feeds.desk.propose("tax.gov.uk", "block", "r", ANA)


def test_the_operators_own_names_are_guarded(home: Path) -> None:
    feeds = Feeds(home, own=("city.example",))
    for source in "ab":
        feeds.take(source, "pay.city.example")
    assert feeds.desk.run_automatic() == Ran(1, 0, 0, 0)


def test_where_our_pages_are_is_guarded_without_being_said(home: Path) -> None:
    given = {
        "operator": {"address": "https://shield.city.example:8443"},
        "zone": {"blocked_to": "stop.city-shield.example"},
    }
    desk = Desk(open_database(home), CLOCK, msgspec.convert(given, Config))
    for name in ("shield.city.example", "stop.city-shield.example"):
        with pytest.raises(InputError) as caught:
            desk.propose(name, "block", "r", ANA)
        assert caught.value.sentence == "error-guarded"
    given["operator"]["address"] = "http://192.0.2.7:8080"
    assert not Desk(open_database(home), CLOCK, msgspec.convert(given, Config)).guards_of(
        Target("host", "free.example")
    )


def test_one_list_is_not_both(home: Path) -> None:
    feeds = Feeds(home)
    feeds.take("a", "parcel-desk.example")
    with pytest.raises(InputError) as caught:
        feeds.guard("a", "b.example")
    assert caught.value.sentence == "error-source-both"


def test_probing_asks_for_what_the_zone_says(home: Path) -> None:
    feeds = Feeds(home)
    number = feeds.desk.propose("whole.example", "block", "r", ANA, scope="domain").id
    feeds.desk.approve(number, BO)
    feeds.desk.zone.publish()
    assert feeds.desk.names_to_probe((), 10) == [("whole.example", True)]
    assert feeds.desk.names_to_probe(("x.whole.example", "free.example"), 10) == [
        ("x.whole.example", True),
        ("free.example", False),
    ]
    assert feeds.desk.verify() == (1, [])


def test_a_check_says_what_was_decided_and_by_whom_it_is_silenced(home: Path) -> None:
    feeds = Feeds(home)
    feeds.take("a", "listed.example")
    for text, action in (
        ("blocked.example", "block"),
        ("https://docs.example/form", "warn"),
        ("listed.example", "allow"),
    ):
        feeds.desk.approve(feeds.desk.propose(text, action, "because", ANA).id, BO)
    links = ["https://blocked.example/x", "https://docs.example/form", "https://listed.example/"]
    done = run_cli("check", "--json", "--kind", "link", *links, "https://docs.example/", home=home)
    verdicts = [msgspec.json.decode(line) for line in done.stdout.splitlines()]
    assert [verdict["level"] for verdict in verdicts] == [
        "malicious",
        "suspicious",
        "benign",
        "unknown",
    ]
    said = run_cli("check", "--lang", "en", links[0], home=home).stdout.decode()
    assert "operator blocks blocked.example: because" in said
    assert "decision 1" in said
