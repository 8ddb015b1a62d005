"""Feeds: each format's lines, and what a bad line does."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityshield.adapters.feeds.feed import DOCUMENTS, FORMATS, LINES, MAX_LINE_BYTES, Feed
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.indicator import HOST, SHA256, URL
from tests.adapters.exports.test_exports import written

DIGEST = "a" * 64


def read(text: str | bytes, format: str = "") -> tuple[list[tuple[str, str]], Feed]:
    feed = Feed(BytesIO(text.encode() if isinstance(text, str) else text), format)
    return list(feed.entries()), feed


def test_every_module_in_the_folder_is_a_format() -> None:
    assert set(LINES) == {"plain", "urls", "hosts", "adblock", "sha256", "csv", "rpz", "taxii"}
    assert set(DOCUMENTS) == {"misp", "stix"}


@pytest.mark.parametrize(
    ("format", "line", "expected"),
    [
        ("plain", "a.example", [(HOST, "a.example/")]),
        ("plain", "A.Example.", [(HOST, "a.example/")]),
        ("plain", "*.a.example", [(HOST, "a.example/")]),
        ("plain", "bücher.example", [(HOST, "xn--bcher-kva.example/")]),
        ("plain", "192.0.2.1", [(HOST, "192.0.2.1/")]),
        ("plain", "a.example # seen today", [(HOST, "a.example/")]),
        ("plain", "a.example,phishing,2026-01-01", [(HOST, "a.example/")]),
        ("plain", '"a.example";"seen"', [(HOST, "a.example/")]),
        ("plain", "a.example\tphishing", [(HOST, "a.example/")]),
        ("plain", "# comment", []),
        ("plain", "", []),
        ("plain", "two words", None),
        ("plain", "https://a.example/x", None),
        ("urls", "https://a.example/x?y=1", [(URL, "a.example/x?y=1")]),
        ("urls", "hxxp://a[.]example/x", [(URL, "a.example/x")]),
        ("urls", "2026-01-01\t2026-01-02\thttps://a.example/x", [(URL, "a.example/x")]),
        ("urls", "a.example", None),
        ("urls", "javascript:alert(1)", None),
        (
            "hosts",
            "0.0.0.0 a.example b.example # both",
            [(HOST, "a.example/"), (HOST, "b.example/")],
        ),
        ("hosts", "127.0.0.1 localhost", []),
        ("hosts", "::1 ip6-localhost ip6-loopback", []),
        ("hosts", "192.0.2.1 server.example", None),
        ("hosts", "0.0.0.0", None),
        ("adblock", "||a.example^", [(HOST, "a.example/")]),
        ("adblock", "||a.example^$all,important", [(HOST, "a.example/")]),
        ("adblock", "||a.example^$domain=b.example", []),
        ("adblock", "||a.example/path^", None),
        ("adblock", "! comment", []),
        ("adblock", "a.example##.banner", []),
        ("adblock", "@@||good.example^", []),
        ("sha256", DIGEST.upper(), [(SHA256, DIGEST)]),
        ("sha256", f"{DIGEST}  invoice.exe", [(SHA256, DIGEST)]),
        ("sha256", DIGEST[1:], None),
        (
            "csv",
            '"3001","2026-01-01 00:00:00","https://a.example/x,y","online","malware"',
            [(URL, "a.example/x,y")],
        ),
        ("csv", "7,https://a.example/x,https://tank.example/7,yes", [(URL, "a.example/x")]),
        ("csv", "7,a.example,phishing", [(HOST, "a.example/")]),
        ("csv", "7,a.example,https://report.example/7", [(HOST, "a.example/")]),
        ("csv", "7,allow,host,a.example,fine", []),
        ("csv", "phish_id,url,verified", []),
        ("csv", "# id,url", []),
        ("csv", "one,two", None),
        ("csv", '"unclosed,https://a.example', None),
        ("rpz", "a.example CNAME .", [(HOST, "a.example/")]),
        ("rpz", "*.a.example 300 IN CNAME . ; why", [(HOST, "a.example/")]),
        ("rpz", "a.example IN A 192.0.2.1", []),
        ("rpz", "search.example CNAME safe.search.example.", []),
        ("rpz", "a.example CNAME rpz-drop.", [(HOST, "a.example/")]),
        ("rpz", "a.example CNAME rpz-passthru.", []),
        ("rpz", "24.0.2.0.192.rpz-ip CNAME .", []),
        ("rpz", "@ SOA localhost. root.localhost. 1 60 60 60 60", []),
        ("rpz", "$TTL 300", []),
        ("rpz", "@ NS localhost.", []),
        ("rpz", "a.example.zone.example. CNAME .", None),
        ("rpz", "nonsense", None),
    ],
)
def test_what_a_line_means(format: str, line: str, expected: list[tuple[str, str]] | None) -> None:
    assert LINES[format](line) == expected


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("# list\na.example\nb.example\n", "plain"),
        ("https://a.example/1\nhttp://b.example/2\n", "urls"),
        ("# hosts\n127.0.0.1 localhost\n0.0.0.0 a.example\n0.0.0.0 b.example\n", "hosts"),
        ("[Adblock Plus]\n! title\n||a.example^\n||b.example^\n", "adblock"),
        (f"{DIGEST}\n{DIGEST[::-1]}\n", "sha256"),
        ('id,url,seen\n1,"https://a.example/1",x\n2,"http://b.example/2",y\n', "csv"),
        (
            "$TTL 30\n@ SOA l. h.l. 1 6 3 2 3\n@ NS l.\na.example CNAME .\nb.example CNAME .\n",
            "rpz",
        ),
    ],
)
def test_the_format_is_told_by_the_lines(text: str, format: str) -> None:
    entries, feed = read(text)
    assert feed.format == format
    assert len(entries) == 2
    assert feed.bad_lines == 0


def test_bad_lines_are_reported_and_good_ones_taken() -> None:
    lines = [f"h{n}.example" if n % 3 else f"%%% garbage {n}" for n in range(1, 3001)]
    entries, feed = read("\n".join(lines))
    assert len(entries) == 2000
    assert feed.bad_lines == 1000
    assert [line.number for line in feed.bad[:3]] == [3, 6, 9]
    assert feed.bad[0].start == "%%% garbage 3"


def test_a_line_without_end_is_skipped_in_bounded_memory() -> None:
    text = b"a.example\n" + b"x" * (40 * MAX_LINE_BYTES) + b"\nb.example\n"
    entries, feed = read(text)
    assert [value for _, value in entries] == ["a.example/", "b.example/"]
    assert [line.number for line in feed.bad] == [2]


def test_windows_endings_a_byte_order_mark_and_broken_utf8() -> None:
    entries, feed = read(b"\xef\xbb\xbfa.example\r\nb\xff.example\r\nc.example", "plain")
    assert [value for _, value in entries] == ["a.example/", "c.example/"]
    assert [line.number for line in feed.bad] == [2]


def test_what_is_no_list_is_refused() -> None:
    with pytest.raises(InputError, match="error-feed-format"):
        read("\n".join(f"this is line {n} of a letter" for n in range(50)))


@given(st.binary(max_size=2000), st.sampled_from(["", *FORMATS]))
def test_no_bytes_sink_a_feed(text: bytes, format: str) -> None:
    try:
        entries, feed = read(text, format)
    except InputError:
        return
    assert feed.bad_lines <= feed.lines
    assert all(kind in (HOST, URL, SHA256) and value for kind, value in entries)


STIX = """{"type": "bundle", "id": "bundle--1", "objects": [
  {"type": "identity", "name": "x"},
  {"type": "indicator", "pattern_type": "stix", "pattern": "[domain-name:value = 'a.example']"},
  {"type": "indicator", "pattern": "[url:value = 'https://b.example/it\\\\'s' OR url:value='http://c.example/']"},
  {"type": "indicator", "pattern": "[file:hashes.'SHA-256' = 'DIGEST']"},
  {"type": "indicator", "pattern": "[domain-name:value = 'd.example'] AND [url:value = 'http://e.example/']"},
  {"type": "indicator", "pattern_type": "snort", "pattern": "alert tcp any"},
  {"type": "indicator", "revoked": true, "pattern": "[domain-name:value = 'f.example']"}
]}""".replace("DIGEST", DIGEST)
MISP = """{"Event": {"info": "x", "Attribute": [
  {"type": "domain", "value": "a.example", "to_ids": true},
  {"type": "url", "value": "https://b.example/x", "to_ids": true},
  {"type": "filename|sha256", "value": "x.exe|DIGEST"},
  {"type": "comment", "value": "seen"},
  {"type": "domain", "value": "c.example", "to_ids": false},
  {"type": "domain", "value": "not a host"}],
 "Object": [{"Attribute": [{"type": "hostname", "value": "d.example"}]}]}}""".replace(
    "DIGEST", DIGEST
)


def test_a_stix_bundle_is_read_object_by_object() -> None:
    entries, feed = read(STIX)
    assert feed.format == "stix"
    assert entries == [
        (HOST, "a.example/"),
        (URL, "b.example/it's"),
        (URL, "c.example/"),
        (SHA256, DIGEST),
    ]
    assert (feed.lines, [bad.number for bad in feed.bad]) == (7, [5, 6])


@pytest.mark.parametrize("text", [MISP, f'{{"response": [{MISP}]}}', f"\ufeff{MISP}"])
def test_a_misp_event_is_read_attribute_by_attribute(text: str) -> None:
    entries, feed = read(text)
    assert feed.format == "misp"
    assert entries == [
        (HOST, "a.example/"),
        (URL, "b.example/x"),
        (SHA256, DIGEST),
        (HOST, "d.example/"),
    ]
    assert (feed.lines, [bad.number for bad in feed.bad]) == (7, [6])


@pytest.mark.parametrize("text", ["{}", "{", '{"type": "bundle", "objects": 3}', "{" * 100_000,
                                  '{"Event": {"Attribute": "x"}}'])  # fmt: skip
@pytest.mark.parametrize("format", ["", "stix", "misp"])
def test_a_document_that_is_none_is_refused(text: str, format: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text, format)
    assert caught.value.sentence == "error-feed-document"


def test_a_document_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cityshield.adapters.feeds.feed.MAX_DOCUMENT_BYTES", 100)
    with pytest.raises(InputError) as caught:
        read(STIX)
    assert caught.value.sentence == "error-feed-large"


def test_our_own_exports_are_read_back() -> None:
    for name, format in (("stix", "stix"), ("misp", "misp"), ("rpz", "rpz"), ("csv", "csv")):
        entries, _ = read(written(name), format)
        assert (HOST, "z.example/") in entries, name


URLHAUS = (
    "################\n"
    "# URLhaus\n"
    "# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\n"
    '"1","2026-11-25 10:00:00","http://a.example/x,y","online","","malware_download","",'
    '"https://urlhaus.example/url/1/","ana"\n'
    '"2","2026-11-25 10:00:00","https://b.example/","offline","","","","https://urlhaus.example/2","bo"\n'
)
PHISHTANK = (
    "phish_id,url,phish_detail_url,submission_time,verified\n"
    "7,http://a.example/login,http://tank.example/7,2026-11-25T10:00:00+00:00,yes\n"
)


def by_column(text: str, column: str) -> tuple[list[tuple[str, str]], Feed]:
    feed = Feed(BytesIO(text.encode()), column=column)
    return list(feed.entries()), feed


@pytest.mark.parametrize("column", ["url", "URL", " url ", "3"])
def test_a_column_is_read_by_name_or_number(column: str) -> None:
    entries, feed = by_column(URLHAUS, column)
    assert entries == [(URL, "a.example/x,y"), (URL, "b.example/")]
    assert (feed.format, feed.lines, feed.bad_lines) == ("csv", 5, 0)


def test_the_row_of_names_may_be_no_comment() -> None:
    entries, feed = by_column(PHISHTANK, "url")
    assert (entries, feed.bad_lines) == ([(URL, "a.example/login")], 0)
    assert by_column(PHISHTANK, "phish_detail_url")[0] == [(URL, "tank.example/7")]


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("seen;host\n1;a.example\n", "host", [(HOST, "a.example/")]),
        ("seen\thost\n1\ta.example\n", "host", [(HOST, "a.example/")]),
        (f"when,sha256\n1,{DIGEST}\n", "sha256", [(SHA256, DIGEST)]),
        ("a.example,b.example\n", "2", [(HOST, "b.example/")]),
        ("a.example\n", "1", [(HOST, "a.example/")]),
        ("x,a.example\n", "0", []),
    ],
)
def test_columns_of_other_shapes(text: str, column: str, expected: list[tuple[str, str]]) -> None:
    assert by_column(text, column)[0] == expected


@pytest.mark.parametrize("column", ["nothing", "99", "0", ""])
def test_a_column_that_is_not_there_takes_nothing_or_guesses_without_one(column: str) -> None:
    entries, feed = by_column(PHISHTANK, column)
    if column == "":
        assert entries == [(URL, "a.example/login")]
    else:
        assert (entries, feed.bad_lines) == ([], 2)


@pytest.mark.parametrize(
    "start",
    ["<!DOCTYPE html>", "<html>", "  <HTML lang=en>", "\n\n<!doctype html\n>", "﻿<html>", "<head>"],
)
@pytest.mark.parametrize("format", ["", "plain", "urls"])
def test_a_web_page_is_no_list(start: str, format: str) -> None:
    with pytest.raises(InputError) as refused:
        read(start + "\na.example\nb.example\n", format)
    assert refused.value.sentence == "error-feed-page"


def test_objects_of_stix_one_a_line() -> None:
    lines = [
        '{"type": "identity", "name": "x"}',
        '{"type": "indicator", "pattern": "[url:value = \'http://a.example/x\']"}',
        '{"type": "indicator", "pattern": "[domain-name:value = \'c.example\']"}',
        '{"type": "indicator", "revoked": true, "pattern": "[domain-name:value = \'b.example\']"}',
        '{"type": "indicator", "pattern": "[domain-name:value = ',
        "[]",
    ]
    for format in ("", "taxii"):
        entries, feed = read("\n".join(lines), format)
        assert entries == [(URL, "a.example/x"), (HOST, "c.example/")]
        assert (feed.format, feed.lines, feed.bad_lines) == ("taxii", 6, 2)
