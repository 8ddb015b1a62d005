"""A decision seen by a client through each resolver, which is configured as the shield prints it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from cityshield.vocabulary.decision import ALLOW, DOMAIN
from tests.adapters.rpz.standing import (
    BO,
    City,
    Make,
    Start,
    answering,
    bind,
    powerdns,
    run,
    standing,
    unbound,
)
from tests.conftest import run_cli


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    with answering() as port:
        yield port


LIVE = [
    pytest.param(unbound, marks=pytest.mark.unbound),
    pytest.param(bind, marks=pytest.mark.bind),
    pytest.param(powerdns, marks=pytest.mark.powerdns),
]


@pytest.mark.slow
@pytest.mark.parametrize("make", LIVE)
def test_a_block_holds_and_ends_as_it_was_decided(
    make: Make, tmp_path: Path, upstream: int
) -> None:
    with standing(make, tmp_path, upstream) as (city, resolver):
        city.decide("before.example")
        city.decide("whole.example", scope=DOMAIN)
        city.decide("good.whole.example", ALLOW)
        city.decide("a.login.whole.example")  # covered: it must not end the wildcard above it
        city.serve()
        resolver.restart()
        assert resolver.comes_to("before.example", "NXDOMAIN")
        assert resolver.code("www.before.example") == "192.0.2.7"
        assert resolver.code("any.whole.example") == "NXDOMAIN"
        assert resolver.code("good.whole.example") == "192.0.2.7"
        for name in ("b.login", "login", "b.a.login", "x.good"):
            assert resolver.code(f"{name}.whole.example") == "NXDOMAIN", name

        number = city.decide("new.example")
        assert resolver.comes_to("new.example", "NXDOMAIN")
        proven = run_cli(
            "decisions", "probe", "--resolver", f"127.0.0.1@{resolver.port}", "--json",
            "new.example", "before.example", "free.example", home=city.home,
        )  # fmt: skip
        results = [msgspec.json.decode(line)["result"] for line in proven.stdout.splitlines()]
        assert (proven.returncode, results) == (0, ["held"] * 3), proven.stderr.decode()

        city.desk.end(number, "cleaned", BO)
        assert resolver.comes_to("new.example", "192.0.2.7")
        said = run_cli(
            "decisions", "probe", "--resolver", f"127.0.0.1@{resolver.port}", "--lang", "en",
            home=city.home,
        )  # fmt: skip
        assert said.returncode == 0, said.stdout.decode()
        assert "holds the newest state" in said.stdout.decode()
        assert "2 of 2 names" in said.stdout.decode()


@pytest.mark.slow
@pytest.mark.unbound
def test_a_resolver_goes_on_while_the_server_is_killed_and_catches_up(
    tmp_path: Path, upstream: int
) -> None:
    with standing(unbound, tmp_path, upstream) as (city, resolver):
        city.decide("before.example")
        city.serve()
        resolver.restart()
        assert resolver.comes_to("before.example", "NXDOMAIN")
        assert city.process is not None
        city.process.kill()
        city.process.wait()
        city.decide("meanwhile.example")
        assert resolver.code("before.example") == "NXDOMAIN"
        city.process.stderr.close()  # type: ignore[union-attr]
        city.serve()
        assert resolver.comes_to("meanwhile.example", "NXDOMAIN")
        resolver.restart()
        assert resolver.comes_to("meanwhile.example", "NXDOMAIN")


@pytest.mark.slow
@pytest.mark.knot
def test_knot_resolver_reads_the_exported_zone(tmp_path: Path, upstream: int) -> None:
    def knot(city: City, folder: Path, port: int, upstream: int) -> Start:
        text = city.snippet("knot").replace("/etc/knot-resolver", str(folder))
        (folder / "kresd.conf").write_text(
            f"net.listen('127.0.0.1', {port}, {{ kind = 'dns' }})\nmodules = {{ 'policy' }}\n{text}"
            f"policy.add(policy.all(policy.FORWARD({{'127.0.0.1@{upstream}'}})))\n"
            "trust_anchors.remove('.')\n"
        )
        return lambda: run("kresd", "-n", "-c", folder / "kresd.conf", folder, cwd=folder)

    with standing(knot, tmp_path, upstream) as (city, resolver):
        zone = tmp_path / "resolver" / "cityshield.rpz.zone"

        def export() -> None:
            done = run_cli(
                "decisions", "export", "--format", "rpz", "--output", str(zone), home=city.home
            )
            assert done.returncode == 0, done.stderr.decode()

        city.decide("before.example")
        export()
        resolver.restart()
        assert resolver.comes_to("before.example", "NXDOMAIN")
        assert resolver.code("free.example") == "192.0.2.7"
        city.decide("whole.example", scope=DOMAIN)
        export()
        assert resolver.comes_to("any.whole.example", "NXDOMAIN")


@pytest.mark.dnsmasq
def test_dnsmasq_reads_the_exported_list_at_a_restart(tmp_path: Path, upstream: int) -> None:
    def dnsmasq(city: City, folder: Path, port: int, upstream: int) -> Start:
        lists = folder / "lists"
        lists.mkdir()
        text = city.snippet("dnsmasq").replace("/etc/dnsmasq.d", str(lists))
        (folder / "dnsmasq.conf").write_text(
            f"{text}port={port}\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\n"
            f"server=127.0.0.1#{upstream}\nuser=root\npid-file={folder}/pid\n"
        )
        return lambda: run("dnsmasq", "-k", f"--conf-file={folder}/dnsmasq.conf", cwd=folder)

    with standing(dnsmasq, tmp_path, upstream) as (city, resolver):
        city.decide("whole.example", scope=DOMAIN)
        city.decide("host.example")
        path = tmp_path / "resolver" / "lists" / "cityshield.rpz.conf"
        done = run_cli(
            "decisions", "export", "--format", "dnsmasq", "--output", str(path), home=city.home
        )
        assert done.returncode == 0, done.stderr.decode()
        resolver.restart()
        assert resolver.comes_to("any.whole.example", "NXDOMAIN")
        assert resolver.code("host.example") == "0.0.0.0"
        assert resolver.code("www.host.example") == "192.0.2.7"


def test_every_resolver_has_a_configuration(home: Path) -> None:
    for name in ("bind", "dnsmasq", "knot", "powerdns", "unbound"):
        done = run_cli("decisions", "resolver", name, home=home)
        assert done.returncode == 0, os.fsdecode(done.stderr)
        assert b"$" not in done.stdout
