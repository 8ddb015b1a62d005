"""A run goes on where it stopped, visits nothing outside, and knows who was down."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.history.analytics import analytics
from cityshield.adapters.store.audit import read_audit
from cityshield.adapters.store.census import get_run
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.place import locked
from cityshield.adapters.store.sites import import_sites, opt_out, remove_sites
from cityshield.census import MOST_TRIES, Gathering, Vantage
from cityshield.config import Census, Config
from cityshield.guards.sites.facts import SiteFacts
from cityshield.runs import Runs, Wanted
from cityshield.visits import Visitor
from cityshield.vocabulary.census import JUDGED, PAUSED, VISITED, Run, Site
from cityshield.vocabulary.errors import ConfigurationError, InputError, StoreError
from cityshield.vocabulary.identity import ADMIN, Identity
from tests.census.standing import CANARIES, NOW, Checks, Standing, facts_of, gatherer

BY = Identity("test", ADMIN, how="local")
HOSTS = [f"site-{number:03}.example" for number in range(200)]


@pytest.fixture
def engine(home: Path) -> Engine:
    made = open_database(home)
    found = [Site(host, "Bureau", "s", "East") for host in (*HOSTS, *CANARIES)]
    import_sites(made, BY, NOW, found, file="x", authorised_by="Mayor")
    return made


@pytest.fixture
def runs(home: Path, engine: Engine) -> Runs:
    return Runs(engine, home, SystemClock(), Config(), BY)


def with_canaries(home: Path, engine: Engine) -> Runs:
    return Runs(engine, home, SystemClock(), Config(census=Census(canaries=CANARIES)), BY)


def kept(runs: Runs, run: Run) -> dict[str, SiteFacts]:
    folder = runs.folder(run)
    with analytics(folder.path) as ask:
        found = [facts for piece in folder.facts(ask) for _, facts in piece]
    assert len(found) == len({facts.host for facts in found})
    return {facts.host: facts for facts in found}


def visit(runs: Runs, run: Run, how: Visitor, **given: object) -> Run:
    return asyncio.run(runs.visit(run, lambda note: how, **given))  # type: ignore[arg-type]


def test_every_site_has_facts_or_a_reason(runs: Runs) -> None:
    run = visit(runs, runs.start(Wanted(), "standard"), gatherer())
    assert (run.state, run.settled, run.targets) == (VISITED, 202, 202)
    assert kept(runs, run) == {host: facts_of(host) for host in (*HOSTS, *CANARIES)}


def test_a_run_that_was_paused_goes_on_to_the_single_site(runs: Runs, tmp_path: Path) -> None:
    log = tmp_path / "log"
    run = runs.start(Wanted(), "standard")
    stopping: list[Gathering] = []

    def progress(count: int) -> None:
        if count == 50:
            stopping[0].stop()

    how = gatherer(log=log, wait_s=0.001)
    run = visit(runs, run, how, progress=progress, started=stopping.append)
    assert run.state == PAUSED
    assert 50 <= run.settled <= 80
    assert runs.unfinished() == run
    assert runs.left(run) == run.targets - run.settled
    run = visit(runs, run, how)
    assert run.state == VISITED
    assert set(Counter(log.read_text().split()).values()) == {1}
    with pytest.raises(InputError):
        runs.unfinished()


def test_nothing_outside_the_scope_is_visited(runs: Runs, engine: Engine, tmp_path: Path) -> None:
    log = tmp_path / "log"
    opt_out(engine, BY, NOW, HOSTS[0], "asked")
    wanted = Wanted([*HOSTS[:4], "stranger.example"])
    plan = runs.plan(wanted, "quick")
    assert (plan.visits, plan.out_of_scope, plan.opted_out) == (3, 1, 1)
    run = runs.start(wanted, "quick")
    opt_out(engine, BY, NOW, HOSTS[1], "asked after the run was planned")
    remove_sites(engine, BY, NOW, [HOSTS[2]])
    run = visit(runs, run, gatherer(log=log))
    assert log.read_text().split() == [HOSTS[3]]
    reasons = {host: facts.reason for host, facts in kept(runs, run).items()}
    assert reasons[HOSTS[0]] == reasons[HOSTS[1]] == "opted-out"
    assert reasons[HOSTS[2]] == reasons["stranger.example"] == "out-of-scope"
    import_sites(engine, BY, NOW, [Site(HOSTS[0])], file="x", authorised_by="Mayor")
    assert runs.plan(Wanted([HOSTS[0]]), "quick").opted_out == 1


def test_an_opt_out_holds_while_a_run_is_under_way(
    runs: Runs, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cityshield.census._LOOK_AT_SCOPE", 10)
    log = tmp_path / "log"
    run = runs.start(Wanted(), "quick")
    last = [p.host for piece in runs.folder(run).planned(bytearray(202)) for p in piece][-1]

    def progress(count: int) -> None:
        if count == 20:
            opt_out(engine, BY, NOW, last, "now")

    run = visit(runs, run, gatherer(log=log), progress=progress)
    assert last not in log.read_text().split()
    assert kept(runs, run)[last].reason == "opted-out"


def test_while_canaries_are_silent_nobody_is_called_dead(home: Path, engine: Engine) -> None:
    runs, down = with_canaries(home, engine), home / "down"
    run = runs.start(Wanted(), "standard")

    def progress(count: int) -> None:
        if count == 60:
            down.touch()

    async def main() -> Run:
        asyncio.get_running_loop().call_later(3, down.unlink)
        how = gatherer(down=down, wait_s=0.02)
        return await runs.visit(run, lambda note: how, progress=progress, cut_off=told.append)

    told: list[bool] = []
    run = asyncio.run(main())
    assert told == [True, False]
    assert run.state == VISITED
    assert kept(runs, run) == {host: facts_of(host) for host in (*HOSTS, *CANARIES)}
    folder = runs.folder(run)
    with analytics(folder.path) as ask:
        again = ask.rows(f"SELECT host, reason FROM {folder.facts_table} WHERE again")
    assert again and {reason for _, reason in again} == {"vantage-down"}


def test_sites_that_are_really_dead_are_so_when_canaries_answer(home: Path, engine: Engine) -> None:
    runs = with_canaries(home, engine)

    async def how(hosts: AsyncIterator[str]) -> AsyncIterator[SiteFacts]:
        async for host in hosts:
            facts = facts_of(host)
            if not host.startswith("canary"):
                facts = msgspec.structs.replace(facts, reason="dead")
            yield facts

    run = visit(runs, runs.start(Wanted(), "quick"), Standing(how))
    reasons = Counter(facts.reason for facts in kept(runs, run).values())
    assert reasons == {"dead": 200, "": 2}


def test_a_run_that_is_stopped_while_we_are_cut_off_keeps_its_sites(
    home: Path, engine: Engine
) -> None:
    runs, down = with_canaries(home, engine), home / "down"
    down.touch()
    run = runs.start(Wanted(), "quick")

    async def main() -> Run:
        def started(gathering: Gathering) -> None:
            asyncio.get_running_loop().call_later(0.3, gathering.stop)

        how = gatherer(down=down)
        return await runs.visit(run, lambda note: how, started=started)

    run = asyncio.run(main())
    assert (run.state, run.settled) == (PAUSED, 0)
    down.unlink()
    assert visit(runs, run, gatherer()).settled == 202


def test_a_gatherer_that_loses_sites_or_stops_them_is_asked_again(runs: Runs) -> None:
    tries: Counter[str] = Counter()

    async def how(hosts: AsyncIterator[str]) -> AsyncIterator[SiteFacts]:
        async for host in hosts:
            tries[host] += 1
            if host == HOSTS[0] and tries[host] < 3:
                continue
            if host == HOSTS[1]:
                yield SiteFacts(facts_of(host).subject, host, NOW, reason="stopped", read=0.0)
                continue
            yield facts_of(host)
            yield facts_of(host)  # twice is once
            yield facts_of("nobody-asked.example")

    run = visit(runs, runs.start(Wanted(), "quick"), Standing(how))
    assert run.state == VISITED
    assert tries[HOSTS[0]] == 3
    assert tries[HOSTS[1]] == MOST_TRIES
    assert kept(runs, run)[HOSTS[1]].reason == "stopped"


def test_a_gatherer_that_breaks_leaves_a_run_to_go_on_with(runs: Runs) -> None:
    async def how(hosts: AsyncIterator[str]) -> AsyncIterator[SiteFacts]:
        count = 0
        async for host in hosts:
            count += 1
            if count > 30:
                raise RuntimeError("broken")
            yield facts_of(host)

    run = runs.start(Wanted(), "quick")
    with pytest.raises(RuntimeError):
        visit(runs, run, Standing(how))
    run = get_run(runs.engine, run.id)
    assert (run.state, run.settled) == (PAUSED, 30)
    assert visit(runs, run, gatherer()).settled == 202


def test_visits_that_do_not_end_do_not_hold_a_pause_up(runs: Runs) -> None:
    ended: list[str] = []

    async def how(hosts: AsyncIterator[str]) -> AsyncIterator[SiteFacts]:
        try:
            count = 0
            async for host in hosts:
                count += 1
                if count > 30:
                    await asyncio.sleep(600)
                yield facts_of(host)
        finally:
            ended.append("closed")

    def started(gathering: Gathering) -> None:
        gathering.grace_s = 0.2
        asyncio.get_running_loop().call_later(0.5, gathering.stop)

    run = visit(runs, runs.start(Wanted(), "quick"), Standing(how), started=started)
    assert (run.state, run.settled, ended) == (PAUSED, 30, ["closed"])
    assert visit(runs, run, gatherer()).settled == 202


def test_the_rate_is_kept(runs: Runs) -> None:
    run = runs.start(Wanted(HOSTS[:20]), "quick")
    started = time.monotonic()
    visit(runs, run, gatherer(), rate=40)
    assert time.monotonic() - started >= 0.45


def test_a_canary_outside_the_scope_is_refused(home: Path, engine: Engine) -> None:
    config = Config(census=Census(canaries=("elsewhere.example",)))
    with pytest.raises(ConfigurationError):
        Runs(engine, home, SystemClock(), config, BY).start(Wanted(), "quick")


def test_two_processes_do_not_visit_at_once(runs: Runs, home: Path) -> None:
    run = runs.start(Wanted(), "quick")
    with locked(home / "sites.lock"), pytest.raises(StoreError):
        visit(runs, run, gatherer())


def test_a_rescan_leaves_out_what_was_visited_not_long_ago(runs: Runs, engine: Engine) -> None:
    now = SystemClock().now()
    run = visit(runs, runs.start(Wanted(HOSTS[:50]), "quick"), gatherer(at=now))
    assert runs.judge(run, Checks()).state == JUDGED
    assert runs.plan(Wanted(older_than_days=1), "quick").visits == 152
    plan = runs.plan(Wanted(HOSTS, older_than_days=1), "quick")
    assert (plan.visits, plan.fresh) == (150, 50)
    with pytest.raises(InputError):
        runs.start(Wanted([]), "quick")
    again = visit(runs, runs.start(Wanted(older_than_days=1), "quick"), gatherer(at=now))
    assert again.settled == 152


def test_what_was_done_is_in_the_audit(runs: Runs, engine: Engine) -> None:
    run = visit(runs, runs.start(Wanted(), "quick"), gatherer())
    runs.judge(run, Checks())
    acts = [entry.action for entry in read_audit(engine)]
    assert acts == ["sites.import", "sites.run", "sites.visited", "sites.judge"]


async def test_a_vantage_asks_one_canary_and_only_then_the_others() -> None:
    asked: list[str] = []
    silent = {CANARIES[1]}

    async def how(hosts: AsyncIterator[str]) -> AsyncIterator[SiteFacts]:
        async for host in hosts:
            asked.append(host)
            facts = facts_of(host)
            yield msgspec.structs.replace(facts, reason="dead") if host in silent else facts

    vantage = Vantage(CANARIES, Standing(how))
    assert await vantage.is_up()
    assert await vantage.is_up()
    assert asked == [CANARIES[1], CANARIES[0], CANARIES[0]]
    silent.add(CANARIES[0])
    assert not await vantage.is_up()


@pytest.mark.parametrize("reason", ["opted-out", "out-of-scope", "private-address", "stopped"])
async def test_a_canary_that_was_not_reached_tells_nothing(reason: str) -> None:
    async def how(hosts: AsyncIterator[str]) -> AsyncIterator[SiteFacts]:
        async for host in hosts:
            yield msgspec.structs.replace(facts_of(host), reason=reason)

    assert not await Vantage(CANARIES, Standing(how)).is_up()


def test_visits_that_are_over_do_not_wait_to_be_recorded(runs: Runs) -> None:
    most = 0

    async def how(hosts: AsyncIterator[str]) -> AsyncIterator[SiteFacts]:
        nonlocal most
        done: asyncio.Queue[SiteFacts | None] = asyncio.Queue()
        places = asyncio.Semaphore(10)

        async def one(host: str) -> None:
            await asyncio.sleep(0)
            await done.put(facts_of(host))
            places.release()

        async def all_of_them() -> None:
            async with asyncio.TaskGroup() as group:
                async for host in hosts:
                    await places.acquire()
                    group.create_task(one(host))
            await done.put(None)

        feeding = asyncio.create_task(all_of_them())
        while (facts := await done.get()) is not None:
            most = max(most, done.qsize())
            yield facts
            most = max(most, done.qsize())
        await feeding

    run = visit(runs, runs.start(Wanted(), "quick"), Standing(how))
    assert run.state == VISITED
    assert most <= 10


def test_who_turned_us_away_is_left_out_of_quick_runs(runs: Runs) -> None:
    async def how(hosts: AsyncIterator[str]) -> AsyncIterator[SiteFacts]:
        async for host in hosts:
            facts = facts_of(host)
            yield msgspec.structs.replace(facts, reason="robots") if host == HOSTS[3] else facts

    first = visit(runs, runs.start(Wanted(), "standard"), Standing(how))
    runs.judge(first, Checks())
    away = sum(facts.reason == "robots" for facts in kept(runs, first).values())
    assert away > 1
    assert runs.plan(Wanted(), "quick").visits == 202 - away
    assert runs.plan(Wanted(), "standard").visits == 202
    second = visit(runs, runs.start(Wanted(), "quick"), gatherer())
    assert kept(runs, second)[HOSTS[3]].reason == "robots"
