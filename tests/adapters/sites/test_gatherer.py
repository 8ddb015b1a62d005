"""Sites are visited politely and wholly, and a hostile one costs little and reaches nothing."""

from __future__ import annotations

import asyncio
import gzip
import resource
import socket
import ssl
import struct
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from benchmarks.proof import prove

from cityshield.adapters.sites.log import Line
from cityshield.config import Config
from cityshield.guards.sites import page
from cityshield.guards.sites.answers import cookies_of, header, page_of, secure_home
from cityshield.guards.sites.facts import Page, Script, SiteFacts
from cityshield.visits import grade_of, open_judge
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.subject import SITE, Subject
from tests.adapters.sites import farm
from tests.adapters.sites.farm import (
    Certified,
    Limit,
    Serve,
    Site,
    answer,
    gatherer,
    name_server,
    read_page,
    server,
    visit_one,
)

HOST = "town.example"
HERE = {(HOST, "A"): ["127.0.0.1"]}


async def visit_plain(serve: Serve, *listed: str, table: Any = None, **given: Any) -> SiteFacts:
    """Visit the host, whose only server is this one over http."""
    names = {**HERE, **(table or {})}
    async with name_server(names) as (_, resolver), server(serve) as plain:
        return await visit_one(gatherer([HOST, *listed], resolver, plain=plain, **given), HOST)


async def test_a_site_is_seen_over_both_schemes(tmp_path: Path) -> None:
    root = Certified(tmp_path, ["Test root"], authority=True)
    leaf = Certified(tmp_path, [HOST], issuer=root)
    site = Site({"/": answer(b"<title>Town</title>", Set_Cookie="sid=secret; Secure; HttpOnly")})
    log: list[Line] = []
    async with name_server(HERE) as (_, resolver), server(site, leaf.context()) as secure:
        there = f"https://{HOST}:{secure}/"
        door = Site({"/": answer(b"", 301, Location=there, Set_Cookie="lang=zh")})
        async with server(door) as plain:
            one = gatherer(
                [HOST],
                resolver,
                plain=plain,
                secure=secure,
                log=log,
                settings={"ca": str(root.path)},
            )
            facts = await visit_one(one, HOST)
    assert facts.reason == ""
    assert facts.secure is not None
    assert facts.plain is not None
    assert facts.tls is not None
    assert [hop.status for hop in facts.plain.hops] == [301, 200]
    assert facts.plain.hops[-1].url == there
    assert facts.secure.page == Page(title="<title>Town</title>", size_bytes=19)
    assert facts.secure.cookies[0].secure
    assert [cookie.name for cookie in facts.plain.cookies] == ["lang", "sid"]
    assert "secret" not in repr(facts)
    assert (facts.tls.trust, facts.tls.chain[0].names) == ("", (HOST,))
    assert (facts.requests, facts.connections) == (2, 2)
    assert site.asked == [(HOST, "/")]  # what http leads to was not asked for again
    assert "User-Agent: CityShield (+https://shield.example/visits)" in site.heads[0]
    assert sorted((line.host, line.path, line.status) for line in log) == [
        (HOST, "/", 200),
        (HOST, "/", 301),
    ]


@pytest.mark.parametrize(("over_http", "read"), [(b"<p>same", False), (b"<p>other", True)])
async def test_the_same_bytes_are_read_once(tmp_path: Path, over_http: bytes, read: bool) -> None:
    site, door = Site({"/": answer(b"<p>same")}), Site({"/": answer(over_http)})
    context = Certified(tmp_path, [HOST]).context()
    async with (
        name_server(HERE) as (_, resolver),
        server(site, context) as secure,
        server(door) as plain,
    ):
        facts = await visit_one(gatherer([HOST], resolver, plain=plain, secure=secure), HOST)
    assert facts.secure is not None
    assert facts.secure.page is not None
    assert facts.plain is not None
    assert facts.plain.hops[-1].status == 200
    assert (facts.plain.page is not None) == read


@pytest.mark.parametrize("most_bytes", [1 << 18, 1 << 16])
async def test_a_page_that_is_not_read_to_its_end_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_bytes: int
) -> None:
    monkeypatch.setattr(farm, "read_page", page.read_page)
    site = Site({"/": answer(b"<" * 110_000)})
    context = Certified(tmp_path, [HOST]).context()
    async with name_server(HERE) as (_, resolver), server(site, context) as secure:
        one = gatherer([HOST], resolver, secure=secure, settings={"page_bytes": most_bytes})
        facts = await visit_one(one, HOST)
    assert page_of(facts) is not None
    assert [(failure.check, failure.reason) for failure in facts.failed] == [
        ("sites.page", "too-long")
    ]


async def test_a_machine_without_roots_says_that_it_judged_no_chain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = ssl.DefaultVerifyPaths(None, None, "", "", "", "")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nowhere)
    root = Certified(tmp_path, ["Test root"], authority=True)
    context = Certified(tmp_path, [HOST], issuer=root).context()
    async with (
        name_server(HERE) as (_, resolver),
        server(Site({"/": answer(b"<p>")}), context) as secure,
    ):
        facts = await visit_one(gatherer([HOST], resolver, secure=secure), HOST)
    assert facts.tls is not None and facts.tls.trust == ""
    assert [(failure.check, failure.reason) for failure in facts.failed] == [
        ("sites.certificate_unknown_issuer", "no-roots")
    ]


@pytest.mark.parametrize(
    ("kind", "trust"),
    [("expired", "expired"), ("not-yet", "not-yet"), ("self", "self-signed"), ("name", "name"),
     ("unknown", "unknown-issuer"), ("incomplete", "incomplete")],
)  # fmt: skip
async def test_a_bad_certificate_is_a_fact(tmp_path: Path, kind: str, trust: str) -> None:
    root = Certified(tmp_path, ["Test root"], authority=True)
    middle = Certified(tmp_path, ["Middle"], issuer=root, authority=True)
    other = Certified(tmp_path, ["Unknown root"], authority=True)
    leaf, *more = {
        "expired": [Certified(tmp_path, [HOST], issuer=root, days=(-30, -1))],
        "not-yet": [Certified(tmp_path, [HOST], issuer=root, days=(1, 30))],
        "self": [Certified(tmp_path, [HOST])],
        "name": [Certified(tmp_path, ["village.example"], issuer=root)],
        "unknown": [Certified(tmp_path, [HOST], issuer=other), other],
        "incomplete": [Certified(tmp_path, [HOST], issuer=middle, where="http://ca.example/m")],
    }[kind]
    site = Site({"/": answer(b"<p>")})
    async with name_server(HERE) as (_, resolver), server(site, leaf.context(*more)) as secure:
        one = gatherer([HOST], resolver, secure=secure, settings={"ca": str(root.path)})
        facts = await visit_one(one, HOST)
    assert facts.tls is not None
    assert facts.tls.trust == trust
    assert facts.secure is not None
    assert facts.secure.page is not None


@pytest.mark.parametrize(
    ("host", "reason"),
    [("elsewhere.example", "out-of-scope"), ("left.example", "opted-out"), ("gone.example", "no-name"),
     ("empty.example", "no-address"), ("inside.example", "private-address"), (HOST, "dead"),
     ("a..b", "no-name"), ("x" * 300, "no-name")],
)  # fmt: skip
async def test_every_site_without_a_result_has_its_reason(host: str, reason: str) -> None:
    table = {**HERE, ("empty.example", "TXT"): ["x"], ("inside.example", "A"): ["10.0.0.1"]}
    listed = [
        HOST,
        "left.example",
        "gone.example",
        "empty.example",
        "inside.example",
        "a..b",
        "x" * 300,
    ]
    log: list[Line] = []
    async with name_server(table) as (asked, resolver):
        one = gatherer(listed, resolver, opted_out=["left.example"], log=log)
        facts = await visit_one(one, host)
        assert (facts.host, facts.reason) == (host, reason)
        if reason in ("out-of-scope", "opted-out"):
            assert asked.asked == []
    assert reason == "dead" or not log


async def endless_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: " + b"x" * 1000 + b"\r\n")
        await writer.drain()


async def many_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 5000 + b"\r\n")
    await writer.drain()
    await reader.read()


async def slow_drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.2)


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(20)


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


def breaks_off(head: str = "", body: bytes = b"<title>Town</title>") -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        says = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: sid=1\r\n{head}\r\n"
        writer.write(says.encode() + body)
        await writer.drain()
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        await asyncio.sleep(0.1)
        writer.transport.abort()

    return serve


async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(bytes(range(256)) * 20)
    await writer.drain()


async def endless_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        writer.write(b"<p>more</p>" * 1000)
        await writer.drain()


def packed(encoding: str, body: bytes) -> Serve:
    return Site({"/": answer(body, Content_Encoding=encoding)})


BOMB = gzip.compress(b"\0" * (100 << 20))
BROTLI_BOMB = bytes.fromhex(  # as many zeros
    "cbffff3ff82700e2b14020f7fe8fffff7ff04f00c4611180eefd1fffffffe09f0088c30200ddfb3ffeffffc13f"
    "0110870500baf77ffcffff837f02200e0b0074effff8ffff07ff04401c1600e8defff1ffff0ffe0980382c00d0"
    "bdffe3ffff1ffc1300715800a07bffc7ffff3ff82700e2b00040f7fe8fffff7ff04f00c4610180eefd1fffffff"
    "e09f0088c30200ddfb3ffeffffc13f0110870500baf77ff9ffff837f02200e0b0074ef7f00"
)


@pytest.mark.parametrize(
    ("serve", "reason", "within_s"),
    [(endless_headers, "bad-answer", 2), (many_headers, "bad-answer", 2), (slow_drip, "too-slow", 4),
     (silence, "too-slow", 4), (hangs_up, "reset", 2), (nonsense, "bad-answer", 2),
     (endless_body, "too-large", 2), (packed("gzip", BOMB), "too-large", 2),
     (packed("gzip", gzip.compress(BOMB)), "too-large", 2), (packed("gzip, gzip", gzip.compress(BOMB)), "too-large", 2),
     (packed("gzip", b"not gzip"), "encoding", 2), (packed("br", b"\xff" * 999), "encoding", 2), (packed("br", BROTLI_BOMB), "too-large", 2),
     (packed(", ".join(["gzip"] * 99), b"x"), "encoding", 2)],
)  # fmt: skip
async def test_a_hostile_server_costs_little(serve: Serve, reason: str, within_s: float) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    facts = await visit_plain(serve)
    assert facts.plain is not None
    assert facts.plain.failed == reason
    assert time.monotonic() - began < within_s
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
    if reason == "too-large":
        assert facts.plain.page is None or facts.plain.page.size_bytes == 64 << 10


@pytest.mark.parametrize("encrypted", [False, True])
async def test_an_answer_without_an_end_is_whole_however_it_ends(
    encrypted: bool, tmp_path: Path
) -> None:
    context = Certified(tmp_path, [HOST]).context() if encrypted else None
    async with name_server(HERE) as (_, resolver), server(breaks_off(), context) as port:
        given = {"secure" if encrypted else "plain": port}
        facts = await visit_one(gatherer([HOST], resolver, **given), HOST)
    visit = facts.secure if encrypted else facts.plain
    assert visit is not None
    assert (visit.failed, visit.hops[0].status) == ("", 200)
    assert visit.page is not None
    assert visit.page.title == "<title>Town</title>"
    assert not facts.failed


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Length: 99\r\n", b"<p>"),
        ("Transfer-Encoding: chunked\r\n", b"3\r\n<p>\r\n"),
        ("Transfer-Encoding: chunked\r\n", b"3\r\n<p>\r\nno\r\n"),
    ],
)
async def test_of_an_answer_that_breaks_off_the_headers_are_seen(
    head: str, body: bytes, tmp_path: Path
) -> None:
    context = Certified(tmp_path, [HOST]).context()
    async with (
        name_server(HERE) as (_, resolver),
        server(breaks_off(head, body), context) as secure,
    ):
        facts = await visit_one(gatherer([HOST], resolver, secure=secure), HOST)
    assert facts.secure is not None
    assert facts.secure.failed == "cut-short"
    assert [failure.reason for failure in facts.failed] == ["cut-short"]
    hop = secure_home(facts)
    assert hop is not None
    assert header(hop, "content-type") == "text/html"
    assert [cookie.name for cookie in cookies_of(facts)] == ["sid"]


async def test_half_a_robots_txt_allows_nothing() -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nUser-agent: *\n"
    replies = {"/": answer(b"<p>"), "/robots.txt": half}
    asked = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1]
        asked.add(path)
        writer.write(replies.get(path) or answer(b"", 404))
        await writer.drain()

    facts = await visit_plain(serve, profile="standard")
    assert asked == {"/", "/robots.txt"}
    assert facts.robots == ""


@pytest.mark.parametrize(
    ("location", "reason", "hops"),
    [("/", "redirects", 1), ("/a", "redirects", 2), ("//inside.example/", "redirect-private", 1),
     ("http://127.0.0.1/", "redirect-scope", 1), ("http://10.1.2.3/", "redirect-scope", 1),
     ("http://elsewhere.example/", "redirect-scope", 1), ("file:///etc/passwd", "bad-answer", 1),
     ("http://town.example:22/", "redirect-scope", 1), ("gopher://x/", "bad-answer", 1),
     ("http://[::1/", "bad-answer", 1), ("http://gone.example/", "redirect-name", 1)],
)  # fmt: skip
async def test_a_redirect_leads_nowhere_it_should_not(
    location: str, reason: str, hops: int
) -> None:
    site = Site({"/": answer(b"", 302, Location=location), "/a": answer(b"", 302, Location="/")})
    table = {("inside.example", "A"): ["169.254.169.254"]}
    facts = await visit_plain(site, "inside.example", "gone.example", table=table)
    assert facts.plain is not None
    assert (facts.plain.failed, len(facts.plain.hops)) == (reason, hops)
    assert facts.plain.hops[0].location == location


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        (answer(b"", 301, Location="http://elsewhere.example/"), "redirect-scope"),
        (answer(b"<p>", 503), "HTTP 503"),
        (answer(b"<p>", 403), "HTTP 403"),
        (answer(b"<p>"), ""),
    ],
)
async def test_a_site_whose_home_page_was_not_seen_has_no_grade(given: bytes, detail: str) -> None:
    facts = await visit_plain(Site({"/": given}), settings={"connect_s": 0.5})
    verdict = open_judge(Path("/nonexistent"), Config())[0].judge_many([facts])[0]
    told = [(item.reason, item.detail) for item in verdict.failed if item.check == "sites.page"]
    if detail:
        assert (grade_of(verdict), told) == ("", [("no-page", detail)])
    else:
        assert (grade_of(verdict) != "", told) == (True, [])


@pytest.mark.parametrize(
    ("there", "what", "asked"),
    [
        ("village.example", "/", ["/"]),
        ("village.example", "/users?action=delete", []),
        ("www.town.example", "/in?next=a", ["/in?next=a"]),
    ],
)
async def test_nobody_has_us_ask_somebody_else_for_what_he_likes(
    there: str, what: str, asked: list[str]
) -> None:
    other = Site({"*": answer(b"<p>")})
    table = {**HERE, (there, "A"): ["127.0.0.2"]}
    async with name_server(table) as (_, resolver), server(other, host="127.0.0.2") as port:
        door = Site({"*": answer(b"", 302, Location=f"http://{there}:{port}{what}")})
        async with server(door, port=port) as plain:
            facts = await visit_one(gatherer([HOST, there], resolver, plain=plain), HOST)
    assert [path for _, path in other.asked] == asked
    assert facts.plain is not None
    assert facts.plain.failed == ("" if asked else "redirect-scope")


async def test_no_secret_of_a_redirect_is_kept() -> None:
    location = "http://anna:pw@town.example/in;jsessionid=s3cret/?mail=anna&t=s3cret#s3cret"
    site = Site(
        {
            "/": answer(b"", 302, Location=location, Set_Cookie="a=s3cret"),
            "*": answer(b"<p>", Set_Cookie="b=s3cret"),
        }
    )
    async with name_server(HERE) as (_, resolver), server(site) as plain:
        site.replies["/"] = site.replies["/"].replace(
            b"pw@town.example", f"pw@town.example:{plain}".encode()
        )
        facts = await visit_one(gatherer([HOST], resolver, plain=plain), HOST)
    assert facts.plain is not None
    told = f"http://town.example:{plain}/in/?mail=&t="
    assert [hop.url for hop in facts.plain.hops][1:] == [told]
    assert facts.plain.hops[0].location == told
    assert [cookie.name for cookie in facts.plain.cookies] == ["a", "b"]
    assert site.asked[1][1] == "/in;jsessionid=s3cret/?mail=anna&t=s3cret"  # as a browser does
    for secret in ("s3cret", "anna", "pw@"):
        assert secret not in repr(facts)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("Refresh", "600; url=/a?token=s3cret", "600; url=/a?token="),
        ("Refresh", "0;URL='//anna@x.example/a?t=s3cret'", "0;URL='//x.example/a?t="),
        ("Refresh", "5;url=/in;sid=s3cret/", "5;url=/in/"),
        ("Refresh", "3, /a?key=s3cret", "3, /a?key="),
        ("Refresh", "10", "10"),
        (
            "Link",
            '</a?key=s3cret>; rel=preload; as="font", <//anna@x.example/b#s3cret>;rel=x',
            '</a?key=>; rel=preload; as="font", <//x.example/b>;rel=x',
        ),
        ("Link", "</a?key=s3cret", "</a?key="),
        ("Link", "/a?key=s3cret; rel=x", "/a?key=; rel="),
        ("Content-Location", "/a?key=s3cret", "/a?key="),
    ],
)
async def test_no_secret_in_an_address_of_a_header_is_kept(
    name: str, value: str, told: str
) -> None:
    facts = await visit_plain(Site({"/": answer(b"<p>", **{name: value})}))
    assert facts.plain is not None
    assert header(facts.plain.hops[0], name.lower()) == told


async def test_a_cookie_that_a_redirect_sets_is_read_too() -> None:
    to_shop = answer(b"", 302, Location="/shop", Set_Cookie="sid=1; Secure")
    to_www = answer(b"", 302, Location="http://www.town.example:1/", Set_Cookie="lang=zh")
    site = Site({"/": to_shop, "/shop": to_www})
    stranger = Site({"*": answer(b"<p>", Set_Cookie="theirs=1")})
    kin = Site({"*": answer(b"", 302, Location="/", Set_Cookie="sid=2; HttpOnly")})
    table = {("www.town.example", "A"): ["127.0.0.2"], ("village.example", "A"): ["127.0.0.3"]}
    async with (
        name_server({**HERE, **table}) as (_, resolver),
        server(site) as plain,
        server(kin, host="127.0.0.2", port=plain),
        server(stranger, host="127.0.0.3", port=plain),
    ):
        there = f"http://village.example:{plain}/".encode()
        site.replies["/shop"] = to_www.replace(b":1/", f":{plain}/".encode())
        kin.replies["*"] = kin.replies["*"].replace(b"Location: /\r\n", b"Location: %b\r\n" % there)
        listed = [HOST, "www.town.example", "village.example"]
        facts = await visit_one(gatherer(listed, resolver, plain=plain), HOST)
    assert facts.plain is not None
    assert [hop.status for hop in facts.plain.hops] == [302, 302, 302, 200]
    told = [(cookie.name, cookie.secure, cookie.http_only) for cookie in facts.plain.cookies]
    assert told == [("sid", False, True), ("lang", False, False)]


@pytest.mark.parametrize(
    ("head", "led"),
    [
        ("<meta http-equiv=refresh content='0;url=/portal/?x=1'>", ["/", "/portal/"]),
        ("<meta http-equiv=refresh content='0;url=/'>", ["/"]),
        ("<meta http-equiv=refresh content='0;url=http://village.example/'>", ["/"]),
        ("<meta http-equiv=refresh content='60;url=/portal/'>", ["/"]),
        ("<meta http-equiv=refresh content='0;url=/loop'>", ["/", "/loop"]),
        ("<meta http-equiv=refresh content='5;url=/?t=2'>", ["/"]),
        ("<meta http-equiv=refresh content='0;url=/gone'>", ["/"]),
        ("<meta http-equiv=refresh content='0;url=http://www.town.example/'>", ["/"]),
    ],
)
async def test_a_page_that_sends_visitors_on_is_followed(
    head: str, led: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(farm, "read_page", page.read_page)
    again = "<meta http-equiv=refresh content='0;url=/more'><title>loop</title>"
    portal, loop = answer(b"<title>portal</title>"), answer(again.encode())
    stub = answer(f"{head}<title>stub</title>".encode())
    site = Site({"/": stub, "/portal/?x=1": portal, "/loop": loop})
    facts = await visit_plain(site)
    assert facts.plain is not None and facts.plain.failed == ""
    assert [urlsplit(hop.url).path for hop in facts.plain.hops] == led
    assert facts.plain.page is not None
    assert facts.plain.page.title == {"/": "stub", "/portal/": "portal", "/loop": "loop"}[led[-1]]


async def test_redirects_have_an_end() -> None:
    class Onward(Site):
        async def __call__(self, reader: Any, writer: Any) -> None:
            self.replies = {"*": answer(b"", 302, Location=f"/{len(self.asked)}x")}
            await super().__call__(reader, writer)

    facts = await visit_plain(Onward())
    assert facts.plain is not None
    assert (facts.plain.failed, len(facts.plain.hops)) == ("redirects", 6)


async def test_a_listed_host_is_followed_to_at_its_own_address() -> None:
    other = Site({"/": answer(b"<p>there</p>")})
    table = {**HERE, ("www.town.example", "A"): ["127.0.0.1"]}
    async with name_server(table) as (_, resolver), server(other) as port:
        site = Site({"/": answer(b"", 301, Location=f"http://www.town.example:{port}/")})
        async with server(site) as plain:
            one = gatherer([HOST, "www.town.example"], resolver, plain=plain)
            facts = await visit_one(one, HOST)
    assert facts.plain is not None
    assert facts.plain.page is not None
    assert other.asked == [("www.town.example", "/")]


@pytest.mark.parametrize("kind", ["image/png", "text/plain", "application/x-nothing", ""])
async def test_a_page_is_read_whatever_its_type_claims(kind: str) -> None:
    facts = await visit_plain(Site({"/": answer(b"<html>", Content_Type=kind)}))
    assert facts.plain is not None
    assert facts.plain.page is not None


async def test_a_reader_that_breaks_is_a_failure_and_no_crash() -> None:
    def breaks(body: bytes, url: str, headers: Sequence[Any]) -> Page:
        raise RecursionError

    site = Site({"/": answer(b"<html>")})
    async with name_server(HERE) as (_, resolver), server(site) as plain:
        one = gatherer([HOST], resolver, plain=plain)
        one._given["read_page"] = breaks
        facts = await visit_one(one, HOST)
    assert [(each.check, each.detail) for each in facts.failed] == [
        ("sites.page", "RecursionError")
    ]


async def look_closer(site: Site, **given: Any) -> SiteFacts:
    return await visit_plain(site, profile="standard", **given)


async def test_twenty_paths_are_looked_at_and_what_is_there_is_proven() -> None:
    site = Site(
        {
            "/": answer(b"<html>"),
            "/.git/config": answer(b"[core]\n\trepositoryformatversion = 0\n"),
            "/.env": answer(b"APP_KEY=base64:c2VjcmV0\n"),
            "/uploads/": answer(b"<html><title>Index of /uploads/</title>"),
            "/admin/": answer(b"<form>", 401),
            "/robots.txt": answer(
                b"User-agent: *\nDisallow: /phpinfo\n", Content_Type="text/plain"
            ),
            "/.well-known/security.txt": answer(b"Contact: mailto:cert@town.example\n"),
        }
    )
    facts = await look_closer(site, secret=b"key")
    assert {path: told.marks for path, told in facts.paths.items()} == {
        "/.git/config": ("git",), "/.env": ("env",), "/uploads/": ("listing",), "/admin/": (),
    }  # fmt: skip
    assert facts.paths["/.env"].proof
    assert "c2VjcmV0" not in repr(facts)
    assert sha256(b"APP_KEY=base64:c2VjcmV0\n").hexdigest() not in repr(facts)  # could be guessed
    assert facts.security_txt.startswith("Contact:")
    asked = [path for _, path in site.asked]
    assert "/phpinfo.php" not in asked
    assert len(asked) == 1 + 1 + 1 + 2 + 19
    assert all(head.startswith("GET ") for head in site.heads)
    assert any("/backup.zip" in head and "Range: bytes=0-" in head for head in site.heads)


async def test_what_robots_keeps_from_us_is_said_and_not_called_missing() -> None:
    site = Site(
        {
            "/": answer(b"<html>"),
            "/robots.txt": answer(b"User-agent: *\nDisallow: /\n", Content_Type="text/plain"),
        }
    )
    facts = await look_closer(site)
    assert [path for _, path in site.asked] == ["/robots.txt", "/"]
    assert [(each.check, each.reason, each.count) for each in facts.failed] == [
        ("sites.exposed", "robots", 20), ("sites.security_txt_missing", "robots", 1),
    ]  # fmt: skip
    assert facts.read == 0.8


async def test_an_error_page_that_tells_a_version_is_kept_once() -> None:
    missing = answer(b"<h3>Apache Tomcat/10.1.60 (Debian)</h3>", 404)
    facts = await look_closer(Site({"/": answer(b"<html>"), "*": missing}))
    assert {path: (each.status, each.marks) for path, each in facts.paths.items()} == {
        "/*": (404, ("version:tomcat/10.1.60 (Debian)",)),
    }


async def test_a_mark_that_every_path_has_tells_nothing_of_one() -> None:
    facts = await look_closer(Site({"*": answer(b"<html><title>phpMyAdmin</title>")}))
    assert "/*" not in facts.paths
    assert facts.paths["/phpmyadmin/"].marks == ()
    assert facts.paths["/phpmyadmin/"].soft


async def test_a_site_that_answers_all_the_same_is_seen_through() -> None:
    facts = await look_closer(Site({"*": answer(b"<html>Welcome back")}))
    assert len(facts.paths) == 20
    assert all(told.soft and not told.marks for told in facts.paths.values())


async def test_where_all_else_leads_elsewhere_what_is_there_is_found() -> None:
    away = answer(b"", 302, Location="/")
    env = answer(b"DB_PASSWORD=hunter2\n", Content_Type="text/plain")
    facts = await look_closer(Site({"/": answer(b"<html>"), "/.env": env, "*": away}))
    assert {path: told.marks for path, told in facts.paths.items() if not told.soft} == {
        "/.env": ("env",)
    }


@pytest.mark.parametrize("said", [b"", answer(b"", 503), answer(b"", 429)])
async def test_a_path_that_got_no_answer_is_not_taken_for_absent(
    monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    class Barring(Site):
        async def __call__(self, reader: Any, writer: Any) -> None:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ")[1]
            self.asked.append(("", path))
            is_barred = ("", "/.svn/entries") in self.asked
            writer.write(said if is_barred else self.replies.get(path) or answer(b"", 404))
            await writer.drain()

    monkeypatch.setattr("cityshield.adapters.sites.budget._FIRST_PAUSE_S", 0.01)
    facts = await look_closer(Barring({"/": answer(b"<html>")}), paths=("/a", "/.svn/entries"))
    assert ("sites.exposed", "no-answer", 1) in [
        (each.check, each.reason, each.count) for each in facts.failed
    ]
    assert facts.read == 0.9


async def test_one_path_of_many_without_an_answer_keeps_no_finding_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cityshield.adapters.sites.budget._FIRST_PAUSE_S", 0.01)
    site = Site({"/": answer(b"<html>"), "/p4": answer(b"", 503), "*": answer(b"", 404)})
    facts = await look_closer(site, paths=tuple(f"/p{number}" for number in range(5)))
    assert ("sites.paths", "no-answer", 1) in [
        (each.check, each.reason, each.count) for each in facts.failed
    ]


async def test_a_server_in_trouble_is_asked_for_nothing_more_than_it_must() -> None:
    site = Site({"/": answer(b"<html>"), "/robots.txt": answer(b"", 500)})
    facts = await look_closer(site)
    assert (facts.reason, facts.paths) == ("", {})
    assert [path for _, path in site.asked if path in ("/.env", "/.git/config")] == []


async def test_scripts_of_the_site_are_read_once_and_those_of_others_never() -> None:
    site = Site({"/": answer(b"<html>"), "/a.js": answer(b"/* jquery 1.8.3 */")})

    def page(body: bytes, url: str, headers: Sequence[Any]) -> Page:
        own = Script(f"{url}a.js")
        return Page(scripts=(own, own, Script("https://cdn.example/b.js"), Script("")))

    async with name_server(HERE) as (_, resolver), server(site) as plain:
        one = gatherer(
            [HOST], resolver, plain=plain, profile="standard", paths=(),
            read_script=lambda body, url: (("jquery", body.split()[2].decode()),),
        )  # fmt: skip
        one._given["read_page"] = page
        facts = await visit_one(one, HOST)
    assert facts.plain is not None
    assert facts.plain.page is not None
    assert [each.libraries for each in facts.plain.page.scripts] == [
        (("jquery", "1.8.3"),), (("jquery", "1.8.3"),), (), (),
    ]  # fmt: skip
    assert [path for _, path in site.asked].count("/a.js") == 1


@pytest.mark.parametrize("status", [200, 404])
async def test_scripts_that_are_too_many_are_said(status: int) -> None:
    site = Site({"/": answer(b"<html>"), "/1.js": answer(b"/* jquery 1.8.3 */", status)})
    site.replies["/robots.txt"] = answer(b"User-agent: *\nDisallow: /no", Content_Type="text/plain")

    def page(body: bytes, url: str, headers: Sequence[Any]) -> Page:
        names = ["no.js", "1.js", "1.js", *(f"{number}.js" for number in range(5)), "4.js"]
        return Page(scripts=tuple(Script(f"{url}{name}") for name in names))

    async with name_server(HERE) as (_, resolver), server(site) as plain:
        given: dict[str, Any] = {"profile": "standard", "paths": (), "settings": {"scripts": 2}}
        one = gatherer([HOST], resolver, plain=plain, **given)
        one._given["read_page"] = page
        facts = await visit_one(one, HOST)
    asked = [path for _, path in site.asked if path.endswith(".js")]
    assert asked == ["/1.js", "/0.js"]
    told = [(failure.check, failure.reason, failure.count) for failure in facts.failed]
    assert told == [
        ("sites.vulnerable_library", "robots", 1),
        ("sites.scripts", "too-many", 3),
    ]


async def test_five_hundred_sites_on_one_address_have_two_at_once() -> None:
    hosts = [f"s{number}.town.example" for number in range(500)]
    site = Site({"/": answer(b"<html>")})
    site.wait_s = 0.002
    log: list[Line] = []
    table = {(host, "A"): ["127.0.0.1"] for host in hosts}
    async with name_server(table) as (_, resolver), server(site) as plain:
        one = gatherer(hosts, resolver, plain=plain, log=log, settings={"address": Limit(2, 400)})
        seen = [facts async for facts in one.visit(hosts)]
    assert sorted(facts.host for facts in seen) == sorted(hosts)
    proof = prove(log)
    assert site.most <= 2
    assert (proof.addresses, proof.requests) == (1, 1000)
    assert proof.at_once <= 2
    assert proof.per_s <= 400


async def test_who_opts_out_while_a_visit_waits_is_not_visited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Changing:
        said: ClassVar = ["", "opted-out"]

        def reason(self, host: str) -> str:
            return self.said.pop(0)

    monkeypatch.setattr("cityshield.adapters.sites.courier._FRESH_S", 0.0)
    site = Site({"/": answer(b"<p>")})
    async with name_server(HERE) as (_, resolver), server(site) as plain:
        one = gatherer([HOST], resolver, plain=plain)
        one._scope = Changing()
        facts = await visit_one(one, HOST)
    assert (facts.reason, site.asked) == ("opted-out", [])


@pytest.mark.parametrize("profile", ["standard", "full"])
async def test_who_opts_out_during_a_visit_is_asked_for_nothing_more(
    monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    class Leaving(Site):
        def reason(self, host: str) -> str:
            return "opted-out" if (HOST, "/.git/config") in self.asked else ""

    monkeypatch.setattr("cityshield.adapters.sites.courier._FRESH_S", 0.0)
    site = Leaving({"/": answer(b"<title>Town</title>")})
    async with name_server(HERE) as (_, resolver), server(site) as plain:
        one = gatherer([HOST], resolver, plain=plain, profile=profile)
        one._scope = site
        facts = await visit_one(one, HOST)
    assert site.asked[-1] == (HOST, "/.git/config")
    assert (facts.reason, facts.read, facts.plain, facts.names) == ("opted-out", 0.0, None, None)
    assert facts.requests >= len(site.asked) > 1
    assert one._turnstile.budget.in_flight("all") == 0


async def test_the_scope_is_looked_at_no_more_than_once_a_second() -> None:
    class Counting:
        count = 0

        def reason(self, host: str) -> str:
            self.count += 1
            return ""

    scope = Counting()
    async with name_server(HERE) as (_, resolver), server(Site()) as plain:
        one = gatherer([HOST], resolver, plain=plain, profile="standard")
        one._scope = scope
        began = time.monotonic()
        await visit_one(one, HOST)
    assert scope.count <= 1 + (time.monotonic() - began)


class Shifted:
    """A clock that somebody sets."""

    def __init__(self, hour: int) -> None:
        self.hour = hour

    def now(self) -> int:
        return self.hour * 3600


class Late(Site):
    """A site whose first answer comes when the window has closed."""

    clock: Shifted

    async def __call__(self, reader: Any, writer: Any) -> None:
        self.clock.hour = 5
        await super().__call__(reader, writer)


async def test_a_visit_that_waited_for_its_place_begins_in_a_window_only() -> None:
    hosts = [f"s{number}.town.example" for number in range(4)]
    site = Late({"/": answer(b"<p>")})
    site.wait_s = 0.05
    site.clock = Shifted(22)
    table = {(host, "A"): ["127.0.0.1"] for host in hosts}
    given = {"address": Limit(1, 1000), "windows": (("22:00", "05:00"),)}
    async with name_server(table) as (_, resolver), server(site) as plain:
        one = gatherer(hosts, resolver, plain=plain, settings=given)
        one._given["clock"] = one._clock = site.clock  # type: ignore[assignment]
        asyncio.get_running_loop().call_later(0.5, one.halt)
        seen = [facts.host async for facts in one.visit(hosts)]
        assert len(seen) == 1
        assert {host for host, _ in site.asked} == set(seen)
        site.clock.hour = 22
        one._halted.clear()
        with pytest.raises(InputError):
            await asyncio.wait_for(one.visit_many([Subject(SITE, host) for host in hosts]), 5)


async def test_a_visit_that_missed_the_window_begins_with_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hosts = [f"s{number}.town.example" for number in range(3)]
    site = Late({"/": answer(b"<p>")})
    site.clock = Shifted(22)
    table = {(host, "A"): ["127.0.0.1"] for host in hosts}
    given = {"address": Limit(1, 1000), "windows": (("22:00", "05:00"),)}

    async def open_again(one: Any) -> None:
        await asyncio.sleep(0.01)
        site.clock.hour = 22

    monkeypatch.setattr("cityshield.adapters.sites.gatherer.Gatherer._wait_for_window", open_again)
    async with name_server(table) as (_, resolver), server(site) as plain:
        one = gatherer(hosts, resolver, plain=plain, settings=given)
        one._given["clock"] = one._clock = site.clock  # type: ignore[assignment]
        seen = [facts.reason async for facts in one.visit(hosts)]
    assert seen == ["", "", ""]


async def test_no_connection_is_left_open_without_a_place(tmp_path: Path) -> None:
    class Counting(Site):
        open = most_open = 0

        async def __call__(self, reader: Any, writer: Any) -> None:
            self.open += 1
            self.most_open = max(self.most_open, self.open)
            try:
                await super().__call__(reader, writer)
            finally:
                self.open -= 1

    names = [f"part-{number}.town.example" for number in range(12)]
    rules = answer(b"User-agent: *\nDisallow: /\n", Content_Type="text/plain")
    site = Counting({"/": answer(b"<html>"), "/robots.txt": rules})
    context = Certified(tmp_path, names).context()
    table = {(name, "A"): ["127.0.0.1"] for name in names}
    async with name_server(table) as (_, resolver), server(site, context) as secure:
        few = {"address": Limit(2, 100_000), "domain": Limit(2, 100_000)}
        one = gatherer(names, resolver, secure=secure, settings=few, profile="standard")
        seen = [facts async for facts in one.visit(names)]
    assert len(seen) == 12
    assert site.most_open <= 2


async def test_a_request_that_a_kept_connection_takes_with_it_is_counted_twice(
    tmp_path: Path,
) -> None:
    asked: list[str] = []
    log: list[Line] = []

    async def tired(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for last in (False, True):
            asked.append((await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1])
            if last:
                writer.transport.abort()
                break
            writer.write(answer(b"<title>Town</title>", 200 if asked[-1] == "/" else 404))
            await writer.drain()

    context = Certified(tmp_path, [HOST]).context()
    async with (
        name_server(HERE) as (_, resolver),
        server(tired, context) as secure,
        server(tired) as plain,
    ):
        given: dict[str, Any] = {"plain": plain, "secure": secure, "log": log}
        one = gatherer([HOST], resolver, profile="standard", **given)
        facts = await visit_one(one, HOST)
    assert sorted(asked) == sorted(line.path for line in log if line.path != "tls")
    assert facts.requests == len(asked)
    lost = [line.path for line in log if not line.status and line.path != "tls"]
    assert len(lost) == 1  # then no connection was kept
    assert asked.count(lost[0]) == 2
    assert not facts.failed


@pytest.mark.parametrize(
    "fields",
    [
        {"Retry-After": "100000"},
        {"Retry-After": "Fri, 31 Dec 2199 23:59:59 GMT"},
        {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT", "Date": "Fri, 31 Dec 1999 01:00:00 GMT"},
        {"Retry-After": "Friday, 31-Dec-99 23:59:59 GMT", "Date": "Fri, 31 Dec 1999 01:00:00 GMT"},
    ],
)
async def test_a_busy_server_is_left_alone_for_a_while(fields: dict[str, str]) -> None:
    site = Site({"/": answer(b"", 503, **fields)})
    async with name_server(HERE) as (_, resolver), server(site) as plain:
        one = gatherer([HOST], resolver, plain=plain, profile="standard")
        facts = await visit_one(one, HOST)
    assert facts.reason == "budget"
    assert [path for _, path in site.asked] == ["/robots.txt", "/"]


async def test_many_are_given_in_order_and_twice_where_asked_twice() -> None:
    async with name_server(HERE) as (_, resolver):
        one = gatherer([HOST], resolver)
        subjects = [Subject(SITE, "b.example"), Subject(SITE, HOST), Subject(SITE, "b.example")]
        seen = await one.visit_many(subjects)
    assert [(each.host, each.reason) for each in seen] == [
        ("b.example", "out-of-scope"), (HOST, "dead"), ("b.example", "out-of-scope"),
    ]  # fmt: skip


async def test_outside_the_times_of_day_a_single_visit_is_refused_at_once() -> None:
    hour = (time.gmtime().tm_hour + 6) % 24
    windows = ((f"{hour:02}:00", f"{hour:02}:30"),)
    site = Site({"/": answer(b"<p>")})
    async with name_server(HERE) as (_, resolver), server(site) as plain:
        one = gatherer([HOST], resolver, plain=plain, settings={"windows": windows})
        with pytest.raises(InputError):
            await asyncio.wait_for(one.visit_many([Subject(SITE, HOST)]), 5)
    assert site.asked == []


async def test_a_stream_that_is_left_leaves_nothing_behind() -> None:
    site = Site({"/": answer(b"<html>")})
    hosts = [f"s{number}.town.example" for number in range(100)]
    table = {(host, "A"): ["127.0.0.1"] for host in hosts}
    async with name_server(table) as (_, resolver), server(site) as plain:
        stream = gatherer(hosts, resolver, plain=plain).visit(hosts)
        async for _ in stream:
            break
        await stream.aclose()  # type: ignore[attr-defined]
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert all("quietly" in repr(task) for task in others)


def test_the_reader_of_these_tests_keeps_no_body() -> None:
    assert read_page(b"x" * 99, "", ()).size_bytes == 99


async def test_every_address_of_a_host_is_asked(tmp_path: Path) -> None:
    root = Certified(tmp_path, ["Test root"], authority=True)
    leaf = Certified(tmp_path, [HOST], issuer=root)
    site = Site({"/": answer(b"<title>Town</title>")})
    table = {(HOST, "A"): ["127.0.0.1", "127.0.0.2", "192.0.2.1"]}
    async with name_server(table) as (_, resolver), server(site, leaf.context()) as secure:
        given = {"secure": secure, "settings": {"ca": str(root.path)}}
        one = gatherer([HOST], resolver, **given, profile="standard")
        facts = await visit_one(one, HOST)
        quick = await visit_one(gatherer([HOST], resolver, **given), HOST)
    for seen in (facts, quick):  # whichever of both addresses DNS names first
        assert seen.reason == ""
        assert seen.secure is not None and seen.secure.address == "127.0.0.1"
    assert [other.address for other in facts.others] == ["127.0.0.2"]
    assert facts.others[0].failed == "refused"
    assert quick.others == ()


@pytest.mark.parametrize(("agent", "reason"), [("CityShield", "robots"), ("*", "")])
async def test_who_turns_us_away_by_name_is_asked_for_nothing_else(
    tmp_path: Path, agent: str, reason: str
) -> None:
    leaf = Certified(tmp_path, [HOST])
    said = f"User-agent: {agent}\nDisallow: /\n".encode()
    site = Site({"/": answer(b"<title>Town</title>"), "/robots.txt": answer(said)})
    async with name_server(HERE) as (_, resolver), server(site, leaf.context()) as secure:
        facts = await visit_one(gatherer([HOST], resolver, secure=secure, profile="standard"), HOST)
    assert facts.reason == reason
    paths = {path for _, path in site.asked}
    assert paths == ({"/robots.txt"} if reason else {"/robots.txt", "/"})


async def test_who_turns_us_away_over_http_alone_is_asked_for_nothing_else() -> None:
    rules = answer(b"User-agent: cityshield\nDisallow: /\n", Content_Type="text/plain")
    site = Site({"/": answer(b"<html>"), "/robots.txt": rules})
    facts = await look_closer(site)
    assert (facts.reason, [path for _, path in site.asked]) == ("robots", ["/robots.txt"])


def leading(count: int, to: str) -> dict[str, bytes]:
    """robots.txt that leads to an address after so many redirects."""
    way = ["/robots.txt", *(f"/{number}" for number in range(1, count)), to]
    return {path: answer(b"", 302, Location=way[n + 1]) for n, path in enumerate(way[:-1])}


@pytest.mark.parametrize(
    ("count", "to", "reason"),
    [
        (1, "/rules", "robots"),
        (5, "/rules", "robots"),
        (6, "/rules", ""),
        (1, "http://listed.example:{port}/rules", "robots"),
        (1, "http://elsewhere.example:{port}/rules", ""),
    ],
)
async def test_redirects_of_robots_txt_are_followed(count: int, to: str, reason: str) -> None:
    rules = answer(b"User-agent: cityshield\nDisallow: /\n", Content_Type="text/plain")
    site = Site({"/": answer(b"<html>"), "/rules": rules})
    table = {(host, "A"): ["127.0.0.1"] for host in (HOST, "listed.example", "elsewhere.example")}
    async with name_server(table) as (_, resolver), server(site) as plain:
        site.replies |= leading(count, to.format(port=plain))
        one = gatherer([HOST, "listed.example"], resolver, plain=plain, profile="standard")
        facts = await visit_one(one, HOST)
    assert facts.reason == reason
    assert ("elsewhere.example", "/rules") not in site.asked


async def test_robots_txt_that_leads_to_no_address_of_the_web_forbids_nothing() -> None:
    site = Site({"/": answer(b"<html>"), "/robots.txt": answer(b"", 302, Location="mailto:x@y")})
    facts = await look_closer(site)
    assert not [each for each in facts.failed if each.reason == "robots"]


async def test_robots_txt_that_leads_to_a_silent_server_lets_us_read_no_path() -> None:
    site = Site({"/": answer(b"<html>"), **leading(1, f"http://{HOST}:1025/robots.txt")})
    facts = await look_closer(site)
    assert [path for _, path in site.asked] == ["/robots.txt", "/"]
    assert ("sites.exposed", "robots", 20) in [
        (each.check, each.reason, each.count) for each in facts.failed
    ]
