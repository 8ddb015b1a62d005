"""Websites: visits, verdicts and politeness on a farm on loopback, beside other tools."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

import msgspec

from benchmarks import agreement, site_peers, visitors
from benchmarks.data import data_folder
from benchmarks.farm import KINDS, Farm, rows_inside, why_not
from benchmarks.measure import CITYSHIELD, Bar, Bench, Cost, Row, cpu_s, in_turn, run, say
from benchmarks.visitors import LIBRARIES, read

_LIBRARY_DATA = "sites/jsrepository-v4.json"
_MOST_PER_S = 200
_UNIT = "sites/CPU s"
_SITES, _ENOUGH = 400, 200
"""Sites of the farm, and how many of them are enough for what takes longer."""
_ANY = "{ in_flight = 256, per_s = 100000 }"

Part = Callable[["Yard"], Iterator[Row]]


def measure(bench: Bench) -> Iterator[Row]:
    """All rows, measured inside a network that ends with them."""
    if reason := why_not():
        yield Row("all of it", note=f"not measured: {reason}")
        return
    data = data_folder()
    if data is None or not (data / _LIBRARY_DATA).is_file():
        yield Row("all of it", note="not measured: CITYSHIELD_DATA is not set")
        return
    inside = (sys.executable, "-m", "benchmarks.sites", bench.scratch, data, str(bench.quick))
    yield from rows_inside(inside)


class Yard:
    """The farm, our home beside it, and what costs were taken so far."""

    def __init__(self, farm: Farm, scratch: Path, data: Path, quick: bool) -> None:
        self.farm = farm
        self.quick = quick
        self.runs = 1 if quick else 3
        self.many_runs = 1 if quick else 9
        self.scratch = scratch
        self.data = data / _LIBRARY_DATA
        self.most = len(farm.sites)
        self.enough = min(_ENOUGH, self.most)
        self._homes = 0

    @cached_property
    def home(self) -> Path:
        """Our data directory, which may visit the farm as fast as it will."""
        return self.make_home(100_000)

    def make_home(self, per_s: int) -> Path:
        """A data directory whose inventory is the farm, with so many requests a second each."""
        self._homes += 1
        home = self.scratch / f"home-{self._homes}"
        (home / "knowledge").mkdir(parents=True, mode=0o700)
        (home / "knowledge" / LIBRARIES).write_bytes(self.data.read_bytes())
        each = f"{{ in_flight = 2, per_s = {per_s} }}"
        (home / "cityshield.toml").write_text(
            '[operator]\ncontact = "bench@city.example"\n[net]\nallow = ["127.0.0.0/8"]\n'
            f'[sites]\nresolvers = ["127.0.0.1:53"]\nca = "{self.farm.root}"\n'
            f"address = {each}\ndomain = {each}\nnetwork = {_ANY}\nall = {_ANY}\n"
        )
        everything = [site.host for site in (*self.farm.sites, *self.farm.cases)]
        listed = self.write("inventory", [*everything, *self.farm.crowd])
        command = (*CITYSHIELD, "sites", "import", listed, "--authorised-by", "benchmark")
        run(command, home, expect=(0,))
        return home

    def write(self, name: str, lines: Iterable[str]) -> Path:
        """A file of lines in the scratch folder."""
        path = self.scratch / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def out(self, name: str) -> Path:
        """Where something is written to."""
        return self.scratch / name

    def hosts(self, count: int, form: str = "{}") -> Path:
        """A file with the first so many sites, which are of every kind in turn."""
        names = [form.format(site.host) for site in islice(self.farm.sites, count)]
        return self.write(f"hosts-{count}-{len(form)}", names)

    def ours(self, *words: str | Path) -> Cost:
        """Run our half; see `visitors`."""
        return run((sys.executable, "-m", "benchmarks.visitors", *words), expect=(0,))

    def visit(self, profile: str, count: int) -> Cost:
        """Visit the first so many sites, judge them, and write what was seen."""
        output = self.out(f"{profile}-{count}")
        return self.ours("visit", self.home, profile, self.hosts(count), output)


def inside(scratch: Path, data: Path, quick: bool, parts: Sequence[str] = ()) -> None:
    """Measure in the network of the farm; a row is printed as one line of JSON.

    `parts` are names of `PARTS`, none for all.
    """
    site_peers.write_scripts(scratch / "scripts")
    sites, crowd = (8 * len(KINDS), 100) if quick else (_SITES, 5000)
    say(f"a farm of {sites} sites")
    with Farm(scratch / "farm", sites, crowd, scratch / "scripts") as farm:
        os.environ["NODE_EXTRA_CA_CERTS"] = str(farm.root)
        yard = Yard(farm, scratch, data, quick)
        for name in parts or PARTS:
            try:
                for row in PARTS[name](yard):
                    print(msgspec.json.encode(row).decode(), flush=True)
            except Exception as error:
                row = Row(name, note=f"not measured: {type(error).__name__}: {error}")
                print(msgspec.json.encode(row).decode(), flush=True)


def _profiles(yard: Yard) -> Iterator[Row]:
    """Our two profiles beside the Observatory."""
    peer_name, note = "", site_peers.missing(site_peers.OBSERVATORY)
    counts = {"quick": yard.most, "standard": yard.enough, "peer": yard.enough}
    works: dict[str, Callable[[], Cost]] = {}
    for profile in ("quick", "standard"):
        for name, count in ((f"{profile} 1", 1), (profile, counts[profile])):
            works[name] = lambda p=profile, n=count: yard.visit(p, n)  # type: ignore[misc]
    if not note:
        version = site_peers.NODE[site_peers.OBSERVATORY]
        peer_name = f"HTTP Observatory {version}"
        for name, count in (("peer 1", 1), ("peer", counts["peer"])):
            works[name] = lambda n=count: run(  # type: ignore[misc]
                site_peers.observatory(yard.hosts(n), yard.out(f"observatory-{n}")), expect=(0,)
            )
    given = in_turn(yard.many_runs, works)  # ours take a second, so that noise tells
    rates = {name: _rate(given, name, counts[name]) for name in counts if name in works}
    note = note or f"{yard.enough} sites, ours {yard.most}; their starts left out"
    figure = "its ten tests and more: profile quick, judged"
    bar = Bar(">=", 15, "ratio", ">= 15x")
    yield Row(figure, rates["quick"], _UNIT, rates.get("peer"), peer_name, bar, note)
    note = (
        "also TLS, 20 paths, mail and DNS records; every site's scripts are its own, all are read"
    )
    bar = Bar(">=", 2.5, "ratio", ">= 2.5x")
    yield Row("profile standard, judged", rates["standard"], _UNIT, rates.get("peer"), peer_name,
              bar, note)  # fmt: skip


def _tls(yard: Yard) -> Iterator[Row]:
    """Verdicts on TLS beside sslyze: the rate, the connections, whether they agree."""
    kinds = [site.host for site in yard.farm.sites[: len(KINDS)]]
    both = yard.write("both", [*kinds, *(site.host for site in yard.farm.cases)])
    size = len(both.read_text().split())
    count = yard.most
    note = site_peers.missing("sslyze")
    works: dict[str, Callable[[], Cost]] = {
        "ours 1": lambda: yard.ours("tls", yard.home, yard.hosts(1), yard.out("tls-1")),
        "ours": lambda: yard.ours("tls", yard.home, yard.hosts(count), yard.out("tls")),
    }
    if not note:
        for name, hosts in (("peer 1", yard.hosts(1)), ("peer", both)):
            works[name] = lambda name=name, hosts=hosts: run(  # type: ignore[misc]
                site_peers.sslyze(hosts, yard.farm.root, yard.out(f"sslyze {name}")), expect=(0, 1)
            )
    given = in_turn(yard.runs, works)
    ours = _rate(given, "ours", count)
    name = site_peers.PYTHON["sslyze"][0].replace("==", " ")
    peer = _rate(given, "peer", size) if not note else None
    bar = Bar(">=", 15, "ratio", ">= 15x")
    yield Row("verdict on certificate, versions, suites", ours, _UNIT, peer, name, bar, note)
    most, each = _connections(yard, both)
    theirs = None
    if not note:
        before = yard.farm.connections()
        run(site_peers.sslyze(yard.hosts(1), yard.farm.root, yard.out("sslyze one")))
        theirs = float(yard.farm.connections() - before)
    bar = Bar("<=", 12, words="<= 12")
    told = f"counted by the server, the most of {size} kinds and cases; {each:.1f} on average"
    yield Row("connections to a site", most, "", theirs, name, bar, told)
    if note:
        return
    wrong = agreement.compare_tls(yard.out("tls-both"), yard.out("sslyze peer"))
    told = f"of {size} kinds and cases like badssl.com's" + (
        f": {'; '.join(wrong)}" if wrong else ""
    )
    yield Row("verdicts that differ", float(len(wrong)), "", bar=Bar("<=", 0, words="0"), note=told)


def _connections(yard: Yard, hosts: Path) -> tuple[float, float]:
    """The most and the mean of connections that nginx took for a verdict on one site."""
    counts = []
    for host in hosts.read_text().split():
        one = yard.write("only", [host])
        before = yard.farm.connections()
        visitors.tls(str(yard.home), str(one), str(yard.out("tls-only")))
        counts.append(yard.farm.connections() - before)
    yard.ours("tls", yard.home, hosts, yard.out("tls-both"))
    return float(max(counts)), statistics.mean(counts)


def _fingerprints(yard: Yard) -> Iterator[Row]:
    """What a site runs, beside whatweb: the rate, and what it recognised and we did not."""
    count = min(yard.most, 13 * len(KINDS))
    note, peer_name = site_peers.missing("whatweb"), "whatweb -a1"
    works: dict[str, Callable[[], Cost]] = {
        "ours 1": lambda: yard.visit("quick", 1),
        "ours": lambda: yard.visit("quick", yard.most),
    }
    if not note:
        told = subprocess.run(["whatweb", "--version"], capture_output=True, text=True).stdout
        peer_name = f"whatweb {told.split()[2] if len(told.split()) > 2 else ''} -a1"
        for name, many in (("peer 1", 1), ("peer", count)):
            works[name] = lambda many=many: run(  # type: ignore[misc]
                site_peers.whatweb(yard.hosts(many, "https://{}/"), yard.out(f"whatweb-{many}")),
                expect=(0,),
            )
    given = in_turn(yard.runs, works)
    peer = _rate(given, "peer", count) if not note else None
    bar = Bar(">=", 15, "ratio", ">= 15x")
    yield Row("fingerprints, profile quick, judged", _rate(given, "ours", yard.most), _UNIT, peer,
              peer_name, bar, note)  # fmt: skip
    if note:
        return
    seen = read(yard.out(f"quick-{yard.most}"))
    lacking, true = agreement.compare_fingerprints(seen, yard.out(f"whatweb-{count}"))
    told = f"of {true} on {count} sites" + (f": {', '.join(lacking)}" if lacking else "")
    bar = Bar("<=", 0, words="0")
    yield Row(
        "true fingerprints of whatweb that we lack", float(len(lacking)), "", bar=bar, note=told
    )


def _passive(yard: Yard) -> Iterator[Row]:
    """Passive checks beside wapiti, whose start is measured on a page that is not there.

    It is most of its time, so each visit is compared with a start right before it.
    """
    note = site_peers.missing("wapiti", "sslscan")
    name = f"{site_peers.PYTHON['wapiti'][0].replace('==', ' ')}, passive modules"
    kinds = yard.farm.sites[: len(KINDS)]
    count = yard.enough
    works: dict[str, Callable[[], object]] = {
        "ours 1": lambda: yard.visit("standard", 1),
        "ours": lambda: yard.visit("standard", count),
    }
    taken: list[float] = []
    if not note:

        def look() -> None:
            for site in kinds:
                for host, modules in (("nowhere.example", [""]), (site.host, [])):
                    output = yard.out(f"wapiti-{host}")
                    command = site_peers.wapiti(
                        f"https://{host}/", yard.out("wapiti"), output, *modules
                    )
                    taken.append(run(command).cpu_s)

        works["peer"] = look
    given = in_turn(yard.runs, works)
    starts, visits = taken[::2], taken[1::2]
    peer = None if note else len(visits) / (sum(visits) - sum(starts))
    bar = Bar(">=", 50, "ratio", ">= 50x")
    told = note or f"with its start {len(visits) / sum(visits):.2f}"
    yield Row("passive checks, profile standard, judged", _rate(given, "ours", count), _UNIT, peer,
              name, bar, told)  # fmt: skip
    if note:
        return
    seen = read(yard.out(f"standard-{count}"))
    lacking, true = agreement.compare_passive(
        seen, {site.host: yard.out(f"wapiti-{site.host}") for site in kinds}
    )
    told = f"of {true} on {len(kinds)} kinds" + (f": {', '.join(lacking)}" if lacking else "")
    bar = Bar("<=", 0, words="0")
    yield Row("true findings of wapiti that we lack", float(len(lacking)), "", bar=bar, note=told)


def _libraries(yard: Yard) -> Iterator[Row]:
    """Libraries in scripts beside retire, on files whose names say nothing."""
    note = site_peers.missing(site_peers.RETIRE)
    if note:
        yield Row("libraries in scripts", note=note)
        return
    many, one = yard.out("old-code"), yard.out("old-code-1")
    count = site_peers.write_old_code(many, 1 if yard.quick else 3)
    one.mkdir()
    first = sorted(many.glob("*.js"))[0]
    (one / first.name).write_bytes(first.read_bytes())
    works: dict[str, Callable[[], Cost]] = {}
    for name, folder in ((" 1", one), ("", many)):
        works[f"ours{name}"] = lambda folder=folder: yard.ours(  # type: ignore[misc]
            "libraries", yard.home, folder, yard.out(f"ours-{folder.name}")
        )
        works[f"peer{name}"] = lambda folder=folder: run(  # type: ignore[misc]
            site_peers.retire(yard.data, folder, yard.out(f"retire-{folder.name}")), expect=(0,)
        )
    given = in_turn(yard.runs, works)
    version = site_peers.NODE[site_peers.RETIRE]
    bar = Bar(">=", 5, "ratio", ">= 5x")
    size_mb = sum(path.stat().st_size for path in many.glob("*.js")) / 1e6
    yield Row("libraries in scripts", _rate(given, "ours", count), "files/CPU s",
              _rate(given, "peer", count), f"retire {version}", bar,
              f"{count} files, {size_mb:.0f} MB")  # fmt: skip
    differ, all_of = agreement.compare_libraries(
        yard.out("ours-old-code"), yard.out("retire-old-code")
    )
    told = f"of {all_of} of component, version and identifier" + (
        f": {differ[:5]}" if differ else ""
    )
    bar = Bar("<=", 0, words="0")
    yield Row("libraries and weaknesses that differ", float(len(differ)), "", bar=bar, note=told)


def _names(yard: Yard) -> Iterator[Row]:
    """Questions to DNS beside dnspython."""
    note = site_peers.missing("sslyze")
    count = 1_000 if yard.quick else 10_000
    many = yard.write("names", [f"n{n}.txt.example" for n in range(count)])
    one = yard.write("name", ["n.txt.example"])
    works: dict[str, Callable[[], Cost]] = {
        "ours 1": lambda: yard.ours("resolve", one, yard.out("resolved-1")),
        "ours": lambda: yard.ours("resolve", many, yard.out("resolved")),
    }
    if not note:
        works["peer 1"] = lambda: run(
            site_peers.dnspython(one, yard.out("dnspython-1")), expect=(0,)
        )
        works["peer"] = lambda: run(site_peers.dnspython(many, yard.out("dnspython")), expect=(0,))
    given = in_turn(yard.runs, works)
    answered = int(yard.out("resolved").read_text())
    peer = _rate(given, "peer", count) if not note else None
    name = site_peers.PYTHON["sslyze"][1].replace("==", " ")
    bar = Bar(">=", 8, "ratio", ">= 8x")
    told = note or f"{answered:,} of {count:,} TXT records, 200 at once"
    yield Row("DNS", _rate(given, "ours", count), "questions/CPU s", peer, name, bar, told)


def _agree(yard: Yard) -> Iterator[Row]:
    """What at least two peers agree on, and what we say of well-kept sites."""
    sites = yard.farm.sites[: yard.enough]
    seen = read(yard.out(f"standard-{len(sites)}"))
    retired = None
    if not site_peers.missing(site_peers.RETIRE):
        retired = yard.out("retire-farm")
        served = yard.farm.folder / "www"
        run(site_peers.retire(yard.data, served, retired), expect=(0,))
    told = agreement.told_by_peers(yard.scratch, sites, retired)
    agreed, lacking = agreement.compare_agreed(seen, told)
    bar = Bar(">=", 100, words="100 %")
    note = f"{agreed} findings" + (f"; we lack {', '.join(lacking[:8])}" if lacking else "")
    ours = 100 * (agreed - len(lacking)) / agreed if agreed else None
    yield Row("of what two peers agree on, we say too", ours, "%", bar=bar, note=note)
    wrong = agreement.findings_on(seen, [site for site in sites if site.kind == KINDS[0]])
    kept = sum(site.kind == KINDS[0] for site in sites)
    bar = Bar("<=", 0, words="0")
    note = f"{kept} sites" + (f": {', '.join(sorted(set(wrong))[:8])}" if wrong else "")
    yield Row("findings on well-kept sites", float(len(wrong)), "", bar=bar, note=note)


def _again(yard: Yard) -> Iterator[Row]:
    """Kept facts judged again, with one check that is new."""
    count = 2_000 if yard.quick else 100_000
    home = yard.out("kept")
    home.mkdir(mode=0o700)
    say(f"keeping the facts of {count:,} sites")
    seen = yard.out(f"standard-{yard.enough}")
    yard.ours("keep", home, seen, str(count))
    (home / "knowledge").mkdir()
    (home / "knowledge" / LIBRARIES).write_bytes(yard.data.read_bytes())
    before = yard.farm.connections()
    first = run((*CITYSHIELD, "sites", "judge", "1"), home, expect=(0,))
    folder = home / "more" / "sites" / "checks"
    folder.mkdir(parents=True)
    (folder / "teapot.py").write_text(_NEW_CHECK)
    (folder / "teapot.toml").write_text(_NEW_WORDS)
    (home / "cityshield.toml").write_text(f'checks = ["{folder}"]\n')
    again = run((*CITYSHIELD, "sites", "judge", "1"), home, expect=(0,))
    asked = yard.farm.connections() - before
    bar = Bar(">=", 2_000, words=">= 2,000")
    note = (
        f"{count:,} sites with all checks and a new one, written to the store and to Parquet; the "
        f"first time {count / first.cpu_s:,.0f}; {again.wall_s:.0f} s"
    )
    yield Row("kept facts judged again", count / again.cpu_s, _UNIT, bar=bar, note=note)
    yield Row("requests for that", float(asked), "", bar=Bar("<=", 0, words="0"))


_NEW_CHECK = '''"""The server is a teapot."""

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import header, home


@check(severity="none")
def teapot(facts):
    """Hit on servers that say so (RFC 2324)."""
    hop = home(facts)
    return Hit(location="Server") if hop is not None and "teapot" in header(hop, "server") else None
'''
_NEW_WORDS = """
[[hits]]
subject = "teapot.example"
given.headers = ["server: teapot"]

[[misses]]
subject = "city-library.example"

[en]
what = "The server is a teapot."
why = "It makes no coffee."
now = "Ask another one."

[zh]
what = "服务器是一把茶壶。"
why = "它不会煮咖啡。"
now = "请换一台。"
"""


def _politeness(yard: Yard) -> Iterator[Row]:
    """Many names on one address: what its own log shows."""
    crowd = yard.farm.crowd
    hosts = yard.write("crowd", crowd)
    home = yard.make_home(_MOST_PER_S)
    cost = yard.ours("visit", home, "quick", hosts, yard.out("crowd-seen"))
    proof = agreement.prove_politeness(yard.farm.crowd_lines())
    note = (
        f"{len(crowd):,} names on one address, {proof.requests:,} requests in {cost.wall_s:.0f} s"
    )
    yield Row("connections to an address at once, by the server's log", float(proof.at_once), "",
              bar=Bar("<=", 2, words="<= 2"), note=note)  # fmt: skip
    bar = Bar("<=", _MOST_PER_S, words=f"<= {_MOST_PER_S}")
    yield Row("requests begun in a second, by the server's log", float(proof.per_s), "", bar=bar)


def _rate(given: dict[str, list[Cost]], name: str, count: int) -> float:
    """So many a CPU second, what one alone costs left out: the start of the program."""
    taken = cpu_s(given[name]) - cpu_s(given[f"{name} 1"])
    return (count - 1) / max(taken, 1e-3)


PARTS: dict[str, Part] = {
    "profiles": _profiles, "tls": _tls, "fingerprints": _fingerprints, "passive": _passive,
    "libraries": _libraries, "names": _names, "agree": _agree, "again": _again,
    "politeness": _politeness,
}  # fmt: skip
"""Parts of the figure in their order: what agrees is told by what those before have written."""


if __name__ == "__main__":
    _scratch, _data, _quick, *_parts = sys.argv[1:]
    inside(Path(_scratch) / "sites", Path(_data), _quick == "True", _parts)
