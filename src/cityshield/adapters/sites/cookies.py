"""Cookies as a browser would take them, without their values (RFC 6265bis)."""

from __future__ import annotations

from collections.abc import Iterable

from cityshield.adapters.sites.dates import read_date
from cityshield.guards.sites.facts import Cookie, Header

_MOST = 50
_LONGEST = 100
_OLD = 86_400.0 * 365 * 30
"""Before the year 2000: out of date by any clock."""


def read_cookies(headers: Iterable[Header], before: Iterable[Cookie] = ()) -> tuple[Cookie, ...]:
    """The cookies after an answer; one of the same name as an earlier one takes its place.

    `before` are those of earlier answers. One that is out of date by the answer's own clock takes
    an earlier one away and sets nothing.
    """
    found = {cookie.name: cookie for cookie in before}
    fields = list(headers)
    date = next((value for field, value in fields if field == "date"), "")
    for field, value in fields:
        if field == "set-cookie" and len(found) < _MOST:
            cookie, over = _read(value, date)
            if over:
                found.pop(cookie.name, None)
            elif cookie.name:
                found[cookie.name] = cookie
    return tuple(found.values())


def _read(text: str, date: str) -> tuple[Cookie, bool]:
    """A cookie, without a name where there is none, and whether it is out of date."""
    pair, *rest = text.split(";")
    name, equals, _ = pair.partition("=")
    name = name.strip() if equals else ""
    said = {}
    for part in rest:
        word, _, value = part.partition("=")
        said[word.strip().lower()] = value.strip().lower()
    return _cookie(name, said), _is_over(said, date)


def _cookie(name: str, said: dict[str, str]) -> Cookie:
    return Cookie(
        name[:_LONGEST],
        secure="secure" in said,
        http_only="httponly" in said,
        same_site=said.get("samesite", "")[:_LONGEST],
        host_only=not said.get("domain"),
        session="max-age" not in said and "expires" not in said,
    )


def _is_over(said: dict[str, str], date: str) -> bool:
    """Whether a cookie ends before it begins; `Max-Age` counts before `Expires` (RFC 6265bis)."""
    age = said.get("max-age", "")
    if age.removeprefix("-").isascii() and age.removeprefix("-").isdigit():
        return age.startswith("-") or not age.strip("0")
    ends = read_date(said.get("expires", ""))
    return ends is not None and ends < (read_date(date) or _OLD)
