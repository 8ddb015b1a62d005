"""The web layer against clients that hold on to what they don't use: real sockets, real service."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from cityshield import service as service_module
from cityshield.config import Config, Retention
from cityshield.entrypoints.web.addresses import Proxies, address_of, block_of
from cityshield.jobs import jobs_of
from cityshield.service import Service
from tests.conftest import Live, run_cli

KIB, MIB = 1 << 10, 1 << 20
LOOSE = "rate_per_minute = 6000000\nrate_burst = 1000000\n"
LINE = b'{"value": "h.example"}\n'
HEAD = b"POST %s HTTP/1.1\r\nHost: h\r\n%s\r\n\r\n"
BULK = b"/api/v1/check/bulk"


@pytest.fixture
def tight(home: Path) -> Iterator[Live]:
    """A service with little patience, behind a proxy that is trusted at 127.0.0.2."""
    settings = "[server]\nheader_time_s = 1.0\nconnections_per_client = 20\ntime_s = 1.0\n"
    settings += LOOSE + 'trusted_proxies = ["127.0.0.2"]\n'
    (home / "cityshield.toml").write_text(settings)
    service = Live(home)
    yield service
    service.stop()


def connect(live: Live, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", live.port), 10, (source, 0))


def read_all(wire: socket.socket) -> bytes:
    read = b""
    try:
        while chunk := wire.recv(1 << 16):
            read += chunk
    except ConnectionResetError:
        pass
    return read


def memory_bytes(live: Live) -> int:
    status = Path(f"/proc/{live.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * KIB


# --- connections and headers -----------------------------------------------------------------


@pytest.mark.parametrize("piece", [b"X: " + b"y" * 1000 + b"\r\n", b"z" * 1000])
@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\nX: ", b"GET /"])
def test_headers_without_end_are_refused_and_not_kept(
    live: Live, start: bytes, piece: bytes
) -> None:
    before = memory_bytes(live)
    with connect(live) as wire:
        sent = len(start)
        wire.sendall(start)
        try:
            while sent < 64 * MIB:
                wire.sendall(piece * 64)
                sent += 64 * len(piece)
        except OSError:
            pass
        assert b" 431 " in read_all(wire)[:30] or sent < 16 * MIB
    assert sent < 64 * MIB
    assert memory_bytes(live) - before < 32 * MIB


def test_headers_a_little_too_large_are_answered_431(live: Live) -> None:
    with connect(live) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"y" * (66 * KIB) + b"\r\n\r\n")
        assert read_all(wire).startswith(b"HTTP/1.1 431 ")
    with connect(live) as wire:
        wire.sendall(b"GET /healthz HTTP/1.1\r\nConnection: close\r\nHost: h\r\nX: ")
        wire.sendall(b"y" * (60 * KIB) + b"\r\n\r\n")
        assert read_all(wire).startswith(b"HTTP/1.1 200 ")


def test_trailers_without_end_are_not_kept(live: Live) -> None:
    sent = 0
    with connect(live) as wire:
        wire.sendall(HEAD % (b"/api/v1/check", b"Transfer-Encoding: chunked") + b"0\r\n")
        try:
            while sent < 64 * MIB:
                wire.sendall(b"X: yyyyyy\r\n" * 6000)
                sent += 66_000
        except OSError:
            pass
    assert sent < 64 * MIB


@pytest.mark.parametrize(
    "said", [b"", b"\r\n", b"GET / HTTP/1.1\r\nHost: h\r\n", b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET"]
)  # fmt: skip
def test_who_does_not_end_the_headers_is_let_go(tight: Live, said: bytes) -> None:
    with connect(tight) as wire:
        started = time.monotonic()
        wire.sendall(said)
        if said.endswith(b"GET"):
            assert wire.recv(4096).startswith(b"HTTP/1.1 200 ")
            time.sleep(0.3)
            wire.sendall(b" /")
        read_all(wire)
        assert 0.5 < time.monotonic() - started < 5


def test_a_connection_can_be_used_again_and_again(tight: Live) -> None:
    with httpx.Client(base_url=tight.url) as client:
        for _ in range(4):
            assert client.get("/healthz").status_code == 200
            time.sleep(0.6)


def test_silent_connections_of_one_client_leave_room_for_others(tight: Live) -> None:
    wires = [connect(tight) for _ in range(40)]
    others = [connect(tight, "127.0.0.2") for _ in range(40)]
    try:
        with connect(tight, "127.0.0.3") as wire:
            wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            assert read_all(wire).startswith(b"HTTP/1.1 200 ")
        ended = [is_ended(wire) for wire in wires]
        assert ended.count(True) >= 20
        assert not any(is_ended(wire) for wire in others[:5]) or ended.count(True) == 40
    finally:
        for wire in (*wires, *others):
            wire.close()
    time.sleep(0.3)
    assert httpx.get(f"{tight.url}/healthz").status_code == 200


def is_ended(wire: socket.socket) -> bool:
    wire.setblocking(False)
    try:
        return wire.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


# --- bulk ------------------------------------------------------------------------------------


def test_one_client_has_one_bulk_check_and_leaves_the_others_theirs(tight: Live) -> None:
    with connect(tight) as mine:
        mine.sendall(HEAD % (BULK, b"Content-Length: 1000000") + LINE)
        time.sleep(0.2)
        refused = httpx.post(f"{tight.url}{BULK.decode()}", content=LINE)
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "5"
        with connect(tight, "127.0.0.3") as other:
            length = b"Connection: close\r\nContent-Length: %d" % len(LINE)
            other.sendall(HEAD % (BULK, length) + LINE)
            assert read_all(other).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_drips_is_ended_with_what_was_answered(tight: Live) -> None:
    """Each wait is short; only their sum is long."""
    with connect(tight) as wire:
        wire.sendall(HEAD % (BULK, b"Content-Length: 1000000") + LINE)
        started = time.monotonic()
        wire.settimeout(0.25)
        read = b""
        while b'"error"' not in read and time.monotonic() - started < 8:
            try:
                wire.sendall(b" ")
                read += wire.recv(1 << 16)
            except TimeoutError:
                pass
        assert time.monotonic() - started < 6
    assert b'"value":"h.example"' in read
    assert b'{"line":2,"error":' in read


# --- bodies ----------------------------------------------------------------------------------


def test_a_chunked_body_is_charged_as_it_comes(home: Path) -> None:
    (home / "cityshield.toml").write_text("[server]\nrate_per_minute = 600\nrate_burst = 100\n")
    service = Live(home)
    try:
        chunk = b"%x\r\n" % MIB + b"x" * MIB + b"\r\n"
        with connect(service) as wire:
            wire.settimeout(60)
            started = time.monotonic()
            wire.sendall(
                HEAD % (b"/api/v1/check", b"Connection: close\r\nTransfer-Encoding: chunked")
            )
            wire.sendall(chunk * 3 + b"0\r\n\r\n")
            assert read_all(wire).startswith(b"HTTP/1.1 400 ")
        assert time.monotonic() - started > 5
    finally:
        service.stop()


@pytest.mark.parametrize("path", ["/", "/api/v1/check"])
def test_an_upload_meets_no_disk(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    service = Live(home)
    try:
        content = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
        content += os.urandom(5 * MIB) + b"\r\n--b--\r\n"
        kind = b"Connection: close\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        with connect(service) as wire:
            wire.settimeout(60)
            length = b"Content-Length: %d" % len(content)
            wire.sendall(HEAD % (path.encode(), kind + length) + content[:-100])
            time.sleep(1)
            files = Path(f"/proc/{service.process.pid}/fd").iterdir()
            assert [name for name in map(os.readlink, files) if str(scratch) in name] == []
            wire.sendall(content[-100:])
            assert read_all(wire).startswith(b"HTTP/1.1 200 ")
    finally:
        service.stop()


# --- work that waits -------------------------------------------------------------------------


def admin(live: Live, role: str = "admin") -> dict[str, str]:
    made = run_cli("tokens", "create", "test", "--role", role, home=live.home)
    return {"authorization": f"Bearer {made.stdout.decode().strip()}"}


def locked(home: Path, seconds: float) -> threading.Thread:
    """Hold the store's write lock for a while."""
    taken = threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(home / "cityshield.sqlite3", isolation_level=None)) as store:
            store.execute("BEGIN IMMEDIATE")
            taken.set()
            time.sleep(seconds)
            store.execute("ROLLBACK")

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait(10)
    return thread


def test_a_store_that_is_locked_holds_up_only_who_writes(tight: Live) -> None:
    headers = admin(tight)
    holder = locked(tight.home, 3)
    made: list[int] = []

    def make() -> None:
        done = httpx.post(
            f"{tight.url}/api/v1/tokens", json={"name": "x"}, headers=headers, timeout=20
        )
        made.append(done.status_code)

    maker = threading.Thread(target=make)
    maker.start()
    time.sleep(0.5)
    started = time.monotonic()
    assert httpx.get(f"{tight.url}/api/v1/me", headers=headers).status_code == 200
    assert time.monotonic() - started < 1
    holder.join()
    maker.join()
    assert made == [201]


def test_an_import_that_takes_long_is_told_as_it_ended(tight: Live) -> None:
    headers = admin(tight, "operator")
    holder = locked(tight.home, 8)
    done = httpx.post(
        f"{tight.url}/api/v1/feeds/slow", content=b"slow.example\n", headers=headers, timeout=40
    )
    holder.join()
    assert done.status_code == 200, done.text
    assert done.json()["taken"] == 1


def test_the_catalogue_is_made_once(live: Live) -> None:
    with httpx.Client(base_url=live.url) as client:
        first = client.get("/api/v1/checks", headers={"accept-language": "zh"})
        before = cpu_s(live)
        for _ in range(50):
            again = client.get("/api/v1/checks", headers={"accept-language": "zh"})
        assert again.content == first.content != client.get("/api/v1/checks").content
    assert cpu_s(live) - before < 0.7


def cpu_s(live: Live) -> float:
    fields = Path(f"/proc/{live.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def test_the_house_is_kept_after_an_error(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []

    def run(*_: object) -> None:
        runs.append(len(runs))
        if len(runs) == 1:
            raise OSError("disk full")

    monkeypatch.setattr(service_module, "run_retention", run)
    service = Service(home, Config(retention=Retention(every_s=0)))
    task = asyncio.create_task(jobs_of(service)[0]())
    try:
        async with asyncio.timeout(10):
            while len(runs) < 3 and not task.done():
                await asyncio.sleep(0.01)
        assert not task.done()
    finally:
        task.cancel()
        service.close()


# --- words -----------------------------------------------------------------------------------


def test_answers_name_their_charset_once(live: Live) -> None:
    for path in ("/", "/metrics"):
        kind = httpx.get(f"{live.url}{path}").headers["content-type"]
        assert kind.count("charset=") == 1, kind


@pytest.mark.parametrize(
    ("method", "path", "sentence"),
    [("GET", "/nowhere", "error-not-found"), ("DELETE", "/api/v1/check", "error-method")],
)
def test_what_is_not_there_has_a_sentence_of_its_own(
    live: Live, method: str, path: str, sentence: str
) -> None:
    told = httpx.request(method, f"{live.url}{path}").json()
    assert told["type"] == f"urn:cityshield:{sentence}"
    assert "understood" not in told["detail"]


def test_a_store_that_cannot_be_used_is_503(tight: Live) -> None:
    headers = admin(tight)
    with closing(sqlite3.connect(tight.home / "cityshield.sqlite3")) as store:
        store.execute("DROP TABLE audit")
    answer = httpx.get(f"{tight.url}/api/v1/audit", headers=headers)
    assert answer.status_code == 503
    assert json.loads(answer.text)["type"] == "urn:cityshield:error-server"


def test_an_ipv4_address_inside_ipv6_is_the_ipv4_address() -> None:
    assert block_of("::ffff:203.0.113.7") == "203.0.113.7"
    assert block_of("::ffff:203.0.113.7") != block_of("::ffff:203.0.113.8")
    assert block_of("2001:db8::1") == block_of("2001:db8::2") == "2001:db8::/64"
    assert block_of("nobody") == "nobody"
    assert address_of("nobody") is None
    for trusted in ("127.0.0.0/8", "::ffff:127.0.0.0/104"):
        proxies = Proxies([trusted])
        assert proxies.client("::ffff:127.0.0.1", "198.51.100.1") == "198.51.100.1"
        assert proxies.client("127.0.0.1", "::ffff:198.51.100.1") == "198.51.100.1"
        assert not proxies.trusts("::ffff:10.0.0.1")
