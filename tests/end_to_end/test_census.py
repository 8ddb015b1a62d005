"""A census from the list of sites to the report, by the command line, over servers on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.adapters.sites.farm import Certified, Site, answer, name_server, server
from tests.conftest import run_cli

HOSTS = [f"s{number}.town.example" for number in range(12)]
SCRIPT = b"/*! jQuery v1.8.3 */"
HOME = b"<!doctype html><title>Town</title><script src=/jquery-1.8.3.min.js></script>"


@asynccontextmanager
async def town(home: Path) -> AsyncIterator[tuple[Site, Site]]:
    """Twelve sites on one server over both schemes, and the settings to visit them."""
    root = Certified(home, ["Test root"], authority=True)
    leaf = Certified(home, [*HOSTS, "*.www.town.example"], issuer=root)
    replies = {
        "/": answer(HOME), "/jquery-1.8.3.min.js": answer(SCRIPT), "/.git/config": answer(
            b"[core]\n\trepositoryformatversion = 0\n", Content_Type="text/plain"),
    }  # fmt: skip
    secure_site, plain_site = Site(replies), Site(replies)
    table = {(host, "A"): ["127.0.0.1"] for host in HOSTS}
    async with AsyncExitStack() as stack:
        _, resolver = await stack.enter_async_context(name_server(table))
        secure = await stack.enter_async_context(server(secure_site, leaf.context()))
        plain = await stack.enter_async_context(server(plain_site))
        (home / "cityshield.toml").write_text(
            f"""
[operator]
contact = "cert@town.example"
[net]
allow = ["127.0.0.0/8"]
[sites]
resolvers = ["{resolver}"]
plain_port = {plain}
secure_port = {secure}
ca = "{root.path}"
address = {{ in_flight = 2, per_s = 200 }}
domain = {{ in_flight = 2, per_s = 200 }}
network = {{ in_flight = 2, per_s = 200 }}
[census]
canaries = ["{HOSTS[0]}"]
"""
        )
        yield secure_site, plain_site


async def cityshield(home: Path, *args: str) -> tuple[int, str, str]:
    done = await asyncio.to_thread(run_cli, *args, home=home)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


async def test_a_city_is_visited_judged_and_told(home: Path) -> None:
    listed = home / "sites.txt"
    listed.write_text("\n".join([*HOSTS, "gone.town.example", "this is no host"]))
    async with town(home) as (secure, plain):
        code, out, said = await cityshield(
            home, "sites", "import", str(listed), "--authorised-by", "City order 1"
        )
        assert code == 0, said
        code, out, said = await cityshield(home, "sites", "run", "--json")
        assert code == 0, said
        run = json.loads(out)
        assert (run["state"], run["targets"], run["settled"]) == ("judged", 13, 13)
        assert secure.most <= 2 and plain.most <= 2
        assert {host for host, _ in secure.asked} == set(HOSTS)
        assert all("cert@town.example" in head for head in secure.heads)
        asked = len(secure.asked)
        code, out, said = await cityshield(home, "sites", "report", "1", "--json")
        figures = json.loads(out)
        assert figures["judged"] == 12
        assert figures["reasons"] == {"no-name": 1}
        assert (figures["parked"], figures["alike"], figures["alike_pages"]) == (0, 12, 1)
        found = {item["check"]: item["sites"] for item in figures["checks"]}
        assert found["sites.exposed/git"] == 12
        politeness = figures["politeness"]
        assert politeness["at_once"] <= 2
        assert politeness["lines"] >= figures["requests"]
        code, out, said = await cityshield(home, "sites", "judge", "1")
        assert code == 0, said
        assert len(secure.asked) == asked
        code, out, said = await cityshield(home, "sites", "report", "1", "--lang", "zh")
        assert "上限 2" in out
        code, out, said = await cityshield(home, "sites", "names", "1")
        assert out.split() == ["www.town.example"]
        code, out, said = await cityshield(home, "sites", "names", "1", "--below", "x.example")
        assert (code, out) == (0, "")
        code, out, said = await cityshield(home, "sites", "run", "--changed-since", "1")
        assert code == 2
        plain.replies["/"] = secure.replies["/"] = answer(HOME.replace(b"1.8.3", b"1.9.0"))
        await cityshield(home, "sites", "run", "--profile", "quick")
        plain.replies["/"] = secure.replies["/"] = answer(HOME)
        code, out, said = await cityshield(
            home, "sites", "run", "--changed-since", "1", "--dry-run", "--json"
        )
        assert json.loads(out)["visits"] == 12
        code, out, said = await cityshield(home, "check", "--kind", "site", HOSTS[3], "--json")
        verdict = json.loads(out)
        assert code == 1, said
        assert verdict["grade"] in "DEF"
        assert "sites.exposed/git" in {item["check"] for item in verdict["findings"]}


@pytest.mark.parametrize(
    ("host", "reason"), [("other.example", "out-of-scope"), ("gone.town.example", "no-name")]
)
async def test_a_site_that_is_not_seen_is_unknown_with_the_reason(
    home: Path, host: str, reason: str
) -> None:
    listed = home / "sites.txt"
    listed.write_text("\n".join([*HOSTS, "gone.town.example"]))
    async with town(home) as (secure, _):
        await cityshield(home, "sites", "import", str(listed), "--authorised-by", "City order 1")
        code, out, _ = await cityshield(home, "check", "--kind", "site", host, "--json")
        assert code == 3
        verdict = json.loads(out)
        assert (verdict["level"], verdict["coverage"]) == ("unknown", 0.0)
        assert [item["reason"] for item in verdict["failed"]] == [f"visit-{reason}"]
        assert not secure.asked


async def test_nobody_is_visited_by_somebody_nameless(home: Path) -> None:
    listed = home / "sites.txt"
    listed.write_text("town.example")
    await cityshield(home, "sites", "import", str(listed), "--authorised-by", "City order 1")
    code, _, said = await cityshield(home, "sites", "run")
    assert code == 2
    assert "contact" in said
