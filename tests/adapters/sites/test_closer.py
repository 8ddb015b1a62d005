"""What the closer profiles see besides pages: scripts, mail servers, policies."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from pathlib import Path

import pytest

from cityshield.adapters.sites.log import Line
from cityshield.adapters.sites.starttls import offers_starttls
from tests.adapters.sites.farm import (
    Certified,
    Site,
    answer,
    gatherer,
    name_server,
    server,
    visit_one,
)

HOST = "town.example"


def mail_server(*lines: bytes):  # type: ignore[no-untyped-def]
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx.town.example ESMTP\r\n")
        assert (await reader.readline()).startswith(b"EHLO ")
        writer.write(b"".join(lines))
        await writer.drain()
        await reader.readline()

    return serve


@pytest.mark.parametrize(
    ("lines", "told"),
    [([b"250-mx\r\n", b"250-STARTTLS\r\n", b"250 SIZE 1\r\n"], "yes"), ([b"250 mx\r\n"], "no"),
     ([b"250-mx STARTTLS\r\n", b"250 X-STARTTLS\r\n"], "no"), ([b"554 go away\r\n"], "unknown"),
     ([b"250-x\r\n" * 99], "unknown"), ([b"x" * 9999], "unknown"), ([], "unknown")],
)  # fmt: skip
async def test_a_mail_server_says_whether_it_encrypts(lines: list[bytes], told: str) -> None:
    async with server(mail_server(*lines)) as port:
        assert await offers_starttls("127.0.0.1", port, "shield.example", 0.5) == told


async def test_nobody_there_is_unknown() -> None:
    assert await offers_starttls("127.0.0.1", 1, "shield.example", 0.5) == "unknown"


@pytest.mark.parametrize(("profile", "asked"), [("full", True), ("standard", False)])
async def test_mail_servers_in_scope_are_asked_with_the_full_profile(
    profile: str, asked: bool
) -> None:
    table = {
        (HOST, "A"): ["127.0.0.1"], (HOST, "MX"): ["10 mx.town.example.", "20 mx.other.example."],
        ("mx.town.example", "A"): ["127.0.0.2"], ("mx.other.example", "A"): ["127.0.0.3"],
    }  # fmt: skip
    log: list[Line] = []

    async def at_two(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await mail_server(b"250-mx\r\n250 STARTTLS\r\n")(reader, writer)
        writer.close()

    running = await asyncio.start_server(at_two, "127.0.0.2", 0)
    port = running.sockets[0].getsockname()[1]
    async with name_server(table) as (_, resolver), server(Site({"/": answer(b"<p>")})) as plain:
        one = gatherer(
            [HOST, "mx.town.example"], resolver, plain=plain, log=log, profile=profile,
            settings={"mail_port": port},
        )  # fmt: skip
        facts = await visit_one(one, HOST)
    running.close()
    assert facts.mail is not None
    told = (("mx.town.example", "yes"), ("mx.other.example", "unknown"))
    assert facts.mail.starttls == (told if asked else ())
    assert {line.address for line in log if line.path == "smtp"} == (
        {"127.0.0.2"} if asked else set()
    )


async def test_the_policy_of_mta_sts_is_read_where_its_host_is_in_scope(tmp_path: Path) -> None:
    table = {
        (HOST, "A"): ["127.0.0.1"], ("mta-sts.town.example", "A"): ["127.0.0.1"],
        ("_mta-sts.town.example", "TXT"): ['"v=STSv1; id=1"'],
    }  # fmt: skip
    policy = answer(
        b"version: STSv1\nmode: enforce\nmx: mx.town.example\n", Content_Type="text/plain"
    )
    site = Site({"/": answer(b"<p>"), "/.well-known/mta-sts.txt": policy})
    context = Certified(tmp_path, [HOST]).context()
    async with name_server(table) as (_, resolver), server(site, context) as secure:
        for listed, mode in (([HOST, "mta-sts.town.example"], "enforce"), ([HOST], "")):
            one = gatherer(listed, resolver, secure=secure, profile="standard", paths=())
            facts = await visit_one(one, HOST)
            assert facts.mail is not None
            assert (facts.mail.mta_sts, facts.mail.mta_sts_mode) == ("v=STSv1; id=1", mode)


async def test_the_tls_probe_is_part_of_a_closer_look(tmp_path: Path) -> None:
    log: list[Line] = []
    context = Certified(tmp_path, [HOST]).context()
    async with (
        name_server({(HOST, "A"): ["127.0.0.1"]}) as (_, resolver),
        server(Site({"/": answer(b"<p>")}), context) as secure,
    ):
        one = gatherer([HOST], resolver, secure=secure, profile="standard", paths=(), log=log)
        facts = await visit_one(one, HOST)
    assert facts.tls is not None
    assert facts.tls.versions == ("TLS 1.2", "TLS 1.3")
    assert facts.tls.chain[0].names == (HOST,)
    assert facts.tls.connections == sum(line.path == "tls" for line in log) <= 12
    assert facts.requests == sum(line.path.startswith("/") for line in log)


async def test_an_old_server_is_looked_at_as_closely(tmp_path: Path) -> None:
    context = Certified(tmp_path, [HOST]).context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
    site = Site({"/": answer(b"<p>"), "/.git/config": answer(b"[core]\n")})
    async with (
        name_server({(HOST, "A"): ["127.0.0.1"]}) as (_, resolver),
        server(site, context) as secure,
    ):
        facts = await visit_one(gatherer([HOST], resolver, secure=secure, profile="standard"), HOST)
    assert facts.tls is not None
    assert (facts.tls.versions, facts.tls.weak) == (("TLS 1.0",), ("CBC-SHA1",))
    assert facts.secure is not None
    assert facts.secure.page is not None
    assert facts.paths["/.git/config"].marks == ("git",)
