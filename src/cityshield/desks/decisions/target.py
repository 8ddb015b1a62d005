"""What a person typed, read as the target of a decision."""

from __future__ import annotations

import re

from cityshield.guards.links.canonical import canonicalize
from cityshield.guards.links.suffixes import Suffixes
from cityshield.guards.links.written import refang
from cityshield.ports.zone import STATE_NAME
from cityshield.vocabulary.decision import DOMAIN, HOST, URL, Target
from cityshield.vocabulary.errors import InputError

_NAME = re.compile(r"(?=.{1,220}\Z)(?:(?!-)[a-z0-9_-]{1,63}\.)+(?!rpz-)[a-z][a-z0-9-]{0,62}")
"""A host name that DNS can be asked for and a zone can hold.

220 characters leave room for the name of the zone. A top-level name that starts with `rpz-`
would be read as a trigger of another kind (draft-vixie-dnsop-dns-rpz, section 4).
"""


def is_name(host: str) -> bool:
    """Whether a canonical host is a name that a zone can hold; an address is none."""
    return _NAME.fullmatch(host) is not None and host != STATE_NAME


def read_target(text: str, suffixes: Suffixes, scope: str = "") -> Target:
    """The target that a link or a name means; a bare name is a host, a path makes it a URL.

    Raises InputError for what is no link, for a host that DNS cannot be asked for unless a URL
    is meant, and for the domain scope on a public suffix, below which others have their names.
    """
    link = canonicalize(refang(text.strip()).encode("utf-8", "surrogatepass"))
    if link is None:
        raise InputError("error-target", text=text[:200])
    expression = link.host + link.path + ("" if link.query is None else f"?{link.query}")
    is_bare = link.path == "/" and link.query is None
    scope = scope or (HOST if is_bare else URL)
    if scope == URL:
        return Target(URL, expression)
    if not is_bare:
        raise InputError("error-target-path", text=text[:200], scope=scope)
    if not is_name(link.host):
        raise InputError("error-target-name", text=text[:200], scope=scope)
    if scope == DOMAIN and suffixes.is_above_others(link.host):
        raise InputError("error-target-suffix", name=link.host)
    return Target(scope, link.host)
