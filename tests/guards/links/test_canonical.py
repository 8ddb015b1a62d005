"""The canonical form against the published vectors, invented evasions and random input.

Published vectors are read from ``$CITYSHIELD_DATA/links/vectors``.
"""

import gzip
import itertools
import json
import os
import random
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cityshield.guards.links import canonical as module
from cityshield.guards.links.canonical import (
    MAX_LINK_BYTES,
    Canonical,
    browser_view,
    canonicalize,
    canonicalize_slowly,
    expressions,
    unescape,
    views_differ,
)
from cityshield.guards.links.written import looks_like_link, refang

DATA = Path(os.environ.get("CITYSHIELD_DATA", "/nonexistent")) / "links"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="CITYSHIELD_DATA names no folder with links/vectors"
)


def vectors() -> list[tuple[bytes, str]]:
    """Give the 33 published pairs; a code point below 256 stands for that byte."""
    read = json.loads((DATA / "vectors/safe_browsing_canonicalisation.json").read_text("utf-8"))
    return [(pair["input"].encode("latin-1"), pair["canonical"]) for pair in read]


def url_of(link: bytes) -> str | None:
    found = canonicalize(link)
    return found and found.url


def required(link: bytes) -> Canonical:
    found = canonicalize(link)
    assert found is not None, link
    return found


# --- the published vectors -------------------------------------------------------------------


@needs_data
def test_all_published_vectors() -> None:
    assert len(vectors()) == 33
    assert [url_of(link) for link, _ in vectors()] == [url for _, url in vectors()]


@needs_data
def test_published_vectors_survive_respelling() -> None:
    """User information, a port, tabs, a fragment and more escapes change no canonical form."""
    choice = random.Random(33)
    for link, expected in vectors():
        found = required(link)
        scheme, host, tail = found.scheme, found.host, found.url.split(found.host, 1)[1]
        at = choice.randrange(len(host))
        spellings = [
            f"{scheme.upper()}://{host}{tail}",
            f"{scheme}://user:pass@{host}{tail}",
            f"{scheme}://a@b@{host}:8080{tail}",
            f" \t{scheme}://{host[:at]}\t\r\n{host[at:]}{tail} \n",
            f"{scheme}://..{host}...:1{tail}#a#b/../c?d",
            f"{scheme}://{host}{tail.replace('%', '%2525')}",
            f"{scheme}:\\/{host}{tail}",
            f"{scheme}://{host}/./x/..//{tail}",
        ]
        if "%" not in host:
            spellings.append(f"{scheme}://{host.upper()}{tail}")
            spellings.append(f"{scheme}://{''.join(f'%{ord(c):02x}' for c in host)}{tail}")
            spellings.append(f"{scheme}://{host.replace('.', '%252E')}{tail}")
        for spelling in spellings:
            assert url_of(spelling.encode("latin-1")) == expected, (link, spelling)


@needs_data
def test_browser_view_is_the_url_standards() -> None:
    read = json.loads((DATA / "vectors/urltestdata.json").read_text("utf-8"))
    cases = [case for case in read if isinstance(case, dict) and case.get("base") is None]
    assert len(cases) == 555
    agreed = sum(browser_view(case["input"]) == case.get("href") for case in cases)
    assert agreed == 555


@needs_data
def test_real_links_fast_is_slow_and_idempotent_and_views_agree() -> None:
    path = DATA / "malicious/openphish_valid_2026-01_2026-05.tsv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        links = [line.rstrip("\n").split("\t")[2] for line in itertools.islice(lines, 20_000)]
    for link in links:
        found = required(link.encode())
        assert found == canonicalize_slowly(link.encode())
        assert canonicalize(found.url.encode()) == found._replace(port=None)
        assert not views_differ(found, browser_view(link)), link


# --- what the vectors leave out --------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("http://192.0.2.1/", "192.0.2.1"),
        ("http://0300.0.02.1/", "192.0.2.1"),
        ("http://0xC0.0x0.0x2.0x1/", "192.0.2.1"),
        ("http://192.513/", "192.0.2.1"),
        ("http://192.0.513/", "192.0.2.1"),
        ("http://0x00000000c0000201/", "192.0.2.1"),
        ("http://030000001001/", "192.0.2.1"),
        ("http://%31%39%32.0.2.1./", "192.0.2.1"),
        ("http://１９２.０.２.１/", "192.0.2.1"),
        ("http://192。0。2。1/", "192.0.2.1"),
        ("http://[2001:0DB8:0:0::1]:8080/", "[2001:db8::1]"),
        ("http://user@[2001:db8::1]", "[2001:db8::1]"),
        ("http://[::ffff:192.0.2.1]/", "192.0.2.1"),
        ("http://[64:ff9b::192.0.2.1]/", "192.0.2.1"),
    ],
)
def test_spellings_of_an_address(link: str, expected: str) -> None:
    found = required(link.encode())
    assert (found.host, found.is_ip) == (expected, True)


@pytest.mark.parametrize(
    "host",
    [
        "256.0.2.1",
        "192.0.2.1.5",
        "08.0.0.1",
        "0xg.1",
        "4294967296",
        "192.0.65536",
        "1.2.3.x4",
        "9" * 20,
    ],
)
def test_numbers_that_are_no_address(host: str) -> None:
    found = required(f"http://{host}/".encode())
    assert (found.host, found.is_ip) == (host, False)


@pytest.mark.parametrize(
    "link",
    [
        "http://[2001:db8::1/", "http://[::g]/", "http://[::1%25eth0]/", "http://[]/", "http://[::1]x/",
    ],
)  # fmt: skip
def test_brackets_that_hold_no_address(link: str) -> None:
    found = required(link.encode())
    assert not found.is_ip
    assert canonicalize(found.url.encode()) == found._replace(port=None)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("http://例子.example/", "xn--fsqu00a.example"),
        ("http://XN--FSQU00A.example/", "xn--fsqu00a.example"),
        ("http://%E4%BE%8B%E5%AD%90.example/", "xn--fsqu00a.example"),
        ("http://例子。example．/", "xn--fsqu00a.example"),
        ("http://ｅｖｉｌ.example/", "evil.example"),
        ("http://ev\u00ad\u200bil.example/", "evil.example"),
        ("http://straße.example/", "xn--strae-oqa.example"),
        ("http://ÄÖ.example/", "xn--4ca0b.example"),
        # what no browser takes stays as its bytes, escaped
        ("http://a／b.example/", "a%EF%BC%8Fb.example"),
        ("http://é\0.example/", "%C3%A9%00.example"),
        ("http://\u200fevil.example/", "%E2%80%8Fevil.example"),
    ],
)
def test_international_hosts(link: str, expected: str) -> None:
    assert required(link.encode()).host == expected


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (b"http://h.example/a/../../b", "http://h.example/b"),
        (b"http://h.example/a/b/..", "http://h.example/a/"),
        (b"http://h.example/a/.", "http://h.example/a/"),
        (b"http://h.example/a//../b", "http://h.example/a/b"),
        (b"http://h.example/a/%2e%2E/b", "http://h.example/b"),
        (b"http://h.example/.well-known/..a", "http://h.example/.well-known/..a"),
        (b"http://h.example/a/..?x=/../y", "http://h.example/?x=/../y"),
        (b"http://h.example?q", "http://h.example/?q"),
        (b"http://h.example#f", "http://h.example/"),
        (b"http://h.example/a?b%3Fc#d", "http://h.example/a?b?c"),
        (b"http://h.example/a%3Fb", "http://h.example/a?b"),
        (b"http://h.example/\xc3\xa9\xff?\xe9", "http://h.example/%C3%A9%FF?%E9"),
        (b"http://h.example/a\\b", "http://h.example/a\\b"),
        (b"https:h.example/a", "https://h.example/a"),
        (b"http:////h.example/a", "http://h.example/a"),
        (b"//h.example/a", "http://h.example/a"),
        (b"h.example:8080/a", "http://h.example/a"),
        (b"localhost:8080", "http://localhost/"),
        (b"FTP://H.example/", "ftp://h.example/"),
        (b"irc://h.example/room", "irc://h.example/room"),
        (b"h.example/?u=http://other.example/", "http://h.example/?u=http://other.example/"),
        (b"http://good.example%2F@evil.example/", "http://evil.example/"),
        (b"http://good.example#@evil.example/", "http://good.example/"),
        (b"http://good.example?@evil.example/", "http://good.example/?@evil.example/"),
        (b"http://u:p@h.example:x/", "http://h.example/"),
        (b"http://h_1.-a-.example/", "http://h_1.-a-.example/"),
    ],
)
def test_spellings(link: bytes, expected: str) -> None:
    assert url_of(link) == expected


def test_port_and_query() -> None:
    ports = {b"": None, b":": None, b":8080": 8080, b":65536": None, b":0": None, b":8x": None}
    for written, port in ports.items():
        assert required(b"http://h.example" + written + b"/").port == port
    queries = {b"": None, b"?": "", b"?a": "a", b"?a?b": "a?b"}
    for written, query in queries.items():
        assert required(b"http://h.example/" + written).query == query


@pytest.mark.parametrize(
    "link",
    [
        b"", b" ", b"#", b"?", b"/path", b"http://", b"http:///", b"http://@/", b"http://:80/",
        b"http://.../", "http://。/".encode(), b"mailto:a@h.example", b"javascript:alert(1)", b"tel:10086",
        b"data:text/html,x", b"data:1", b"file:///etc/passwd", b"h" * (MAX_LINK_BYTES + 1),
    ],
)  # fmt: skip
def test_what_has_no_host_is_none(link: bytes) -> None:
    assert canonicalize(link) is None


# --- random and hostile input ----------------------------------------------------------------

PIECES = st.sampled_from(
    [
        b"http://", b"https://", b"HTTP:", b"//", b"/", b"\\", b".", b"..", b"/./", b"/../", b"?", b"#",
        b"@", b":", b":80", b"%", b"%2", b"%25", b"%2e", b"%2F", b"%3a", b"%40", b"%5B", b"35", b"a", b"A",
        b"h.example", b"www.", b"xn--", b"xn--fsqu00a", b"[", b"]", b"[::1]", b"0x7f", b"127.1", b"0",
        b"%00", b"\0", b" ", b"\t", b"\n", b"\xff", "é".encode(), "。".encode(), "／".encode(),
        "\u200f".encode(), "\u00ad".encode(), b"\xed\xb2\x80", b"-", b"_", b"a=b&c",
    ]
)  # fmt: skip
LINKS = st.one_of(
    st.lists(PIECES, max_size=12).map(b"".join),
    st.lists(PIECES, max_size=9).map(lambda parts: b"http://h.example" + b"".join(parts)),
    st.binary(max_size=60),
    st.text(max_size=30).map(lambda text: text.encode("utf-8", "surrogatepass")),
)


@given(LINKS)
@example(b"http://h.example/%/../41")
@example(b"http://%5B%3A:1%5D/")
@example(b"http://[::1%5D/")
@example("http://1。%2E2/".encode())
def test_any_link(link: bytes) -> None:
    found = canonicalize(link)
    assert found == canonicalize_slowly(link)
    if found is None:
        return
    assert found.url.isascii() and found.url.isprintable() and " " not in found.url
    assert found.host and found.path.startswith("/") and "?" not in found.path
    tail = "" if found.query is None else f"?{found.query}"
    assert found.url == f"{found.scheme}://{found.host}{found.path}{tail}"
    assert canonicalize(found.url.encode()) == found._replace(port=None)
    assert expressions(found, found.host)[-1] == found.host + "/"
    text = link.decode("utf-8", "surrogateescape")
    assert not views_differ(found, found.url)
    views_differ(found, browser_view(text))


@given(st.one_of(st.text(max_size=40), st.text("ab.[]:/@%0159hxtp中国-。", max_size=40)))
@example("http://\ud800.example/")
@example("[\udc80]")
def test_any_text(text: str) -> None:
    browser_view(text)
    looks_like_link(text)
    looks_like_link(refang(text))


@given(st.lists(st.sampled_from([b"%", b"2", b"5", b"3", b"a", b"%25", b"\xff"]), max_size=40))
def test_unescape_is_the_fixpoint_of_single_steps(parts: list[bytes]) -> None:
    text = b"".join(parts)
    expected = text
    while (at := next(iter_escapes(expected), None)) is not None:
        expected = expected[:at] + bytes([int(expected[at + 1 : at + 3], 16)]) + expected[at + 3 :]
    assert unescape(text) == expected


def iter_escapes(text: bytes) -> Any:
    digits = b"0123456789abcdefABCDEF"
    return (
        at
        for at in range(len(text) - 2)
        if text[at] == 37 and text[at + 1] in digits and text[at + 2] in digits
    )


HOSTILE: list[tuple[bytes, bytes, bytes]] = [
    (b"http://h.example/%", b"25", b""),
    (b"http://h.example/", b"%%32%35", b""),
    (b"http://h.example/", b"%2%35", b""),
    (b"http://", b"%25", b"/"),
    (b"http://", b".", b"h.example"),
    (b"http://", b"a.", b"example/ "),
    (b"http://", b"1.", b"1"),
    (b"http://", b"0", b"1"),
    (b"http://h.example/", b"../", b""),
    (b"http://h.example", b"/", b""),
    (b"http://h.example/", b"a/../", b""),
    (b"http://", b"@", b"h.example"),
    (b"http://[", b":", b"]"),
    (b"http://", "中。".encode(), b"/"),
    (b"http://", "\u00ad".encode(), b"h.example"),
    (b"http://h.example/", b"\0", b""),
    (b"http://", b"\xff", b""),
]


def count_calls(link: bytes) -> int:
    """Count the calls, of Python and of C, that one link costs."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        canonicalize(link)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(("before", "unit", "after"), HOSTILE)
def test_hostile_links_cost_linear_work(before: bytes, unit: bytes, after: bytes) -> None:
    canonicalize(b"http://\xc3\xa9.example")  # loads ada_url
    small, large = (count_calls(before + unit * times + after) for times in (500, 4000))
    assert large <= 8.5 * small + 100
    assert large <= 5 * (len(unit) * 4000 + 100)


@pytest.mark.parametrize(("before", "unit", "after"), HOSTILE)
def test_longest_hostile_links_end(before: bytes, unit: bytes, after: bytes) -> None:
    room = MAX_LINK_BYTES - len(before) - len(after)
    link = before + unit * (room // len(unit)) + after
    canonicalize(link)
    browser_view(link.decode("utf-8", "surrogateescape"))
    assert canonicalize(link + b"x" * len(unit)) is None or len(link) + len(unit) <= MAX_LINK_BYTES


# --- expressions -----------------------------------------------------------------------------


def test_expressions_of_a_short_host() -> None:
    assert expressions(required(b"http://a.b.example/1/2.html?param=1"), "b.example") == [
        "a.b.example/1/2.html?param=1", "a.b.example/1/2.html", "a.b.example/1/", "a.b.example/",
        "b.example/1/2.html?param=1", "b.example/1/2.html", "b.example/1/", "b.example/",
    ]  # fmt: skip


def test_expressions_of_a_long_host_and_path() -> None:
    found = expressions(required(b"http://a.b.c.d.e.f.example/1/2/3/4/5?q"), "f.example")
    hosts = ["a.b.c.d.e.f.example", "c.d.e.f.example", "d.e.f.example", "e.f.example", "f.example"]
    paths = ["/1/2/3/4/5?q", "/1/2/3/4/5", "/1/2/3/", "/1/2/", "/1/", "/"]
    assert found == [host + path for host in hosts for path in paths]


@pytest.mark.parametrize(
    ("link", "registrable", "expected"),
    [
        (b"http://192.0.2.1/a", "192.0.2.1", ["192.0.2.1/a", "192.0.2.1/"]),
        (b"http://[2001:db8::1]/", "[2001:db8::1]", ["[2001:db8::1]/"]),
        (b"http://a.b.test/", "b.test", ["a.b.test/", "b.test/"]),
        (b"http://b.test/a/", "b.test", ["b.test/a/", "b.test/"]),
        (b"http://b.test/?", "b.test", ["b.test/?", "b.test/"]),
        (b"http://ab.test/", "b.test", ["ab.test/"]),
    ],
)
def test_expressions_never_twice(link: bytes, registrable: str, expected: list[str]) -> None:
    assert expressions(required(link), registrable) == expected


# --- the two views ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "differ"),
    [
        ("http://good.example\\@evil.example/", True),
        ("http://evil.example\\.good.example/", True),
        ("http://evil.example\\good.example/", True),
        ("http:\\\\evil.example\\path", True),
        ("http:\\\\evil.example/path", False),
        ("http://good.example@evil.example/", False),
        ("http://ev\til.example/", False),
        ("http://evil。example/", False),
        ("http://EVIL.example.:8080/?", False),
        ("http://[::ffff:192.0.2.1]/", False),
        ("http://0xC0000201/", False),
        ("http://例子.example/", False),
        ('http://é"{}`!.example/', False),
        ("http://evil%252eexample/", False),  # no browser goes there
        ("irc://H.example", False),
    ],
)
def test_views(link: str, differ: bool) -> None:
    assert views_differ(required(link.encode()), browser_view(link)) is differ


def test_browser_view_of_undecodable_text() -> None:
    text = b"http://h.example/\xff".decode("utf-8", "surrogateescape")
    assert browser_view(text) == "http://h.example/%EF%BF%BD"
    assert browser_view("www.example.test") is None


# --- what people type ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hxxp://evil[.]example/a", "http://evil.example/a"),
        ("hXXps[:]//evil(.)example", "https://evil.example"),
        ("hxxps[://]www{.}evil[dot]example[/]a", "https://www.evil.example/a"),
        ("meow://evil.example", "http://evil.example"),
        ("h**ps://evil[点]example", "https://evil.example"),
        ("a[at]evil[DOT]example", "a@evil.example"),
        ("[::1] (see p. 3) f(a.b)", "[::1] (see p. 3) f(a.b)"),
        ("hxxpx://", "hxxpx://"),
    ],
)
def test_refang(text: str, expected: str) -> None:
    assert refang(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "http://h.example", "HTTPS://h", " https://h.example/a?b#c ", "hxxps://evil[.]example/x",
        "http[:]//evil.example", "http:\\\\evil.example", "evil[.]example", "www.h.example:8080/a@b",
        "h.example.", "h.example?q", "h.example#f", "192.0.2.1", "192.0.2.1:80/a", "[2001:db8::1]:80/a",
        "xn--fsqu00a.xn--fiqs8s", "例子.中国", "例子.公司/路径", "例子.test", "http://例子.好吗/", "a_b.test",
    ],
)  # fmt: skip
def test_links(text: str) -> None:
    assert looks_like_link(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "hello", "3.14", "v1.2.3", "1.2.3", "e.g.", "i.e.", "U.S.A.", "10:30", "...", "a..b.test",
        "-a.test", "person@h.example", "mailto:person@h.example", "u@h.example/a", "192.0.2.256",
        "[2001:db8::1", "[::g]", "见面.好吗", "我在中国。网络", "h.example is bad", "http://", "http:///",
        "http://[", "/etc/hosts.conf", "C:\\a.exe", "a/b.test", "javascript:h.example", "h.example:port",
        "x" * 64 + ".test", "a." * 127 + "test", ".test", "h.test\0", "h,i.test",
    ],
)  # fmt: skip
def test_not_links(text: str) -> None:
    assert not looks_like_link(text)


def test_import_reads_nothing_and_starts_nothing() -> None:
    code = f"import sys, {module.__name__}; print('ada_url' in sys.modules)"
    import subprocess

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
