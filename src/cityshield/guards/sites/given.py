"""A site in a few lines: a well-kept one, changed by what an example or a test gives.

Keys, all optional:

- `headers`: header lines of the home page over HTTPS; `name:` alone takes one away.
- `cookies`: cookies as `Set-Cookie` writes them.
- `html`: the home page; `libraries`: (name, version) pairs of a script of it.
- `certificate`: fields of the leaf; `days` is how long it is still valid.
- `chain`: fields of the certificate above it. `tls`, `names`, `mail`: fields of those facts.
- `plain`, `secure`: the visits over HTTP and HTTPS: `failed`, `status`, and `redirect`, the address
  that the answer led to (empty: nowhere).
- `others`: what further addresses answered.
- `paths`: a table for each path, fields of `Path`.
- `templates`: hits of templates, fields of `TemplateHit`.
- `robots`, `security_txt`, `read`, `reason`.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from cityshield.guards.sites.facts import (
    Certificate,
    Cookie,
    Elsewhere,
    Header,
    Hop,
    Mail,
    Names,
    Page,
    Path,
    Script,
    SiteFacts,
    TemplateHit,
    Tls,
    Visit,
)
from cityshield.guards.sites.page import read_page
from cityshield.vocabulary.subject import SITE, Subject

AT = 1_795_651_200
"""2026-11-26: when every example is visited."""

_DAY_S = 86_400
_HEADERS: tuple[Header, ...] = (
    ("content-type", "text/html; charset=utf-8"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("content-security-policy", "default-src 'self'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("permissions-policy", "camera=(), microphone=()"),
)
_HTML = "<!doctype html><html lang=en><title>City library</title><h1>Open daily</h1>"
_SECURITY_TXT = "Contact: mailto:security@{host}\nExpires: 2027-06-30T00:00:00Z\n"


def site(host: str, given: dict[str, Any]) -> SiteFacts:
    """The facts of a site as `given` describes it (see the module)."""
    page = read_page(given.get("html", _HTML).encode(), f"https://{host}/")
    if "libraries" in given:
        pairs = tuple((name, version) for name, version in given["libraries"])
        page = replace(page, scripts=(*page.scripts, Script("", libraries=pairs)))
    return SiteFacts(
        Subject(SITE, host),
        host,
        AT,
        vantage="example",
        profile="standard",
        names=_changed(
            Names(
                "NOERROR",
                v4=("192.0.2.10",),
                v6=("2001:db8::10",),
                servers=(f"ns1.{host}", f"ns2.{host}"),
                mail=((10, f"mail.{host}"),),
                authorities=(("issue", "ca.example"),),
                signed=True,
            ),
            given.get("names", {}),
        ),
        plain=_plain(host, page, given.get("plain", {})),
        secure=_secure(host, page, given),
        tls=_tls(host, given),
        mail=_changed(
            Mail(
                spf=("v=spf1 mx -all",),
                dmarc=(f"v=DMARC1; p=reject; rua=mailto:dmarc@{host}",),
                mta_sts="v=STSv1; id=20261101",
                mta_sts_mode="enforce",
                tls_rpt=f"v=TLSRPTv1; rua=mailto:tls@{host}",
                starttls=((f"mail.{host}", "yes"),),
            ),
            given.get("mail", {}),
        ),
        others=msgspec.convert(given.get("others", ()), tuple[Elsewhere, ...]),
        paths={
            path: msgspec.convert({"status": 200, **fields}, Path)
            for path, fields in given.get("paths", {}).items()
        },
        robots=given.get("robots", ""),
        security_txt=given.get("security_txt", _SECURITY_TXT.format(host=host)),
        templates=tuple(msgspec.convert(each, TemplateHit) for each in given.get("templates", ())),
        requests=24,
        connections=14,
        reason=given.get("reason", ""),
        read=given.get("read", 1.0),
    )


def _changed(facts: Any, fields: dict[str, Any]) -> Any:
    """A struct with some of its fields replaced, read by their types."""
    return msgspec.convert({**msgspec.to_builtins(facts), **fields}, type(facts))


def _plain(host: str, page: Page, given: dict[str, Any]) -> Visit:
    if "failed" in given:
        return Visit(failed=given["failed"])
    led = given.get("redirect", f"https://{host}/")
    status = given.get("status", 301 if led else 200)
    hop = Hop(f"http://{host}/", status, led, (("content-type", "text/html"),))
    if led.startswith("https:"):
        return Visit((hop, Hop(led, 200, "", _HEADERS)), "192.0.2.10", page=page)
    return Visit((hop,), "192.0.2.10", page=page)


def _secure(host: str, page: Page, given: dict[str, Any]) -> Visit:
    visit = given.get("secure", {})
    if "failed" in visit:
        return Visit(failed=visit["failed"])
    headers = dict(_HEADERS)
    for line in given.get("headers", ()):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    kept = tuple((name, value) for name, value in headers.items() if value)
    led = visit.get("redirect", "")
    hop = Hop(f"https://{host}/", visit.get("status", 301 if led else 200), led, kept)
    hops = (hop, Hop(led, 200)) if led else (hop,)
    cookies = tuple(_cookie(line) for line in given.get("cookies", ()))
    return Visit(hops, "192.0.2.10", cookies, page)


def _cookie(line: str) -> Cookie:
    """A cookie by its `Set-Cookie` line, the value left out."""
    pair, *rest = [part.strip() for part in line.split(";")]
    attributes = {
        name.strip().lower(): value.strip()
        for name, _, value in (part.partition("=") for part in rest)
    }
    return Cookie(
        pair.partition("=")[0],
        "secure" in attributes,
        "httponly" in attributes,
        attributes.get("samesite", ""),
        "domain" not in attributes,
        not attributes.keys() & {"expires", "max-age"},
    )


def _tls(host: str, given: dict[str, Any]) -> Tls | None:
    if given.get("secure", {}).get("failed") in ("refused", "timeout", "tls"):
        return None
    fields = dict(given.get("certificate", {}))
    ends = AT + int(fields.pop("days", 60)) * _DAY_S
    leaf = Certificate(
        f"CN={host}", "CN=City CA", (host,), ends - 90 * _DAY_S, ends, "EC", 256, "sha256", "aa"
    )
    above = Certificate(
        "CN=City CA", "CN=Root", (), AT - _DAY_S, AT + 900 * _DAY_S, "RSA", 4096, "sha256", "bb",
        authority=True,
    )  # fmt: skip
    tls = Tls(
        versions=("TLS 1.2", "TLS 1.3"),
        refused=("SSL 3.0", "TLS 1.0", "TLS 1.1"),
        suite="TLS_AES_128_GCM_SHA256",
        chain=(_changed(leaf, fields), _changed(above, given.get("chain", {}))),
        connections=10,
    )
    changed: Tls = _changed(tls, given.get("tls", {}))
    return changed
