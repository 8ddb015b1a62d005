"""What a server takes of TLS is seen in at most twelve connections, by real servers and by rule."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityshield.adapters.sites.hello import (
    ALL_FAMILIES,
    FAMILIES,
    NAMES,
    SSL3,
    STRONG,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    WEAK,
    Heard,
    client_hello,
    read_answer,
)
from cityshield.adapters.sites.probe import MOST_CONNECTIONS, probe, say_hello
from cityshield.guards.sites.facts import Tls
from tests.adapters.sites.farm import Certified, server
from tests.conftest import free_port

HOST = "town.example"


class Ruled:
    """A server by rule: it takes some versions and suites, as the RFCs say it should."""

    def __init__(self, versions: Sequence[int], suites: Sequence[int], alert: int = 70) -> None:
        self.versions, self.suites, self.alert = versions, suites, alert
        self.asked = 0

    async def say(self, hello: bytes) -> Heard | None:
        self.asked += 1
        version = int.from_bytes(hello[9:11], "big")
        place = 44 + hello[43]
        size = int.from_bytes(hello[place : place + 2], "big")
        listed = hello[place + 2 : place + 2 + size]
        codes = {int.from_bytes(listed[at : at + 2], "big") for at in range(0, size, 2)}
        if bytes.fromhex("002b0003020304") in hello:
            return Heard(TLS13, 0x1301) if TLS13 in self.versions else Heard(alert=self.alert)
        older = [each for each in self.versions if each <= version]
        suite = next((each for each in self.suites if each in codes), None)
        if not older:
            return Heard(alert=self.alert)
        return Heard(max(older), suite) if suite is not None else Heard(alert=40)


async def rule(*given: object, **more: int) -> tuple[Tls, Ruled]:
    ruled = Ruled(*given, **more)  # type: ignore[arg-type]
    return await probe(HOST, ruled.say), ruled


async def test_a_good_server_costs_five_connections() -> None:
    told, ruled = await rule([TLS12, TLS13], list(STRONG))
    assert (told.versions, told.weak) == (("TLS 1.2", "TLS 1.3"), ())
    assert told.refused == ("SSL 3.0", "TLS 1.0", "TLS 1.1")
    assert (told.connections, ruled.asked) == (5, 5)


@pytest.mark.parametrize("alert", [70, 40, -1])
@pytest.mark.parametrize(
    "versions",
    [
        [SSL3],
        [TLS10],
        [TLS10, TLS12],
        [SSL3, TLS13],
        [TLS11, TLS12],
        [SSL3, TLS10, TLS11, TLS12, TLS13],
    ],
)
async def test_versions_are_found_whatever_the_gaps(versions: list[int], alert: int) -> None:
    told, _ = await rule(versions, [0x002F], alert=alert)
    assert told.versions == tuple(NAMES[each] for each in versions)
    assert set(told.versions) | set(told.refused) == set(NAMES.values())


@pytest.mark.parametrize("family", sorted(ALL_FAMILIES))
async def test_each_weak_family_is_found(family: str) -> None:
    code = next(code for code, all_of in FAMILIES.items() if family in all_of)
    told, ruled = await rule([TLS12], [*STRONG, code])
    assert set(told.weak) == FAMILIES[code]
    assert ruled.asked <= MOST_CONNECTIONS


@given(
    st.sets(st.sampled_from([SSL3, TLS10, TLS11, TLS12, TLS13]), min_size=1),
    st.lists(st.sampled_from([*STRONG, *WEAK]), min_size=1, max_size=20, unique=True),
)
def test_a_verdict_takes_twelve_connections_and_is_never_wrong(
    versions: set[int], suites: list[int]
) -> None:
    ruled = Ruled(sorted(versions), suites)
    told = asyncio.run(probe(HOST, ruled.say))
    assert told.connections == ruled.asked <= MOST_CONNECTIONS
    truth = frozenset().union(*(FAMILIES.get(code, frozenset()) for code in suites))
    assert set(told.weak) <= truth
    if versions & {TLS12} and told.connections < MOST_CONNECTIONS:
        assert set(told.weak) == truth


async def test_nobody_there_is_asked_twice() -> None:
    async def say(hello: bytes) -> Heard | None:
        return None

    told = await probe(HOST, say)
    assert (told.versions, told.refused, told.connections) == ((), (), 2)


@given(st.binary(max_size=300))
def test_no_answer_breaks_it(data: bytes) -> None:
    assert read_answer(data, ended=True) is not None
    read_answer(data, ended=False)
    read_answer(b"\x16\x03\x03" + len(data).to_bytes(2, "big") + data, ended=False)


async def test_a_server_that_never_ends_is_left() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"\x16\x03\x03\x40\x00" + b"\x02" + b"\x00\xff\xff" + b"x" * 16380)
            await writer.drain()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        await asyncio.sleep(5)

    hello = client_hello(HOST, TLS12, list(STRONG))
    for serve in (endless, silent):
        async with server(serve) as port:
            began = time.monotonic()
            heard = await say_hello("127.0.0.1", port, hello, 0.5)
            assert heard is None or heard == Heard()
            assert time.monotonic() - began < 2


async def test_a_python_server_takes_what_it_was_told_to(tmp_path: Path) -> None:
    context = Certified(tmp_path, [HOST]).context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM")

    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with server(nothing, context) as port:
        told = await probe(HOST, lambda hello: say_hello("127.0.0.1", port, hello, 5))
    assert (told.versions, told.weak) == (("TLS 1.2", "TLS 1.3"), ())
    assert told.suite


KINDS = {
    "modern": ("TLSv1.3", "", (("TLS 1.3",), ())),
    "intermediate": ("TLSv1.2 TLSv1.3", "ECDHE+AESGCM", (("TLS 1.2", "TLS 1.3"), ())),
    "cbc": ("TLSv1.2", "ECDHE-ECDSA-AES128-SHA", (("TLS 1.2",), ("CBC-SHA1",))),
    "gap": ("TLSv1 TLSv1.2", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", (("TLS 1.0", "TLS 1.2"), ("CBC-SHA1",))),
    "anon": ("TLSv1.2", "AECDH-AES128-SHA:ECDHE+AESGCM:@SECLEVEL=0", (("TLS 1.2",), ("ANON", "CBC-SHA1"))),
    "null": ("TLSv1.2", "ECDHE-ECDSA-NULL-SHA:ECDHE+AESGCM:@SECLEVEL=0", (("TLS 1.2",), ("NULL",))),
}  # fmt: skip


@pytest.mark.nginx
async def test_nginx_takes_what_it_was_told_to(tmp_path: Path) -> None:
    own = Certified(tmp_path, [HOST])
    ports = {kind: free_port() for kind in KINDS}
    blocks = "".join(
        f"server {{ listen 127.0.0.1:{ports[kind]} ssl; ssl_protocols {versions};"
        + (f' ssl_ciphers "{suites}";' if suites else "")
        + " return 200 ok; }\n"
        for kind, (versions, suites, _) in KINDS.items()
    )
    temporary = "".join(
        f"{word}_temp_path {tmp_path}/{word};"
        for word in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error; events {{}}\n"
        f"http {{ access_log off; {temporary} ssl_certificate {own.path};"
        f" ssl_certificate_key {own.key_path};\n{blocks}}}\n"
    )
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
    assert program
    running = subprocess.Popen(
        [program, "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error")]
    )
    try:
        for kind, (_, _, truth) in KINDS.items():
            for _ in range(100):
                told = await probe(
                    HOST, lambda hello, kind=kind: say_hello("127.0.0.1", ports[kind], hello, 5)
                )  # type: ignore[misc]
                if told.versions:
                    break
                await asyncio.sleep(0.05)
            assert (told.versions, told.weak) == truth, kind
            assert told.connections <= MOST_CONNECTIONS
    finally:
        running.terminate()
        running.wait(10)
