"""Resolvers that run for real, configured as the shield prints it, and a city that serves the zone."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rcode

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.database import open_database
from cityshield.config import Config
from cityshield.desk import Desk
from cityshield.vocabulary.decision import BLOCK, HOST
from cityshield.vocabulary.identity import Identity
from tests.conftest import find_program, free_port, run_cli

ANA, BO = Identity("ana", "analyst"), Identity("bo", "analyst")
PATIENCE_S = 30.0
Start = Callable[[], subprocess.Popen[bytes]]
Make = Callable[["City", Path, int, int], Start]
"""Writes a resolver's configuration for a city, a folder, a port and an upstream's port."""


class Resolver:
    """One resolver process, asked as a client asks."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.start: Start
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

    def comes_to(self, name: str, wanted: str, patience_s: float = PATIENCE_S) -> bool:
        deadline = time.monotonic() + patience_s
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


@contextmanager
def answering(ttl_s: int = 1) -> Iterator[int]:
    """A name server that gives every name the address 192.0.2.7; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        answer = b"\xc0\x0c\0\x01\0\x01" + ttl_s.to_bytes(4, "big") + b"\0\x04\xc0\0\x02\x07"

        def run() -> None:
            while True:
                try:
                    wire, client = server.recvfrom(4096)
                except OSError:
                    return
                end = 12
                while wire[end]:
                    end += wire[end] + 1
                question = wire[12 : end + 5]
                is_address = question[-4:-2] == b"\0\x01"
                count = b"\0\x01" if is_address else b"\0\0"
                head = wire[:2] + b"\x81\x80\0\x01" + count + b"\0\0\0\0"
                server.sendto(head + question + (answer if is_address else b""), client)

        threading.Thread(target=run, daemon=True).start()
        yield server.getsockname()[1]


class City:
    """A data directory whose zone is served, and a desk."""

    def __init__(self, home: Path, resolver_port: int, coalesce_s: int = 1) -> None:
        self.home = home
        self.port = free_port()
        (home / "cityshield.toml").write_text(
            f'[zone]\nport = {self.port}\nnotify = ["127.0.0.1@{resolver_port}"]\n'
            f"coalesce_s = {coalesce_s}\nrefresh_s = {coalesce_s}\n"
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


def unbound(city: City, folder: Path, port: int, upstream: int) -> Start:
    (folder / "unbound.conf").write_text(
        f'server:\n  directory: "{folder}"\n  username: ""\n  chroot: ""\n  pidfile: "{folder}/pid"\n'
        f"  interface: 127.0.0.1@{port}\n  do-daemonize: no\n  use-syslog: no\n  do-ip6: no\n"
        f"  do-not-query-localhost: no\n{city.snippet('unbound')}"
        f'forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@{upstream}\n'
    )
    return lambda: run("unbound", "-d", "-c", folder / "unbound.conf", cwd=folder)


def bind(city: City, folder: Path, port: int, upstream: int) -> Start:
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


def powerdns(city: City, folder: Path, port: int, upstream: int) -> Start:
    (folder / "rpz.lua").write_text(city.snippet("powerdns"))
    sockets = tempfile.mkdtemp(prefix="cs")  # the path of a socket may have 107 bytes
    (folder / "recursor.conf").write_text(
        f"local-address=127.0.0.1\nlocal-port={port}\nsocket-dir={sockets}\ndaemon=no\n"
        f"forward-zones-recurse=.=127.0.0.1:{upstream}\nlua-config-file={folder}/rpz.lua\n"
        "dnssec=off\ndont-query=\nsetuid=\nsetgid=\nsecurity-poll-suffix=\npacketcache-ttl=2\n"
    )
    return lambda: run("pdns_recursor", f"--config-dir={folder}", cwd=folder)


@contextmanager
def standing(
    make: Make, tmp_path: Path, upstream: int, coalesce_s: int = 1
) -> Iterator[tuple[City, Resolver]]:
    """A city and a resolver that is ready to be started."""
    resolver = Resolver(free_port())
    home, folder = tmp_path / "home", tmp_path / "resolver"
    home.mkdir(exist_ok=True)
    folder.mkdir(exist_ok=True)
    city = City(home, resolver.port, coalesce_s)
    resolver.start = make(city, folder, resolver.port, upstream)
    try:
        yield city, resolver
    finally:
        resolver.stop()
        city.stop()
