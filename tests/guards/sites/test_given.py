"""A site in a few lines is a well-kept one, changed by what is given and by nothing else."""

from __future__ import annotations

import msgspec
import pytest

from cityshield.guards.sites.answers import header, home
from cityshield.guards.sites.facts import Cookie
from cityshield.guards.sites.given import site

HOST = "city-library.example"


def test_headers_are_replaced_added_and_taken_away() -> None:
    hop = home(site(HOST, {"headers": ["Server: x", "x-content-type-options:"]}))
    assert hop is not None
    assert header(hop, "server") == "x"
    assert header(hop, "x-content-type-options") == ""
    assert header(hop, "referrer-policy") != ""


def test_cookies_as_they_are_set() -> None:
    facts = site(HOST, {"cookies": ["sid=1; Secure; HttpOnly; SameSite=Lax; Max-Age=9; Domain=x"]})
    assert facts.secure is not None
    assert facts.secure.cookies == (Cookie("sid", True, True, "Lax", False, False),)


def test_fields_are_read_by_their_types() -> None:
    facts = site(HOST, {"names": {"mail": [[5, "m.example"]]}, "tls": {"weak": ["RC4"]}})
    assert facts.names is not None
    assert facts.tls is not None
    assert (facts.names.mail, facts.tls.weak) == (((5, "m.example"),), ("RC4",))
    with pytest.raises(msgspec.ValidationError):
        site(HOST, {"names": {"signed": "perhaps"}})
