"""Lists of websites are taken line by line: what means nothing is named by its number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityshield.desks.sites.inventory import (
    CSV,
    MOST_LINE_BYTES,
    PLAIN,
    ZONE,
    Rejected,
    host_of,
    read_sites,
    sniff,
)
from cityshield.vocabulary.census import Site
from tests.hostile.support import relentless

ZONE_FILE = """\
$ORIGIN city.example.
$TTL 1h
@ IN SOA ns1 admin (
    2026112501 ; serial
    7200 900 1209600 300 )
@       IN NS    ns1
@       3600 IN A 192.0.2.1
www     IN CNAME @
        IN AAAA  2001:db8::1
_dmarc  IN TXT   "v=DMARC1"
*.apps  IN A     192.0.2.2
shop.other.example. A 192.0.2.3
broken
mail    MX 10 www
"""


def read(text: str, format: str = "") -> tuple[list[Site], list[int]]:
    items = list(read_sites(iter(text.encode().splitlines(keepends=True)), format))
    sites = [item for item in items if isinstance(item, Site)]
    return sites, [item.number for item in items if isinstance(item, Rejected)]


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Shop.Example", "shop.example"),
        (" https://shop.example/a?b#c ", "shop.example"),
        ("hxxps://shop[.]example", "shop.example"),
        ("shop.example.", "shop.example"),
        ("商店.example", "xn--czrs0t.example"),
        ("user@shop.example:8443", "shop.example"),
        ("192.0.2.1", None),
        ("[2001:db8::1]", None),
        ("localhost", None),
        ("_dmarc.shop.example", None),
        ("not a host", None),
        ("", None),
        ("a" * 3000 + ".example", None),
        ("<script>.example", None),
    ],
)
def test_a_name_has_one_form(text: str, host: str | None) -> None:
    assert host_of(text) == host


def test_plain_lines_are_taken_and_garbage_is_numbered() -> None:
    text = "# ours\nshop.example # the shop\n\n%%%\nhttps://b.example/x#y\n192.0.2.1\nc.example\n"
    sites, bad = read(text)
    assert [site.host for site in sites] == ["shop.example", "b.example", "c.example"]
    assert bad == [4, 6]


def test_columns_are_found_by_their_names() -> None:
    text = 'ID;Owner;Website;District\n1;"Bureau; of x";shop.example;East\n2;;nothing here;\n3;B\n'
    sites, bad = read(text)
    assert sites == [Site("shop.example", "Bureau; of x", "", "East")]
    assert bad == [3, 4]
    chinese, _ = read("单位,网站,行业,区县\n第一中学,商店.example,教育,城南区\n")
    assert chinese == [Site("xn--czrs0t.example", "第一中学", "教育", "城南区")]


def test_of_a_zone_the_names_with_an_address_are_taken() -> None:
    sites, bad = read(ZONE_FILE)
    assert [site.host for site in sites] == [
        "city.example", "www.city.example", "www.city.example", "shop.other.example",
    ]  # fmt: skip
    assert bad == [13]


def test_the_format_is_told_by_the_lines() -> None:
    assert sniff(ZONE_FILE.encode().splitlines()) == ZONE
    assert sniff([b"host,owner\n", b"a.example,x\n"]) == CSV
    assert sniff([b"a.example\n", b"b.example\n"]) == PLAIN
    assert sniff([]) == PLAIN
    sites, _ = read("host\na.example\n", PLAIN)
    assert [site.host for site in sites] == ["a.example"]


def test_a_byte_order_mark_bad_bytes_and_long_lines_are_no_harm() -> None:
    lines = [b"\xef\xbb\xbfhost,owner\r\n", b"a.example,\xff\xfe\r\n", b"b.example,B\r\n",
             b"c.example," + b"x" * MOST_LINE_BYTES]  # fmt: skip
    items = list(read_sites(iter(lines)))
    assert [item.number for item in items if isinstance(item, Rejected)] == [2, 4]
    assert [item.host for item in items if isinstance(item, Site)] == ["b.example"]


@pytest.mark.parametrize("ascii_lines", [0, 100])
def test_a_list_as_excel_in_chinese_writes_it_is_read(ascii_lines: int) -> None:
    head = "网站,单位" if not ascii_lines else "host,owner"
    rows = [
        head,
        *["a.example,A"] * ascii_lines,
        "b.example,第一中学",
        "c.example,校",
        "商店.example,店",
    ]
    lines = [f"{row}\r\n".encode("gb18030") for row in rows]
    items = list(read_sites(iter([*lines, b"d.example,\xff\xfe\r\n"])))
    assert items[ascii_lines:-1] == [
        Site("b.example", "第一中学"), Site("c.example", "校"), Site("xn--czrs0t.example", "店"),
    ]  # fmt: skip
    assert isinstance(items[-1], Rejected)


def test_a_line_with_accents_makes_no_list_chinese() -> None:
    ascii_ = [b"host,owner\n", *[b"a.example,x\n"] * 100]
    lines = [*ascii_, "b.example,Cafés Rösti\n".encode("latin-1"), "政务.example,教育\n".encode()]
    items = list(read_sites(iter(lines)))
    assert isinstance(items[-2], Rejected)
    assert items[-1] == Site("xn--zfr164b.example", "教育")


def test_one_bad_line_makes_no_list_chinese() -> None:
    lines = [b"host,owner\n", *["a.example,第一中学\n".encode()] * 2,
             "b.example,中学\n".encode("gb18030"), "c.example,中学\n".encode()]  # fmt: skip
    items = list(read_sites(iter(lines)))
    assert items[:2] == [Site("a.example", "第一中学")] * 2
    assert isinstance(items[2], Rejected) and items[3] == Site("c.example", "中学")


@relentless
@given(st.lists(st.binary(max_size=200), max_size=20), st.sampled_from(["", PLAIN, CSV, ZONE]))
def test_nothing_breaks_it(lines: list[bytes], format: str) -> None:
    for item in read_sites(iter(lines), format):
        assert isinstance(item, Rejected) or host_of(item.host) == item.host
