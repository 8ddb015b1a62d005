"""Which paths templates share, and what else to ask of a site by what its home page gave away.

Every path is asked for once, whatever number of templates wants it. The paths that complete most
templates come first; one that only some software has is asked for only where that was seen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from cityshield.guards.sites.answers import home, page_of
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.templates.model import HTTP, Template

HOME: Final = "/"
MOST_SHARED: Final = 20
MOST_MORE: Final = 200
_WORD = re.compile(r"[a-z][a-z0-9]+(?:[.-][a-z0-9]+)*")
_TELLING: Final = ("server", "x-powered-by", "x-generator", "x-aspnet-version", "via", "set-cookie")
_ALIASES: Final = {
    "phpsessid": "php", "jsessionid": "java", "laravel": "laravel", "asp.net": "aspnet",
    "wp-content": "wordpress", "wp": "wordpress", "microsoft-iis": "iis", "coyote": "tomcat",
}  # fmt: skip
_GENERIC: Final = frozenset(
    _WORD.findall(
        """access account admin api app auth backup bypass cms code config configuration console
        contact cve cnvd dashboard data database debug default detect detection devops disclosure
        discovery edb env error exposed exposure exposures file files fuzz generic hackerone huntr
        html http https info install installer intrusive iot java javascript js json kev key listing
        lfi log login logs misc misconfig misconfiguration network nginx oss package packetstorm
        panel php plugin plugins project public rce redirect register router seclists secret
        security server service site software sqli ssl ssrf status system takeover tech tenable test
        text theme token tool tools unauth unauthenticated user version vkev vuln vulhub waf web
        webserver wpscan www xss and the for com net org apache oracle microsoft google cisco ibm
        vmware"""
    )
)
"""Words that say nothing of which software there is."""


class Reach(msgspec.Struct, frozen=True):
    """How many templates are complete with so many paths beside the home page."""

    paths: int
    complete: int


class PathPlan:
    """The paths of templates. `own` are those that are asked for in any case."""

    def __init__(self, templates: Iterable[Template], own: Sequence[str] = ()) -> None:
        pages = [each for each in templates if each.protocol == HTTP]
        self._known = {each.id: each for each in pages}
        self._wants = {
            each.id: frozenset(path for question in each.questions for path in question.asks)
            - {HOME}
            for each in pages
        }
        self._own = frozenset(own)
        self.total = len(pages)
        weight: Counter[str] = Counter()
        for paths in self._wants.values():
            for path in paths - self._own:
                weight[path] += 60 // len(paths - self._own)
        self.ranked = tuple(sorted(weight, key=lambda path: (-weight[path], path)))
        self.shared = self.ranked[:MOST_SHARED]
        self._by_word: dict[str, set[str]] = {}
        for each in pages:
            for word in _words_of(each):
                self._by_word.setdefault(word, set()).update(self._wants[each.id])

    def reach(self, counts: Iterable[int]) -> Iterator[Reach]:
        """How many templates the first so many paths complete, with the own ones."""
        for count in counts:
            asked = self._own | set(self.ranked[:count])
            yield Reach(count, sum(wants <= asked for wants in self._wants.values()))

    def more_paths(self, facts: SiteFacts) -> tuple[str, ...]:
        """What else to ask of a site: the shared paths, then those of software that was seen."""
        seen: set[str] = set()
        for word in self._fingerprint(facts):
            seen |= self._by_word.get(word, set())
        wanted = seen - self._own - set(self.shared)
        return (*self.shared, *[path for path in self.ranked if path in wanted])[:MOST_MORE]

    def _fingerprint(self, facts: SiteFacts) -> set[str]:
        """Words for the software that the home page gave away."""
        texts: list[str] = []
        words: set[str] = set()
        for hit in facts.templates:
            texts += hit.names
            if hit.id in self._known:
                words |= _words_of(self._known[hit.id])
        if (hop := home(facts)) is not None:
            texts += [value[:300] for name, value in hop.headers if name in _TELLING]
        if (page := page_of(facts)) is not None:
            texts.append(page.generator[:300])
            texts += [name for script in page.scripts for name, _ in script.libraries]
        for visit in (facts.secure, facts.plain):
            texts += [each.name for each in visit.cookies] if visit is not None else []
        for text in texts:
            words.update(_WORD.findall(text.lower()))
        words |= {_ALIASES[word] for word in words if word in _ALIASES}
        return words - _GENERIC


def _words_of(template: Template) -> set[str]:
    words = {*template.tags, *template.products, *template.products[:1]}
    return {word for word in words if word not in _GENERIC and not word.startswith(("cve", "cnvd"))}
