"""What may be asked for: a page of the site itself, and nothing that tries a hole."""

from __future__ import annotations

import pytest

from cityshield.guards.sites.templates.model import Refused
from cityshield.guards.sites.templates.paths import check_field, path_of, path_of_raw


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("{{BaseURL}}", "/"),
        ("{{RootURL}}/", "/"),
        ("{{BaseURL}}/#/login", "/"),
        ("{{BaseURL}}/login?next=home", "/login?next=home"),
        ("{{BaseURL}}?x=1", "/?x=1"),
        ("{{BaseURL}}/deleted/update.php", "/deleted/update.php"),
        ("{{BaseURL}}/wp-content/uploads/", "/wp-content/uploads/"),
        ("{{BaseURL}}/a%20b/~c", "/a%20b/~c"),
    ],
)
def test_a_plain_path_is_taken(url: str, path: str) -> None:
    assert path_of(url, 1) == path


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://other.example/", "path"),
        ("{{Hostname}}/x", "path"),
        ("{{BaseURL}}:8080/", "path"),
        ("{{BaseURL}}.other.example/", "path"),
        ("{{BaseURL}}@other.example/", "path"),
        ("{{BaseURL}}/{{randstr}}", "variables"),
        ("{{BaseURL}}/../../etc/x", "attack"),
        ("{{BaseURL}}/%2E%2e/x", "attack"),
        ("{{BaseURL}}/?q=%3Cscript%3E", "attack"),
        ("{{BaseURL}}/?q=<script>", "path"),
        ("{{BaseURL}}/?u=https://other.example", "attack"),
        ("{{BaseURL}}/?u=http%3A%2F%2Fother.example", "attack"),
        ("{{BaseURL}}/?u=//other.example", "attack"),
        ("{{BaseURL}}/?id=1+union+select+2", "attack"),
        ("{{BaseURL}}/?id=1'", "path"),
        ("{{BaseURL}}/%0d%0aSet-Cookie:x", "attack"),
        ("{{BaseURL}}/?r=/WEB-INF/web.xml", "attack"),
        ("{{BaseURL}}/?x=${7*7}", "path"),
        ("{{BaseURL}}/api?action=delete&id=1", "writes"),
        ("{{BaseURL}}/system/reboot", "writes"),
        ("{{BaseURL}}/user/logout", "writes"),
        ("{{BaseURL}}/user/log%6fut", "writes"),
        ("{{BaseURL}}/%64elete/1", "writes"),
        ("{{BaseURL}}/wp-cron.php", "writes"),
        ("{{BaseURL}}/cache/flush", "writes"),
        ("{{BaseURL}}/-/quit", "writes"),
        ("{{BaseURL}}/-/reload", "writes"),
        ("{{BaseURL}}/solr/admin/cores?action=UNLOAD&core=x", "writes"),
        ("{{BaseURL}}/manager/text/undeploy?path=/x", "writes"),
        ("{{BaseURL}}/actuator/heapdump", "writes"),
        ("{{BaseURL}}/?unsubscribe=1", "writes"),
        ("{{BaseURL}}/?q=%75nion", "attack"),
        ("{{BaseURL}}/a b", "path"),
        ("{{BaseURL}}/\u5305", "path"),
        ("{{BaseURL}}/" + "x" * 400, "path"),
    ],
)
def test_anything_else_is_refused(url: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        path_of(url, 7)
    assert (refused.value.reason, refused.value.line) == (reason, 7)


def test_a_request_that_is_written_out_may_be_a_plain_get() -> None:
    raw = "@timeout: 9s\nGET /login HTTP/1.1\r\nHost: {{Hostname}}\r\nUser-Agent: x (y)\r\n\r\n"
    assert path_of_raw(raw, 1) == "/login"
    assert path_of_raw("GET {{BaseURL}}/x HTTP/2\nHost: {{Hostname}}", 1) == "/x"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("POST /login HTTP/1.1\nHost: {{Hostname}}\n\na=1", "method"),
        ("GET /login HTTP/1.1\nHost: {{Hostname}}\n\na=1", "raw"),
        ("GET /login", "raw"),
        ("GET /a b HTTP/1.1", "raw"),
        ("", "method"),
        ("GET / HTTP/1.1\nHost: other.example", "headers"),
        ("GET / HTTP/1.1\nX-Forwarded-For: 127.0.0.1", "headers"),
        ("GET / HTTP/1.1\nno field", "headers"),
        ("GET / HTTP/1.1\nHost: {{Hostname}}\nAccept: ../../../../etc/passwd{{", "headers"),
        ("GET /../x HTTP/1.1", "attack"),
        ("GET http://other.example/ HTTP/1.1", "path"),
    ],
)
def test_any_other_request_is_refused(raw: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        path_of_raw(raw, 1)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("name", "value"),
    [("Cookie", "a=1"), ("Authorization", "Basic x"), ("User-Agent", "() { :; }; id"), ("", "")],
)
def test_fields_of_its_own_are_refused(name: str, value: str) -> None:
    with pytest.raises(Refused, match="headers"):
        check_field(name, value, 1)
