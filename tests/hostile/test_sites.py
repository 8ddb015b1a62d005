"""One walk down a street of hostile servers: each costs little, has its reason, and harms nobody.

Kinds of servers that `tests/adapters/sites/test_gatherer.py` visits one by one are here too, for
what they do to each other: everything is one run, one event loop, one process.
"""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from cityshield.guards.guard import Guard
from cityshield.guards.scale import Scale
from cityshield.guards.sites.gather import SiteGatherer
from cityshield.rooms import find_checks
from cityshield.vocabulary.subject import SITE
from tests.conftest import free_port
from tests.hostile.street import HOUSES, MAIL
from tests.hostile.support import require_sound
from tests.hostile.walk import Walked

pytestmark = pytest.mark.slow

LATEST_S = 90.0
"""Idle, it takes twelve; what never ends would reach the end of the test."""


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    folder = str(tmp_path_factory.mktemp("street"))
    ports = {part: str(free_port()) for part in ("plain", "secure", "mail", "names")}
    opened: list[subprocess.Popen[bytes]] = []
    try:
        for part in (*ports, "certificate"):
            port = ports.get(part, ports["secure"])
            command = [sys.executable, "-m", "tests.hostile.street", part, folder, port]
            opened.append(subprocess.Popen(command, stdout=subprocess.PIPE))
        for each in opened:
            assert each.stdout is not None
            assert each.stdout.readline() == b"open\n"
        walk = [sys.executable, "-m", "tests.hostile.walk", *ports.values(), *HOUSES]
        done = subprocess.run(walk, stdout=subprocess.PIPE, check=True, timeout=180)
    finally:
        for each in opened:
            each.kill()
            each.communicate()
    return msgspec.json.decode(done.stdout, type=Walked)


PLAIN = {
    "good": "", "endless-headers": "bad-answer", "one-long-header": "bad-answer",
    "dripping-headers": "too-slow", "dripping-body": "too-slow", "silent": "too-slow",
    "tarpit": "", "tarpit-of-paths": "", "gzip-bomb": "too-large", "brotli-bomb": "too-large",
    "bomb-in-a-bomb": "too-large", "bomb-of-paths": "", "loop": "redirects",
    "endless-redirects": "redirects", "to-metadata": "redirect-private",
    "to-private": "redirect-private", "to-loopback-by-number": "redirect-scope",
    "to-metadata-by-number": "redirect-scope", "to-a-strange-number": "redirect-scope",
    "to-a-file": "bad-answer", "long-location": "bad-answer", "hundred-megabytes": "",
    "endless-page": "too-large", "nested-tags": "", "unclosed": "", "comments": "",
    "attributes": "", "entities": "", "image-that-is-a-page": "", "page-that-is-an-archive": "",
    "length-too-large": "cut-short", "length-too-small": "", "length-of-letters": "bad-answer",
    "length-below-nothing": "bad-answer", "wrong-chunks": "cut-short", "endless-chunk": "too-large",
    "no-last-chunk": "cut-short", "garbage": "bad-answer", "no-header-at-all": "bad-answer",
    "another-protocol": "bad-answer", "flood-of-continue": "bad-answer",
    "flood-of-hints": "bad-answer", "many-cookies": "", "too-many-cookies": "bad-answer",
    "control-characters": "", "zero-in-a-header": "bad-answer", "large-robots": "",
    "trailers": "bad-answer", "hangs-up": "reset", "names-10000": "", "mail-drips": "",
    "mail-floods": "",
}  # fmt: skip
SECURE = {
    "tls-drips": "too-slow", "tls-silent": "too-slow", "tls-alerts": "tls", "tls-warnings": "tls",
    "tls-garbage": "tls", "tls-renegotiates": "bad-answer", "tls-endless-hello": "tls",
    "tls-is-http": "tls", "names-10000": "tls",
}  # fmt: skip
NAMES = {
    "dns-circle": "name-timeout", "dns-compression-loop": "name-timeout",
    "dns-pointer-chain": "name-timeout", "dns-lies-about-counts": "name-timeout",
    "dns-garbage": "name-timeout", "dns-silent": "name-timeout", "dns-truncated": "name-timeout",
    "dns-ten-thousand": "dead",
}  # fmt: skip


def test_every_house_is_expected() -> None:
    assert {*PLAIN, *SECURE, *NAMES} == set(HOUSES)


@pytest.mark.parametrize(("house", "reason"), PLAIN.items())
def test_an_answer_over_http_has_its_reason(house: str, reason: str, walked: Walked) -> None:
    visit = walked.facts[house].plain
    assert visit is not None
    assert visit.failed == reason
    assert bool(visit.hops) == (reason not in ("bad-answer", "too-slow", "reset") or house in ("to-a-file", "long-location"))  # fmt: skip


@pytest.mark.parametrize(("house", "reason"), SECURE.items())
def test_an_answer_where_tls_is_expected_has_its_reason(
    house: str, reason: str, walked: Walked
) -> None:
    visit = walked.facts[house].secure
    assert visit is not None
    assert visit.failed == reason


@pytest.mark.parametrize(("house", "reason"), NAMES.items())
def test_a_name_that_leads_nowhere_has_its_reason(house: str, reason: str, walked: Walked) -> None:
    assert walked.facts[house].reason == reason


def test_of_ten_thousand_addresses_a_few_are_kept(walked: Walked) -> None:
    names = walked.facts["dns-ten-thousand"].names
    assert names is not None
    assert len(names.v4) == 16


@pytest.mark.parametrize("house", MAIL)
def test_a_mail_server_that_never_greets_is_unknown(house: str, walked: Walked) -> None:
    mail = walked.facts[house].mail
    assert mail is not None
    assert mail.starttls == ((f"{house}.street.example", "unknown"),)


@pytest.mark.parametrize("house", ["tarpit", "tarpit-of-paths"])
def test_who_makes_us_wait_is_left_and_that_is_said(house: str, walked: Walked) -> None:
    facts = walked.facts[house]
    assert ("sites.exposed", "out-of-time") in [(each.check, each.reason) for each in facts.failed]
    assert facts.read < 0.9
    assert facts.requests < 10


def test_pages_are_read_in_spite_of_all_that_is_in_them(walked: Walked) -> None:
    titles = {
        "nested-tags": "Deep", "unclosed": "Open", "comments": "Hush", "attributes": "Many",
        "image-that-is-a-page": "Page", "hundred-megabytes": "Large", "endless-page": "Long",
    }  # fmt: skip
    for house, title in titles.items():
        visit = walked.facts[house].plain
        assert visit is not None
        assert visit.page is not None, house
        assert visit.page.title == title
    many = walked.facts["many-cookies"].plain
    assert many is not None
    assert len(many.cookies) == 50


def test_nothing_takes_long_or_much(walked: Walked) -> None:
    assert set(walked.facts) == set(HOUSES)
    assert walked.took_s < LATEST_S, walked.done_s
    assert walked.cpu_s < 20
    assert walked.most_kib - walked.before_kib < 100 << 10
    assert max(facts.bytes_in for facts in walked.facts.values()) < 16 << 20
    assert sum(len(msgspec.msgpack.encode(each)) for each in walked.facts.values()) < 2 << 20


def test_a_good_neighbour_is_seen_as_if_it_were_alone(walked: Walked) -> None:
    facts = walked.facts["good"]
    assert (facts.reason, facts.requests) == ("", 26)
    assert [(each.check, each.reason) for each in facts.failed] == [("sites.exposed", "robots")]
    assert facts.plain is not None
    assert facts.plain.page is not None
    assert (facts.plain.page.title, facts.robots) == ("Good", "User-agent: *\nDisallow: /admin\n")
    assert facts.plain.took_ms < 30_000


def test_the_guard_judges_all_of_them_soundly(walked: Walked) -> None:
    guard = Guard("sites", SITE, find_checks("sites", []), SiteGatherer(None), Scale())
    for facts, verdict in zip(
        walked.facts.values(), guard.judge_many(walked.facts.values()), strict=True
    ):
        assert not [each for each in verdict.failed if each.reason == "raised"], facts.host
        require_sound(verdict)
