"""The budget is never exceeded, whoever asks and however the servers answer."""

from __future__ import annotations

import random

import pytest
from benchmarks.proof import prove

from cityshield.adapters.sites.budget import Budget, keys_of, seconds_until_open
from cityshield.adapters.sites.log import Line
from cityshield.adapters.sites.settings import Limit, SitesSettings

SETTINGS = SitesSettings(
    address=Limit(2, 5), network=Limit(4, 20), domain=Limit(2, 5), all=Limit(50, 1000)
)
KEYS = keys_of("192.0.2.1", "a.example")


def test_what_a_request_is_counted_against() -> None:
    assert keys_of("192.0.2.77", "a.example") == ("a192.0.2.77", "n192.0.2", "da.example", "*")
    six = keys_of("2001:db8:1:2::3", "a.example")
    assert six == ("a2001:db8:1:2::3", "n20010db80001", "da.example", "*")


def test_a_place_is_taken_with_all_keys_or_with_none() -> None:
    budget = Budget(SETTINGS)
    assert budget.enter(KEYS) == ""
    assert budget.enter(keys_of("192.0.2.1", "b.example")) == ""
    assert budget.enter(keys_of("192.0.2.1", "c.example")) == "a192.0.2.1"
    assert budget.in_flight("dc.example") == 0
    assert budget.enter(keys_of("192.0.2.2", "c.example")) == ""
    assert budget.enter(keys_of("192.0.2.3", "d.example")) == ""
    assert budget.enter(keys_of("192.0.2.4", "e.example")) == "n192.0.2"
    assert budget.enter(keys_of("198.51.100.1", "c.example")) == ""
    assert budget.enter(keys_of("198.51.100.2", "c.example")) == "dc.example"
    budget.leave(KEYS)
    assert budget.enter(keys_of("192.0.2.4", "e.example")) == ""


def test_no_more_than_the_rate_begins_in_any_second() -> None:
    budget, now, starts = Budget(SETTINGS), 0.0, []
    while len(starts) < 60:
        wait = budget.delay(KEYS, now)
        if wait <= 0:
            starts.append(now)
            budget.end(KEYS, now)
        else:
            now += wait
    assert prove([Line(at, at, "192.0.2.1", "a.example", "/") for at in starts]).per_s == 5
    assert starts[-1] == pytest.approx(11 * 1.005)


def test_a_slow_rate_is_a_long_gap() -> None:
    budget = Budget(SitesSettings(address=Limit(1, 0.1)))
    assert budget.delay(KEYS, 0) == 0 or budget.delay(KEYS, 0) < 0
    assert budget.delay(KEYS, 1) > 0
    budget.end(KEYS, 1)
    assert budget.delay(KEYS, 2) == pytest.approx(9.05)


def test_the_server_sees_no_more_than_the_rate_however_long_the_way() -> None:
    dice, budget, now, arrivals = random.Random(1), Budget(SETTINGS), 0.0, []
    running: list[float] = []
    while len(arrivals) < 200:
        for ended in sorted(running):
            if ended <= now:
                running.remove(ended)
                budget.end(KEYS, ended)
        if len(running) < 2 and budget.delay(KEYS, now) <= 0:
            took_s = dice.choice([0.01, 0.7])
            running.append(now + took_s)
            arrivals.append(now + dice.random() * took_s)
        now += 0.005
    log = [Line(at, at, "192.0.2.1", "a.example", "/") for at in arrivals]
    assert prove(log).per_s <= 5


@pytest.mark.parametrize(("retry_after_s", "wait_s"), [(0, 5), (60, 60)])
def test_who_is_busy_is_left_alone(retry_after_s: float, wait_s: float) -> None:
    budget = Budget(SETTINGS)
    budget.enter(KEYS)
    budget.delay(KEYS, 0)
    budget.learn(KEYS, 0, 503, 0.1, retry_after_s)
    assert budget.delay(KEYS, 0) == pytest.approx(wait_s)
    assert budget.enter(KEYS) == "a192.0.2.1"  # and one at a time from now on
    budget.learn(KEYS, wait_s, 429, 0.1)
    assert budget.delay(KEYS, wait_s) == pytest.approx(10)


def test_who_gets_slower_is_asked_less_and_more_again_later() -> None:
    budget = Budget(SETTINGS)
    now = 0.0
    for took_s in (0.2, 0.3, 3.0, 3.0):
        assert budget.delay(KEYS, now) <= 0
        budget.end(KEYS, now)
        budget.learn(KEYS, now, 200, took_s)
        now += 1
    assert budget.delay(KEYS, 3.0) == pytest.approx(0.8)
    for _ in range(40):
        budget.learn(KEYS, now, 200, 0.2)
    assert budget.delay(KEYS, 3.9) <= 0


def test_quiet_servers_are_forgotten() -> None:
    budget = Budget(SETTINGS)
    for number in range(20_000):
        keys = keys_of(f"192.0.{number >> 8}.{number & 255}", f"{number}.example")
        assert budget.enter(keys) == ""
        assert budget.delay(keys, number) <= 0
        budget.end(keys, number)
        budget.leave(keys)
    assert len(budget) < 5000


def test_a_busy_server_is_not_forgotten_with_the_quiet_ones() -> None:
    budget = Budget(SETTINGS)
    budget.enter(KEYS)
    budget.learn(KEYS, 0, 503, 0.1, 10_000_000)
    budget.leave(KEYS)
    for number in range(20_000):
        keys = keys_of(f"198.51.{number >> 8}.{number & 255}", f"{number}.example")
        budget.enter(keys)
        budget.delay(keys, number)
        budget.end(keys, number)
        budget.leave(keys)
    assert budget.delay(KEYS, 30_000) > 1000


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_the_log_proves_the_budget(seed: int) -> None:
    dice, budget, now, log = random.Random(seed), Budget(SETTINGS), 0.0, []
    running: list[tuple[float, float, tuple[str, ...], str]] = []
    for _ in range(5000):
        now += dice.random() * 0.1
        for each in [run for run in running if run[1] <= now]:
            running.remove(each)
            budget.end(each[2], each[1])
            budget.leave(each[2])
            log.append(Line(each[0], each[1], each[3], "a.example", "/"))
            status = dice.choice([200, 200, 200, 503, 0])
            budget.learn(each[2], now, status, dice.random() * 4)
        address = f"192.0.2.{dice.randrange(4)}"
        keys = keys_of(address, f"{dice.randrange(5)}.example")
        if not budget.enter(keys):
            if budget.delay(keys, now) <= 0:
                running.append((now, now + dice.random(), keys, address))
            else:
                budget.leave(keys)
    proof = prove(log)
    assert 1 <= proof.at_once <= 2
    assert 1 <= proof.per_s <= 5


@pytest.mark.parametrize(
    ("windows", "hour", "wait_h"),
    [((), 12, 0), ((("22:00", "06:00"),), 23, 0), ((("22:00", "06:00"),), 5, 0),
     ((("22:00", "06:00"),), 6, 16), ((("01:00", "02:00"), ("13:00", "14:00")), 12, 1),
     ((("01:00", "02:00"),), 3, 22)],
)  # fmt: skip
def test_times_of_day(windows: tuple[tuple[str, str], ...], hour: int, wait_h: int) -> None:
    assert seconds_until_open(windows, 20_000 * 86_400 + hour * 3600) == wait_h * 3600


def test_who_was_in_trouble_is_not_forgotten_among_many_others() -> None:
    budget, keys, now = Budget(SitesSettings()), keys_of("192.0.2.1", "town.example"), 1000.0
    for status in (503, 503, 200):
        assert budget.enter(keys) == ""
        assert budget.delay(keys, now) <= 0
        budget.end(keys, now)
        budget.learn(keys, now, status, 0.1)
        budget.leave(keys)
        now += 400
    now -= 395
    for number in range(5000):
        other = keys_of(f"198.51.{number // 250}.{number % 250}", f"d{number}.example")
        budget.enter(other)
        budget.delay(other, now)
        budget.end(other, now)
        budget.leave(other)
    assert budget.enter(keys) == ""
    assert budget.enter(keys) != ""  # one at a time still
