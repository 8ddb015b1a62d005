"""Where pages send their visitors on."""

from __future__ import annotations

import time

import pytest

from cityshield.guards.sites.refresh import refresh_of


@pytest.mark.parametrize(
    ("head", "target"),
    [
        ('<meta http-equiv="refresh" content="0;url=/portal/">', "/portal/"),
        ("<META HTTP-EQUIV=REFRESH CONTENT='0; URL=index.php'>", "index.php"),
        ("<meta content='1, https://a.test/x?y=1' http-equiv=Refresh>", "https://a.test/x?y=1"),
        ("<meta http-equiv=refresh content='0;url=\"/a b\"'>", "/a b"),
        ("<meta http-equiv=refresh content='0.5; url=/x'>", "/x"),
        ("<meta http-equiv=refresh content=0;/x>", "/x"),
        ("<meta http-equiv=refresh content=5>", ""),
        ("<meta http-equiv=refresh content='300;url=/'>", ""),
        ("<meta http-equiv=refresh content='never'>", ""),
        ("<noscript><meta http-equiv=refresh content='0;url=/nojs'></noscript>", ""),
        ("<!--[if lt IE 9]><meta http-equiv=refresh content='0;url=/old'><![endif]-->", ""),
        ("<script>'<meta http-equiv=refresh content=\"0;url=/x\">'</script>", ""),
        ("<meta name=refresh content='0;url=/x'>", ""),
        ("<p>refresh", ""),
        ("", ""),
    ],
)
def test_where_a_page_leads(head: str, target: str) -> None:
    assert refresh_of("", f"<!doctype html><html><head>{head}</head>".encode()) == target


def test_a_file_may_end_with_the_tag() -> None:
    assert refresh_of("", b'<meta http-equiv="refresh" content="0; url=/portal/">') == "/portal/"


def test_the_header_comes_first() -> None:
    assert refresh_of("0; url=/a", b"<meta http-equiv=refresh content='0;url=/b'>") == "/a"
    assert refresh_of("60", b"") == ""


@pytest.mark.parametrize(
    "piece", [b"<", b"<meta ", b"<meta a='", b"<!--", b"<noscript>", b"refresh<p "]
)
def test_hostile_heads_take_no_time(piece: bytes) -> None:
    began = time.process_time()
    refresh_of("", b"refresh" + piece * 100_000)
    refresh_of("0;url=" + " " * 100_000, b"")
    assert time.process_time() - began < 0.5
