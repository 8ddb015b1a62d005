"""Cookies as a browser would take them, without their values (RFC 6265bis)."""

from __future__ import annotations

from collections.abc import Iterable

from cityshield.guards.sites.facts import Cookie, Header

_MOST = 50
_LONGEST = 100


def read_cookies(headers: Iterable[Header]) -> tuple[Cookie, ...]:
    """The cookies that an answer sets; one of the same name as an earlier one takes its place."""
    found: dict[str, Cookie] = {}
    for field, value in headers:
        if field == "set-cookie" and len(found) < _MOST:
            cookie = _read(value)
            if cookie is not None:
                found[cookie.name] = cookie
    return tuple(found.values())


def _read(text: str) -> Cookie | None:
    pair, *rest = text.split(";")
    name, equals, _ = pair.partition("=")
    name = name.strip()
    if not equals or not name:
        return None
    said = {}
    for part in rest:
        word, _, value = part.partition("=")
        said[word.strip().lower()] = value.strip().lower()
    return Cookie(
        name[:_LONGEST],
        secure="secure" in said,
        http_only="httponly" in said,
        same_site=said.get("samesite", "")[:_LONGEST],
        host_only=not said.get("domain"),
        session="max-age" not in said and "expires" not in said,
    )
