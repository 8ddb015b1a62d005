"""Our half of the figures of websites, each run as a process of its own on the farm."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from cityshield.adapters.sites.gatherer import Gatherer
    from cityshield.guards.sites.facts import SiteFacts, Tls
    from cityshield.visits import Judge
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
    gatherer, guard = _gatherer(Path(home)), _guard(Path(home))

    encoder = msgspec.json.Encoder()
    some: list[SiteFacts] = []
    with open(output, "wb") as file:

        def judge() -> None:
            for facts, verdict in zip(some, guard.judge_many(some), strict=True):
                file.write(encoder.encode(Seen(facts, verdict)) + b"\n")
            some.clear()

        async def go() -> None:
            async for facts in gatherer.visit(_lines(hosts), profile):
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
    from cityshield.config import read_config
    from cityshield.websites import settings_of

    settings, now = settings_of(read_config(Path(home))), SystemClock().now()

    async def go() -> dict[str, Tls]:
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
        transfers.close()
        resolver.close()
        return found

    Path(output).write_bytes(msgspec.json.encode(_run(go())))


def libraries(home: str, folder: str, output: str) -> None:
    """The libraries in the scripts of a folder, and what is known of them."""
    from cityshield.guards.sites.libraries import Libraries

    known = Libraries((Path(home) / "knowledge" / LIBRARIES).read_bytes())
    found: dict[str, list[Any]] = {}
    for path in sorted(Path(folder).glob("*.js")):
        pairs = known.find(path.name, path.read_bytes())
        found[path.name] = [
            (*pair, [each.aliases for each in known.weaknesses(*pair)]) for pair in pairs
        ]
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


def keep(home: str, seen: str, count: str) -> None:
    """Keep the facts of so many sites as a run that visited them: those seen, again and again."""
    from itertools import cycle, islice

    from cityshield.adapters.clock import SystemClock
    from cityshield.adapters.history.run import Record
    from cityshield.adapters.store.census import note_run
    from cityshield.adapters.store.database import open_database
    from cityshield.adapters.store.sites import import_sites
    from cityshield.config import Config
    from cityshield.runs import Runs, Wanted
    from cityshield.vocabulary.census import STANDARD, VISITED, Site
    from cityshield.vocabulary.identity import ADMIN, Identity
    from cityshield.vocabulary.subject import SITE, Subject

    clock, by = SystemClock(), Identity("benchmark", ADMIN, how="local")
    known = [one.facts for one in read(Path(seen)).values()]
    engine = open_database(Path(home))
    hosts = [f"kept{n}.example" for n in range(int(count))]
    found = [Site(host) for host in hosts]
    import_sites(engine, by, clock.now(), found, file="made", authorised_by="benchmark")
    runs = Runs(engine, Path(home), clock, Config(), by)
    run = runs.start(Wanted(), STANDARD)
    folder = runs.folder(run)
    folder.settled()
    for n, (host, facts) in enumerate(zip(hosts, islice(cycle(known), len(hosts)), strict=True)):
        mine = msgspec.structs.replace(facts, host=host, subject=Subject(SITE, host))
        folder.append(Record(n, mine))
        if folder.is_full:
            folder.pack(folder.turn())
    folder.pack(folder.turn())
    note_run(engine, run.id, state=VISITED, settled=len(hosts))


def read(path: Path) -> dict[str, Seen]:
    """What a visit wrote, by host."""
    decoder = msgspec.json.Decoder(_seen())
    seen = map(decoder.decode, path.read_bytes().splitlines())
    return {one.facts.host: one for one in seen}


def _seen() -> Any:
    from cityshield.guards.sites.facts import SiteFacts
    from cityshield.vocabulary.verdict import Verdict

    return msgspec.defstruct("Seen", [("facts", SiteFacts), ("verdict", Verdict)], frozen=True)


def _gatherer(home: Path) -> Gatherer:
    from cityshield.adapters.clock import SystemClock
    from cityshield.config import read_config
    from cityshield.websites import open_gatherer

    return open_gatherer(home, read_config(home), SystemClock())


def _guard(home: Path) -> Judge:
    from cityshield.config import read_config
    from cityshield.visits import open_judge

    return open_judge(home, read_config(home))[0]


def _lines(path: str) -> Iterator[str]:
    with open(path, encoding="utf-8") as file:
        yield from (line.strip() for line in file)


def _run(work: Any) -> Any:
    """Run as `cityshield sites run` does."""
    import gc

    import uvloop

    gc.freeze()
    gc.set_threshold(50_000)
    return uvloop.run(work)


if __name__ == "__main__":
    {"visit": visit, "tls": tls, "libraries": libraries, "resolve": resolve, "keep": keep}[
        sys.argv[1]
    ](*sys.argv[2:])
