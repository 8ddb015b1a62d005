"""What a running service does by itself."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.exception
import dns.query
import dns.xfr
import dns.zone
import msgspec

from cityshield.config import Config
from cityshield.jobs import zone_of
from cityshield.service import Service
from tests.conftest import Live, free_port, run_cli
from tests.serving import serving

PATIENCE_S = 60.0


def owners(port: int) -> set[str]:
    """The names in the zone that is served; empty while none is."""
    zone = dns.zone.Zone("cityshield.rpz")
    try:
        dns.query.inbound_xfr("127.0.0.1", zone, port=port, timeout=2)
    except (OSError, EOFError, dns.exception.DNSException):
        return set()
    return {str(name) for name in zone.nodes}


def comes(port: int, name: str, *, wanted: bool) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if (name in owners(port)) == wanted:
            return True
        time.sleep(0.2)
    return False


def take(home: Path, source: str, *names: str) -> None:
    given = "".join(f"{name}\n" for name in names).encode()
    done = run_cli("feeds", "import", "-", "--source", source, "--trusted", home=home, stdin=given)
    assert done.returncode == 0, done.stderr


@contextmanager
def running(home: Path, port: int) -> Iterator[list[str]]:
    """A service that serves its zone; what it logged is there when it ended."""
    zone = f"[zone]\nserve = true\nport = {port}\ncoalesce_s = 1\n"
    (home / "cityshield.toml").write_text(f'[net]\nallow = ["127.0.0.0/8"]\n{zone}')
    logged: list[str] = []
    live = Live(home)
    try:
        yield logged
    finally:
        logged += live.stop().splitlines()


def test_what_trusted_sources_agree_on_is_blocked_and_served_by_itself(home: Path) -> None:
    take(home, "one", "a.example", "b.example")
    take(home, "two", "a.example")
    port = free_port()
    with running(home, port):
        assert comes(port, "a.example", wanted=True)
        assert "b.example" not in owners(port)
        take(home, "two", "b.example")
        assert comes(port, "b.example", wanted=True)


def test_a_port_that_is_taken_stops_nothing_else_and_is_said(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running(home, port) as logged:
            assert run_cli("decisions", "list", home=home).returncode == 0
    told = [msgspec.json.decode(line) for line in logged if '"zone"' in line]
    assert any(str(port) in entry["error"] for entry in told), logged


def test_a_feed_that_is_due_is_fetched_by_itself(home: Path) -> None:
    with serving() as server:
        server.replies["/hosts.txt"] = b"prize-desk.example\n"
        done = run_cli("feeds", "add", "partner", server.url("/hosts.txt"), home=home)
        assert done.returncode == 0, done.stderr
        with running(home, free_port()):
            deadline = time.monotonic() + PATIENCE_S
            while b"1  partner" not in run_cli("feeds", "list", home=home).stdout:
                assert time.monotonic() < deadline
                time.sleep(0.5)


def test_slow_transfers_keep_no_page_waiting(home: Path) -> None:
    service = Service(home, Config())
    try:
        zone = zone_of(service)
        slow = [zone.records()[1] for _ in range(40)]
        with service.engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        for records in slow:
            assert list(records) == []
    finally:
        service.close()
