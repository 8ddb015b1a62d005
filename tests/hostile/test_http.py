"""The service: whatever comes over the wire gets an answer in words, and stays in memory."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.tokens import create_token
from cityshield.vocabulary.identity import ADMIN, Identity
from tests.conftest import Live

MIB = 1 << 20
LISTED = b'{"value": "parcel-desk.example"}\n'
HEADERS = (
    "x-content-type-options", "x-frame-options", "referrer-policy", "content-security-policy",
    "cross-origin-opener-policy", "permissions-policy",
)  # fmt: skip


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def exchange(live: Live, *pieces: bytes, timeout_s: float = 30) -> bytes:
    """Send pieces on a connection of their own, then read until the service closes it."""
    with socket.create_connection(("127.0.0.1", live.port), timeout_s) as wire:
        try:
            for piece in pieces:
                wire.sendall(piece)
        except OSError:
            pass  # it may close on what it refuses; its answer is there to be read
        read = b""
        try:
            while chunk := wire.recv(65_536):
                read += chunk
        except ConnectionResetError:
            pass
        return read


def request(
    live: Live, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> Reply:
    fields = {"Host": "h", "Connection": "close", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in (fields | (headers or {})).items())
    raw = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1")
    return reply_of(exchange(live, raw, body))


def reply_of(raw: bytes) -> Reply:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    assert first.startswith("HTTP/1.1 "), raw[:300]
    headers = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    return Reply(int(first.split()[1]), headers, body)


def require_secure(reply: Reply) -> None:
    for name in HEADERS:
        assert reply.headers.get(name), (reply.status, name)


def require_alive(live: Live) -> None:
    done = httpx.post(f"{live.url}/api/v1/check", content=LISTED, timeout=20)
    assert done.json()["level"] == "malicious"


def require_problem(reply: Reply, status: int) -> None:
    assert reply.status == status, reply
    require_secure(reply)
    assert reply.headers["content-type"] == "application/problem+json"
    told = json.loads(reply.body)
    assert told["status"] == status
    assert told["detail"]
    assert "Traceback" not in told["detail"]


# --- odd requests ----------------------------------------------------------------------------

CHECK = "/api/v1/check"
DEEP = b"[" * 500_000 + b"]" * 500_000
ODD: dict[str, tuple[str, str, bytes, dict[str, str], int]] = {
    "no body": ("POST", CHECK, b"", {}, 400),
    "no JSON": ("POST", CHECK, b"hello", {}, 400),
    "not UTF-8": ("POST", CHECK, b'{"value": "\xff"}', {}, 400),
    "lone surrogate": ("POST", CHECK, b'{"value": "\\ud800"}', {}, 400),
    "half a pair": ("POST", CHECK, b'{"value": "\\ud83d x"}', {}, 400),
    "nothing": ("POST", CHECK, b'{"value": " "}', {}, 400),
    "null": ("POST", CHECK, b'{"value": null}', {}, 400),
    "number": ("POST", CHECK, b'{"value": 1e999}', {}, 400),
    "unknown field": ("POST", CHECK, b'{"value": "x", "path": "/etc/passwd"}', {}, 400),
    "a file by its path": ("POST", CHECK, b'{"kind": "file", "value": "/etc/passwd"}', {}, 400),
    "a kind with escapes": ("POST", CHECK, b'{"kind": "\\u001b[31m", "value": "x"}', {}, 400),
    "deep": ("POST", CHECK, DEEP, {}, 400),
    "deep value": ("POST", CHECK, b'{"value": ' + DEEP + b"}", {}, 400),
    "deep unknown": ("POST", CHECK, b'{"x": ' + DEEP + b"}", {}, 400),
    "deep token": ("POST", "/api/v1/tokens", b'{"name": ' + DEEP + b"}", {}, 400),
    "too much text": ("POST", CHECK, b'{"value": "' + b"x" * (2 * MIB) + b'"}', {}, 413),
    "nul": ("POST", CHECK, b'{"value": "a\\u0000b"}', {}, 200),
    "right to left": ("POST", CHECK, b'{"value": "\xe2\x80\xae.example"}', {}, 200),
    "unknown type": ("POST", CHECK, b"\0\1", {"Content-Type": "image/png"}, 400),
    "odd type": ("POST", CHECK, LISTED, {"Content-Type": "\xff; =;;;"}, 200),
    "no boundary": ("POST", CHECK, b"x", {"Content-Type": "multipart/form-data"}, 400),
    "wrong boundary": (
        "POST", CHECK, b"--a\r\n\r\nx", {"Content-Type": "multipart/form-data; boundary=b"}, 400,
    ),
    "form without end": (
        "POST", CHECK, b"--b\r\nContent-Disposition: form-data", {"Content-Type": "multipart/form-data; boundary=b"}, 400,
    ),
    "form without a file": (
        "POST", CHECK, b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\nx\r\n--b--\r\n',
        {"Content-Type": "multipart/form-data; boundary=b"}, 400,
    ),
    "file that is a field": (
        "POST", CHECK, b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n',
        {"Content-Type": "multipart/form-data; boundary=b"}, 400,
    ),
    "page: no form": ("POST", "/", b"\xff\0", {"Content-Type": "text/plain"}, 400),
    "page: empty form": ("POST", "/", b"", {"Content-Type": "application/x-www-form-urlencoded"}, 400),
    "page: broken escapes": (
        "POST", "/", b"text=%ff%ed%a0%80%zz%", {"Content-Type": "application/x-www-form-urlencoded"}, 200,
    ),
    "page: nul": ("POST", "/", b"text=a%00b", {"Content-Type": "application/x-www-form-urlencoded"}, 200),
    "page: no boundary": ("POST", "/", b"x", {"Content-Type": "multipart/form-data"}, 400),
    "page: half a form": (
        "POST", "/", b"--b\r\nContent-", {"Content-Type": "multipart/form-data; boundary=b"}, 400,
    ),
    "page: many fields": (
        "POST", "/", b"&".join(b"f%d=1" % n for n in range(20_000)) + b"&text=hello",
        {"Content-Type": "application/x-www-form-urlencoded"}, 200,
    ),
    "page: many parts": (
        "POST", "/", b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\nx\r\n' * 5_000 + b"--b--\r\n",
        {"Content-Type": "multipart/form-data; boundary=b"}, 400,
    ),
    "page: too much text": (
        "POST", "/", b"text=" + b"x" * (2 * MIB), {"Content-Type": "application/x-www-form-urlencoded"}, 413,
    ),
    "page: language with a line break": ("GET", "/?lang=zh%0d%0aSet-Cookie:%20a=b", b"", {}, 200),
    "page: odd languages": ("GET", "/?lang=%ff%00&lang=" + "x" * 5_000, b"", {}, 200),
    "odd Accept-Language": ("GET", "/", b"", {"Accept-Language": "zh;q=nan, en;q=1e999,\xff;;=,,*;q=-1"}, 200),
    "no such page": ("GET", "/nowhere", b"", {}, 404),
    "no such API": ("GET", "/api/v1/nowhere", b"", {}, 404),
    "no such method": ("DELETE", CHECK, b"", {}, 405),
    "method nobody knows": ("PROPFIND", "/", b"", {}, 405),
    "PUT": ("PUT", "/", b"x", {}, 405),
    "TRACE": ("TRACE", "/", b"", {}, 405),
    "OPTIONS": ("OPTIONS", CHECK, b"", {}, 204),
    "options for another site": (
        "OPTIONS", CHECK, b"", {"Origin": "https://evil.test", "Access-Control-Request-Method": "POST"}, 204,
    ),
    "traversal": ("GET", "/static/../../../etc/passwd", b"", {}, 404),
    "escaped traversal": ("GET", "/static/%2e%2e%2f%2e%2e%2fetc%2fpasswd", b"", {}, 404),
    "twice escaped traversal": ("GET", "/static/%252e%252e%252fpasswd", b"", {}, 404),
    "absolute": ("GET", "/static//etc/passwd", b"", {}, 404),
    "backslashes": ("GET", "/static/..%5c..%5cetc%5cpasswd", b"", {}, 404),
    "nul in a path": ("GET", "/static/style.css%00", b"", {}, 404),
    "path that is not UTF-8": ("GET", "/static/%ff%fe", b"", {}, 404),
    "very long path": ("GET", "/" + "a/" * 20_000, b"", {}, 404),
    "no token": ("GET", "/api/v1/me", b"", {}, 401),
    "odd token": ("GET", "/api/v1/me", b"", {"Authorization": "Bearer cs_\xff\xfe_" + "x" * 5_000}, 401),
    "basic": ("GET", "/api/v1/audit", b"", {"Authorization": "Basic YTpi"}, 401),
    "metrics through a proxy": ("GET", "/metrics", b"", {"X-Forwarded-For": "127.0.0.1"}, 401),
    "import without a token": ("POST", "/api/v1/feeds/x", b"a.example\n", {}, 401),
    "a number that is none": ("GET", "/api/v1/audit?after=x", b"", {}, 400),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_request_gets_an_answer_in_words(live: Live, name: str) -> None:
    method, path, body, headers, status = ODD[name]
    reply = request(live, method, path, body, headers)
    assert reply.status == status, reply
    require_secure(reply)
    assert "set-cookie" not in reply.headers
    assert "access-control-allow-origin" not in reply.headers
    if reply.status >= 400 and not (path == "/" and method == "POST"):
        require_problem(reply, status)
    if status == 405:
        assert "POST" in reply.headers["allow"] or "GET" in reply.headers["allow"]
    if status == 401:
        assert reply.headers["www-authenticate"] == "Bearer"
    assert b"root:" not in reply.body


@pytest.mark.parametrize("path", ["/", "/api/v1/checks", "/nowhere"])
def test_head_has_no_body(live: Live, path: str) -> None:
    reply = request(live, "HEAD", path)
    assert reply.status in (200, 404, 405)
    assert reply.body == b""
    require_secure(reply)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0\xff\xfe\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\nConnection: close\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999999\r\n\r\n",
        b"GET http://evil.test/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: h\r\n"
        + b"X: y\r\n" * 20_000
        + b"Connection: close\r\n\r\n",
    ],
)
def test_what_is_hardly_a_request_ends_and_harms_nothing(live: Live, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", live.port), 10) as wire:
        said = b""
        with suppress(OSError):  # it may hang up before it has heard everything
            wire.sendall(raw)
            wire.shutdown(socket.SHUT_WR)
            said = wire.recv(100)
    assert b" 500 " not in said
    require_alive(live)


# --- bodies ----------------------------------------------------------------------------------


def test_a_body_that_says_it_is_huge_is_refused_at_once(live: Live) -> None:
    head = b"POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n"
    for path in (b"/", b"/api/v1/feeds/x"):
        started = time.monotonic()
        require_problem(reply_of(exchange(live, head % path)), 413)
        assert time.monotonic() - started < 5


def chunked(body: bytes) -> bytes:
    return b"%x\r\n" % len(body) + body + b"\r\n"


@pytest.mark.parametrize("path", ["/", "/api/v1/check", "/api/v1/tokens", "/api/v1/feeds/x"])
def test_a_chunked_body_over_the_limit_is_refused(live: Live, path: str) -> None:
    token = make_token(live.home, "operator")
    head = f"POST {path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
    head += f"Authorization: Bearer {token}\r\nConnection: close\r\n"
    kinds = {"/": "multipart/form-data; boundary=b", "/api/v1/tokens": "application/json"}
    head += f"Content-Type: {kinds.get(path, 'text/plain')}\r\n\r\n"
    start = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n' if path == "/" else b""
    said = exchange(live, head.encode(), chunked(start + b"x" * MIB), *[chunked(b"x" * MIB)] * 35)
    require_problem(reply_of(said), 413)
    require_alive(live)


def bulk(live: Live, content: bytes | Iterator[bytes], timeout_s: float = 60) -> list[bytes]:
    done = httpx.post(f"{live.url}/api/v1/check/bulk", content=content, timeout=timeout_s)
    assert done.status_code == 200, done.text
    return done.content.splitlines()


def test_bulk_answers_every_line_in_order_good_or_bad(live: Live) -> None:
    lines = [
        b'{"value": "parcel-desk.example"}', b"garbage", b'{"value": "' + b"x" * (10 * MIB) + b'"}',
        b'{"value": "\xff"}', b'{"value": "h.example"}', b"\0", b'{"value": ' + b"[" * 100_000,
        b'{"kind": "file", "value": "/etc/passwd"}', b'{"value": "a\\u0000b"}',
    ]  # fmt: skip
    answers = [json.loads(line) for line in bulk(live, b"\r\n".join(lines))]
    assert [item.get("level") or item["line"] for item in answers] == [
        "malicious", 2, 3, 4, "unknown", 6, 7, 8, "unknown",
    ]  # fmt: skip


def test_bulk_of_fifty_thousand_lines_to_a_client_that_reads_last(live: Live) -> None:
    body = b"".join(b'{"value": "http://h%d.example/"}\n' % number for number in range(50_000))
    head = b"POST /api/v1/check/bulk HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", live.port), 60) as wire:
        wire.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        read = b""
        while chunk := wire.recv(1 << 16):
            read += chunk
    assert read.startswith(b"HTTP/1.1 200")
    assert read.count(b'"level":"unknown"') == 50_000


def in_parallel(times: int, work: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_clients_that_hang_up_leave_their_place_to_others(live: Live) -> None:
    """There are few places; hang up far more often, at every stage of a request."""
    line = b'{"value": "http://h.example/"}\n'
    head = b"POST /api/v1/check/bulk HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
    stages = [
        head % 1_000_000 + line * 10,
        head % (len(line) * 20_000) + line * 20_000,
        head % len(line) + line,
        head % 0,
        b"POST /api/v1/check/bulk HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nxx",
        b"POST /api/v1/check HTTP/1.1\r\nHost: h\r\nContent-Length: 9000\r\n\r\n{",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        b"Content-Length: 9000\r\n\r\n--b",
    ]  # fmt: skip
    for wait_s in (0.0, 0.05):
        for stage in stages:

            def hang_up(stage: bytes = stage, wait_s: float = wait_s) -> None:
                with socket.create_connection(("127.0.0.1", live.port), 10) as wire:
                    wire.sendall(stage)
                    time.sleep(wait_s)

            in_parallel(6, hang_up)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        done = httpx.post(f"{live.url}/api/v1/check/bulk", content=LISTED, timeout=20)
        if done.status_code == 200:
            break
        time.sleep(0.5)
    in_turn = [httpx.post(f"{live.url}/api/v1/check/bulk", content=LISTED) for _ in range(3)]
    assert [done.status_code for done in in_turn] == [200] * 3
    require_alive(live)


FILE_NAMES = [
    "../../etc/passwd", "/etc/passwd", "a\\..\\b.exe", "\u202egpj.exe", "n" * 100_000, "a\0b.txt", "é❤.pdf",
    "\udc80\udcff.exe", "C:\\con", "", ".", "..", "\x1b]0;x\x07", 'q";x="y', "%2e%2e%2f", "a\u0301",
]  # fmt: skip


@pytest.mark.parametrize("path", ["/", "/api/v1/check"])
def test_no_name_of_a_file_opens_anything_or_breaks_the_answer(live: Live, path: str) -> None:
    for name in FILE_NAMES:
        raw = name.replace('"', "%22").encode("utf-8", "surrogateescape")
        for field in (b'filename="' + raw + b'"', b"filename*=utf-8''" + quote(raw)):
            body = b'--b\r\nContent-Disposition: form-data; name="file"; ' + field
            body += b"\r\n\r\nMZ harmless\r\n--b--\r\n"
            headers = {"Content-Type": "multipart/form-data; boundary=b"}
            reply = request(live, "POST", path, body, headers)
            assert reply.status in (200, 400), (name[:50], field[:60], reply)
            require_secure(reply)
            assert b"root:" not in reply.body
            assert b"\x1b" not in reply.body
            if reply.status == 200 and path != "/":
                assert json.loads(reply.body)["level"] in ("unknown", "suspicious")
    require_alive(live)


def quote(raw: bytes) -> bytes:
    return b"".join(b"%%%02X" % byte for byte in raw)


# --- limits ----------------------------------------------------------------------------------


def serve(home: Path, settings: str) -> Live:
    home.mkdir(exist_ok=True)
    (home / "cityshield.toml").write_text(settings)
    return Live(home)


TIGHT = "[server]\nrate_per_minute = 1\nrate_burst = 5\n"


def statuses(service: Live, count: int, header: Callable[[int], str] | None) -> list[Reply]:
    return [
        request(
            service, "GET", "/healthz", headers={"X-Forwarded-For": header(n)} if header else {}
        )
        for n in range(count)
    ]


def test_a_client_cannot_become_another_by_saying_so(home: Path) -> None:
    service = serve(home, TIGHT)
    try:
        replies = statuses(service, 8, lambda number: f"198.51.100.{number}")
        assert [reply.status for reply in replies] == [200] * 4 + [429] * 4
        for reply in replies[4:]:
            require_problem(reply, 429)
            assert 1 <= int(reply.headers["retry-after"]) <= 120
    finally:
        service.stop()


def test_a_trusted_proxy_speaks_for_its_clients_and_only_the_last_word_counts(home: Path) -> None:
    service = serve(home, TIGHT + 'trusted_proxies = ["127.0.0.0/8", "10.0.0.0/8"]\n')
    try:
        each = statuses(service, 8, lambda number: f"198.51.100.{number}")
        assert [reply.status for reply in each] == [200] * 8
        spoofed = statuses(
            service, 8, lambda number: f"203.0.113.{number}, 192.0.2.1, 10.0.0.{number}"
        )
        assert [reply.status for reply in spoofed][-3:] == [429] * 3
        garbage = statuses(service, 8, lambda number: f"203.0.113.{number}, nonsense\xff{number}")
        assert [reply.status for reply in garbage][-3:] == [429] * 3
        same_net = statuses(service, 8, lambda number: f"2001:db8::{number}")
        assert [reply.status for reply in same_net][-3:] == [429] * 3
    finally:
        service.stop()


def test_clients_that_dawdle_in_bulk_do_not_keep_others_out(home: Path) -> None:
    service = serve(home, "[server]\ntime_s = 1.0\nbulk_at_once = 2\n")
    head = b"POST /api/v1/check/bulk HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n"
    wires = []
    try:
        for _ in range(2):
            wire = socket.create_connection(("127.0.0.1", service.port), 20)
            wire.sendall(head + LISTED)
            wires.append(wire)
        deadline = time.monotonic() + 15
        status = 0
        while status != 200 and time.monotonic() < deadline:
            time.sleep(0.5)
            done = httpx.post(f"{service.url}/api/v1/check/bulk", content=LISTED)
            status = done.status_code
        assert status == 200
    finally:
        for wire in wires:
            wire.close()
        service.stop()


def test_two_imports_at_once_do_not_wait_for_each_other(home: Path) -> None:
    import fcntl

    service = serve(home, "")
    token = make_token(home, "operator")
    try:
        with (home / "indicators.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            started = time.monotonic()
            done = httpx.post(
                f"{service.url}/api/v1/feeds/s", content=b"a.example\n",
                headers={"Authorization": f"Bearer {token}"}, timeout=60,
            )  # fmt: skip
            assert done.status_code == 409, done.text
            assert time.monotonic() - started < 10
    finally:
        service.stop()


def test_a_store_that_breaks_while_it_serves_is_our_fault_and_shows_no_path(home: Path) -> None:
    service = serve(home, "")
    token = make_token(home, "admin")
    authorized = {"Authorization": f"Bearer {token}"}
    try:
        with closing(sqlite3.connect(home / "cityshield.sqlite3")) as connection:
            connection.execute("DROP TABLE audit")
        for _ in range(2):
            reply = request(service, "GET", "/api/v1/audit", headers=authorized)
            assert reply.status >= 500
            assert str(home).encode() not in reply.body
            require_secure(reply)
    finally:
        service.stop()


# --- tokens ----------------------------------------------------------------------------------


def make_token(home: Path, role: str, *, days_ago: int = 0, expires_days: int | None = None) -> str:
    engine = open_database(home)
    made_at = int(time.time()) - days_ago * 86_400
    owner = Identity("test", ADMIN, how="local")
    text = create_token(engine, owner, made_at, f"{role}-{made_at}", role, (), expires_days)
    engine.dispose()
    return text


def test_tokens_open_what_their_role_may_and_nothing_else(live: Live) -> None:
    token = {
        role: make_token(live.home, role) for role in ("reader", "analyst", "operator", "admin")
    }
    calls = {
        ("GET", "/api/v1/audit"): ("analyst", "operator", "admin"),
        ("GET", "/api/v1/tokens"): ("admin",),
        ("POST", "/api/v1/feeds/s"): ("operator", "admin"),
        ("DELETE", "/api/v1/tokens/none"): ("admin",),
        ("GET", "/api/v1/me"): ("reader", "analyst", "operator", "admin"),
    }
    for (method, path), allowed in calls.items():
        for role, text in token.items():
            reply = request(live, method, path, headers={"Authorization": f"Bearer {text}"})
            if role in allowed:
                assert reply.status not in (401, 403), (method, path, role, reply)
                assert reply.status < 500
            else:
                require_problem(reply, 403)


def test_tokens_that_prove_nothing(live: Live) -> None:
    good = make_token(live.home, "admin")
    expired = make_token(live.home, "admin", days_ago=10, expires_days=5)
    revoked = make_token(live.home, "admin")
    authorized = {"Authorization": f"Bearer {good}"}
    ended = request(live, "DELETE", f"/api/v1/tokens/{revoked.split('_')[1]}", headers=authorized)
    assert ended.status == 204
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    other = f"cs_{good.split('_')[1]}_{revoked.split('_')[2]}"
    for text in (
        expired,
        revoked,
        wrong,
        other,
        good[:-10],
        "",
        "cs__",
        "cs_x_y",
        good.upper(),
        good + "\xff",
    ):
        for path in ("/api/v1/me", "/api/v1/tokens"):
            reply = request(live, "GET", path, headers={"Authorization": f"Bearer {text}"})
            require_problem(reply, 401)
    for scheme in ("Basic", "bearer2", "Token", ""):
        reply = request(live, "GET", "/api/v1/me", headers={"Authorization": f"{scheme} {good}"})
        require_problem(reply, 401)
    assert request(live, "GET", "/api/v1/me", headers=authorized).status == 200


# --- privacy ---------------------------------------------------------------------------------

MARK = "zqx-nobody-else-writes-this"


def test_nothing_that_is_typed_is_logged_or_kept(home: Path) -> None:
    service = serve(home, "[server]\nmax_body_bytes = 4194304\n")
    token = make_token(home, "admin")
    url = service.url
    texts = [
        f"http://{MARK}.example/{MARK}?{MARK}",
        f"请先交保证金500元 {MARK}",
        MARK * 400,
        f"paypal-{MARK}.test",
    ]
    with httpx.Client(timeout=30) as client:
        for text in texts:
            for kind in ({}, {"kind": "link"}, {"kind": "message"}):
                client.post(f"{url}/api/v1/check", json={"value": text, **kind})
            client.post(f"{url}/", data={"text": text})
            client.post(f"{url}/api/v1/check/bulk", content=json.dumps({"value": text}).encode())
        for name in (f"{MARK}.pdf.exe", f"\u202e{MARK}.exe", f"{MARK}.zip", f"{MARK}/x"):
            for content in (
                b"MZ" + MARK.encode(),
                MARK.encode() * 100_000,
                b"PK\3\4" + MARK.encode(),
            ):
                for path in ("/", "/api/v1/check"):
                    client.post(f"{url}{path}", files={"file": (name, content)})
        for body in (
            f'{{"value": "{MARK}',
            f'{{"{MARK}": 1}}',
            f'{{"kind": "{MARK}", "value": "x"}}',
        ):
            client.post(f"{url}/api/v1/check", content=body.encode())
            client.post(f"{url}/api/v1/check/bulk", content=body.encode())
        client.post(f"{url}/api/v1/check", json={"value": MARK * 100_000})
        client.post(f"{url}/", data={"text": MARK * 200_000})
        client.get(f"{url}/{MARK}?q={MARK}")
        client.get(f"{url}/static/{MARK}")
        client.get(f"{url}/api/v1/me", headers={"Authorization": f"Bearer {MARK}"})
        client.request(
            "BREW", f"{url}/{MARK}", headers={"X-Forwarded-For": MARK, "User-Agent": MARK}
        )
        client.post(f"{url}/api/v1/tokens", content=f'{{"role": "{MARK}"'.encode(),
                    headers={"Authorization": f"Bearer {token}"})  # fmt: skip
        metrics = client.get(f"{url}/metrics").text
    said = service.stop()
    for place, content in [("output", said), ("metrics", metrics), *written_below(home)]:
        assert MARK not in content, place
    assert "GET /" not in said


def written_below(home: Path) -> Iterator[tuple[str, str]]:
    for path in home.rglob("*"):
        if path.is_file():
            yield path.name, path.read_bytes().decode("latin-1")
