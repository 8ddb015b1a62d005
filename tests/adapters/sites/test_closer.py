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
        assert await reader.readline() == b"EHLO [127.0.0.1]\r\n"  # not the name of who is visited
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
        said = await offers_starttls("127.0.0.1", port, "mx.town.example", 0.5)
        assert said == (told, ())


async def test_nobody_there_is_unknown() -> None:
    said = await offers_starttls("127.0.0.1", 1, "mx.town.example", 0.5)
    assert said == ("unknown", ())


def encrypting(context: ssl.SSLContext, heard: list[bytes]):  # type: ignore[no-untyped-def]
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx\r\n")
        await reader.readline()
        writer.write(b"250-mx\r\n250 STARTTLS\r\n")
        heard.append(await reader.readline())
        writer.write(b"220 go ahead\r\n")
        await writer.start_tls(context)
        heard.append(await reader.readline())

    return serve


async def test_the_certificates_of_a_mail_server_are_seen(tmp_path: Path) -> None:
    root = Certified(tmp_path, ["Town CA"], authority=True)
    mx = Certified(tmp_path, ["mx.town.example"], issuer=root)
    heard: list[bytes] = []
    async with server(encrypting(mx.context(root), heard)) as port:
        said = await offers_starttls("127.0.0.1", port, "mx.town.example", 2)
        assert said == ("yes", (mx.der, root.der))
        await asyncio.sleep(0.05)
    assert heard == [b"STARTTLS\r\n", b"QUIT\r\n"]


@pytest.mark.parametrize(
    "after", [b"", b"not TLS at all\r\n" * 50, b"\x16\x03\x01\xff\xff" + b"x" * 70_000]
)
async def test_a_handshake_that_comes_to_nothing_takes_nothing_away(after: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx\r\n")
        await reader.readline()
        writer.write(b"250-mx\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go ahead\r\n" + after)
        await asyncio.sleep(5)

    async with server(serve) as port:
        began = asyncio.get_running_loop().time()
        said = await offers_starttls("127.0.0.1", port, "mx.town.example", 0.5)
        assert said == ("yes", ())
        assert asyncio.get_running_loop().time() - began < 2


async def test_what_a_mail_server_shows_is_judged_by_its_name(tmp_path: Path) -> None:
    table = {
        (HOST, "A"): ["127.0.0.1"], (HOST, "MX"): ["10 mx.town.example."],
        ("mx.town.example", "A"): ["127.0.0.1"],
        ("_25._tcp.mx.town.example", "TLSA"): ["3 1 1 " + "0f" * 32],
        (HOST, "DS"): ["1 8 2 " + "00" * 32],
    }  # fmt: skip
    root = Certified(tmp_path, ["Town CA"], authority=True)
    mx = Certified(tmp_path, ["other.town.example"], issuer=root)
    async with (
        name_server(table) as (_, resolver),
        server(Site({"/": answer(b"<p>")})) as plain,
        server(encrypting(mx.context(root), [])) as port,
    ):
        one = gatherer(
            [HOST, "mx.town.example"], resolver, plain=plain, profile="full", paths=(),
            settings={"mail_port": port, "ca": str(root.path)},
        )  # fmt: skip
        facts = await visit_one(one, HOST)
    assert facts.mail is not None
    (seen,) = facts.mail.servers
    assert (seen.name, seen.tlsa, seen.signed) == ("mx.town.example", ("3 1 1 " + "0f" * 32,), True)
    assert (seen.trust, seen.chain[0].names) == ("name", ("other.town.example",))
    assert len(seen.chain[0].key_sha256) == 64


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
        for listed, mode, failed in (
            ([HOST, "mta-sts.town.example"], "enforce", "certificate"),
            ([HOST], "", "not-asked"),
        ):
            one = gatherer(listed, resolver, secure=secure, profile="standard", paths=())
            facts = await visit_one(one, HOST)
            assert facts.mail is not None
            assert (facts.mail.mta_sts, facts.mail.mta_sts_mode) == ("v=STSv1; id=1", mode)
            assert facts.mail.mta_sts_failed == failed


@pytest.mark.parametrize(
    ("policy", "failed", "names", "age"),
    [
        (answer(b"version: STSv1\nmode: enforce\nmx: *.town.example\r\nmx: MX.test\nmax_age: 86400\n",
                Content_Type="text/plain"), "", ("*.town.example", "mx.test"), 86_400),
        (answer(b"mode: enforce\n", Content_Type="text/plain"), "text", (), 0),
        (answer(b"<html>welcome"), "text", (), 0),
        (answer(b"no", 404), "status", (), 0),
        (answer(b"", 301, Location="https://town.example/"), "status", (), 0),
        (answer(b"version: STSv1\n" + b"mx: x\n" * 9_000 + b"max_age: " + b"9" * 99,
                Content_Type="text/plain"), "too-large", ("x",) * 99, 0),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_policy_is_told(
    tmp_path: Path, policy: bytes, failed: str, names: tuple[str, ...], age: int
) -> None:
    host = "mta-sts.town.example"
    table = {
        (HOST, "A"): ["127.0.0.1"], (host, "A"): ["127.0.0.1"],
        (f"_mta-sts.{HOST}", "TXT"): ['"v=STSv1; id=1"'],
    }  # fmt: skip
    root = Certified(tmp_path, ["Town CA"], authority=True)
    context = Certified(tmp_path, [HOST, host], issuer=root).context()
    site = Site({"/": answer(b"<p>"), "/.well-known/mta-sts.txt": policy})
    async with name_server(table) as (_, resolver), server(site, context) as secure:
        one = gatherer(
            [HOST, host], resolver, secure=secure, profile="standard", paths=(),
            settings={"ca": str(root.path)},
        )  # fmt: skip
        mail = (await visit_one(one, HOST)).mail
    assert mail is not None
    assert (mail.mta_sts_failed, mail.mta_sts_mx, mail.mta_sts_max_age_s) == (failed, names, age)


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
    assert site.asked[0][1] == "/robots.txt"
