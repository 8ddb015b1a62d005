"""Feeds are fetched, taken, held and released; a broken one is never in the way of the others."""

from __future__ import annotations

import gzip
import json
import os
from base64 import b64encode
from collections.abc import Iterator
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, select

from cityshield.adapters.net.settings import NetSettings
from cityshield.adapters.store.audit import read_audit, verify
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.guarded import StoredGuards
from cityshield.adapters.store.indicators import import_entries, remove_expired
from cityshield.adapters.store.lookup import IndicatorLookup
from cityshield.adapters.store.place import locked
from cityshield.adapters.store.sources import list_with_subscriptions, remove_source
from cityshield.adapters.store.subscriptions import (
    get_subscribed,
    held_path,
    list_subscribed,
    read_syncs,
)
from cityshield.adapters.store.tables import feed_syncs, feeds, indicators
from cityshield.config import Config, Operator
from cityshield.sync import Syncing
from cityshield.vocabulary.errors import InputError, StoreError
from cityshield.vocabulary.identity import ADMIN, Identity
from cityshield.vocabulary.subscription import Subscribed, Subscription
from tests.adapters.store.test_indicators import Clock
from tests.serving import Handler, Server, serving

ANA = Identity("ana", ADMIN, how="local")
DAY = 86_400
CONFIG = Config(
    net=NetSettings(
        allow=("127.0.0.0/8",), max_bytes=4 << 20, max_unpacked_bytes=16 << 20, slow_s=1
    ),
    operator=Operator(name="城 Test City CERT", contact="help@cert.example"),
)


class Desk:
    """A store, a clock and a server, and what syncs between them."""

    def __init__(self, home: Path, server: Server) -> None:
        self.home, self.server, self.clock = home, server, Clock()
        self.engine: Engine = open_database(home)
        self.syncing = self.new()

    def new(self) -> Syncing:
        return Syncing(self.engine, self.home, self.clock, CONFIG, ANA)

    def add(self, name: str = "partner", path: str = "/list", **terms: Any) -> Subscribed:
        subscription = Subscription(self.server.url(path), **terms)
        return self.syncing.add(name, subscription, trusted=False)

    def sync(self, *names: str, due: bool = False) -> dict[str, str]:
        """The results by name."""
        syncing = self.new()
        done = syncing.sync(syncing.choose(names, due=due))
        results = {each.name: each.sync.result for each in done}
        assert [path.name for path in (self.home / "feeds").glob("*.part*")] == []
        return results

    def standing(self, name: str = "partner") -> Any:
        return get_subscribed(self.engine, name).standing

    def rows(self) -> dict[str, tuple[int, int, int]]:
        """First and last sighting and expiry by value."""
        columns = indicators.c
        query = select(columns.value, columns.first_seen, columns.last_seen, columns.expires)
        with self.engine.connect() as connection:
            return {row[0]: tuple(row[1:]) for row in connection.execute(query)}

    def listed(self, host: str) -> bool:
        found = IndicatorLookup(self.home, self.clock).find_many([[f"{host}/"]])
        return bool(found[0])

    def acts(self) -> list[str]:
        assert verify(self.engine).broken_at is None
        return [entry.action for entry in read_audit(self.engine)]


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    with serving() as server:
        yield Desk(home, server)


def lines(count: int, start: int = 0) -> bytes:
    return b"".join(b"h%d.example\n" % number for number in range(start, start + count))


def test_a_feed_is_taken(desk: Desk) -> None:
    desk.server.replies["/list"] = b"# a list\na.example\nb.example\n???\n"
    made = desk.add(reason="reported", expires_days=7)
    assert made.due == desk.clock.time
    assert desk.sync() == {"partner": "taken"}
    now = desk.clock.time
    assert desk.rows() == {
        "a.example/": (now, now, now + 7 * DAY),
        "b.example/": (now, now, now + 7 * DAY),
    }
    feed = get_subscribed(desk.engine, "partner")
    assert feed.due == now + feed.subscription.every_s
    (sync,) = read_syncs(desk.engine, feed.id)
    assert (sync.entries, sync.new, sync.gone, sync.bad_lines, sync.status) == (2, 2, 0, 1, 200)
    assert desk.acts() == ["feeds.add", "feeds.import.start", "feeds.import"]
    agent = desk.server.asked[0][1]["User-Agent"]
    assert agent.startswith("CityShield/") and "help@cert.example" in agent and agent.isascii()


def test_a_clock_that_was_years_ahead_for_a_while_leaves_no_feed_waiting_for_years(
    desk: Desk,
) -> None:
    desk.server.replies["/list"] = lines(3)
    desk.add()
    assert desk.sync() == {"partner": "taken"}
    desk.clock.time += 3650 * DAY
    assert desk.sync(due=True) == {"partner": "taken"}
    desk.clock.time -= 3650 * DAY - 60
    desk.server.replies["/list"] = lines(4)
    assert [feed.name for feed in list_subscribed(desk.engine, desk.clock.time)] == ["partner"]
    assert desk.sync("partner", due=True) == {"partner": "taken"}
    assert desk.listed("h3.example")
    assert desk.sync(due=True) == {}


def test_an_unchanged_feed_is_asked_for_by_its_tag_and_still_lists_what_it_listed(
    desk: Desk,
) -> None:
    def answer(handler: Handler) -> None:
        if handler.headers["If-None-Match"] == '"v1"':
            handler.answer(b"", 304)
        else:
            handler.answer(lines(3), ETag='"v1"', Last_Modified="Wed, 25 Nov 2026 00:00:00 GMT")

    desk.server.replies["/list"] = answer
    desk.add(expires_days=10)
    desk.sync()
    start = desk.clock.time
    for _ in range(4):  # longer together than entries last
        desk.clock.time += 4 * DAY
        assert desk.sync() == {"partner": "unchanged"}
        assert remove_expired(desk.engine, desk.home, desk.clock.time) == 0
    now = desk.clock.time
    assert set(desk.rows().values()) == {(start, now, now + 10 * DAY)}
    said = [headers.get("If-None-Match") for _, headers in desk.server.asked]
    assert said == [None, *['"v1"'] * 4]
    assert desk.server.asked[1][1]["If-Modified-Since"] == "Wed, 25 Nov 2026 00:00:00 GMT"
    good = desk.standing().good
    assert (good.at, good.changed_at, good.entries) == (now, start, 3)


def test_the_same_document_without_a_tag_is_unchanged_too(desk: Desk) -> None:
    desk.server.replies["/list"] = lines(3)
    desk.add(expires_days=10)
    desk.sync()
    desk.clock.time += DAY
    assert desk.sync() == {"partner": "unchanged"}
    assert {row[1] for row in desk.rows().values()} == {desk.clock.time}


def test_unchanged_is_not_asked_for_once_entries_have_expired(desk: Desk) -> None:
    """They may be deleted by now, and "unchanged" would not bring them back."""
    desk.server.replies["/list"] = lambda it: (
        it.answer(b"", 304) if it.headers["If-None-Match"] else it.answer(lines(3), ETag='"v1"')
    )
    desk.add(expires_days=10)
    desk.sync()
    desk.clock.time += 11 * DAY
    assert not desk.listed("h1.example")
    assert remove_expired(desk.engine, desk.home, desk.clock.time) == 3
    assert desk.sync() == {"partner": "taken"}
    assert desk.listed("h1.example")


def test_what_a_feed_lists_no_more_is_not_seen_and_expires(desk: Desk) -> None:
    desk.server.replies["/list"] = lines(5)
    desk.add(expires_days=3)
    desk.sync()
    start = desk.clock.time
    desk.clock.time += DAY
    desk.server.replies["/list"] = lines(4, 1) + b"new.example\n"
    desk.sync()
    (last, _) = read_syncs(desk.engine, get_subscribed(desk.engine, "partner").id)
    assert (last.entries, last.new, last.gone) == (5, 1, 1)
    assert desk.rows()["h0.example/"] == (start, start, start + 3 * DAY)
    assert desk.listed("h0.example")
    desk.clock.time = start + 3 * DAY
    assert not desk.listed("h0.example")
    assert desk.listed("h1.example")


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"", "empty"), (b"# nothing today\n", "empty"), (lines(200), "grown"), (lines(2), "shrunk")],
)
def test_a_sudden_change_is_held_and_the_last_good_state_stays(
    desk: Desk, body: bytes, reason: str
) -> None:
    desk.server.replies["/list"] = lambda it: it.answer(lines(20), ETag='"good"')
    desk.add(expires_days=10)
    desk.sync()
    before = desk.rows()
    desk.clock.time += DAY
    desk.server.replies["/list"] = lambda it: it.answer(body, ETag='"bad"')
    assert desk.sync() == {"partner": "held"}
    assert desk.rows() == before
    standing = desk.standing()
    assert (standing.held.reason, standing.good.etag) == (reason, '"good"')
    path = held_path(desk.home, get_subscribed(desk.engine, "partner").id)
    assert gzip.decompress(path.read_bytes()) == body
    assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0
    assert desk.acts().count("feeds.hold") == 1
    desk.clock.time += DAY
    assert desk.sync() == {"partner": "held"}
    assert desk.acts().count("feeds.hold") == 1  # the same document is held once
    assert desk.server.asked[-1][1]["If-None-Match"] == '"good"'


def test_what_was_held_is_taken_when_it_is_released(desk: Desk) -> None:
    desk.server.replies["/list"] = lines(20)
    desk.add()
    desk.sync()
    desk.clock.time += DAY
    desk.server.replies["/list"] = lines(200)
    desk.sync()
    desk.server.replies["/list"] = lines(7)  # what the server says by now does not matter
    done = desk.new().release("partner")
    assert (done.sync.result, done.sync.entries, done.sync.new) == ("taken", 200, 180)
    assert len(desk.rows()) == 200
    assert desk.standing().held is None
    assert list((desk.home / "feeds").iterdir()) == []
    assert desk.acts()[-1] == "feeds.release"
    assert get_subscribed(desk.engine, "partner").due == desk.clock.time
    with pytest.raises(InputError) as refused:
        desk.new().release("partner")
    assert refused.value.sentence == "error-feed-not-held"


def test_a_feed_that_is_itself_again_is_taken_and_nothing_stays_held(desk: Desk) -> None:
    desk.server.replies["/list"] = lines(20)
    desk.add()
    desk.sync()
    for body, result in (
        (b"", "held"),
        (lines(21), "taken"),
        (b"", "held"),
        (lines(21), "unchanged"),
    ):
        desk.clock.time += DAY
        desk.server.replies["/list"] = body
        assert desk.sync() == {"partner": result}
        kept = [path.name for path in (desk.home / "feeds").iterdir()]
        assert len(kept) == (result == "held")
    assert desk.standing().held is None


def test_what_was_held_and_changed_on_the_disk_is_not_taken(desk: Desk) -> None:
    desk.server.replies["/list"] = lines(20)
    feed = desk.add()
    desk.sync()
    desk.server.replies["/list"] = lines(200)
    desk.sync()
    for content in (gzip.compress(lines(190)), b"noise"):
        held_path(desk.home, feed.id).write_bytes(content)
        with pytest.raises(StoreError) as refused:
            desk.new().release("partner")
        assert refused.value.sentence == "error-feed-held"
    assert len(desk.rows()) == 20


def test_an_empty_first_answer_is_no_feed(desk: Desk) -> None:
    desk.server.replies["/list"] = b""
    desk.add()
    assert desk.sync() == {"partner": "failed"}
    assert desk.standing().error == "error-feed-nothing"


PAGE = b"<!DOCTYPE html>\n<html><body>\n<p>Sign in\n" + lines(50) + b"</body></html>\n"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (PAGE, "error-feed-page"),
        (b"\n\n  <html lang=en>\n" + lines(50), "error-feed-page"),
        ("h.example\ng.example\n".encode("utf-16"), "error-feed-format"),
        (b"\xff\xfe\x00" * 1000, "error-feed-format"),
        (b"x" * (3 << 20), "error-feed-empty"),
        (b"{" * 100_000, "error-feed-document"),
        (gzip.compress(bytes(64 << 20), 1), "error-net-unpacked"),
        (gzip.compress(lines(20))[:-20], "error-net-packed"),
    ],
    ids=["page", "late page", "utf-16", "noise", "endless line", "braces", "bomb", "cut"],
)
def test_what_is_no_list_fails_in_words_and_changes_nothing(
    desk: Desk, body: bytes, error: str
) -> None:
    desk.server.replies["/list"] = lines(20)
    desk.add()
    desk.sync()
    before = desk.rows()
    desk.clock.time += DAY
    desk.server.replies["/list"] = body
    assert desk.sync() == {"partner": "failed"}
    assert desk.standing().error == error
    assert desk.rows() == before


def test_failures_make_the_next_try_ever_later(desk: Desk) -> None:
    desk.server.replies["/list"] = lambda it: it.answer(b"", 503)
    desk.add(every_s=3600)
    waits = []
    for number in range(1, 7):
        assert desk.sync(due=True) == {"partner": "failed"}
        assert desk.sync(due=True) == {}
        feed = get_subscribed(desk.engine, "partner")
        assert feed.standing.failures == number
        waits.append(feed.due - desk.clock.time)
        desk.clock.time = feed.due
    assert waits == [300, 600, 1200, 2400, 3600, 3600]
    desk.server.replies["/list"] = lambda it: it.answer(b"", 429, Retry_After="86400")
    desk.sync()
    assert get_subscribed(desk.engine, "partner").due == desk.clock.time + 86_400
    desk.server.replies["/list"] = lines(3)
    assert desk.sync() == {"partner": "taken"}
    standing = desk.standing()
    assert (standing.failures, standing.error) == (0, "")
    assert get_subscribed(desk.engine, "partner").due == desk.clock.time + 3600


def test_one_broken_feed_never_stops_the_others(desk: Desk) -> None:
    replies = desk.server.replies
    replies["/a"], replies["/c"], replies["/e"] = lines(5), PAGE, lines(5, 100)
    replies["/slow"] = lambda it: it.rfile.read(1)
    for name in ("a", "b", "c", "slow", "e"):
        desk.add(name, f"/{name}")
    desk.syncing.add("private", Subscription("http://10.0.0.1/list"), trusted=False)
    assert desk.sync() == {
        "a": "taken", "b": "failed", "c": "failed", "slow": "failed", "e": "taken",
        "private": "failed",
    }  # fmt: skip
    errors = {feed.name: feed.standing.error for feed in list_subscribed(desk.engine)}
    assert errors == {
        "a": "", "b": "error-feed-status", "c": "error-feed-page", "slow": "error-net-slow",
        "e": "", "private": "error-net-address",
    }  # fmt: skip
    assert len(desk.rows()) == 10


def test_an_interrupted_sync_goes_on_where_it_was(desk: Desk) -> None:
    for name in ("a", "b", "c"):
        desk.server.replies[f"/{name}"] = lines(3)
        desk.add(name, f"/{name}")
    syncing = desk.new()
    going = syncing.sync(syncing.choose((), due=True))
    first = next(going)
    going.close()  # type: ignore[attr-defined]
    (desk.home / "feeds" / "9.part").write_bytes(b"left by a process that was killed")
    rest = desk.sync(due=True)
    assert set(rest) == {"a", "b", "c"} - {first.name}
    assert desk.sync(due=True) == {}


def test_two_processes_do_not_sync_at_once(desk: Desk) -> None:
    desk.server.replies["/list"] = lines(3)
    desk.add()
    with locked(desk.home / "feeds.lock"), pytest.raises(StoreError) as refused:
        desk.sync()
    assert refused.value.sentence == "error-feeds-busy"
    assert desk.sync() == {"partner": "taken"}


def test_a_packed_list_is_unpacked(desk: Desk) -> None:
    desk.server.replies["/list"] = gzip.compress(lines(30))
    desk.add()
    assert desk.sync() == {"partner": "taken"}
    assert len(desk.rows()) == 30
    assert desk.sync() == {"partner": "unchanged"}


def test_a_list_pinned_to_a_digest(desk: Desk) -> None:
    digest = sha256(lines(3)).hexdigest()
    desk.server.replies["/list"] = lines(3)
    desk.add(digest=digest)
    assert desk.sync() == {"partner": "taken"}
    desk.server.replies["/list"] = lines(3) + b"slipped-in.example\n"
    assert desk.sync() == {"partner": "failed"}
    assert desk.standing().error == "error-feed-pin"
    assert not desk.listed("slipped-in.example")


def test_a_list_whose_digest_is_published(desk: Desk) -> None:
    replies = desk.server.replies
    replies["/list.txt"] = lines(3)
    other = "0" * 64
    digests = f"{other}  other.txt\n{sha256(lines(3)).hexdigest()} *list.txt\n"
    replies["/SHA256SUMS"] = digests.encode()
    desk.add(path="/list.txt", digest=desk.server.url("/SHA256SUMS"))
    assert desk.sync() == {"partner": "taken"}
    replies["/list.txt"] = lines(4)
    assert desk.sync() == {"partner": "failed"}
    assert desk.standing().error == "error-feed-pin"
    for body in (b"", digests.replace("list.txt", "x").encode()):
        replies["/SHA256SUMS"] = body
        desk.sync()
        assert desk.standing().error == "error-feed-digest"
    del replies["/SHA256SUMS"]
    desk.sync()
    assert desk.standing().error == "error-feed-status"


class Signer:
    """Signs as minisign does."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self._number = os.urandom(8)
        raw = b"Ed" + self._number + self._key.public_key().public_bytes_raw()
        self.public = b64encode(raw).decode()

    def sign(self, document: bytes, comment: str = "timestamp:1") -> bytes:
        signature = self._key.sign(blake2b(document).digest())
        whole = self._key.sign(signature + comment.encode())
        text = [
            "untrusted comment: signature",
            b64encode(b"ED" + self._number + signature).decode(),
            f"trusted comment: {comment}",
            b64encode(whole).decode(),
        ]
        return ("\n".join(text) + "\n").encode()


def test_a_signed_list(desk: Desk) -> None:
    signer, stranger, replies = Signer(), Signer(), desk.server.replies
    replies["/list"], replies["/list.minisig"] = lines(3), signer.sign(lines(3))
    desk.add(key=signer.public)
    assert desk.sync() == {"partner": "taken"}
    replies["/list"] = lines(4)
    good = signer.sign(lines(4))
    tampered = good.replace(b"timestamp:1", b"timestamp:2")
    for signature, error in (
        (signer.sign(lines(3)), "error-feed-signature"),
        (stranger.sign(lines(4)), "error-feed-signature"),
        (tampered, "error-feed-signature"),
        (b"", "error-feed-signature-form"),
        (b"a\nb\nc\nd\n", "error-feed-signature-form"),
        (good, ""),
    ):
        replies["/list.minisig"] = signature
        desk.sync()
        assert desk.standing().error == error
    assert len(desk.rows()) == 4


@pytest.mark.parametrize(
    ("terms", "error"),
    [
        ({"key": "not a key"}, "error-feed-key"),
        ({"key": "A" * 56}, "error-feed-key"),
        ({"digest": "abc"}, "error-feed-digest"),
        ({"digest": "file://x"}, "error-net-url"),
        ({"digest": "0" * 64, "taxii": True}, "error-taxii-pin"),
    ],
)
def test_terms_that_could_never_work_are_refused(
    desk: Desk, terms: dict[str, Any], error: str
) -> None:
    with pytest.raises(InputError) as refused:
        desk.add(**terms)
    assert refused.value.sentence == error
    assert list_subscribed(desk.engine) == []


def test_a_key_in_an_address_is_shown_to_nobody_who_only_reads(desk: Desk) -> None:
    desk.add(path="/data/0123-secret/list.csv?token=secret", digest=desk.server.url("/secret.sum"))
    desk.sync()
    assert b"secret" not in msgspec.json.encode(list_with_subscriptions(desk.engine))
    assert "secret" not in "".join(entry.detail for entry in read_audit(desk.engine))
    assert "secret" in get_subscribed(desk.engine, "partner").subscription.url


def test_a_name_is_subscribed_to_once(desk: Desk) -> None:
    desk.add()
    with pytest.raises(InputError) as refused:
        desk.add()
    assert refused.value.sentence == "error-feed-again"
    with pytest.raises(InputError) as unknown:
        desk.sync("nobody")
    assert unknown.value.sentence == "error-feed-none"


def test_a_guard_list_is_replaced_whole_and_never_emptied_by_itself(desk: Desk) -> None:
    desk.server.replies["/list"] = b"metro.example\nlibrary.example\n"
    desk.add(guard="popular")
    assert desk.sync() == {"partner": "taken"}
    guards = StoredGuards(desk.engine)
    assert [entry.name for entry in guards.find(["metro.example"])] == ["metro.example"]
    desk.server.replies["/list"] = b""
    assert desk.sync() == {"partner": "held"}
    assert guards.find(["metro.example"])
    desk.server.replies["/list"] = b"library.example\n"
    assert desk.sync() == {"partner": "taken"}
    assert guards.find(["metro.example"]) == []
    assert desk.sync() == {"partner": "unchanged"}


def test_columns_of_a_list_in_columns(desk: Desk) -> None:
    desk.server.replies["/list"] = (
        b'# id,dateadded,url,reporter\n"1","2026","http://a.example/x","https://who.example/"\n'
    )
    desk.add(column="url")
    desk.sync()
    assert list(desk.rows()) == ["a.example/x"]


def test_removing_a_feed_ends_all_of_it(desk: Desk) -> None:
    desk.server.replies["/list"] = lines(20)
    feed = desk.add()
    desk.sync()
    desk.server.replies["/list"] = b""
    desk.sync()
    assert held_path(desk.home, feed.id).exists()
    remove_source(desk.engine, desk.home, desk.clock, ANA, "partner")
    assert list_subscribed(desk.engine) == []
    assert not held_path(desk.home, feed.id).exists()
    with desk.engine.connect() as connection:
        for table in (feeds, feed_syncs):
            assert connection.execute(select(table)).all() == []
    assert desk.rows() == {}


def test_an_import_by_hand_beside_a_subscription_keeps_its_own_time(desk: Desk) -> None:
    desk.server.replies["/list"] = lines(3)
    desk.add(expires_days=10)
    desk.sync()
    desk.clock.time += DAY
    by_hand = desk.clock.time
    extra = [("host", "extra.example/")]
    import_entries(desk.engine, desk.home, desk.clock, "partner", extra, expires_days=90)
    desk.clock.time += DAY
    assert desk.sync() == {"partner": "unchanged"}
    assert desk.rows()["extra.example/"][2] == by_hand + 90 * DAY
    assert desk.rows()["h1.example/"][2] == desk.clock.time + 10 * DAY


def test_unchanged_is_not_enough_for_entries_that_were_touched_otherwise(desk: Desk) -> None:
    """By hand, or by a sync that was killed half-way: the next one takes the document whole."""
    desk.server.replies["/list"] = lambda it: (
        it.answer(b"", 304) if it.headers["If-None-Match"] else it.answer(lines(3), ETag='"1"')
    )
    desk.add(expires_days=10)
    desk.sync()
    desk.clock.time += DAY
    half = [("host", "h0.example/")]
    import_entries(desk.engine, desk.home, desk.clock, "partner", half, expires_days=1)
    for result in ("unchanged", "taken", "unchanged"):
        desk.clock.time += DAY
        assert desk.sync() == {"partner": result}
    now = desk.clock.time
    assert {row[1:] for row in desk.rows().values()} == {(now, now + 10 * DAY)}


def test_a_feed_that_is_removed_while_it_is_fetched_does_not_come_back(desk: Desk) -> None:
    def answer(handler: Handler) -> None:
        remove_source(desk.engine, desk.home, desk.clock, ANA, "partner")
        handler.answer(lines(3))

    desk.server.replies["/list"] = answer
    desk.server.replies["/other"] = lines(5, 100)
    desk.add()
    desk.add("other", "/other")
    assert desk.sync() == {"other": "taken"}
    assert [feed.name for feed in list_subscribed(desk.engine)] == ["other"]
    assert len(desk.rows()) == 5


def indicator(number: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "indicator", "spec_version": "2.1", "id": f"indicator--{number}",
        "pattern_type": "stix", "pattern": f"[domain-name:value = 't{number}.example']", **more,
    }  # fmt: skip


class Collection:
    """An honest TAXII 2.1 collection: objects by the time they were added, in pages."""

    def __init__(self, page_size: int = 4) -> None:
        self.objects: list[tuple[str, dict[str, Any]]] = []
        self.page_size = page_size

    def add(self, *objects: dict[str, Any]) -> None:
        for item in objects:
            added = f"2026-11-25T00:00:{len(self.objects):02}.000Z"
            self.objects.append((added, item))

    def __call__(self, handler: Handler) -> None:
        from urllib.parse import parse_qs, urlsplit

        if handler.headers["Accept"] != "application/taxii+json;version=2.1":
            handler.answer(b"", 406)
            return
        query = {name: values[0] for name, values in parse_qs(urlsplit(handler.path).query).items()}
        wanted = [pair for pair in self.objects if pair[0] > query.get("added_after", "")]
        start = int(query.get("next", 0))
        page = wanted[start : start + self.page_size]
        envelope: dict[str, Any] = {"objects": [item for _, item in page]} if page else {}
        if start + self.page_size < len(wanted):
            envelope |= {"more": True, "next": str(start + self.page_size)}
        headers = {"X_TAXII_Date_Added_Last": page[-1][0]} if page else {}
        handler.answer(
            json.dumps(envelope, indent=1).encode(),
            Content_Type="application/taxii+json;version=2.1", **headers,
        )  # fmt: skip


def test_a_collection_is_read_page_by_page_then_only_what_is_new(desk: Desk) -> None:
    collection = Collection()
    collection.add({"type": "identity", "name": "x"}, *map(indicator, range(10)))
    collection.add(indicator(50, revoked=True), indicator(51, pattern_type="snort"))
    desk.server.replies["/root/collections/1/objects/"] = collection
    feed = desk.add(path="/root/collections/1/", taxii=True, expires_days=20)
    assert desk.sync() == {"partner": "taken"}
    assert len(desk.server.asked) == 4
    assert set(desk.rows()) == {f"t{number}.example/" for number in range(10)}
    (sync,) = read_syncs(desk.engine, feed.id)
    assert (sync.entries, sync.new, sync.bad_lines) == (10, 10, 1)

    desk.clock.time += DAY
    assert desk.sync() == {"partner": "unchanged"}
    assert "added_after=2026-11-25T00%3A00%3A12.000Z" in desk.server.asked[-1][0]
    assert len(desk.server.asked) == 5

    desk.clock.time += DAY
    collection.add(indicator(60))
    assert desk.sync() == {"partner": "taken"}
    assert len(desk.server.asked) == 6
    last = read_syncs(desk.engine, feed.id, 1)[0]
    assert (last.entries, last.new, last.gone) == (11, 1, 0)
    assert {row[1] for row in desk.rows().values()} == {desk.clock.time}

    collection.objects = collection.objects[5:]  # a collection says nothing of what it drops
    desk.clock.time += 10 * DAY
    assert desk.sync() == {"partner": "taken"}
    assert read_syncs(desk.engine, feed.id, 1)[0].gone == 4
    assert "added_after" not in desk.server.asked[-1][0]


def hostile(**envelope: Any) -> Any:
    body = json.dumps({"objects": [indicator(1)], **envelope}).encode()
    return lambda it: it.answer(body, Content_Type="application/taxii+json")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (hostile(more=True, next="same"), "error-taxii-endless"),
        (hostile(more=True), "error-taxii-endless"),
        (lambda it: it.answer(b"<html>", Content_Type="text/html"), "error-taxii-type"),
        (lambda it: it.answer(b"[" * 10_000, Content_Type="application/taxii+json"), "error-taxii-envelope"),
        (lambda it: it.answer(b"{}", 401), "error-feed-status"),
        (lambda it: it.answer(b"{}", Content_Type="application/taxii+json"), "error-feed-nothing"),
    ],
    ids=["same page", "no next", "page", "brackets", "status", "nothing"],
)  # fmt: skip
def test_a_hostile_collection_is_given_up(desk: Desk, reply: Any, error: str) -> None:
    desk.server.replies["/c/objects/"] = reply
    desk.add(path="/c", taxii=True)
    assert desk.sync() == {"partner": "failed"}
    assert desk.standing().error == error
    assert desk.rows() == {}


def test_a_collection_without_end_is_cut_at_the_limit(desk: Desk) -> None:
    pages = iter(range(1, 1_000_000))

    def pour(handler: Handler) -> None:
        objects = [indicator(number, name="x" * 1000) for number in range(200)]
        body = json.dumps({"objects": objects, "more": True, "next": str(next(pages))}).encode()
        handler.answer(body, Content_Type="application/taxii+json")

    desk.server.replies["/c/objects/"] = pour
    desk.add(path="/c", taxii=True)
    assert desk.sync() == {"partner": "failed"}
    assert desk.standing().error == "error-net-large"
    assert 10 < len(desk.server.asked) < 40
