"""A document is fetched whole from an honest server, and a hostile one reaches nothing."""

from __future__ import annotations

import datetime
import gzip
import ipaddress
import resource
import ssl
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cityshield.adapters.net.fetch import Fetcher
from cityshield.adapters.net.settings import NetSettings
from cityshield.vocabulary.errors import InputError
from tests.serving import Handler, redirect, serving

OPEN = NetSettings(allow=("127.0.0.0/8",), max_bytes=1 << 20, max_unpacked_bytes=1 << 20, slow_s=2)
AGENT = "CityShield/0 (test)"


def fetcher(settings: NetSettings = OPEN, **given: Any) -> Fetcher:
    return Fetcher(settings, AGENT, **given)


def refusal(tmp_path: Path, url: str, settings: NetSettings = OPEN, **given: Any) -> str:
    """The sentence of the error that a fetch ends with; no file is left."""
    with pytest.raises(InputError) as refused:
        fetcher(settings, **given).fetch(url, tmp_path / "document")
    assert list(tmp_path.iterdir()) == []
    return refused.value.sentence


def test_a_document_is_fetched(tmp_path: Path) -> None:
    with serving() as server:
        server.replies["/list"] = lambda it: it.answer(b"a.example\n", ETag='"1"')
        got = fetcher().fetch(server.url("/list#part"), tmp_path / "document")
    assert (tmp_path / "document").read_bytes() == b"a.example\n"
    assert (got.status, got.size_bytes, got.headers["etag"]) == (200, 10, '"1"')
    assert got.sha256 == sha256(b"a.example\n").hexdigest()
    assert [path for path, _ in server.asked] == ["/list"]
    assert server.asked[0][1]["User-Agent"] == AGENT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["document"]


def test_an_empty_document_is_one(tmp_path: Path) -> None:
    with serving() as server:
        server.replies["/list"] = b""
        assert fetcher().fetch(server.url("/list"), tmp_path / "document").size_bytes == 0
    assert (tmp_path / "document").read_bytes() == b""


@pytest.mark.parametrize("status", [304, 404, 500, 503])
def test_another_status_is_told_and_leaves_no_file(tmp_path: Path, status: int) -> None:
    with serving() as server:
        server.replies["/list"] = lambda it: it.answer(b"", status, Retry_After="60")
        got = fetcher().fetch(server.url("/list"), tmp_path / "document", {"If-None-Match": '"1"'})
    assert (got.status, got.headers["retry-after"]) == (status, "60")
    assert server.asked[0][1]["If-None-Match"] == '"1"'
    assert list(tmp_path.iterdir()) == []


def test_what_was_packed_for_the_way_is_unpacked(tmp_path: Path) -> None:
    packed = gzip.compress(b"a.example\n" * 1000)
    with serving() as server:
        server.replies["/list"] = lambda it: it.answer(packed, Content_Encoding="gzip")
        got = fetcher().fetch(server.url("/list"), tmp_path / "document")
    assert (tmp_path / "document").read_bytes() == b"a.example\n" * 1000
    assert got.size_bytes == len(packed)


def test_a_bomb_on_the_way_is_cut(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(256 << 20), 1)
    settings = NetSettings(allow=("127.0.0.0/8",), max_bytes=4 << 20, max_unpacked_bytes=1 << 20)
    with serving() as server:
        server.replies["/list"] = lambda it: it.answer(bomb, Content_Encoding="gzip")
        assert refusal(tmp_path, server.url("/list"), settings) == "error-net-unpacked"


def test_an_unknown_packing_is_refused(tmp_path: Path) -> None:
    with serving() as server:
        server.replies["/list"] = lambda it: it.answer(b"x", Content_Encoding="br")
        assert refusal(tmp_path, server.url("/list")) == "error-net-encoding"


def endless(handler: Handler, piece: bytes, pause_s: float = 0, length: str = "") -> None:
    handler.send_response(200)
    if length:
        handler.send_header("Content-Length", length)
    handler.end_headers()
    while True:
        handler.wfile.write(piece)
        time.sleep(pause_s)


def test_ten_gigabytes_are_cut_at_the_limit(tmp_path: Path) -> None:
    sent = []

    def pour(handler: Handler) -> None:
        try:
            endless(handler, b"x" * 65_536, length=str(10 << 30))
        finally:
            sent.append(True)

    with serving() as server:
        server.replies["/list"] = pour
        server.replies["/unsaid"] = lambda it: endless(it, b"one line without an end")
        assert refusal(tmp_path, server.url("/list")) == "error-net-large"
        assert refusal(tmp_path, server.url("/unsaid")) == "error-net-large"


def test_a_slow_server_is_given_up(tmp_path: Path) -> None:
    with serving() as server:
        server.replies["/drops"] = lambda it: endless(it, b"x", 0.2)
        server.replies["/silent"] = lambda _: time.sleep(6)
        started = time.monotonic()
        assert refusal(tmp_path, server.url("/drops")) == "error-net-slow"
        hasty = NetSettings(allow=("127.0.0.0/8",), time_s=1)
        assert refusal(tmp_path, server.url("/silent"), hasty) == "error-net-slow"
        assert time.monotonic() - started < 15


def test_a_transfer_is_stopped_when_asked(tmp_path: Path) -> None:
    with serving() as server:
        server.replies["/drops"] = lambda it: endless(it, b"x" * 1000, 0.1)
        until = time.monotonic() + 0.5
        stop = lambda: time.monotonic() > until  # noqa: E731
        assert refusal(tmp_path, server.url("/drops"), stop=stop) == "error-net"


def test_a_cut_answer_is_no_document(tmp_path: Path) -> None:
    def cut(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"a.example\n")

    with serving() as server:
        server.replies["/list"] = cut
        assert refusal(tmp_path, server.url("/list")) == "error-net"


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serving() as server:
        server.replies["/list"] = b"a.example\n" * 20_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            assert refusal(tmp_path, server.url("/list")) == "error-feed-disk"
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_endless_headers_are_cut(tmp_path: Path) -> None:
    def pour(handler: Handler) -> None:
        handler.send_response(200)
        for number in range(100_000):
            handler.send_header(f"X-{number}", "y" * 100)
        handler.end_headers()

    with serving() as server:
        server.replies["/list"] = pour
        assert refusal(tmp_path, server.url("/list")) == "error-net-headers"


def test_a_redirect_is_followed(tmp_path: Path) -> None:
    with serving() as server:
        server.replies["/old"] = redirect("/new?a=b")
        server.replies["/new"] = b"a.example\n"
        got = fetcher().fetch(server.url("/old"), tmp_path / "document")
    assert got.url == server.url("/new?a=b")


def test_redirects_end(tmp_path: Path) -> None:
    with serving() as server:
        server.replies["/loop"] = redirect("/loop")
        assert refusal(tmp_path, server.url("/loop")) == "error-net-redirects"
        assert len(server.asked) == 6


@pytest.mark.parametrize(
    "there",
    [
        "http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/",
        "http://2852039166/", "http://0251.0376.0251.0376/", "http://10.0.0.1/", "http://[::1]/",
        "http://[::ffff:10.0.0.1]/", "http://localhost.example/", "http://0xa9fea9fe/",
    ],
)  # fmt: skip
def test_a_redirect_leads_to_no_inner_address(tmp_path: Path, there: str) -> None:
    inside = {"localhost.example": ["169.254.169.254"]}
    with serving() as server:
        server.replies["/list"] = redirect(there)
        said = refusal(tmp_path, server.url("/list"), resolve=lambda host, _: inside[host])
        assert said == "error-net-address"


@pytest.mark.parametrize(
    "there", ["file:///etc/passwd", "gopher://a.example/", "ftp://a.example/x"]
)
def test_a_redirect_stays_with_http(tmp_path: Path, there: str) -> None:
    with serving() as server:
        server.replies["/list"] = redirect(there)
        assert refusal(tmp_path, server.url("/list")) == "error-net-url"


def test_loopback_is_closed_unless_it_is_opened(tmp_path: Path) -> None:
    with serving() as server:
        server.replies["/list"] = b"a.example\n"
        port = server.server_address[1]
        for host in ("127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "inner.example"):
            url = f"http://{host}:{port}/list"
            found = refusal(tmp_path, url, NetSettings(), resolve=lambda *_: ["127.0.0.1"])
            assert found == "error-net-address", host
        assert server.asked == []


def test_a_name_is_asked_for_once_and_the_connection_pinned(tmp_path: Path) -> None:
    """The second answer of a name that changes (rebinding) is never asked for."""
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    with serving() as server:
        server.replies["/list"] = b"a.example\n"
        url = server.url("/list", host="feeds.example")
        fetcher(resolve=lambda *_: next(answers)).fetch(url, tmp_path / "document")
    assert server.asked[0][1]["Host"].startswith("feeds.example:")


def test_proxies_of_the_environment_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as server, serving() as proxy:
        server.replies["/list"] = b"a.example\n"
        for name in ("http_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url("/"))
        fetcher().fetch(server.url("/list"), tmp_path / "document")
        assert proxy.asked == []


def test_nobody_listens(tmp_path: Path) -> None:
    with serving() as server:
        url = server.url("/list")
    assert refusal(tmp_path, url) == "error-net"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate for feeds.example and 127.0.0.1 that nobody else trusts."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "feeds.example")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName(
        [x509.DNSName("feeds.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "certificate.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, folder / "key.pem")
    return pem, context


def test_certificates_are_verified(
    tmp_path: Path, certificate: tuple[Path, ssl.SSLContext]
) -> None:
    pem, context = certificate
    knowing = NetSettings(allow=("127.0.0.0/8",), ca=str(pem))
    with serving(context) as server:
        server.replies["/list"] = b"a.example\n"
        assert refusal(tmp_path, server.url("/list")) == "error-net-certificate"
        other = server.url("/list", host="other.example")
        said = refusal(tmp_path, other, knowing, resolve=lambda *_: ["127.0.0.1"])
        assert said == "error-net-certificate"
        got = fetcher(knowing).fetch(server.url("/list"), tmp_path / "document")
    assert got.status == 200


def test_https_never_leads_down_to_http(
    tmp_path: Path, certificate: tuple[Path, ssl.SSLContext]
) -> None:
    pem, context = certificate
    knowing = NetSettings(allow=("127.0.0.0/8",), ca=str(pem))
    with serving() as plain, serving(context) as secure:
        plain.replies["/list"] = b"a.example\n"
        secure.replies["/list"] = redirect(plain.url("/list"))
        assert refusal(tmp_path, secure.url("/list"), knowing) == "error-net-downgrade"
        assert plain.asked == []
