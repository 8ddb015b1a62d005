"""Feeds: any bytes are read to the end, the good lines taken, the bad ones named by number."""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cityshield.adapters.feeds.feed import FORMATS, MAX_LINE_BYTES, Entry, Feed
from cityshield.adapters.feeds.feed import LINES as LINE_FORMATS
from cityshield.adapters.store.index import key_of
from cityshield.vocabulary.errors import InputError
from tests.conftest import run_cli
from tests.hostile.support import relentless

GOOD = {
    "plain": b"h%d.example",
    "urls": b"http://h%d.example/a?b",
    "hosts": b"0.0.0.0 h%d.example",
    "adblock": b"||h%d.example^",
    "sha256": b"%064x",
    "csv": b'1,"https://h%d.example/x,y"',
    "rpz": b"h%d.example CNAME .",
    "taxii": b'{"type": "indicator", "pattern": "[domain-name:value = \'h%d.example\']"}',
}
GARBAGE = {
    "nul": b"a\0b",
    "broken utf-8": b"\xff\xfe\x80.example",
    "words": b"not a host at all",
    "escape": b"\x1b[31m",
    "right to left": "\u202eelpmaxe.h".encode(),
    "long": b"x" * (MAX_LINE_BYTES + 10),
    "ten mebibytes": b"h" * (10 << 20),
    "surrogate": b"\xed\xa0\x80.example",
    "lone mark": b"||",
}
LINES = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(
        st.sampled_from(
            [
                b"||",
                b"^",
                b"$all",
                b"h.example",
                b"0.0.0.0 ",
                b"::1 ",
                b"#",
                b"!",
                b"\t",
                b" ",
                b"://",
                b"http",
                b"[.]",
                b"*.",
                b".",
                b"%",
                b"\0",
                b"\xff",
                b"0" * 64,
                b",",
                "例子".encode(),
            ]
        ),
        max_size=8,
    ).map(b"".join),
)


@settings(relentless, max_examples=150)
@given(
    st.sampled_from(["", *FORMATS]), st.lists(LINES, max_size=12), st.sampled_from([b"\n", b"\r\n"])
)
@example("plain", [b"\xef\xbb\xbf"], b"\n")
@example("hosts", [b"0.0.0.0"], b"\n")
@example("adblock", [b"||^", b"||[::1]^"], b"\n")
def test_any_bytes_are_read_or_refused_in_words(
    format: str, lines: list[bytes], end: bytes
) -> None:
    content = end.join(lines)
    feed = Feed(BytesIO(content), format)
    try:
        entries = list(feed.entries())
    except InputError as error:
        refused_for = error.sentence
        entries = []
    else:
        refused_for = ""
    assert refused_for in ("", "error-feed-format", "error-feed-packed", "error-feed-document")
    if refused_for:
        return
    assert feed.lines == len(BytesIO(content).readlines())
    assert feed.bad_lines <= feed.lines
    assert len(feed.bad) == min(feed.bad_lines, 20)
    assert all(1 <= line.number <= feed.lines for line in feed.bad)
    msgspec.json.encode(feed.bad)
    for kind, value in entries:
        assert kind in ("host", "url", "sha256")
        assert value.isascii() and value.isprintable() and " " not in value
        key_of(value)


def read(content: bytes, format: str = "") -> tuple[list[Entry], Feed]:
    feed = Feed(BytesIO(content), format)
    return list(feed.entries()), feed


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("format", LINE_FORMATS)
def test_every_third_line_garbage_loses_no_good_line(format: str, garbage: str, end: bytes) -> None:
    times = 2 if len(GARBAGE[garbage]) > MAX_LINE_BYTES * 2 else 1_000
    lines: list[bytes] = []
    for number in range(times):
        lines += [GOOD[format] % (2 * number), GOOD[format] % (2 * number + 1), GARBAGE[garbage]]
    for content in (end.join(lines) + end, b"\xef\xbb\xbf" + end.join(lines)):
        for named in ("", format):
            entries, feed = read(content, named)
            assert feed.format == format
            assert len(entries) == len(set(entries)) == 2 * times
            assert (feed.lines, feed.bad_lines) == (3 * times, times)
            assert [line.number for line in feed.bad] == [
                3 * n for n in range(1, min(times, 20) + 1)
            ]


@pytest.mark.parametrize("format", LINE_FORMATS)
def test_the_last_line_needs_no_end(format: str) -> None:
    one = GOOD[format] % 7
    assert read(one)[0] == read(one + b"\n")[0] == read(one + b"\r\n")[0] != []
    assert read(b"\xef\xbb\xbf" + one)[0] == read(one)[0]


def test_a_line_far_too_long_is_one_bad_line() -> None:
    content = b"a.example\n" + b"y" * (10 << 20) + b"\nb.example\n" + b"z" * (10 << 20)
    entries, feed = read(content, "plain")
    assert [value for _, value in entries] == ["a.example/", "b.example/"]
    assert [line.number for line in feed.bad] == [2, 4]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.gz", gzip.compress(b"h.example\n" * 1000)),
        ("list.zip", b"PK\x03\x04" + b"h.example\n" * 10),
        ("noise", bytes(range(256)) * 40),
        ("utf-16", "h.example\ng.example\n".encode("utf-16")),
        ("nul", b"\0" * 100_000),
    ],
    ids=["gzip", "zip", "noise", "utf-16", "nul"],
)
@pytest.mark.parametrize("format", ["", *FORMATS])
def test_what_is_no_list_is_refused_in_words(
    home: Path, name: str, content: bytes, format: str
) -> None:
    if format not in ("", "plain") and name != "list.gz":
        with pytest.raises(InputError):
            read_all_bad(content, format)
        return
    file = home / name
    file.write_bytes(content)
    options = ["--format", format] if format else []
    done = run_cli("feeds", "import", str(file), "--source", "s", *options, home=home)
    said = done.stderr.decode()
    assert done.returncode == 2
    assert done.stdout == b""
    assert said.startswith("cityshield: ") and "Traceback" not in said
    if name == "list.gz":
        assert "gzip" in said
    assert not any(ord(letter) < 32 and letter != "\n" for letter in said)


def read_all_bad(content: bytes, format: str) -> None:
    """Raise as an import does when a feed has bad lines only."""
    entries, feed = read(content, format)
    if not entries and feed.bad_lines:
        raise InputError("error-feed-empty", path="-", format=format)


def test_an_import_reports_what_it_left_out(home: Path) -> None:
    file = home / "list.txt"
    file.write_bytes(
        b"\xef\xbb\xbfa.example\r\n\x1b]0;pwned\x07\r\nb.example\r\n\xff\xff\r\nc.example"
    )
    done = run_cli("feeds", "import", str(file), "--source", "s", home=home)
    assert done.returncode == 0
    assert b"\x1b" not in done.stderr and b"\x07" not in done.stderr
    assert "2" in done.stderr.decode() and "4" in done.stderr.decode()
    listed = run_cli("check", "a.example", "b.example", "c.example", "--json", home=home)
    levels = [msgspec.json.decode(line)["level"] for line in listed.stdout.splitlines()]
    assert levels == ["malicious"] * 3
