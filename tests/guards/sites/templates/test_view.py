"""An answer by the names that templates use."""

from __future__ import annotations

import pytest

from cityshield.guards.sites.templates.functions import Wrong
from cityshield.guards.sites.templates.model import MOST_BYTES
from cityshield.guards.sites.templates.view import Spent, View, headers_of, view_of
from tests.guards.sites.templates.written import seen

HEADERS = (
    ("x-box", "a"),
    ("set-cookie", "Sid=1; Path=/"),
    ("x-box", "b"),
    ("www-authenticate", "Basic"),
)


def test_headers_are_written_as_go_writes_them() -> None:
    assert headers_of(seen(status=401, headers=HEADERS)).decode() == (
        "HTTP/1.1 401 Unauthorized\r\nX-Box: a\r\nSet-Cookie: Sid=1; Path=/\r\nX-Box: b\r\n"
        "Www-Authenticate: Basic\r\n\r\n"
    )


def test_parts_have_their_names() -> None:
    view = view_of(seen(b"body", headers=HEADERS))
    assert view.part("x_box") == b"a b"
    assert view.part("sid") == b"1"
    assert view.part("status_code") == b"200"
    assert view.part("all") == b"body" + view.value("header")  # type: ignore[operator]
    assert view.part("absent") is None
    assert view.lowered("absent") is None
    with pytest.raises(Wrong):
        view.value("absent")


@pytest.mark.parametrize(("said", "length"), [("12", 12), ("x", 4), ("9" * 40, 4), ("-1", 4)])
def test_a_length_that_lies_is_told_as_it_was_said(said: str, length: int) -> None:
    assert (
        view_of(seen(b"body", headers=(("content-length", said),))).value("content_length")
        == length
    )


def test_a_header_does_not_pass_for_the_body() -> None:
    view = view_of(seen(b"body", headers=(("body", "x"), ("status-code", "9"))))
    assert (view.part("body"), view.value("status_code")) == (b"body", 200)


@pytest.mark.parametrize(
    ("kind", "is_read"),
    [("text/html; charset=gbk", True), ("text/html", True), ("application/octet-stream", False)],
)
def test_a_page_in_a_chinese_encoding_is_read_as_one(kind: str, is_read: bool) -> None:
    body = "<title>包裹单管理系统</title>".encode("gbk")
    view = view_of(seen(body, headers=(("content-type", kind),)))
    assert view.holds("body", "包裹单管理".encode()) is is_read
    assert (view.part("body") == body) is not is_read


def test_what_is_not_latin_or_too_long_breaks_nothing() -> None:
    view = view_of(seen(b"\xff" * (MOST_BYTES + 9), headers=(("server", "包裹"),)))
    assert view.part("body") == b"\xff" * MOST_BYTES
    assert view.part("server") == "包裹".encode()


def test_what_is_known_of_literals_settles_what_a_part_holds() -> None:
    view = View({"header": b"Server: Box\r\n\r\n", "body": b"parcel Parcel"})
    whole = view.whole().lower()
    numbers = {b"parcel": 0, b"absent": 1, b"box": 2}
    ends = {
        number: whole.rindex(word) + len(word) - 1
        for word, number in numbers.items()
        if word in whole
    }
    view.know(numbers, ends)
    assert view.holds("body", b"parcel")
    assert view.holds("body", b"Parcel")
    assert not view.holds("body", b"PARCEL")
    assert not view.holds("header", b"Parcel")
    assert not view.holds("body", b"absent")
    assert not view.holds("body", b"Box")
    assert view.holds("header", b"Box")
    assert view.holds("body", b"cel P")


def test_the_budget_ends() -> None:
    view = View({})
    view.spend(view.left)
    with pytest.raises(Spent):
        view.spend(1)
