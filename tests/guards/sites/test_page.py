"""What is taken from HTML: all that checks need, of hostile pages too, and never the page."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityshield.guards.sites.facts import Form, Page, Script
from cityshield.guards.sites.page import MOST_BYTES, read_page

URL = "https://www.city-library.example/news/"
MANY = 100_000


def page(html: str, url: str = URL) -> Page:
    return read_page(html.encode(), url)


def test_addresses_are_absolute() -> None:
    seen = page(
        "<base href=/static/><script src=a.js integrity=sha384-x crossorigin></script>"
        "<link rel='alternate stylesheet' href='//cdn.test/b.css'><script>inline()</script>"
        "<iframe src=../f.html></iframe><form action=/login method=POST><input type=PASSWORD></form>"
    )
    assert seen.scripts == (
        Script("https://www.city-library.example/static/a.js", "sha384-x"),
        Script(""),
    )
    assert seen.styles == (Script("https://cdn.test/b.css"),)
    assert seen.frames == (("https://www.city-library.example/f.html", False),)
    assert seen.forms == (Form("https://www.city-library.example/login", "post", True, True),)


def test_what_is_no_script_is_none() -> None:
    seen = page(
        "<!-- <script src=/a.js></script> --><script type='application/ld+json'>{}</script>"
        "<textarea><script src=/b.js></script></textarea><title>a<script src=/c.js></script></title>"
        "<a href='data:text/html,x'>x</a><script src='javascript:1'></script>"
    )
    assert [script.url for script in seen.scripts] == [""]
    assert seen.title == "a<script src=/c.js></script>"
    assert seen.links == ()


@pytest.mark.parametrize(
    "before",
    ["<a title='>' ", "<!--> <a ", "<!-- --!><a ", "<script>'</script ><a ", "<a x='<a href=/y>' "],
)
def test_quotes_and_comments_end_where_browsers_end_them(before: str) -> None:
    assert page(f"{before}href=https://a.test/>").links == (("a.test", 1),)


@pytest.mark.parametrize(
    "html",
    [
        "<a data-href=https://a.test/>",
        "<script>var a = '<a href=https://a.test/>'",
        "<!-- <a href=https://a.test/> -->",
        "<a title='x href=//a.test/ '>",
        "<a href=/x href=//a.test/>",
        "<a href='#https://a.test/'>",
        "<a href=mailto:x@a.test>",
    ],
)
def test_what_leads_nowhere_else_is_no_link(html: str) -> None:
    assert page(html).links == ()


@pytest.mark.parametrize(
    "href",
    [
        "//a.test/",
        '"//a.test/"',
        "' //a.test/'",
        "HTTPS://A.test",
        "https&#58;//a.test/",
        '"&#47;/a.test/?x=1"',
        "/x href=/y><a href=//a.test",
        "/?u=1><a class=x id='y' href='//a.test/'",
    ],
)
@pytest.mark.parametrize("before", ["", "title='x' ", "data-n1=2 "])
def test_a_link_to_another_host_is_seen_however_it_is_written(before: str, href: str) -> None:
    assert page(f"<p class=y><a {before}href={href} rel=x>go</a>").links == (("a.test", 1),)


def test_hidden_links_and_frames() -> None:
    seen = page(
        "<div style='position:absolute;left:-9999px'><p><a href='https://bet.test/1'>casino</a>"
        "<div><a href='https://bet.test/2'>x</a></div></div><a href='https://bet.test/3'>x</a>"
        "<a hidden href=https://bet.test/4>x</a><a style='display : NONE' href=/own>x</a>"
        "<iframe width=0 src=https://bet.test/f></iframe>"
        "<iframe style='width:1px' src=https://bet.test/g></iframe>"
        "<iframe width=300 src=https://bet.test/h></iframe>"
    )
    assert seen.hidden_links == ("https://bet.test/1", "https://bet.test/2", "https://bet.test/4")
    assert [hidden for _, hidden in seen.frames] == [True, True, False]
    assert "dark-links:gambling" in seen.marks


def test_an_element_without_content_hides_nothing_behind_it() -> None:
    assert page("<img style='display:none'><a href='https://bet.test/'>x</a>").hidden_links == ()
    assert page("<p hidden>x</p><a href='https://bet.test/'>x</a>").hidden_links == ()
    assert page("<p hidden>x<p><a href='https://bet.test/'>x</a>").hidden_links == ()
    assert page("<p STYLE='DISPLAY:NONE'><a href='https://bet.test/'>x</a>").hidden_links != ()


def test_insecure_resources_of_a_secure_page() -> None:
    html = "<img src='http://a.example/1.jpg'><a href='http://a.example/'>x</a>"
    assert page(html).insecure == ("http://a.example/1.jpg",)
    assert page(html, "http://a.example/").insecure == ()


@pytest.mark.parametrize(
    ("html", "mark"),
    [
        ("<title>Index of /files</title>", "listing"),
        ("<title>Welcome to nginx!</title>", "default-page:nginx"),
        ("<title>恭喜，站点创建成功！</title>", "default-page:bt"),
        ("<b>Fatal error</b>: Uncaught PDOException", "stack-trace"),
        ("<p>This domain is for sale", "for-sale"),
        ("<h1>HACKED BY nobody</h1>", "defaced"),
        ("<a href=/p>隐私政策</a>", "privacy-policy"),
        ("京ICP备12345678号-1", "icp:京ICP备12345678号-1"),
        ("京公网安备 11010102000000号", "psb:京公网安备11010102000000"),
        ("<a href='/go?target=https://x.test/'>x</a>", "redirector:/go?target"),
        ("<title>&#21338;&#24425;</title>", "spam:gambling"),
    ],
)
def test_marks(html: str, mark: str) -> None:
    assert mark in page(html).marks


def test_a_long_page_about_parking_is_not_parked() -> None:
    assert page("<p>This domain is for sale, said the poster. " + "Long story. " * 300).marks == ()


@pytest.mark.parametrize(
    ("head", "label"),
    [
        ("<meta charset=gbk>", "gbk"),
        ("<meta http-equiv=Content-Type content='text/html; charset=GB2312'>", "gb2312"),
        ("", "gb18030"),
        ("<meta charset=utf-7>", "gb18030"),
    ],
)
def test_chinese_pages_in_older_encodings(head: str, label: str) -> None:
    html = f"{head}<title>市图书馆开放时间</title>"
    seen = read_page(html.encode("gb18030"), URL)
    assert (seen.title, seen.charset) == ("市图书馆开放时间", label)


def test_the_header_and_the_mark_come_before_meta() -> None:
    html = "<meta charset=gbk><title>图书馆</title>".encode()
    headers = (("content-type", "text/html; charset=UTF-8"),)
    assert read_page(html, URL, headers).title == "图书馆"
    assert read_page(b"\xef\xbb\xbf" + html, URL).title == "图书馆"


def test_scripts_in_the_page_are_looked_into() -> None:
    def libraries(url: str, text: str) -> tuple[tuple[str, str], ...]:
        return (("parcel.js", text or url.rpartition("@")[2]),) if url[-1:] != "s" else ()

    body = b"<script>1.2.3</script><script src=/a.js></script><script src=/parcel@2></script>"
    seen = read_page(body, URL, (), libraries)
    assert [script.libraries for script in seen.scripts] == [
        (("parcel.js", "1.2.3"),),
        (),
        (("parcel.js", "2"),),
    ]


@pytest.mark.parametrize(
    ("html", "doctype"),
    [("\n<!DOCTYPE HTML><p>", "html"), ("<!doctype html SYSTEM 'about:legacy-compat'>", "html"),
     ("<p><!doctype html>", ""), ("", "")],
)  # fmt: skip
def test_the_type_of_the_document(html: str, doctype: str) -> None:
    assert page(html).doctype == doctype


HOSTILE = {
    "nested": "<div>" * MANY,
    "hidden": "<div hidden>" * MANY,
    "formatting": "".join(f"<b a={n}>" for n in range(MANY)) + "<p>" * MANY,
    "attributes": "<div " + " ".join(f"a{n}" for n in range(MANY)) + ">",
    "quoted": "<a " + " ".join(f'a{n}=">"' for n in range(MANY)) + ">",
    "unclosed tags": "<a " * MANY,
    "unclosed comments": "<!--" * MANY,
    "unclosed scripts": "<script>" * MANY,
    "almost closed": "<title>" + "</titl" * MANY,
    "signs": "<a ='" * MANY,
    "angles": "<" * MANY * 5,
    "references": "&#" + "9" * MANY * 5,
    "many references": "&amp;&#x41;" * MANY,
    "links": "".join(f"<a href=https://h{n}.test/>" for n in range(MANY)),
    "digits": "<p>" + "1" * MANY * 5,
    "style": "<p style='" + "left :" * MANY + "'>",
    "spaces": "<p x" + " " * MANY * 5 + ">",
    "classes": "<p" + ' class="a"' * MANY + "<",
    "redirects": "<a href='/?u=http:" + "u=http:" * MANY + "'>",
    "cards": "<p>" + "card 6200 0000 " * MANY,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_are_read_in_bounded_time_and_size(name: str) -> None:
    started = time.process_time()
    seen = read_page(HOSTILE[name].encode(), URL)
    assert time.process_time() - started < 5
    assert len(seen.links) <= 200
    assert len(repr(seen)) < 500_000


def test_a_page_that_is_nothing_but_tags_is_not_read_to_its_end() -> None:
    read = read_page(b"<" * 90_000 + b"<title>x</title>", URL)
    assert (read.title, read.marks) == ("x", ())
    cut = read_page(b"<" * 110_000 + b"<title>x</title>", URL)
    assert (cut.title, cut.marks) == ("", ("cut",))


def test_a_hundred_megabytes_are_cut() -> None:
    body = b"<title>x</title>" + b"<p>word " * (100 * (1 << 20) // 8)
    started = time.process_time()
    seen = read_page(body, URL)
    assert time.process_time() - started < 5
    assert seen.size_bytes > 100 * MOST_BYTES


@given(st.binary(max_size=300), st.text(max_size=30))
def test_any_bytes_give_a_page(body: bytes, kind: str) -> None:
    assert read_page(body, URL, (("content-type", kind),)).size_bytes == len(body)


@given(st.text(alphabet="<>/!-=\"' apscrit&#;hef:", max_size=80))
def test_any_markup_gives_a_page(html: str) -> None:
    assert page(html).size_bytes == len(html)
