"""The examples for systemd and nginx, as they stand but for paths, ports and names."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cityshield.config import Config
from tests.conftest import Live, find_program, free_port
from tests.docs.documents import FOLDER

UNIT = FOLDER / "examples/cityshield.service"
FEEDS = FOLDER / "examples/cityshield-feeds.service"
TIMER = FOLDER / "examples/cityshield-feeds.timer"
UNITS = pytest.mark.parametrize("unit", [UNIT, FEEDS], ids=["service", "feeds"])
SITE = FOLDER / "examples/nginx.conf"
BURST = 6
FRAME = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@pytest.mark.systemd
@UNITS
def test_the_unit_is_one_that_systemd_takes(tmp_path: Path, unit: Path) -> None:
    command = Path(sys.executable).parent / "cityshield"
    text, times = re.subn(r"/opt/cityshield/\.venv/bin/cityshield", str(command), unit.read_text())
    assert times == 1
    paths = [tmp_path / unit.name]
    paths[0].write_text(text)
    if unit == FEEDS:
        paths.append(Path(shutil.copy(TIMER, tmp_path)))
    done = subprocess.run(
        [str(find_program("systemd-analyze")), "verify", "--man=no", *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "cityshield" not in done.stderr


@pytest.mark.systemd
@UNITS
def test_the_unit_gives_little_away(tmp_path: Path, unit: Path) -> None:
    shutil.copy(unit, tmp_path)
    asked = ["security", "--offline=true", "--threshold=40", str(tmp_path / unit.name)]
    done = subprocess.run(
        [str(find_program("systemd-analyze")), *asked],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


class Proxy:
    """nginx with the example, before a service that trusts it."""

    def __init__(self, folder: Path, service: Live) -> None:
        self.plain, self.secure = free_port(), free_port()
        self.service = service
        write_site(folder, self.plain, self.secure, service.port)
        self.process = subprocess.Popen(
            [*nginx(), "-c", str(folder / "nginx.conf")], stderr=subprocess.PIPE
        )
        self.context = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(self.process.stderr.read().decode())  # type: ignore[union-attr]
            try:
                socket.create_connection(("127.0.0.1", self.secure), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("nginx did not start")

    def ask(
        self, method: str, path: str, source: str, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """A request over TLS from an address of this machine: status, headers, body."""
        raw = socket.create_connection(("127.0.0.1", self.secure), 20, (source, 0))
        connection = http.client.HTTPConnection("cityshield.example", timeout=20)
        connection.sock = self.context.wrap_socket(raw, server_hostname="cityshield.example")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        content = answer.read()
        connection.close()
        return answer.status, told, content

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        assert self.process.stderr is not None
        self.process.stderr.close()


def nginx() -> list[str]:
    return [str(find_program("nginx")), "-e", "stderr"]


def write_site(folder: Path, plain: int, secure: int, service: int) -> None:
    """The example with this machine's ports and a certificate of its own."""
    site = SITE.read_text()
    for shown, here in (
        (r"^ *listen \[::\]:.*\n", ""),
        (r"listen 80;", f"listen 127.0.0.1:{plain};"),
        (r"listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
        (r"http://127\.0\.0\.1:8765;", f"http://127.0.0.1:{service};"),
        (r"/etc/ssl/cityshield/", f"{folder}/"),
        (r"/var/log/nginx/", f"{folder}/"),
    ):
        site, times = re.subn(shown, here, site, flags=re.MULTILINE)
        assert times, shown
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(FRAME.format(folder=folder))
    wanted = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        "-subj /CN=cityshield.example -addext subjectAltName=DNS:cityshield.example "
        "-keyout privkey.pem -out fullchain.pem"
    )
    subprocess.run(["openssl", *wanted.split()], cwd=folder, capture_output=True, check=True)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    home = tmp_path_factory.mktemp("behind")
    (home / "cityshield.toml").write_text(
        f'[server]\ntrusted_proxies = ["127.0.0.1"]\nrate_burst = {BURST}\nrate_per_minute = 1\n'
    )
    service = Live(home)
    proxy = Proxy(tmp_path_factory.mktemp("nginx"), service)
    yield proxy
    proxy.stop()
    service.stop()


@pytest.mark.nginx
def test_the_site_is_one_that_nginx_takes(tmp_path: Path) -> None:
    write_site(tmp_path, free_port(), free_port(), 8765)
    done = subprocess.run(
        [*nginx(), "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"warn" not in done.stderr


@pytest.mark.nginx
def test_each_client_behind_the_proxy_has_a_meter_of_its_own(proxy: Proxy) -> None:
    body = json.dumps({"value": "http://192.0.2.7/"}).encode()
    statuses = [
        proxy.ask("POST", "/api/v1/check", "127.0.0.2", body, X_Forwarded_For=f"203.0.113.{n}")[0]
        for n in range(BURST)
    ]
    assert statuses[0] == 200
    assert statuses[-1] == 429, "a client must not choose whose meter it uses"
    status, headers, content = proxy.ask("POST", "/api/v1/check", "127.0.0.3", body)
    assert status == 200
    assert json.loads(content)["level"] == "suspicious"
    assert headers["strict-transport-security"]
    assert "default-src 'none'" in headers["content-security-policy"]


@pytest.mark.nginx
def test_metrics_do_not_pass(proxy: Proxy) -> None:
    assert proxy.ask("GET", "/metrics", "127.0.0.4")[0] == 404


@pytest.mark.nginx
def test_lines_pass(proxy: Proxy) -> None:
    lines = b'{"value": "http://192.0.2.7/"}\n{"value": "See you at the match"}\n'
    status, _, content = proxy.ask("POST", "/api/v1/check/bulk", "127.0.0.5", lines)
    assert status == 200
    levels = [json.loads(line)["level"] for line in content.splitlines()]
    assert levels == ["suspicious", "benign"]


@pytest.mark.nginx
def test_what_is_too_large_is_refused_before_it_is_sent_on(proxy: Proxy) -> None:
    limit = Config().server.max_body_bytes
    assert f"client_max_body_size {limit >> 20}m;" in SITE.read_text()
    status, _, _ = proxy.ask("POST", "/api/v1/check", "127.0.0.6", b"x" * (limit + 1))
    assert status == 413


@pytest.mark.nginx
def test_plain_http_leads_to_tls(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain, timeout=20)
    connection.request("GET", "/?lang=en", headers={"Host": "cityshield.example"})
    answer = connection.getresponse()
    connection.close()
    assert answer.status == 301
    assert answer.headers["location"] == "https://cityshield.example/?lang=en"
