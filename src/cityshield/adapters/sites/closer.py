"""What the profiles `standard` and `full` see beyond the home page."""

from __future__ import annotations

import asyncio
from collections import Counter
from hashlib import sha256
from time import monotonic
from typing import Any

import msgspec

from cityshield.adapters.sites.certificates import describe
from cityshield.adapters.sites.courier import Courier
from cityshield.adapters.sites.doors import Doors
from cityshield.adapters.sites.matching import Matching
from cityshield.adapters.sites.names import MAIL_SERVERS, find_mail, find_records
from cityshield.adapters.sites.paths import (
    NO_ANSWER,
    NOWHERE,
    ROBOTS,
    SECURITY,
    Calibration,
    describe_path,
    invent_paths,
    is_packed,
)
from cityshield.adapters.sites.probe import probe
from cityshield.adapters.sites.robots import (
    ALL_ALLOWED,
    NONE_ALLOWED,
    Robots,
    ask_for_robots,
    read_robots,
)
from cityshield.adapters.sites.starttls import UNKNOWN
from cityshield.adapters.sites.transfer import Answer, Request
from cityshield.guards.sites.facts import Mail, Names, Path, SiteFacts, Tls
from cityshield.vocabulary.census import FULL
from cityshield.vocabulary.verdict import Failure

_LONGEST_TEXT = 8192
_MOST_PATHS = 250
_MOST_POLICY_LINES = 100
_LONGEST_NAME = 255
_IN_TROUBLE = 500
_PATHS_SHARE = 0.2
"""The share of a closer look that the paths are."""
_MANY = 0.25
"""Where fewer of the paths give no answer, what was found before may still be seen to be gone."""

Libraries = tuple[tuple[str, str], ...]


class Closer:
    """A closer look at one site. `base` is the address of its home page, with the last slash.

    `said` is its robots.txt, where that was asked for before.
    """

    def __init__(
        self,
        doors: Doors,
        courier: Courier,
        domain: str,
        base: str,
        matching: Matching,
        said: Answer | None,
    ) -> None:
        self._doors = doors
        self._courier = courier
        self._host = courier.host
        self._domain = domain
        self._base = base
        self._matching = matching
        self._said = said
        self.failed: list[Failure] = []

    async def look(self, facts: SiteFacts) -> SiteFacts:
        """The same facts with all that a closer look adds."""
        assert facts.names is not None
        assert facts.secure is not None
        asked = asyncio.ensure_future(self._ask_dns(facts.names))
        try:
            if facts.secure.failed not in ("refused", "timeout"):
                facts = msgspec.structs.replace(facts, tls=await self._probe(facts.tls or Tls()))
            facts = await self._look_at_paths(facts)
            names, mail = await asked
            mail = await self._read_mail_policy(mail)
            if facts.profile == FULL:
                mail = await self._ask_mail_servers(names, mail)
        finally:
            asked.cancel()
        return msgspec.structs.replace(facts, names=names, mail=mail)

    async def _ask_dns(self, names: Names) -> tuple[Names, Mail]:
        resolver = self._doors.resolver
        more = await find_records(resolver, names, self._host, self._domain)
        registrable = self._doors.registrable
        return more, await find_mail(resolver, more, self._host, self._domain, registrable)

    async def _read_mail_policy(self, mail: Mail) -> Mail:
        """The policy of MTA-STS (RFC 8461, 3.2), where its host is in scope."""
        if not mail.mta_sts:
            return mail
        host = f"mta-sts.{self._host}"
        place = await self._courier.find(host)
        if isinstance(place, str):
            reason = "not-asked" if place == "redirect-scope" else "no-address"
            return msgspec.structs.replace(mail, mta_sts_failed=reason)
        port = self._doors.settings.secure_port
        url = f"https://{host}:{port}/.well-known/mta-sts.txt"
        request = Request(url, place[0], port, _LONGEST_TEXT, last=True, certificates=True)
        answer = await self._courier.ask_elsewhere(request, place, host)
        text = _text(answer)
        failed = answer.failed
        if not failed and answer.status != 200:
            failed = "status"
        elif not failed and self._doors.roots.trust(answer.chain, host, self._doors.clock.now()):
            failed = "certificate"
        said = [line.partition(":")[::2] for line in text.splitlines()[:_MOST_POLICY_LINES]]
        policy = [(name.strip().lower(), value.strip()) for name, value in said]
        first = dict(reversed(policy))
        if not failed and first.get("version") != "STSv1":
            failed = "text"
        age = first.get("max_age", "")[:10]
        return msgspec.structs.replace(
            mail,
            mta_sts_mode=first.get("mode", "")[:20],
            mta_sts_failed=failed,
            mta_sts_mx=tuple(
                value[:_LONGEST_NAME].lower() for name, value in policy if name == "mx"
            ),
            mta_sts_max_age_s=int(age) if age.isascii() and age.isdecimal() else 0,
        )

    async def _ask_mail_servers(self, names: Names, mail: Mail) -> Mail:
        """Whether the mail servers in scope encrypt, and with which certificates."""
        answers: list[tuple[str, str]] = []
        known = {server.name: server for server in mail.servers}
        for _, host in names.mail[:MAIL_SERVERS]:
            place = await self._courier.find(host)
            if isinstance(place, str):
                answers.append((host, UNKNOWN))
                continue
            told, chain = await self._courier.ask_mail_server(place, host)
            answers.append((host, told))
            if chain and host in known:
                trust = self._doors.roots.trust(chain, host, self._doors.clock.now())
                shown = tuple(each for each in map(describe, chain) if each is not None)
                known[host] = msgspec.structs.replace(known[host], chain=shown, trust=trust)
        return msgspec.structs.replace(mail, starttls=tuple(answers), servers=tuple(known.values()))

    async def _probe(self, known: Tls) -> Tls:
        seen = await probe(self._host, self._courier.say_hello)
        return msgspec.structs.replace(seen, chain=known.chain, trust=known.trust)

    async def _look_at_paths(self, facts: SiteFacts) -> SiteFacts:
        """robots.txt, security.txt, the paths of tier 1 and more, and the scripts of the site."""
        said = self._said if self._said is not None else await self._ask_robots()
        robots = _robots(said)
        texts = {"robots": _text(said)}
        invented = [(path, await self._get(path)) for path in invent_paths() if robots.lets(path)]
        calibration = Calibration(invented)
        others = [] if self._matching.is_idle else [each for _, each in invented]
        tried = len(invented)
        del invented
        planned = list(self._doors.paths)
        if not tried:
            reason = "robots" if said.status else "out-of-time"
            facts = self._without_paths(facts, reason, len(planned), len(planned))
        elif calibration.is_silent:
            facts = self._without_paths(facts, "out-of-time", len(planned), 1)
        if calibration.is_silent:
            planned = []
        if planned and facts.profile == FULL:
            planned += [path for path in self._doors.more_paths(facts) if path not in planned]
        found: dict[str, Path] = {NOWHERE: calibration.told} if calibration.told else {}
        planned = planned[:_MOST_PATHS]
        allowed = [path for path in planned if robots.lets(path)]
        facts = self._without_paths(facts, "robots", len(planned) - len(allowed), len(planned))
        unread = 0
        for place, path in enumerate(allowed):
            if self._courier.is_out_of_patience:
                late = len(allowed) - place
                facts = self._without_paths(facts, "out-of-time", late, len(planned))
                break
            answer = await self._get(path)
            unread += answer.status in NO_ANSWER
            told = describe_path(path, answer, calibration, self._doors.secret)
            if told is not None:
                found[path] = told
                self._matching.see(path, answer, others)
        facts = self._without_paths(facts, "no-answer", unread, len(planned))
        facts = await self._read_scripts(facts, robots)
        texts["security_txt"] = await self._read_security_txt(robots)
        return msgspec.structs.replace(facts, paths=found, **texts)

    async def _ask_robots(self) -> Answer:
        url = self._base + ROBOTS[1:]
        return await ask_for_robots(self._courier, self._doors.settings, url)

    async def _read_security_txt(self, robots: Robots) -> str:
        """security.txt; where nobody knows whether there is one, that is noted."""
        if not robots.lets(SECURITY):
            self._note("sites.security_txt_missing", "robots")
            return ""
        answer = await self._get(SECURITY, last=True)
        if not answer.status or answer.status >= _IN_TROUBLE:
            self._note("sites.security_txt_missing", "out-of-time")
        return _text(answer)

    def _without_paths(self, facts: SiteFacts, reason: str, count: int, all_of: int) -> SiteFacts:
        """Say that some paths were not read; what was not read is not known."""
        if not count:
            return facts
        few = reason == "no-answer" and count < _MANY * all_of
        self._note("sites.paths" if few else "sites.exposed", reason, count)
        share = _PATHS_SHARE * min(1, count / all_of)
        return msgspec.structs.replace(facts, read=facts.read - share)

    def _note(self, check: str, reason: str, count: int = 1) -> None:
        """Say which check has less to go by."""
        if count:
            self.failed.append(Failure(check, reason, count=count))

    async def _get(self, path: str, most_bytes: int = 0, last: bool = False) -> Answer:
        settings = self._doors.settings
        if self._courier.is_out_of_patience:
            return Answer(0, (), b"", "too-slow", monotonic())
        request = Request(
            self._base + path[1:],
            self._courier.address,
            settings.secure_port if self._base.startswith("https") else settings.plain_port,
            most_bytes or settings.path_bytes,
            last=last,
            first_bytes=is_packed(path),
        )
        answer = await self._courier.ask(request)
        if answer.failed == "cut-short":  # half a file says nothing of what it lacks
            return msgspec.structs.replace(answer, status=0)
        return answer

    async def _read_scripts(self, facts: SiteFacts, robots: Robots) -> SiteFacts:
        """Name the libraries in the scripts that lie on the site itself."""
        visit = facts.secure if facts.secure is not None and facts.secure.page else facts.plain
        if visit is None or visit.page is None:
            return facts
        known: dict[str, tuple[Libraries, str]] = {}
        left: dict[str, str] = {}
        asked: set[str] = set()
        for script in visit.page.scripts:
            path = script.url.removeprefix(self._base)
            if path == script.url or script.url in asked or script.url in left:
                continue
            if not robots.lets(f"/{path}"):
                left[script.url] = "robots"
            elif len(asked) >= self._doors.settings.scripts:
                left[script.url] = "too-many"
            elif self._courier.is_out_of_patience:
                left[script.url] = "out-of-time"
            else:
                asked.add(script.url)
                answer = await self._get(f"/{path}", self._doors.settings.script_bytes)
                if answer.status == 200:
                    known[script.url] = self._read_script(answer.body, script.url)
        for reason, count in Counter(left.values()).items():
            check = "sites.scripts" if reason == "too-many" else "sites.vulnerable_library"
            self._note(check, reason, count)
        if not known:
            return facts
        scripts = tuple(
            msgspec.structs.replace(
                each,
                libraries=tuple(dict.fromkeys(each.libraries + known[each.url][0])),
                sha256=known[each.url][1],
            )
            if each.url in known
            else each
            for each in visit.page.scripts
        )
        read = msgspec.structs.replace(
            visit, page=msgspec.structs.replace(visit.page, scripts=scripts)
        )
        change: dict[str, Any] = {"secure" if visit is facts.secure else "plain": read}
        return msgspec.structs.replace(facts, **change)

    def _read_script(self, body: bytes, url: str) -> tuple[Libraries, str]:
        try:
            libraries = self._doors.read_script(body, url)
        except Exception as error:
            self.failed.append(Failure("sites.script", "raised", detail=type(error).__name__))
            libraries = ()
        return libraries, sha256(body).hexdigest()


def _robots(answer: Answer) -> Robots:
    """The rules of robots.txt: a server in trouble allows nothing (RFC 9309, 2.3.1)."""
    if 200 <= answer.status < 300:
        return read_robots(answer.body)
    return ALL_ALLOWED if 300 <= answer.status < 500 and answer.status != 429 else NONE_ALLOWED


def _text(answer: Answer) -> str:
    """The text of a small file that is no page."""
    if answer.status != 200 or answer.body.lstrip()[:1] == b"<":
        return ""
    return answer.body[:_LONGEST_TEXT].decode("utf-8", "replace")
