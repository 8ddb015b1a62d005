"""Our half of the figures of websites, each run as a process of its own on the farm."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from cityshield.adapters.sites.gatherer import Gatherer
    from cityshield.guards.guard import Guard
    from cityshield.guards.sites.facts import SiteFacts, Tls
    from cityshield.vocabulary.verdict import Verdict

LIBRARIES = "javascript-libraries.json"
_PROBES_AT_ONCE = 50
_QUESTIONS_AT_ONCE = 200
_JUDGED_AT_ONCE = 100


class Seen(msgspec.Struct, frozen=True):
    """What became of one site: its facts and the verdict on them."""

    facts: SiteFacts
    verdict: Verdict


def visit(home: str, profile: str, hosts: str, output: str) -> None:
    """Visit hosts, judge what was seen, and write both, one site a line."""
    gatherer, guard = _gatherer(Path(home), profile), _guard(Path(home))

    async def go() -> None:
        encoder = msgspec.json.Encoder()
        some: list[SiteFacts] = []
        with open(output, "wb") as file:

            def judge() -> None:
                for facts, verdict in zip(some, guard.judge_many(some), strict=True):
                    file.write(encoder.encode(Seen(facts, verdict)) + b"\n")
                some.clear()

            async for facts in gatherer.visit(_lines(hosts)):
                some.append(facts)
                if len(some) >= _JUDGED_AT_ONCE:
                    judge()
            judge()

    _run(go())


def tls(home: str, hosts: str, output: str) -> None:
    """The verdict on certificate, versions and suites of each host, and nothing else of it."""
    from cityshield.adapters.clock import SystemClock
    from cityshield.adapters.sites.certificates import Roots, describe
    from cityshield.adapters.sites.names import find_addresses
    from cityshield.adapters.sites.probe import probe, say_hello
    from cityshield.adapters.sites.resolver import Resolver
    from cityshield.adapters.sites.transfer import Request, Transfers

    settings, now = _settings(Path(home)), SystemClock().now()

    async def go() -> None:
        roots, resolver = Roots(settings.ca), Resolver(settings.resolvers)
        transfers, turns = Transfers(settings), asyncio.Semaphore(_PROBES_AT_ONCE)

        async def one(host: str) -> tuple[str, Tls]:
            async with turns:
                address = (await find_addresses(resolver, host)).v4[0]
                asked = Request(
                    f"https://{host}/", address, 443, 1024, last=True, certificates=True
                )
                answer = await transfers.fetch(asked)
                if not answer.chain:
                    answer = await transfers.fetch(msgspec.structs.replace(asked, legacy=True))
                seen = await probe(host, lambda hello: say_hello(address, 443, hello, 5))
            chain = tuple(each for each in map(describe, answer.chain) if each is not None)
            trust = roots.trust(answer.chain, host, now)
            return host, msgspec.structs.replace(seen, chain=chain, trust=trust)

        found = dict(await asyncio.gather(*map(one, _lines(hosts))))
        Path(output).write_bytes(msgspec.json.encode(found))
        transfers.close()
        resolver.close()

    _run(go())


def libraries(home: str, folder: str, output: str) -> None:
    """The libraries in the scripts of a folder, and what is known of them."""
    from cityshield.guards.sites.libraries import Libraries

    known = Libraries((Path(home) / "knowledge" / LIBRARIES).read_bytes())
    found: dict[str, list[Any]] = {}
    for path in sorted(Path(folder).glob("*.js")):
        pairs = known.find(path.name, path.read_bytes())
        found[path.name] = [(*pair, [each.aliases for each in known.weaknesses(*pair)]) for pair in pairs]
    Path(output).write_bytes(msgspec.json.encode(found))


def resolve(names: str, output: str) -> None:
    """Ask for the TXT records of names; how many had some is written."""
    from cityshield.adapters.sites.resolver import Resolver
    from cityshield.adapters.sites.wire import TXT

    async def go() -> int:
        resolver, left = Resolver(["127.0.0.1:53"], _QUESTIONS_AT_ONCE), _lines(names)

        async def some() -> int:
            count = 0
            for name in left:
                count += bool((await resolver.ask(name, TXT)).of(TXT))
            return count

        counts = await asyncio.gather(*(some() for _ in range(_QUESTIONS_AT_ONCE)))
        resolver.close()
        return sum(counts)

    Path(output).write_text(str(_run(go())))


def read(path: Path) -> dict[str, Seen]:
    """What a visit wrote, by host."""
    decoder = msgspec.json.Decoder(_seen())
    seen = map(decoder.decode, path.read_bytes().splitlines())
    return {one.facts.host: one for one in seen}


def _seen() -> Any:
    from cityshield.guards.sites.facts import SiteFacts
    from cityshield.vocabulary.verdict import Verdict

    return msgspec.defstruct("Seen", [("facts", SiteFacts), ("verdict", Verdict)], frozen=True)


def _gatherer(home: Path, profile: str) -> Gatherer:
    from functools import partial

    from cityshield.adapters.clock import SystemClock
    from cityshield.adapters.sites.gatherer import Gatherer
    from cityshield.adapters.sites.scope import Scope
    from cityshield.guards.links.suffixes import Suffixes
    from cityshield.guards.sites.libraries import Libraries
    from cityshield.guards.sites.page import read_page
    from cityshield.guards.sites.paths import marks_of

    find = Libraries((home / "knowledge" / LIBRARIES).read_bytes()).find
    return Gatherer(
        _settings(home),
        Scope(["*.example"]),
        lets=lambda address: address.startswith("127."),
        registrable=Suffixes().registrable,
        read_page=partial(read_page, libraries=find),
        read_script=lambda body, url: find(url, body),
        recognize=lambda path, status, kind, body: marks_of(path, body) if status == 200 else (),
        clock=SystemClock(),
        profile=profile,
    )


def _settings(home: Path) -> Any:
    from cityshield.adapters.sites.settings import SitesSettings
    from cityshield.guards.check import read_toml

    return msgspec.convert(read_toml(home / "cityshield.toml")["sites"], SitesSettings)


def _guard(home: Path) -> Guard:
    from cityshield.guards.check import read_toml
    from cityshield.shield import build_shield
    from cityshield.config import Config

    return build_shield(home, Config(), disk=False).guard("sites")


def _lines(path: str) -> Iterator[str]:
    with open(path, encoding="utf-8") as file:
        yield from (line.strip() for line in file)


def _run(work: Any) -> Any:
    import uvloop

    return uvloop.run(work)


if __name__ == "__main__":
    {"visit": visit, "tls": tls, "libraries": libraries, "resolve": resolve}[sys.argv[1]](*sys.argv[2:])
