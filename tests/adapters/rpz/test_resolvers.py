"""A decision seen by a client through each resolver, which is configured as the shield prints it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rcode
import msgspec
import pytest

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.database import open_database
from cityshield.config import Config
from cityshield.desk import Desk
from cityshield.vocabulary.decision import ALLOW, BLOCK, DOMAIN, HOST
from cityshield.vocabulary.identity import Identity
from tests.conftest import find_program, free_port, run_cli

ANA, BO = Identity("ana", "analyst"), Identity("bo", "analyst")
PATIENCE_S = 60.0


class Resolver:
    """One resolver process, asked as a client asks."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.start: Callable[[], subprocess.Popen[bytes]]
        self.process: subprocess.Popen[bytes] | None = None

    def code(self, name: str) -> str:
        """What a client is told: NXDOMAIN, or the address."""
        try:
            query = dns.message.make_query(name, "A")
            answer = dns.query.udp(query, "127.0.0.1", port=self.port, timeout=1)
        except (OSError, dns.exception.DNSException):
            return "no answer"
        if answer.rcode() != dns.rcode.NOERROR or not answer.answer:
            return dns.rcode.to_text(answer.rcode())
        return answer.answer[-1][0].to_text()

    def comes_to(self, name: str, wanted: str) -> bool:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if self.code(name) == wanted:
                return True
            time.sleep(0.1)
        return False

    def restart(self) -> None:
        self.stop()
        self.process = self.start()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    """A name server that gives every name the address 192.0.2.7."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def run() -> None:
            while True:
                try:
                    wire, client = server.recvfrom(4096)
                except OSError:
                    return
                query = dns.message.from_wire(wire)
                answer = dns.message.make_response(query)
                answer.flags |= 0x0080
                rrset = f"{query.question[0].name} 1 IN A 192.0.2.7"
                if query.question[0].rdtype == 1:
                    answer.answer += dns.message.from_text(f"id 1\n;ANSWER\n{rrset}\n").answer
                server.sendto(answer.to_wire(), client)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield server.getsockname()[1]


class City:
    """A data directory whose zone is served, and a desk."""

    def __init__(self, home: Path, resolver_port: int) -> None:
        self.home = home
        self.port = free_port()
        (home / "cityshield.toml").write_text(
            f'[zone]\nport = {self.port}\nnotify = ["127.0.0.1@{resolver_port}"]\n'
            "coalesce_s = 1\nrefresh_s = 1\n"
        )
        self.engine = open_database(home)
        self.desk = Desk(self.engine, SystemClock(), Config())
        self.process: subprocess.Popen[bytes] | None = None

    def serve(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cityshield.serve", "decisions", "serve", "--data"]
            + [str(self.home), "--lang", "en"],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        assert self.process.stderr is not None
        assert b"Serving the zone" in self.process.stderr.readline()

    def stop(self) -> None:
        if self.process is not None and self.process.stderr is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process.stderr.close()
        self.engine.dispose()

    def decide(self, name: str, action: str = BLOCK, scope: str = HOST) -> int:
        number = self.desk.propose(name, action, "test", ANA, scope=scope).id
        self.desk.approve(number, BO)
        return number

    def snippet(self, resolver: str) -> str:
        done = run_cli("decisions", "resolver", resolver, home=self.home)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()


def run(*command: str | Path, cwd: Path) -> subprocess.Popen[bytes]:
    program = find_program(str(command[0]))
    assert program
    log = (cwd / "log.txt").open("ab")
    try:
        return subprocess.Popen([program, *map(str, command[1:])], stdout=log, stderr=log, cwd=cwd)
    finally:
        log.close()


def unbound(
    city: City, folder: Path, port: int, upstream: int
) -> Callable[[], subprocess.Popen[bytes]]:
    (folder / "unbound.conf").write_text(
        f'server:\n  directory: "{folder}"\n  username: ""\n  chroot: ""\n  pidfile: "{folder}/pid"\n'
        f"  interface: 127.0.0.1@{port}\n  do-daemonize: no\n  use-syslog: no\n  do-ip6: no\n"
        f"  do-not-query-localhost: no\n{city.snippet('unbound')}"
        f'forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@{upstream}\n'
    )
    return lambda: run("unbound", "-d", "-c", folder / "unbound.conf", cwd=folder)


def bind(
    city: City, folder: Path, port: int, upstream: int
) -> Callable[[], subprocess.Popen[bytes]]:
    ours = (
        f'options {{ directory "{folder}"; pid-file "{folder}/pid"; listen-on-v6 {{ none; }};'
        f' session-keyfile "{folder}/key"; listen-on port {port} {{ 127.0.0.1; }}; forward only;'
        f" forwarders {{ 127.0.0.1 port {upstream}; }}; dnssec-validation no; notify no;"
    )
    text = (
        city.snippet("bind")
        .replace("options {", ours)
        .replace("min-update-interval 5", "min-update-interval 1")
    )
    (folder / "named.conf").write_text(f"controls {{ }};\n{text}")
    return lambda: run("named", "-f", "-c", folder / "named.conf", cwd=folder)


def powerdns(
    city: City, folder: Path, port: int, upstream: int
) -> Callable[[], subprocess.Popen[bytes]]:
    (folder / "rpz.lua").write_text(city.snippet("powerdns"))
    (folder / "recursor.conf").write_text(
        f"local-address=127.0.0.1\nlocal-port={port}\nsocket-dir={folder}\ndaemon=no\n"
        f"forward-zones-recurse=.=127.0.0.1:{upstream}\nlua-config-file={folder}/rpz.lua\n"
        "dnssec=off\ndont-query=\nsetuid=\nsetgid=\nsecurity-poll-suffix=\npacketcache-ttl=2\n"
    )
    return lambda: run("pdns_recursor", f"--config-dir={folder}", cwd=folder)


LIVE = [
    pytest.param(unbound, marks=pytest.mark.unbound),
    pytest.param(bind, marks=pytest.mark.bind),
    pytest.param(powerdns, marks=pytest.mark.powerdns),
]


@contextmanager
def standing(
    make: Callable[..., Callable[[], subprocess.Popen[bytes]]], tmp_path: Path, upstream: int
) -> Iterator[tuple[City, Resolver]]:
    resolver = Resolver(free_port())
    home, folder = tmp_path / "home", tmp_path / "resolver"
    home.mkdir()
    folder.mkdir()
    city = City(home, resolver.port)
    resolver.start = make(city, folder, resolver.port, upstream)
    try:
        yield city, resolver
    finally:
        resolver.stop()
        city.stop()


@pytest.mark.slow
@pytest.mark.parametrize("make", LIVE)
def test_a_block_holds_and_ends_as_it_was_decided(
    make: Callable[..., Callable[[], subprocess.Popen[bytes]]], tmp_path: Path, upstream: int
) -> None:
    with standing(make, tmp_path, upstream) as (city, resolver):
        city.decide("before.example")
        city.decide("whole.example", scope=DOMAIN)
        city.decide("good.whole.example", ALLOW)
        city.serve()
        resolver.restart()
        assert resolver.comes_to("before.example", "NXDOMAIN")
        assert resolver.code("www.before.example") == "192.0.2.7"
        assert resolver.code("any.whole.example") == "NXDOMAIN"
        assert resolver.code("good.whole.example") == "192.0.2.7"

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
    def knot(
        city: City, folder: Path, port: int, upstream: int
    ) -> Callable[[], subprocess.Popen[bytes]]:
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
    def dnsmasq(
        city: City, folder: Path, port: int, upstream: int
    ) -> Callable[[], subprocess.Popen[bytes]]:
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
