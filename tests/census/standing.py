"""What stands in for the gatherer and the checks: sites made from a seed, judged for real.

Run as a program it is the command line with that gatherer; CENSUS_* in the environment say how:
CENSUS_LOG is a file that gets a line at the begin of each visit, CENSUS_DOWN one that says, while it
is there, that we are cut off, CENSUS_WAIT_MS how long a visit takes, CENSUS_AT the time of visits.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from zlib import crc32

from cityshield import visits
from cityshield.guards.sites.facts import (
    Certificate,
    Cookie,
    Hop,
    Names,
    Page,
    Script,
    SiteFacts,
    Tls,
)
from cityshield.guards.sites.facts import Visit as Seen
from cityshield.visits import About, Note, OpenVisitor
from cityshield.vocabulary.finding import Finding
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import UNKNOWN, Verdict

NOW = 1_764_100_000
DAY = 86_400
AT_ONCE = 20
CANARIES = ("canary-1.example", "canary-2.example")


def facts_of(host: str, at: int = NOW, profile: str = "standard", age: int = 0) -> SiteFacts:
    """The facts of a site that is always the same; one in ten has none. `age` is of the world."""
    chance = random.Random(f"{host} {age if crc32(host.encode()) % 7 == 0 else 0}")
    subject = Subject("site", host)
    if not host.startswith("canary") and chance.random() < 0.1:
        reason = chance.choice(("dead", "no-name", "robots", "private-address"))
        return SiteFacts(subject, host, at, "test", profile, reason=reason, read=0.0, requests=1)
    headers = [("server", "nginx"), ("content-type", "text/html; charset=utf-8")]
    if chance.random() < 0.5:
        headers.append(("strict-transport-security", "max-age=31536000; includeSubDomains"))
    if chance.random() < 0.3:
        headers.append(("content-security-policy", "default-src 'self'; frame-ancestors 'none'"))
    address = f"203.0.113.{chance.randrange(256)}"
    ends = NOW + chance.randrange(-30, 300) * DAY
    leaf = Certificate(
        f"CN={host}", "CN=Test CA", (host, f"www.{host}"), ends - 90 * DAY, ends, "RSA", 2048,
        chance.choice(("sha256", "sha256", "sha256", "sha1")), f"{chance.getrandbits(256):064x}",
    )  # fmt: skip
    scripts = tuple(
        Script(f"https://{host}/js/{name}-{chance.randrange(9)}.js", libraries=((name, "1.8.3"),))
        for name in chance.sample(("jquery", "bootstrap", "moment", "lodash"), 2)
    )
    page = Page(
        f"Site of {host}", "WordPress 6.1", "zh", "utf-8", chance.randrange(40_000),
        f"{chance.getrandbits(256):064x}", scripts, (), links=(("partner.example", 3),),
    )  # fmt: skip
    secure = Seen(
        (Hop(f"https://{host}/", 200, "", tuple(headers)),), address,
        (Cookie("sid", secure=chance.random() < 0.7, http_only=True),), page, 80,
    )  # fmt: skip
    plain = Seen((Hop(f"http://{host}/", 301, f"https://{host}/", tuple(headers[:2])),), address)
    return SiteFacts(
        subject, host, at, "test", profile,
        Names("NOERROR", (address,), servers=("ns1.example", "ns2.example")), plain, secure,
        Tls(("TLS 1.2", "TLS 1.3"), ("TLS 1.0",), (), "ECDHE-RSA-AES128-GCM-SHA256", (leaf,),
            "expired" if ends < NOW else "", 3),
        requests=4, connections=5, bytes_in=20_000,
    )  # fmt: skip


class Standing:
    """Whoever visits: a function over hosts, and nothing to drop."""

    def __init__(self, how: Callable[[AsyncIterator[str]], AsyncIterator[SiteFacts]]) -> None:
        self.how = how

    def visit(self, hosts: AsyncIterator[str], profile: str) -> AsyncIterator[SiteFacts]:
        return self.how(hosts)

    def halt(self) -> None:
        pass


def gatherer(
    *,
    wait_s: float = 0.0,
    log: Path | None = None,
    down: Path | None = None,
    at: int = NOW,
    profile: str = "standard",
    age: int = 0,
    at_once: int = AT_ONCE,
) -> Standing:
    """Visits so many sites at once, each for some time, and gives them in the order they end."""

    async def one(host: str) -> SiteFacts:
        if log is not None:
            with log.open("a") as file:
                file.write(f"{host}\n")
        if wait_s:
            await asyncio.sleep(wait_s * random.uniform(0.2, 1.8))
        if down is not None and down.exists():
            return SiteFacts(Subject("site", host), host, at, reason="dead", read=0.0)
        return facts_of(host, at, profile, age)

    async def visit(hosts: AsyncIterator[str]) -> AsyncIterator[SiteFacts]:
        pending: set[asyncio.Task[SiteFacts]] = set()
        source: asyncio.Task[str | None] | None = None
        ended = False
        while True:
            if source is None and not ended and len(pending) < at_once:
                source = asyncio.ensure_future(_next(hosts))
            waiting = pending | ({source} if source else set())
            if not waiting:
                return
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task is source:
                    host, source = source.result(), None
                    if host is None:
                        ended = True
                    else:
                        pending.add(asyncio.ensure_future(one(host)))
                else:
                    pending.discard(task)  # type: ignore[arg-type]
                    yield task.result()  # type: ignore[misc]

    return Standing(visit)


def quick_gatherer(at: int = NOW, age: int = 0) -> Standing:
    """The same without tasks, for very many sites."""

    async def visit(hosts: AsyncIterator[str]) -> AsyncIterator[SiteFacts]:
        async for host in hosts:
            yield facts_of(host, at, age=age)

    return Standing(visit)


async def _next(hosts: AsyncIterator[str]) -> str | None:
    async for host in hosts:
        return host
    return None


class Grades(Verdict, frozen=True):
    """A verdict with its grade."""

    grade: str = ""


class Checks:
    """Five honest checks; `more` adds a sixth."""

    def __init__(self, *, more: bool = False) -> None:
        self.more = more

    def judge_many(self, batch: Sequence[SiteFacts]) -> list[Verdict]:
        return [self._judge(facts) for facts in batch]

    def _judge(self, facts: SiteFacts) -> Verdict:
        found = list(self._find(facts))
        points = sum({"high": 40, "medium": 15, "low": 5}[item.severity] for item in found)
        grade = "FFEDCBA"[max(0, min(6, 6 - points // 15))]
        return Grades(facts.subject, UNKNOWN, 0.0, facts.read, findings=tuple(found), grade=grade)

    def _find(self, facts: SiteFacts) -> Iterable[Finding]:
        if facts.reason:
            return
        assert facts.secure is not None and facts.tls is not None
        headers = dict(facts.secure.hops[-1].headers)
        leaf = facts.tls.chain[0]
        if facts.tls.trust == "expired":
            days = (facts.at - leaf.not_after) // DAY
            yield Finding("sites.expired", "high", "", "certificate", {"days": str(days)})
        if leaf.signature == "sha1":
            yield Finding("sites.weak_signature", "high", "", "certificate", cwe=327)
        if "strict-transport-security" not in headers:
            yield Finding("sites.hsts", "medium", "", "Strict-Transport-Security")
        if "content-security-policy" not in headers:
            yield Finding("sites.csp", "medium", "", "Content-Security-Policy")
        for cookie in facts.secure.cookies:
            if not cookie.secure:
                yield Finding("sites.cookies", "low", "", cookie.name, {"name": cookie.name})
        if self.more:
            page = facts.secure.page
            for script in page.scripts if page else ():
                yield Finding("sites.libraries", "medium", "", script.url)


SAID = {
    "expired": ("The certificate has expired.", "证书已经过期。", "Renew it today.", "今天就续期。"),
    "weak_signature": ("The certificate is signed with a weak hash.", "证书用了过时的签名算法。",
                       "Have it issued anew.", "请重新签发。"),
    "hsts": ("Browsers are not told to stay on HTTPS.", "没有要求浏览器只用 HTTPS 访问。",
             "Send Strict-Transport-Security.", "加上 Strict-Transport-Security 响应头。"),
    "csp": ("Nothing says which scripts may run.", "没有限定页面能运行哪些脚本。",
            "Send a Content-Security-Policy.", "加上 Content-Security-Policy 响应头。"),
    "cookies": ("A cookie may travel without encryption.", "有 Cookie 可能不加密传送。",
                "Mark cookies Secure.", "给 Cookie 加上 Secure。"),
    "libraries": ("An old script library with known holes.", "用了有已知漏洞的旧脚本库。",
                  "Update it.", "请升级。"),
}  # fmt: skip


def words(check: str, language: str, args: dict[str, str]) -> About:
    en, zh, now_en, now_zh = SAID.get(check.partition(".")[2], (check, check, "", ""))
    return About(en, "", now_en, 327) if language == "en" else About(zh, "", now_zh, 327)


def main() -> None:
    from cityshield.entrypoints.cli.main import main as run
    from cityshield.serve import start

    given = os.environ
    path = lambda name: Path(given[name]) if name in given else None  # noqa: E731
    at = int(given.get("CENSUS_AT", NOW))
    age = int(given.get("CENSUS_AGE", 0))
    wait_s = float(given.get("CENSUS_WAIT_MS", 0)) / 1000
    time.time = lambda: float(at)  # type: ignore[assignment]

    def open_visitor(home: Path, config: object) -> OpenVisitor:
        def opened(note: Note) -> Standing:
            if "CENSUS_QUICK" in given:
                return quick_gatherer(at, age)
            return gatherer(
                wait_s=wait_s, log=path("CENSUS_LOG"), down=path("CENSUS_DOWN"), at=at, age=age
            )

        return opened

    visits.open_visitor = open_visitor
    visits.open_judge = lambda home, config, folders=(): (  # type: ignore[assignment]
        Checks(more="CENSUS_MORE" in given),
        words,
    )
    sys.exit(run(start))


if __name__ == "__main__":
    main()
