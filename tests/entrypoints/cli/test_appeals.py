"""`cityshield appeals` and the same over the API: what operators see and may do."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.audit import read_audit, verify
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.tokens import create_token
from cityshield.appeals import Appeals
from cityshield.config import Config
from cityshield.desk import Desk
from cityshield.vocabulary.identity import Identity
from tests.conftest import Live, run_cli

ROOT = Identity("root", "admin", how="local")
WRITTEN = "please\x1b[2J look\nagain"


class City:
    """Blocks of two names, an appeal against each, and tokens of four people."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.engine = open_database(home)
        now = SystemClock().now()
        self.tokens = {
            name: create_token(self.engine, ROOT, now, name, role)
            for name, role in (("Ana", "analyst"), ("Bo", "analyst"), ("Cy", "analyst"),
                               ("Dee", "reader"))
        }  # fmt: skip
        desk = Desk(self.engine, SystemClock(), Config())
        self.appeals = Appeals(self.engine, SystemClock(), Config())
        ana, bo = Identity("Ana", "analyst"), Identity("Bo", "analyst")
        for name in ("a.example", "b.example"):
            desk.approve(desk.propose(name, "block", "r", ana).id, bo)
        self.appeals.open(
            1, "owner", "cleaned", WRITTEN, contact="me@person.example", evidence={"found": "x"}
        )
        self.appeals.open(2, "visitor", "mistake", "I buy there", evidence={})

    def cli(self, name: str, *arguments: str) -> tuple[int, str]:
        env = {"CITYSHIELD_TOKEN": self.tokens[name]}
        done = run_cli("appeals", *arguments, home=self.home, env=env)
        return done.returncode, (done.stdout + done.stderr).decode()


@pytest.fixture
def city(home: Path) -> City:
    return City(home)


def test_the_list_tells_the_clock_and_nothing_that_was_written(city: City) -> None:
    status, said = city.cli("Ana", "list", "--lang", "en")
    assert status == 0
    first, second = said.splitlines()
    assert "decision 1" in first and "owner" in first and "answer due 2" in first
    assert "decision 2" in second and "visitor" in second
    _, told = city.cli("Ana", "list", "--json", "--state", "open")
    assert [json.loads(line)["id"] for line in told.splitlines()] == [1, 2]
    for text in (said, told):
        assert "person.example" not in text and "please" not in text


def test_one_appeal_is_shown_whole_and_harmless_to_a_terminal(city: City) -> None:
    _, said = city.cli("Ana", "show", "1", "--lang", "en")
    assert "please" in said and "me@person.example" in said and "\x1b" not in said
    assert "not given yet: closed, rescan, control" in said
    assert "_cityshield.a.example" in said and "cityshield-proof=" in said
    _, told = city.cli("Ana", "show", "1", "--json")
    assert json.loads(told)["voices"][0]["claim"] == "cleaned"
    status, said = city.cli("Ana", "show", "9", "--lang", "en")
    assert status == 2 and "no appeal 9" in said


def test_each_answer_is_an_act_of_somebody_who_may(city: City) -> None:
    _, said = city.cli("Bo", "ask", "1", "Which files?", "--lang", "en")
    assert "need-more" in said and "waits for them until" in said and "Which files?" in said
    for name in ("Ana", "Bo"):
        status, said = city.cli(name, "uphold", "1", "--reason", "no", "--lang", "en")
        assert status == 2 and "had a part in decision 1" in said and "--outcome wrong" in said
    for act in (("list",), ("show", "1"), ("ask", "1", "x"), ("uphold", "1", "--reason", "r")):
        status, said = city.cli("Dee", *act)
        assert status == 2 and "appeals:" in said
    status, said = city.cli("Cy", "uphold", "1", "--reason", "still there", "--lang", "en")
    assert status == 0 and "upheld" in said and "still there" in said
    status, said = city.cli("Ana", "grant", "2", "--outcome", "wrong", "--reason", "our fault")
    assert status == 0 and "granted" in said and "wrong" in said
    listed = run_cli("decisions", "list", home=city.home).stdout.decode()
    assert "a.example" in listed and "b.example" not in listed
    acts = [(e.actor.partition("#")[0], e.action) for e in read_audit(city.engine)][-4:]
    assert acts == [
        ("token:Bo", "appeals.ask"),
        ("token:Cy", "appeals.uphold"),
        ("token:Ana", "appeals.grant"),
        ("token:Ana", "decisions.end"),
    ]
    assert verify(city.engine).broken_at is None


def test_the_same_over_the_api(city: City) -> None:
    live = Live(city.home)
    try:

        def call(name: str, method: str, path: str, body: object = None) -> httpx.Response:
            headers = {"authorization": f"Bearer {city.tokens[name]}", "accept-language": "en"}
            url = f"{live.url}/api/v1/appeals{path}"
            return httpx.request(method, url, headers=headers, json=body, timeout=30)

        listed = call("Ana", "GET", "?state=open")
        assert [each["id"] for each in listed.json()] == [1, 2]
        assert all(each["voices"] == [] for each in listed.json())
        shown = call("Ana", "GET", "/1").json()
        assert shown["voices"][0]["contact"] == "me@person.example"
        assert call("Dee", "GET", "").status_code == 403
        assert httpx.get(f"{live.url}/api/v1/appeals").status_code == 401
        assert call("Ana", "GET", "/9").status_code == 400
        assert call("Ana", "GET", "?state=x").status_code == 400
        assert call("Cy", "POST", "/1/ask", {"text": "?"}).json()["state"] == "need-more"
        refused = call("Ana", "POST", "/1/uphold", {"reason": "r"})
        assert refused.status_code == 403 and refused.json()["type"].endswith("error-appeal-own")
        for body in ({}, {"reason": "r"}, {"reason": "r", "outcome": "x"}, {"reason": 1}, []):
            assert call("Cy", "POST", "/1/grant", body).status_code == 400
        long = {"reason": "x" * 100_000, "outcome": "wrong"}
        assert call("Cy", "POST", "/1/grant", long).status_code == 400
        granted = call("Cy", "POST", "/1/grant", {"reason": "clean", "outcome": "mended"})
        assert (granted.json()["state"], granted.json()["outcome"]) == ("granted", "mended")
        assert call("Cy", "POST", "/1/grant", {"reason": "clean", "outcome": "mended"}).status_code
        assert call("Cy", "POST", "/2/uphold", {"reason": "no"}).json()["state"] == "upheld"
    finally:
        live.stop()
