"""What tests share: homes, services that run for real, and the rule that CI skips nothing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from cityshield.config import Config
from cityshield.shield import Shield, build_shield

REQUIRE_ALL = os.environ.get("CITYSHIELD_REQUIRE_ALL") == "1"
PROGRAMS = {
    "chromium": "chromium",
    "nginx": "nginx",
    "systemd": "systemd-analyze",
    "unbound": "unbound",
    "bind": "named",
    "powerdns": "pdns_recursor",
    "knot": "kresd",
    "dnsmasq": "dnsmasq",
}
APPLICATIONS = {
    "/usr/share/wordpress/wp-load.php": "wordpress",
    "/usr/share/wordpress/wp-content/themes/twentytwentythree": "wordpress-theme-twentytwentythree",
    "/usr/share/phpmyadmin/index.php": "phpmyadmin",
    "/usr/share/mediawiki/index.php": "mediawiki",
    "/usr/share/dokuwiki/doku.php": "dokuwiki",
    "/usr/share/roundcube/index.php": "roundcube-core",
    "/usr/share/tomcat10-root/default_root/index.html": "tomcat10",
    "/usr/share/tomcat10-admin/manager": "tomcat10-admin",
    "/usr/sbin/mariadbd": "mariadb-server",
    "/usr/sbin/postfix": "postfix",
    "/etc/php/8.2/fpm": "php-fpm",
    "/etc/php/8.2/mods-available/pdo_sqlite.ini": "php-sqlite3",
}
"""What the marker `applications` needs, and the packages that have it."""


def data_folder() -> Path | None:
    """The shared data sets, where there are any."""
    folder = os.environ.get("CITYSHIELD_DATA")
    return Path(folder) if folder and Path(folder).is_dir() else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("data") and data_folder() is None:
            item.add_marker(pytest.mark.skip(reason="CITYSHIELD_DATA names no folder"))
        if item.get_closest_marker("applications") and (lacking := missing_applications()):
            reason = f"{lacking} is not installed: run scripts/install-test-packages"
            item.add_marker(pytest.mark.skip(reason=reason))
        for marker, program in PROGRAMS.items():
            if item.get_closest_marker(marker) and find_program(program) is None:
                reason = f"{program} is not installed: run scripts/install-test-packages"
                item.add_marker(pytest.mark.skip(reason=reason))


@cache
def missing_applications() -> str:
    """The packages that the marker `applications` needs and that are not there."""
    return ", ".join(name for path, name in APPLICATIONS.items() if not Path(path).exists())


def find_program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is required, a skip is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if REQUIRE_ALL and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("CITYSHIELD_REQUIRE_ALL=1: every skip above is a failure", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def data() -> Path:
    """The shared data sets."""
    folder = data_folder()
    if folder is None:
        pytest.skip("CITYSHIELD_DATA names no folder")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data directory of the test's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def shield(home: Path) -> Shield:
    """A shield on an empty data directory, which reads files by path."""
    return build_shield(home, Config(), disk=True)


def run_cli(
    *arguments: str | bytes,
    home: Path | None = None,
    stdin: bytes | None = None,
    env: dict[str, str] | None = None,
    timeout_s: float = 120,
) -> subprocess.CompletedProcess[bytes]:
    """Run the real command in a process of its own."""
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "CITYSHIELD"))},
        "LANG": "C.UTF-8",
        **({"CITYSHIELD_HOME": str(home)} if home else {}),
        **(env or {}),
    }
    return subprocess.run(
        [sys.executable, "-m", "cityshield.serve", *arguments],
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        env=environment,
        timeout=timeout_s,
        check=False,
    )


class Live:
    """A service that runs in a process of its own."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cityshield.serve", "up", "--data", str(home)]
            + ["--port", str(self.port), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LANG": "C.UTF-8"},
        )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(self.process.stdout.read().decode())  # type: ignore[union-attr]
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("the service did not start")

    def stop(self) -> str:
        """End the service; what it printed."""
        self.process.terminate()
        try:
            said, _ = self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            said, _ = self.process.communicate()
        return said.decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service for the whole session, with one listed host and one YARA rule.

    `parcel-desk.example` is listed by the source `partner`; the rule `marker` matches files that
    hold `harmless-marker-for-a-rule`.
    """
    home = tmp_path_factory.mktemp("live")
    rules = home / "rules"
    rules.mkdir()
    (rules / "test.yar").write_text(
        'rule marker { strings: $a = "harmless-marker-for-a-rule" condition: $a }'
    )
    (home / "cityshield.toml").write_text(
        "[server]\nrate_per_minute = 6000000\nrate_burst = 1000000\n"
        '[operator]\nname = "Test City CERT"\ncontact = "help@cert.example"\n'
    )
    listed = home / "list.txt"
    listed.write_text("parcel-desk.example\n")
    done = run_cli("feeds", "import", str(listed), "--source", "partner", home=home)
    assert done.returncode == 0, done.stderr.decode()
    service = Live(home)
    yield service
    service.stop()
