"""Kept facts are judged without a request; the present state follows; runs are compared."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import AsyncIterator, Sequence
from io import StringIO
from pathlib import Path

import pytest

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.history.figures import difference_of, figures_of, tell
from cityshield.adapters.reports.rows import Rule, as_csv, as_json, as_sarif
from cityshield.adapters.store.census import findings_of, get_run, list_runs
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.sites import get_site, import_sites
from cityshield.config import Config
from cityshield.guards.dates import moment
from cityshield.guards.guard import Guard
from cityshield.guards.scale import Scale
from cityshield.guards.sites.facts import Names, SiteFacts
from cityshield.rooms import find_checks
from cityshield.runs import Runs, Wanted
from cityshield.vocabulary.census import Run, Site
from cityshield.vocabulary.errors import InputError, StoreError
from cityshield.vocabulary.finding import Finding
from cityshield.vocabulary.identity import ADMIN, Identity
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import (
    MALICIOUS,
    SUSPICIOUS,
    UNKNOWN,
    Evidence,
    Failure,
    Verdict,
)
from tests.census.standing import DAY, NOW, Checks, Standing, facts_of, quick_gatherer

BY = Identity("test", ADMIN, how="local")
HOSTS = [f"site-{number:03}.example" for number in range(300)]


class Told(Checks):
    """Finds what it is told to find, on every site."""

    def __init__(self, *found: Finding, failed: Sequence[str] = (), coverage: float = 1.0) -> None:
        super().__init__()
        self.found = found
        self.failed = failed
        self.coverage = coverage

    def _judge(self, facts: SiteFacts) -> Verdict:
        failed = tuple(Failure(name, "raised") for name in self.failed)
        return Verdict(facts.subject, UNKNOWN, 0.0, self.coverage, (), self.found, failed)


@pytest.fixture
def runs(home: Path) -> Runs:
    engine = open_database(home)
    found = [
        Site(host, f"Bureau {place % 3}", ("school", "office")[place % 2], "East")
        for place, host in enumerate(HOSTS)
    ]
    import_sites(engine, BY, NOW, found, file="x", authorised_by="Mayor")
    return Runs(engine, home, SystemClock(), Config(), BY)


def made(runs: Runs, *, at: int = NOW, age: int = 0, profile: str = "standard") -> Run:
    run = runs.start(Wanted(), profile)
    how = quick_gatherer(at, age)
    return asyncio.run(runs.visit(run, lambda asked: how))


def test_figures_are_those_of_the_facts(runs: Runs) -> None:
    run = runs.judge(made(runs), Checks())
    figures = figures_of(runs.folder(run), run)
    facts = [facts_of(host) for host in HOSTS]
    good = [one for one in facts if not one.reason]
    verdicts = Checks().judge_many(good)
    assert figures.judged == len(good)
    assert sum(figures.reasons.values()) == len(facts) - len(good)
    for check in figures.checks:
        found = [v for v in verdicts if any(f.check == check.check for f in v.findings)]
        assert check.sites == len(found), check
    assert figures.severe == sum(any(f.severity == "high" for f in v.findings) for v in verdicts)
    assert sum(figures.grades.values()) == len(good)
    assert figures.requests == sum(one.requests for one in facts)
    assert {share.name for share in figures.sectors} == {"school", "office"}
    assert sum(share.judged for share in figures.owners) == len(good)
    for share in figures.owners:
        assert sum(share.grades.values()) == share.judged
    assert sum(figures.worst[0].findings.values()) >= 2
    assert [check.severity for check in figures.checks] == sorted(
        (check.severity for check in figures.checks),
        key=["critical", "high", "medium", "low"].index,
    )


def test_a_new_check_judges_old_facts_and_asks_nobody(runs: Runs) -> None:
    run = runs.judge(made(runs), Checks())
    before = figures_of(runs.folder(run), run)
    run = runs.judge(run, Checks(more=True))
    after = figures_of(runs.folder(run), run)
    assert run.judgement == 2
    assert "sites.libraries" not in {item.check for item in before.checks}
    assert "sites.libraries" in {item.check for item in after.checks}
    folders = [path.name for path in runs.folder(run).path.glob("judged-*")]
    assert folders == ["judged-2"]


def test_a_judgement_that_was_cut_off_leaves_the_one_before(runs: Runs) -> None:
    run = runs.judge(made(runs), Checks())
    before = figures_of(runs.folder(run), run)

    class Breaks(Checks):
        def judge_many(self, batch: Sequence[SiteFacts]) -> list[Verdict]:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        runs.judge(run, Breaks())
    assert figures_of(runs.folder(run), get_run(runs.engine, run.id)) == before
    assert runs.judge(run, Checks()).judgement == 2


def test_a_run_that_is_not_finished_is_judged_as_far_as_it_came(runs: Runs) -> None:
    run = runs.start(Wanted(), "standard")

    async def some() -> Run:
        how = quick_gatherer()

        def progress(count: int) -> None:
            if count == 100:
                gatherings[0].stop()

        gatherings: list[object] = []
        return await runs.visit(run, lambda p: how, progress=progress, started=gatherings.append)

    paused = runs.judge(asyncio.run(some()), Checks())
    figures = figures_of(runs.folder(paused), paused)
    assert paused.state == "paused"
    assert figures.reasons["not-visited"] == len(HOSTS) - paused.settled
    assert figures.judged + sum(figures.reasons.values()) == len(HOSTS)


def test_a_finding_has_a_first_and_a_last_time_and_an_end(runs: Runs) -> None:
    host = next(host for host in HOSTS if not facts_of(host).reason)
    one, two = Finding("sites.one", "high", "", "a"), Finding("sites.two", "low", "", "b")
    first = runs.judge(made(runs, at=NOW), Told(one, two))
    second = runs.judge(made(runs, at=NOW + DAY), Told(one))
    known = {item.check: item for item in findings_of(runs.engine, host)}
    assert known["sites.one"].first_seen == NOW
    assert known["sites.one"].last_seen == NOW + DAY
    assert known["sites.one"].gone_at is None
    assert (known["sites.two"].gone_at, known["sites.two"].run) == (NOW + DAY, second.id)
    runs.judge(first, Told(one, two))  # older facts judged anew end and revive nothing
    assert {item.check: item for item in findings_of(runs.engine, host)} == known
    runs.judge(made(runs, at=NOW + 2 * DAY), Told(one, two))
    back = {item.check: item for item in findings_of(runs.engine, host)}["sites.two"]
    assert (back.first_seen, back.last_seen, back.gone_at) == (NOW, NOW + 2 * DAY, None)
    assert get_site(runs.engine, host).visited_at == NOW + 2 * DAY


def test_what_was_not_asked_or_broke_down_is_not_gone(runs: Runs) -> None:
    host = next(host for host in HOSTS if not facts_of(host).reason)
    one = Finding("sites.one", "high", "", "a")
    runs.judge(made(runs), Told(one))
    runs.judge(made(runs, at=NOW + DAY, profile="quick"), Told())
    assert findings_of(runs.engine, host)[0].gone_at is None
    runs.judge(made(runs, at=NOW + 2 * DAY), Told(failed=["sites.one"]))
    assert findings_of(runs.engine, host)[0].gone_at is None
    runs.judge(made(runs, at=NOW + 3 * DAY), Told())
    assert findings_of(runs.engine, host)[0].gone_at == NOW + 3 * DAY


def test_what_was_not_looked_at_is_not_gone(runs: Runs) -> None:
    host = next(host for host in HOSTS if not facts_of(host).reason)
    runs.judge(made(runs), Told(Finding("sites.exposed/git", "high", "", "/.git/config")))
    runs.judge(made(runs, at=NOW + DAY), Told(failed=["sites.exposed"]))  # as robots.txt has it
    assert findings_of(runs.engine, host)[0].gone_at is None
    runs.judge(made(runs, at=NOW + 2 * DAY), Told(coverage=0.5))
    assert findings_of(runs.engine, host)[0].gone_at is None
    runs.judge(made(runs, at=NOW + 3 * DAY), Told(failed=["sites.other"]))
    assert findings_of(runs.engine, host)[0].gone_at == NOW + 3 * DAY


def test_what_was_not_looked_at_is_not_gone_in_a_comparison(runs: Runs) -> None:
    one, two = Finding("sites.one", "high", "", "a"), Finding("sites.two", "low", "", "b")
    first = runs.judge(made(runs), Told(one, two))
    second = runs.judge(made(runs, at=NOW + DAY), Told(one, coverage=0.5))
    found = difference_of(runs.folder(first), first, runs.folder(second), second)
    assert found.compared > 0
    assert [(item.check, item.still, item.gone) for item in found.checks] == [
        ("sites.one", found.compared, 0)
    ]


def test_nobody_else_judges_or_forgets_meanwhile(runs: Runs) -> None:
    run, old = made(runs), made(runs)

    class Meanwhile(Checks):
        def judge_many(self, batch: Sequence[SiteFacts]) -> list[Verdict]:
            with pytest.raises(StoreError):
                runs.judge(run, Checks())
            with pytest.raises(StoreError):
                runs.forget(days=-1)
            return super().judge_many(batch)

    assert runs.judge(run, Meanwhile()).judgement == 1
    assert runs.judge(run, Checks()).judgement == 2  # by what is stored, not by what was passed in
    assert {each.id for each in list_runs(runs.engine)} == {run.id, old.id}


def test_the_difference_of_two_runs(runs: Runs) -> None:
    first = runs.judge(made(runs), Checks())
    second = runs.judge(made(runs, at=NOW + DAY, age=1), Checks())
    found = difference_of(runs.folder(first), first, runs.folder(second), second)
    sites = {
        age: {
            host: {f.check for f in Checks().judge_many([one])[0].findings}
            for host in HOSTS
            if not (one := facts_of(host, NOW + age * DAY, age=age)).reason
        }
        for age in (0, 1)
    }
    both = sites[0].keys() & sites[1].keys()
    assert found.compared == len(both)
    assert (found.only_before, found.only_after) == (
        len(sites[0].keys() - both), len(sites[1].keys() - both),
    )  # fmt: skip
    for item in found.checks:
        has = [(item.check in sites[0][host], item.check in sites[1][host]) for host in both]
        assert (item.new, item.still, item.gone) == (
            has.count((False, True)), has.count((True, True)), has.count((True, False)),
        )  # fmt: skip
    assert found.better + found.worse == sum(found.moves.values()) > 0
    same = difference_of(runs.folder(first), first, runs.folder(first), first)
    assert same.moves == {} and all(not item.new and not item.gone for item in same.checks)


def test_sarif_has_all_that_its_schema_requires(runs: Runs) -> None:
    run = runs.judge(made(runs), Checks())
    folder = runs.folder(run)
    rules = [Rule(item.check, item.severity, "what", "why", "now", 79)
             for item in figures_of(folder, run).checks]  # fmt: skip
    text = "".join(as_sarif(tell(folder, run), rules, lambda check, args: f"{check} {args}", run))
    log = json.loads(text)
    assert log["version"] == "2.1.0"
    (told,) = log["runs"]
    assert told["tool"]["driver"]["name"] == "CityShield"
    identifiers = [rule["id"] for rule in told["tool"]["driver"]["rules"]]
    assert len(identifiers) == len(set(identifiers)) == 5
    good = [one for one in map(facts_of, HOSTS) if not one.reason]
    expected = sum(len(verdict.findings) for verdict in Checks().judge_many(good))
    assert len(told["results"]) == expected
    for result in told["results"]:
        assert result["message"]["text"]
        assert result["level"] in ("error", "warning", "note", "none")
        assert identifiers[result["ruleIndex"]] == result["ruleId"]
        location = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert location.startswith("https://site-") and location.endswith(".example/")
    (invocation,) = told["invocations"]
    assert invocation["executionSuccessful"] is True
    reasons = sum(bool(facts_of(host).reason) for host in HOSTS)
    assert len(invocation["toolExecutionNotifications"]) == reasons


def test_rows_hold_every_site_and_no_formula(runs: Runs) -> None:
    place = '=HYPERLINK("http://x.example")'
    run = runs.judge(made(runs), Told(Finding("sites.one", "high", "", place, {"a": "b"})))
    folder, say = runs.folder(run), lambda check, args: f"={check} {args['a']}"
    rows = list(csv.DictReader(StringIO("".join(as_csv(tell(folder, run), say)))))
    assert [row["host"] for row in rows] == sorted(HOSTS)
    assert {row["location"] for row in rows} == {"", "'" + place}
    assert {row["what"] for row in rows} == {"", "'=sites.one b"}
    assert {row["at"] for row in rows if row["check"]} == {moment(NOW)}
    objects = [json.loads(line) for line in as_json(tell(folder, run), say)]
    assert len(objects) == len(HOSTS)
    good = next(item for item in objects if not item["reason"])
    assert (good["location"], good["args"]) == (place, {"a": "b"})
    assert good["what"] == "=sites.one b"


@pytest.mark.parametrize(
    ("level", "severity"), [(MALICIOUS, "critical"), (SUSPICIOUS, "high"), (UNKNOWN, "")]
)
def test_signs_of_a_break_in_are_told_of(runs: Runs, level: str, severity: str) -> None:
    class BrokenInto(Checks):
        def _judge(self, facts: SiteFacts) -> Verdict:
            signs = (
                Evidence("sites.defaced", 0.9, "", (), {"title": "x"}),
                Evidence("sites.vouched", -0.1, "", ()),
            )
            return Verdict(facts.subject, level, 0.9, 1.0, signs, (), ())

    run = runs.judge(made(runs), BrokenInto())
    figures = figures_of(runs.folder(run), run)
    count = figures.judged if severity else 0
    assert (figures.broken_into, figures.severe) == (count, count)
    host = next(host for host in HOSTS if not facts_of(host).reason)
    known = [(item.check, item.severity) for item in findings_of(runs.engine, host)]
    told = [(item.check, item.severity) for item in tell(runs.folder(run), run) if item.check]
    assert set(known) == set(told) == ({("sites.defaced", severity)} if severity else set())


def test_what_names_alone_show_of_a_site_without_a_result_is_told(runs: Runs) -> None:
    host, gone = HOSTS[0], Names("NXDOMAIN")
    dangling = Names("NXDOMAIN", chain=("x.hoster.example",), dangling="x.hoster.example")

    def judged(names: Names | None, at: int, reason: str = "no-name") -> Run:
        async def visit(hosts: AsyncIterator[str]) -> AsyncIterator[SiteFacts]:
            async for each in hosts:
                shown = names if each == host else None
                subject = Subject("site", each)
                yield SiteFacts(subject, each, at, names=shown, reason=reason, read=0.0)

        how = Standing(visit)
        run = asyncio.run(runs.visit(runs.start(Wanted(), "standard"), lambda asked: how))
        return runs.judge(run, Guard("sites", "site", find_checks("sites", []), None, Scale()))  # type: ignore[arg-type]

    run = judged(dangling, NOW)
    figures, folder = figures_of(runs.folder(run), run), runs.folder(run)
    assert (figures.judged, figures.reasons) == (0, {"no-name": len(HOSTS)})
    assert (figures.severe, figures.severities, figures.grades) == (0, {}, {})
    assert [(item.check, item.sites) for item in figures.checks] == [("sites.dangling_cname", 1)]
    (told,) = [item for item in tell(folder, run) if item.check]
    assert (told.host, told.reason, told.grade) == (host, "no-name", "")
    assert told.location == "x.hoster.example"
    log = json.loads("".join(as_sarif(tell(folder, run), [], lambda check, args: check, run)))
    notices = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert (len(log["runs"][0]["results"]), len(notices)) == (1, len(HOSTS))

    def known() -> list[tuple[str, int, int | None]]:
        return [
            (each.check, each.last_seen, each.gone_at) for each in findings_of(runs.engine, host)
        ]

    assert known() == [("sites.dangling_cname", NOW, None)]
    assert (get_site(runs.engine, host).reason, get_site(runs.engine, host).grade) == (
        "no-name",
        "",
    )
    judged(dangling, NOW + DAY, "out-of-scope")  # which says nothing of the site
    judged(None, NOW + DAY, "dead")  # seen less, or otherwise
    assert known() == [("sites.dangling_cname", NOW, None)]
    judged(dangling, NOW + 2 * DAY)
    judged(gone, NOW + 3 * DAY)  # the record was deleted, as the sentence says
    assert known() == [("sites.dangling_cname", NOW + 2 * DAY, NOW + 3 * DAY)]


def test_a_difference_tells_the_worst_of_what_a_check_found(runs: Runs) -> None:
    found = [Finding("sites.one", word, "", word) for word in ("low", "medium", "none")]
    run = runs.judge(made(runs), Told(*found))
    (item,) = difference_of(runs.folder(run), run, runs.folder(run), run).checks
    assert item.severity == figures_of(runs.folder(run), run).checks[0].severity == "medium"


def test_the_newest_run_that_was_judged_is_meant_where_none_is_named(runs: Runs) -> None:
    with pytest.raises(InputError):
        runs.judged()
    made(runs)
    second = runs.judge(made(runs), Checks())
    made(runs)
    assert runs.judged() == second


def test_old_runs_are_forgotten_but_the_newest_and_the_present_stay(runs: Runs) -> None:
    first = runs.judge(made(runs), Checks())
    second = runs.judge(made(runs), Checks())
    assert runs.forget(days=1) == 0
    assert runs.forget(days=-1) == 1
    assert [run.id for run in list_runs(runs.engine)] == [second.id]
    assert not runs.folder(first).path.exists()
    assert runs.folder(second).path.exists()
    with pytest.raises(InputError):
        runs.judged(first.id)
    assert any(findings_of(runs.engine, host) for host in HOSTS)


@pytest.mark.slow
def test_a_hundred_thousand_sites_in_flat_memory(home: Path) -> None:
    """In a process of its own, so that its memory is its own."""
    import subprocess
    import sys

    code = r"""
import asyncio, re, sys, time
from pathlib import Path
from cityshield.adapters.clock import SystemClock
from cityshield.adapters.history.figures import figures_of, tell
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.sites import import_sites
from cityshield.config import Config
from cityshield.runs import Runs, Wanted
from cityshield.vocabulary.census import Site
from tests.census.standing import NOW, Checks, quick_gatherer
from tests.census.test_judging import BY
home, count = Path(sys.argv[1]), int(sys.argv[2])
engine = open_database(home)
sites = (Site(f"site-{n:07}.example", f"Bureau {n % 97}") for n in range(count))
import_sites(engine, BY, NOW, sites, file="x", authorised_by="Mayor")
runs = Runs(engine, home, SystemClock(), Config(), BY)
run = runs.start(Wanted(), "standard")
run = asyncio.run(runs.visit(run, lambda note: quick_gatherer()))
assert run.settled == count, run
run = runs.judge(run, Checks())
started = time.process_time()
run = runs.judge(run, Checks(more=True))
spent = time.process_time() - started
figures = figures_of(runs.folder(run), run)
assert figures.judged + sum(figures.reasons.values()) == count
assert sum(1 for _ in tell(runs.folder(run), run)) > count
sizes = runs.folder(run).size_bytes()
peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
print(int(peak[1]) // 1024, round(count / spent),
      {name: round(size / count) for name, size in sizes.items()})
"""
    memory = {}
    for count in (20_000, 100_000):
        where = home / str(count)
        done = subprocess.run(
            [sys.executable, "-c", code, str(where), str(count)],
            capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        print(count, done.stdout)
        memory[count], per_second = map(int, done.stdout.split()[:2])
    assert memory[100_000] < 600
    assert memory[100_000] < 1.6 * memory[20_000]
    assert per_second >= 2000
