"""Host names beside each other: whose is a host that a page names."""

from __future__ import annotations

_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "mil", "net", "or", "org"})


def base_of(host: str) -> str:
    """The name that a host and its siblings hang on: without its first label where there are three.

    This is a rule of thumb that needs no list: `news.city.example` and `static.city.example` are
    siblings, `a.gov.cn` and `b.gov.cn` are not.
    """
    _, _, parent = host.partition(".")
    second, dot, top = parent.partition(".")
    if not dot or ("." not in top and second in _SECOND_LEVEL and len(top) == 2):
        return host
    return parent


def is_foreign(host: str, own: str) -> bool:
    """Whether a host is neither `own`, nor above, below or beside it."""
    if not host or host == own:
        return False
    base = base_of(own)
    return not (host == base or host.endswith("." + base) or own.endswith("." + host))


def host_of(url: str) -> str:
    """The host of an absolute address in lower case, without port; empty where there is none."""
    _, mark, rest = url.partition("://")
    if not mark:
        return ""
    for end in "/?#\\":
        rest = rest.partition(end)[0]
    rest = rest.rpartition("@")[2]
    if rest.startswith("["):
        return rest.partition("]")[0] + "]"
    return rest.partition(":")[0].lower().rstrip(".")
