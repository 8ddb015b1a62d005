"""Which paths a site lets robots ask for (RFC 9309).

Written by hand: the standard library's parser takes the first rule that fits and not the longest,
and knows no wildcards.
"""

from __future__ import annotations

from time import monotonic
from typing import Final

import msgspec

from cityshield.adapters.sites.courier import Courier
from cityshield.adapters.sites.settings import SitesSettings
from cityshield.adapters.sites.transfer import Answer
from cityshield.adapters.sites.walk import Walk, join

OUR_NAME: Final = "cityshield"
_MOST_BYTES = 500 << 10
_MOST_RULES = 2000
_LONGEST_RULE = 1024
_SILENT = 504


class Robots:
    """The rules that hold for us, the longest first; `named` says that they are for us alone."""

    def __init__(self, rules: list[tuple[str, bool]], named: bool = False) -> None:
        self.named = named
        self._rules = sorted(rules, key=lambda rule: (-len(rule[0]), not rule[1]))

    def lets(self, path: str) -> bool:
        """Whether a path may be asked for."""
        for pattern, allowed in self._rules:
            if _fits(pattern, path):
                return allowed
        return True


ALL_ALLOWED: Final = Robots([])
NONE_ALLOWED: Final = Robots([("/", False)])


def read_robots(body: bytes) -> Robots:
    """The rules of the groups that name us, else of those for everybody."""
    groups: dict[str, list[tuple[str, bool]]] = {}
    agents: list[str] = []
    in_rules = False
    count = 0
    for line in body[:_MOST_BYTES].decode("utf-8", "replace").lstrip("\ufeff").splitlines():
        field, colon, value = line.partition("#")[0].partition(":")
        if not colon:
            continue
        field, value = field.strip().lower(), value.strip()
        if field == "user-agent":
            if in_rules:
                agents, in_rules = [], False
            agent = value.partition("/")[0].strip().lower()  # many write a version behind it
            agents.append(agent)
            if agent in (OUR_NAME, "*"):
                groups.setdefault(agent, [])
        elif field in ("allow", "disallow"):
            in_rules = True
            count += 1
            if value and count <= _MOST_RULES:
                for agent in agents:
                    if agent in groups:
                        groups[agent].append((value[:_LONGEST_RULE], field == "allow"))
    if OUR_NAME in groups:
        return Robots(groups[OUR_NAME], named=True)
    return Robots(groups.get("*", []))


async def ask_for_robots(courier: Courier, settings: SitesSettings, url: str) -> Answer:
    """What robots.txt at an address comes to, after redirects like those of any page.

    Of one that leads where we do not go, the redirect is the answer; of one that leads to a server
    that is silent, and of half a file, a status of trouble, as a gateway's. No connection is left
    open.
    """
    seen: list[Answer] = []
    settings = msgspec.structs.replace(settings, page_bytes=settings.path_bytes)
    walk = Walk(courier, settings, lambda *_: None, True, lambda answer, _: seen.append(answer))
    visit, _ = await walk.go(url, set())
    if not seen:
        return Answer(0, (), b"", visit.failed, monotonic())
    last = visit.hops[-1]
    leads = last.location and join(last.url, last.location)
    if visit.failed == "cut-short" or (leads and not visit.failed.startswith("redirect")):
        return Answer(_SILENT, (), b"", visit.failed, monotonic())
    return seen[-1]


def _fits(pattern: str, path: str) -> bool:
    """Whether a rule fits the beginning of a path: `*` is anything, `$` the end.

    Each piece is looked for at its first place after the one before, so this takes no more than
    the length of the path for each piece.
    """
    to_end = pattern.endswith("$")
    first, *pieces = (pattern[:-1] if to_end else pattern).split("*")
    if not path.startswith(first):
        return False
    if not pieces:
        return not to_end or len(path) == len(first)
    last = pieces.pop() if to_end else ""
    place = len(first)
    for piece in pieces:
        place = path.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    return not to_end or (path.endswith(last) and len(path) - len(last) >= place)
