"""Decisions: from an approval to a client's answer through real resolvers, and what it costs."""

from __future__ import annotations

import gzip
import hashlib
import os
import random
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tests.adapters.rpz.standing import (
    BO,
    City,
    Make,
    Resolver,
    answering,
    bind,
    powerdns,
    standing,
    unbound,
)

from benchmarks.data import hosts, malicious_feeds, many_names, phishing_links, popular_names
from benchmarks.measure import CITYSHIELD, Bar, Bench, Cost, Row, environment, memory_mb, run, say
from cityshield.adapters.store import decisions as kept
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.listings import read_listings
from cityshield.adapters.store.zone import StoredZone
from cityshield.desk import CLERK
from cityshield.desks.decisions.review import DAY_S
from cityshield.vocabulary.decision import AUTOMATIC, BLOCK, HOST, IN_FORCE, Decision, Target

COALESCE_S = 5
RATE = 5_000
RESOLVERS: dict[str, tuple[Make, str, float]] = {
    "Unbound": (unbound, "unbound", 1.0),
    "BIND": (bind, "named", 15.0),
    "PowerDNS Recursor": (powerdns, "pdns_recursor", 15.0),
}


def measure(bench: Bench) -> Iterator[Row]:
    """Resolvers, a run under load, the old way, artefacts, and popular names."""
    count = 20_000 if bench.quick else 1_000_000
    changes = 20 if bench.quick else 200
    folder = bench.scratch / "decisions"
    folder.mkdir()
    names, real = many_names(count)
    note = f"{len(names):,} names, {real / len(names):.0%} of them real; {changes} changes"
    with answering(ttl_s=3600) as upstream:
        base = _base(folder / "base", names)
        for name, (make, program, most) in RESOLVERS.items():
            if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin") is None:
                yield Row(name, note=f"not measured: {program} is not installed")
                continue
            say(name)
            yield from _through(name, make, most, folder, base, upstream, changes, names, note)
    yield from _bulk(bench)
    yield from _artefacts(bench)
    yield from _popular(bench)


def _base(home: Path, names: Sequence[str]) -> Path:
    """A data directory in which all of these names are blocked and published."""
    home.mkdir()
    city = City(home, 53, COALESCE_S)
    now = int(time.time())
    expires = now + 90 * DAY_S
    evidence = ("a", "b")
    for start in range(0, len(names), 100_000):
        made = [
            Decision(
                0, BLOCK, Target(HOST, name), "a, b", AUTOMATIC, evidence, IN_FORCE, 0, (), now,
                90, False, now, expires,
            )
            for name in names[start : start + 100_000]
        ]  # fmt: skip
        kept.add_in_force(city.engine, made, CLERK, now)
        say(f"{start + len(made):,} decisions")
    zone = StoredZone(city.engine, lambda: int(time.time()))
    while zone.is_waiting() or not zone.serial():
        zone.publish()
    city.engine.dispose()
    return home


def _through(
    name: str,
    make: Make,
    most: float,
    folder: Path,
    base: Path,
    upstream: int,
    changes: int,
    names: Sequence[str],
    note: str,
) -> Iterator[Row]:
    """What one resolver shows of each change, and when."""
    place = folder / name.split()[0]
    shutil.copytree(base, place / "home")
    with standing(make, place, upstream, COALESCE_S) as (city, resolver):
        city.serve()
        started = time.monotonic()
        resolver.restart()
        if not resolver.comes_to(names[0], "NXDOMAIN", 300):
            yield Row(name, note="not measured: the zone did not come")
            return
        ready_s = time.monotonic() - started
        if make is unbound:
            yield from _under_load(city, resolver, place, names, changes, note)
        on, off, lost = _changes(city, resolver, changes)
        for word, found in (("approved -> blocked", on), ("removed -> un-blocked", off)):
            beyond = statistics.median(each for each, _ in found)
            raw = statistics.median(each for _, each in found)
            said = f"{raw:.1f} s with the gathering of {COALESCE_S} s; {lost} lost; {note}"
            bar = Bar("<", most, words=f"< {most:g} s")
            yield Row(f"{word}, {name}, beyond the gathering", beyond, "s", bar=bar, note=said)
        assert resolver.process is not None
        memory = memory_mb(resolver.process.pid)["Rss"]
        yield Row(f"ready with the zone, {name}", ready_s, "s", note=f"{memory:.0f} MB resident")
        if make is unbound:
            resolver.stop()
            yield from _old_way(city, resolver, place, upstream, names)


def _changes(
    city: City, resolver: Resolver, changes: int
) -> tuple[list[tuple[float, float]], list[tuple[float, float]], int]:
    """Seconds from the new serial, and from the act, until a client sees it; and how many never."""
    chance = random.Random("changes")
    mark = f"{chance.randrange(1 << 32):x}"
    todo = [f"new{number}-{mark}.example" for number in range(changes // 2)]
    numbers: dict[str, int] = {}
    waiting: dict[tuple[str, str], float] = {}
    published: list[float] = []
    seen: dict[str, list[tuple[float, float]]] = {"NXDOMAIN": [], "192.0.2.7": []}
    ended: list[str] = []
    serial = city.desk.zone.serial()
    due = time.monotonic()
    deadline = due + 600
    while (todo or waiting or len(ended) < len(numbers)) and time.monotonic() < deadline:
        now = time.monotonic()
        if now >= due:
            due = now + chance.uniform(0.1, 0.6)
            open_ = [n for n in numbers if n not in ended and (n, "NXDOMAIN") not in waiting]
            if open_ and (not todo or chance.random() < 0.5):
                name = open_[0]
                city.desk.end(numbers[name], "measured", BO)
                ended.append(name)
                waiting[name, "192.0.2.7"] = time.monotonic()
            elif todo:
                name = todo.pop()
                numbers[name] = city.decide(name)
                waiting[name, "NXDOMAIN"] = time.monotonic()
        newest = city.desk.zone.serial()
        if newest != serial:
            serial = newest
            published.append(time.monotonic())
        for (name, wanted), at in list(waiting.items()):
            if resolver.code(name) == wanted:
                moment = time.monotonic()
                told = next((each for each in published if each >= at), at)
                seen[wanted].append((max(0.0, moment - told), moment - at))
                del waiting[name, wanted]
        time.sleep(0.01)
    return seen["NXDOMAIN"], seen["192.0.2.7"], len(waiting)


def _under_load(
    city: City, resolver: Resolver, place: Path, names: Sequence[str], changes: int, note: str
) -> Iterator[Row]:
    """Queries at a steady rate, without and with changes."""
    if shutil.which("dnsperf") is None:
        yield Row("queries lost under changes", note="not measured: dnsperf is not installed")
        return
    seconds = 10 if changes < 100 else 60
    blocked = random.Random("load").sample(names, min(len(names), 5_000))
    free = [f"free{number}.example" for number in range(5_000)]
    asked = place / "queries"
    lines = [f"{name} A" for pair in zip(blocked, free, strict=False) for name in pair]
    asked.write_text("\n".join(lines) + "\n")
    _dnsperf(resolver, asked, 5, lambda: None)  # what is not blocked is in the cache now
    quiet = _dnsperf(resolver, asked, seconds, lambda: None)
    busy = _dnsperf(resolver, asked, seconds, lambda: _bursts(city, changes, seconds))
    said = f"{RATE:,} q/s for {seconds} s; {note}"
    bar = Bar("<=", 0, words="0")
    yield Row("queries lost, Unbound", busy[0], "lost", quiet[0], "no changes", bar, said)
    bar = Bar("<=", 1.2, "ratio", "<= 1.2x")
    yield Row(
        "p99.9 latency, Unbound", busy[1] * 1e3, "ms", quiet[1] * 1e3, "no changes", bar, said
    )


def _bursts(city: City, changes: int, seconds: int) -> None:
    """Half as many blocks and their ends, evenly over the time."""
    for number in range(changes // 2):
        decided = city.decide(f"load{number}-{time.time_ns()}.example")
        time.sleep(seconds / changes * 0.8)
        city.desk.end(decided, "measured", BO)
        time.sleep(seconds / changes * 0.8)


def _dnsperf(
    resolver: Resolver, asked: Path, seconds: int, meanwhile: Callable[[], None]
) -> tuple[float, float]:
    """Queries lost, and the latency in seconds below which 99.9 % of the others stay."""
    command = ["dnsperf", "-s", "127.0.0.1", "-p", str(resolver.port), "-d", str(asked)]
    command += ["-l", str(seconds), "-Q", str(RATE), "-v", "-t", "5"]
    with asked.with_suffix(".out").open("w+") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        meanwhile()
        process.wait()
        out.seek(0)
        text = out.read()
    times = [float(line.split()[-1]) for line in text.splitlines() if line.startswith("> ")]
    lost = next(line for line in text.splitlines() if "Queries lost" in line)
    ordered = sorted(times)
    return float(lost.split()[2]), ordered[int(len(ordered) * 0.999)]


def _old_way(
    city: City, resolver: Resolver, place: Path, upstream: int, names: Sequence[str]
) -> Iterator[Row]:
    """A zone file written whole, and `unbound-control reload`."""
    zone = place / "zone"
    conf = place / "resolver" / "unbound.conf"
    head = conf.read_text().partition("rpz:")[0]
    control = f"127.0.0.1@{resolver.port}"
    conf.write_text(
        f'{head}rpz:\n  name: "old.rpz"\n  zonefile: "{zone}"\n'
        f"remote-control:\n  control-enable: yes\n  control-interface: {place}/control\n"
        f'forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@{upstream}\n'
    )
    export = (*CITYSHIELD, "decisions", "export", "--format", "rpz", "--output", zone)
    run(export, city.home, expect=(0,))
    resolver.restart()
    if not resolver.comes_to(names[0], "NXDOMAIN", 300):
        yield Row("the old way", note=f"not measured: {control} did not come up")
        return
    city.decide("old-way.example")
    started = time.monotonic()
    cost = run(export, city.home, expect=(0,))
    subprocess.Popen(["unbound-control", "-c", conf, "reload"], stdout=subprocess.DEVNULL)
    longest = 0.0
    last = time.monotonic()
    while resolver.code("old-way.example") != "NXDOMAIN" and time.monotonic() < started + 300:
        with suppress(OSError):
            if resolver.code("free0.example") != "no answer":
                longest = max(longest, time.monotonic() - last)
                last = time.monotonic()
    longest = max(longest, time.monotonic() - last)
    note = f"export {cost.wall_s:.0f} s, then no answer for {longest:.1f} s at most"
    yield Row("the old way: zone file and `unbound-control reload`", time.monotonic() - started,
              "s", note=note)  # fmt: skip


def _bulk(bench: Bench) -> Iterator[Row]:
    """Links a CPU second with all checks and a decision in force, beside a classifier of links."""
    count = 2_000 if bench.quick else 10_000
    home = bench.home("bulk")
    city = City(home, 53)
    city.decide("parcel-desk.example")
    city.stop()
    links = bench.scratch / "bulk-links.txt"
    links.write_text("\n".join(phishing_links()[:count]) + "\n")
    one = bench.scratch / "one-link.txt"
    one.write_text(phishing_links()[0] + "\n")
    figure = f"`check --kind link --lines` of {count:,} phishing links, start left out"
    check = (*CITYSHIELD, "check", "--kind", "link", "--json", "--lines")
    ours = [_above(run((*check, links), home), run((*check, one), home)) for _ in range(3)]
    peer = None
    if program := shutil.which("fraudurl"):
        out = bench.scratch / "peer.json"
        asks = ("--workers", "1", "--format", "json", "--quiet", "-o", out)
        runs = [
            _above(run((program, links, *asks), home), run((program, one, *asks), home))
            for _ in range(3)
        ]
        peer = count / statistics.median(runs)
    note = "" if peer else "fraudurl is not on the path: pip install fraudurl"
    bar = Bar(">=", 5, "ratio", ">= 5x")
    yield Row(figure, count / statistics.median(ours), "links/CPU s", peer,
              "fraudurl --workers 1" if peer else "", bar, note)  # fmt: skip


def _above(many: Cost, one: Cost) -> float:
    """CPU seconds of a run without those of a start."""
    return max(many.cpu_s - one.cpu_s, 1e-3)


def _artefacts(bench: Bench) -> Iterator[Row]:
    """Feed lines into the store, blocks, the zone and every export, twice."""
    half = 20_000 if bench.quick else 200_000
    shared = [name for name, _ in zip(hosts("l"), range(half), strict=False)]
    feeds = []
    for number in range(2):
        path = bench.scratch / f"feed-{number}.txt"
        path.write_text("\n".join(shared) + "\n")
        feeds.append(path)
    home = bench.home("artefacts")
    spent = 0.0
    for path in feeds:
        command = (*CITYSHIELD, "feeds", "import", path, "--source", path.stem, "--trusted")
        spent += run(command, home, expect=(0,)).cpu_s
    spent += run((*CITYSHIELD, "decisions", "automatic"), home, expect=(0,)).cpu_s
    spent += _publish(home)
    digests = []
    for _ in range(2):
        out = bench.scratch / "exports"
        out.mkdir(exist_ok=True)
        cost = run((*CITYSHIELD, "decisions", "export", "--all", out), home, expect=(0,)).cpu_s
        digest = hashlib.sha256()
        for path in sorted(out.iterdir()):
            digest.update(path.read_bytes())
        digests.append(digest.hexdigest())
    same = "byte-identical on re-run" if digests[0] == digests[1] else "NOT the same on re-run"
    bar = Bar("<=", 40, words="<= 40")
    yield Row(f"{2 * half:,} feed lines to the zone and ten exports", spent + cost, "CPU s",
              bar=bar, note=f"{half:,} hosts in two feeds; {same}")  # fmt: skip


def _publish(home: Path) -> float:
    """CPU seconds of a server until all is published."""
    with (home / "cityshield.toml").open("a") as file:
        file.write("[zone]\nport = 0\n")
    process = subprocess.Popen(
        [*CITYSHIELD, "decisions", "serve"], env=environment(home), stderr=subprocess.DEVNULL
    )
    city_zone = StoredZone(open_database(home), lambda: int(time.time()))
    while city_zone.is_waiting() or not city_zone.serial():
        if process.poll() is not None:
            raise RuntimeError("the server of the zone ended")
        time.sleep(0.2)
    process.terminate()
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return usage.ru_utime + usage.ru_stime


def _popular(bench: Bench) -> Iterator[Row]:
    """How many much visited names are blocked when every feed is on and only the seed guards."""
    popular, feeds = set(popular_names()), malicious_feeds()
    figure = "popular names blocked by the automatic tier"
    if not feeds:
        yield Row(figure, note="not measured: CITYSHIELD_DATA is not set")
        return
    home = bench.home("popular")
    for path in feeds:
        source = path.name.partition(".")[0].partition("_2024")[0].partition("_2025")[0]
        source = source.partition("_2026")[0].removesuffix("_train").removesuffix("_valid")
        text = bench.scratch / "feed.txt"
        lines = gzip.decompress(path.read_bytes()).decode("utf-8", "replace").splitlines()
        values = [line.rpartition("\t")[2] for line in lines if line and line[0] != "#"]
        text.write_text("\n".join(values) + "\n")
        command = (*CITYSHIELD, "feeds", "import", text, "--source", source, "--trusted")
        run(command, home, expect=(0,))
    run((*CITYSHIELD, "decisions", "automatic"), home, expect=(0,))
    engine = open_database(home)
    blocked = {decision.target.value for decision in kept.find(engine, states=(IN_FORCE,))}
    naive = sum(1 for each in read_listings(engine, int(time.time())) if each.host in popular)
    engine.dispose()
    hit = sorted(popular & blocked)
    say(", ".join(hit))  # to look into; names of others are not published
    note = f"of {len(popular):,}; {len(blocked):,} hosts blocked"
    bar = Bar("<=", 2, words="<= 2 in 50,000")
    yield Row(figure, len(hit), "names", naive, "naive union", bar, note)
