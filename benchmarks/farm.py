"""A farm of websites on loopback: eight kinds of real life, and cases of certificates and TLS.

It stands in a network of its own (`alone`), where every site has an address of 127.77.0.0/16 and
the ports 80 and 443, and is served by Debian's nginx; Debian's unbound answers for its names.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

import msgspec

from benchmarks.authority import Authority, Shown
from benchmarks.measure import ROOT, Row

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
RESOLVER = "127.0.0.1"
_PROGRAMS = ("nginx", "unbound", "unshare", "ip", "mount", "openssl")
_READY_S = 20

GOOD, EXPIRED, OLD_TLS, BARE, EXPOSED, LISTED, OLD_CODE, DEFAULT = KINDS = (
    "good", "expired", "old-tls", "bare", "exposed", "listed", "old-code", "default",
)  # fmt: skip

TLS_CASES = {
    "modern": ("TLSv1.3", ""),
    "intermediate": ("TLSv1.2 TLSv1.3", "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM"),
    "usual": ("TLSv1.2 TLSv1.3", "HIGH:!aNULL:!MD5"),
    "tls12-cbc": ("TLSv1.2", "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384"),
    "static": ("TLSv1.2", "AES128-GCM-SHA256"),
    "static-cbc": ("TLSv1.2", "AES128-SHA256:ECDHE-RSA-AES128-SHA256"),
    "old": ("TLSv1 TLSv1.1 TLSv1.2", "ALL:@SECLEVEL=0"),
    "everything": ("TLSv1 TLSv1.1 TLSv1.2 TLSv1.3", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"),
    "tls10": ("TLSv1", "AES128-SHA:@SECLEVEL=0"),
    "tls11": ("TLSv1.1", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"),
    "gap": ("TLSv1 TLSv1.2", "AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"),
    "anonymous": ("TLSv1.2", "aNULL:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"),
    "null": ("TLSv1.2", "eNULL:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"),
    "dhe": ("TLSv1.2", "DHE-RSA-AES128-SHA:DHE-RSA-AES128-GCM-SHA256"),
    "camellia": ("TLSv1.2", "CAMELLIA128-SHA:ECDHE-RSA-CAMELLIA256-SHA384"),
}
"""Protocols and suites of nginx, by the name of the case."""

CERTIFICATE_CASES: dict[str, Callable[[Authority, str], Shown]] = {
    "cert-good": lambda ca, host: ca.leaf(host),
    "cert-expired": lambda ca, host: ca.leaf(host, days=(-60, -3)),
    "cert-not-yet": lambda ca, host: ca.leaf(host, days=(3, 60)),
    "cert-self-signed": lambda ca, host: ca.alone(host),
    "cert-untrusted-root": lambda ca, host: ca.foreign.leaf(host, with_root=True),
    "cert-wrong-host": lambda ca, host: ca.leaf(f"wrong.{host}"),
    "cert-no-names": lambda ca, host: ca.leaf(host, names=()),
    "cert-wildcard": lambda ca, host: ca.leaf(host, names=(host, f"*.{host}")),
    "cert-incomplete": lambda ca, host: ca.leaf(host, chain=False),
    "cert-reversed": lambda ca, host: ca.leaf(host, backwards=True),
    "cert-with-root": lambda ca, host: ca.leaf(host, with_root=True),
    "cert-rsa1024": lambda ca, host: ca.leaf(host, key="rsa1024"),
    "cert-rsa4096": lambda ca, host: ca.leaf(host, key="rsa4096"),
    "cert-ecdsa": lambda ca, host: ca.leaf(host, key="p256"),
    "cert-ecdsa384": lambda ca, host: ca.leaf(host, key="p384"),
    "cert-sha1": lambda ca, host: ca.leaf(host, digest="sha1"),
    "cert-md5": lambda ca, host: ca.leaf(host, digest="md5"),
    "cert-sha512": lambda ca, host: ca.leaf(host, digest="sha512"),
    "cert-many-names": lambda ca, host: ca.leaf(
        host, names=(host, *(f"n{n}.{host}" for n in range(999)))
    ),
}  # fmt: skip
"""What is shown to visitors, by the name of the case, after those of badssl.com."""


class Site(msgspec.Struct, frozen=True):
    """A site of the farm: its kind, or the name of its case."""

    host: str
    address: str
    kind: str


class Farm(AbstractContextManager["Farm"]):
    """The farm while it stands. `scripts` is a folder of old JavaScript files, by name.

    `crowd` names lead to one more address, `crowded`, whose log says what went on at once. Of a
    `street`, every name has an address of its own, and one server answers for all of them.
    """

    def __init__(
        self,
        folder: Path,
        sites: int = 200,
        crowd: int = 0,
        scripts: Path | None = None,
        street: int = 0,
    ) -> None:
        self.folder = folder
        self.sites = [
            Site(f"town{n}.example", f"127.77.{n // 200}.{n % 200 + 1}", KINDS[n % len(KINDS)])
            for n in range(sites)
        ]
        self.cases = [
            Site(f"{name}.example", f"127.77.100.{n}", name)
            for n, name in enumerate((*CERTIFICATE_CASES, *TLS_CASES), 1)
        ]
        self.crowd = [f"crowd{n}.example" for n in range(crowd)]
        self.crowded = "127.77.200.1"
        self.street = [
            (f"street{n}.example", f"127.{100 + n // 60_000}.{n // 250 % 240}.{n % 250 + 1}")
            for n in range(street)
        ]
        self.street_log = folder / "street.log"
        self.root = folder / "root.pem"
        self.crowd_log = folder / "crowd.log"
        self._scripts = scripts
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Farm:
        """Build it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        authority = Authority(self.folder / "keys")
        self.root.write_bytes(authority.root_pem)
        blocks = [self._block(site, authority) for site in (*self.sites, *self.cases)]
        self._write_nginx(blocks, authority)
        self._write_unbound()
        self._start(["nginx", "-e", "stderr", "-p", str(self.folder), "-c", "nginx.conf"])
        self._start(["unbound", "-d", "-p", "-c", str(self.folder / "unbound.conf")])
        self._await_port(RESOLVER, 53)
        address = (self.sites or self.cases)[-1].address
        self._await_port(self.street[0][1] if self.street else address, 443)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait()

    def crowd_lines(self) -> Iterator[dict[str, str]]:
        """What nginx wrote down of the crowd: one object for each request."""
        with self.crowd_log.open("rb") as file:
            for line in file:
                yield json.loads(line)

    def connections(self) -> int:
        """How many connections nginx has taken since it began, but for that of this question."""
        with socket.create_connection(("127.77.250.1", 80), 5) as asked:
            asked.sendall(b"GET / HTTP/1.0\r\n\r\n")
            told = b""
            while piece := asked.recv(4096):
                told += piece
        self._asked = getattr(self, "_asked", 0) + 1
        return int(told.split(b"requests\n")[1].split()[0]) - self._asked

    def _start(self, command: Sequence[str]) -> None:
        environment = {**os.environ, "PATH": PATH, "OPENSSL_CONF": str(self.folder / "openssl.cnf")}
        with (self.folder / f"{command[0]}.err").open("wb") as told:
            self._running.append(
                subprocess.Popen(command, env=environment, stdout=told, stderr=told)
            )

    def _await_port(self, address: str, port: int) -> None:
        until = time.monotonic() + _READY_S
        while True:
            try:
                socket.create_connection((address, port), 1).close()
                return
            except OSError:
                if time.monotonic() > until:
                    told = "".join(path.read_text()[-500:] for path in self.folder.glob("*.err"))
                    raise RuntimeError(f"no answer from {address}:{port}: {told}") from None
                time.sleep(0.05)

    def _write_nginx(self, blocks: Sequence[str], authority: Authority) -> None:
        (self.folder / "openssl.cnf").write_text(
            "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = lax\n"
            "[lax]\nCipherString = ALL:@SECLEVEL=0\n"
        )
        shown = authority.leaf("crowd.example")
        crowd = f"""
server {{
  listen {self.crowded}:80 backlog=4096;
  listen {self.crowded}:443 ssl backlog=4096;
  {_certificate(shown)}
  access_log crowd.log crowd;
  limit_conn crowd 2;
  limit_conn_dry_run on;
  root {self._crowd_page()};
}}
server {{ listen 127.77.250.1:80; access_log off; location / {{ stub_status; }} }}
"""
        if self.street:  # which no other address may be listened at beside
            blocks, crowd = (
                (),
                f"""
server {{
  listen 80 default_server backlog=8192;
  listen 443 default_server ssl backlog=8192;
  {_certificate(authority.leaf("street.example", key="p256"))}
  access_log street.log street buffer=32k flush=1s;
  root {self._street_page()};
}}
""",
            )
        (self.folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; user root; pid nginx.pid; error_log error.log crit;
events {{ worker_connections 8192; }}
http {{
  log_format crowd escape=json '{{"end":"$msec","took":"$request_time","host":"$host",'
    '"atonce":"$limit_conn_status","open":"$connections_active"}}';
  log_format street '$host $scheme $uri';
  access_log off;
  types {{ text/html html; application/javascript js; text/plain txt; application/sql sql; }}
  default_type application/octet-stream;
  ssl_session_cache off; ssl_session_tickets off; keepalive_timeout 10; lingering_close off;
  limit_conn_zone $server_addr zone=crowd:1m;
  {
            "".join(
                f"{name}_temp_path tmp/{name};"
                for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            )
        }
  {"".join(blocks)}
  {crowd}
}}
""")
        (self.folder / "tmp").mkdir(exist_ok=True)

    def _crowd_page(self) -> Path:
        """One page for all of the crowd: a file, for what nginx only says counts in no limit."""
        root = self.folder / "www" / "crowd"
        root.mkdir(parents=True, exist_ok=True)
        (root / "index.html").write_text("<!doctype html><title>Crowd</title><p>Hello")
        return root

    def _street_page(self) -> Path:
        """A page of usual size for all of the street."""
        root = self.folder / "www" / "street"
        root.mkdir(parents=True, exist_ok=True)
        words = "".join(
            f"<p><a href=/news/{n}>News of day {n}</a> in our street" for n in range(150)
        )
        (root / "index.html").write_text(
            f"<!doctype html><html lang=en><title>Street</title>{words}"
        )
        return root

    def _write_unbound(self) -> None:
        lines = []
        for site in (*self.sites, *self.cases):
            lines += [f"{site.host}. A {site.address}", *_records(site)]
        lines += [f"{host}. A {self.crowded}" for host in self.crowd]
        lines += [f"{host}. A {address}" for host, address in self.street]
        lines.append('txt.example. TXT "v=spf1 -all"')
        data = "\n".join(f"  local-data: '{line}'" for line in lines)
        (self.folder / "unbound.conf").write_text(f"""
server:
  interface: {RESOLVER}
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "{self.folder}"
  pidfile: ""
  use-syslog: no
  access-control: 127.0.0.0/8 allow
  module-config: "iterator"
  num-queries-per-thread: 4096
  outgoing-range: 64
  so-rcvbuf: 4m
  local-zone: "." static
  local-zone: "txt.example." redirect
{data}
remote-control:
  control-enable: no
""")

    def _block(self, site: Site, authority: Authority) -> str:
        """The servers of a site, whose files are written into a folder of its own."""
        root = self.folder / "www" / site.host
        root.mkdir(parents=True, exist_ok=True)
        _write_files(root, site, self._scripts)
        shown, tls = _transport(site, authority)
        say_version = "off" if site.kind == GOOD else "on"
        secure = f"""
server {{
  listen {site.address}:443 ssl;
  server_name {site.host};
  server_tokens {say_version};
  {_certificate(shown)}
  {tls}
  root {root};
  {_headers(site)}
  {"location /files/ { autoindex on; }" if site.kind == LISTED else ""}
  {"autoindex on;" if site.kind == LISTED else ""}
}}"""
        goes = site.kind in (GOOD, EXPIRED, OLD_TLS) or site.kind not in KINDS
        plain = "return 301 https://$host$request_uri;" if goes else f"root {root};"
        if site.kind == LISTED:
            plain += " autoindex on;"
        return f"""
server {{
  listen {site.address}:80;
  server_name {site.host};
  server_tokens {say_version};
  {plain}
}}{secure}"""


def why_not() -> str:
    """Why a farm cannot stand here; empty where it can."""
    if os.geteuid() != 0:
        return "needs root, for a network of its own with the ports 80 and 443"
    missing = [name for name in _PROGRAMS if shutil.which(name, path=PATH) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    tried = subprocess.run(alone(["true"]), capture_output=True)
    return "" if tried.returncode == 0 else "no network of its own is allowed here"


def alone(command: Sequence[str | Path]) -> list[str]:
    """A command in a network of its own, that knows the farm's resolver; it ends with its parent.

    It is killed, with all that it started, when `unshare` is.
    """
    inside = (
        "ip link set lo up && echo nameserver 127.0.0.1 > /run/farm-resolver && "
        'mount --bind /run/farm-resolver /etc/resolv.conf && exec "$@"'
    )
    return [
        "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
        "sh", "-c", f"mount -t tmpfs none /run && {inside}", "sh", *(str(word) for word in command),
    ]  # fmt: skip


def rows_inside(command: Sequence[str | Path]) -> Iterator[Row]:
    """The rows that a command prints, a line of JSON each, in a network that ends with it."""
    with subprocess.Popen(alone(command), stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                yield msgspec.json.decode(line, type=Row)
        finally:
            process.kill()


def _transport(site: Site, authority: Authority) -> tuple[Shown, str]:
    """The certificate and the settings of TLS."""
    protocols, suites = "TLSv1.2 TLSv1.3", "ECDHE+AESGCM:ECDHE+CHACHA20"
    if site.kind in CERTIFICATE_CASES:
        shown = CERTIFICATE_CASES[site.kind](authority, site.host)
    elif site.kind == EXPIRED:
        shown = authority.leaf(site.host, days=(-90, -5))
    elif site.kind == DEFAULT:
        shown = authority.alone(site.host)
    else:
        shown = authority.leaf(site.host)
    if site.kind in TLS_CASES:
        protocols, suites = TLS_CASES[site.kind]
    elif site.kind == OLD_TLS:
        protocols, suites = "TLSv1 TLSv1.1 TLSv1.2", "ALL:@SECLEVEL=0"
    settings = f"ssl_protocols {protocols};"
    if suites:
        settings += f" ssl_ciphers {suites}; ssl_dhparam {authority.dh};"
    if site.kind == GOOD:
        settings += " ssl_prefer_server_ciphers on;"
    return shown, settings


def _certificate(shown: Shown) -> str:
    return f"ssl_certificate {shown.chain}; ssl_certificate_key {shown.key};"


_GOOD_HEADERS = """
  add_header Strict-Transport-Security "max-age=63072000; includeSubDomains";
  add_header Content-Security-Policy "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
  add_header X-Content-Type-Options nosniff;
  add_header X-Frame-Options DENY;
  add_header Referrer-Policy no-referrer;
  add_header Permissions-Policy "camera=(), microphone=(), geolocation=()";
  add_header Cross-Origin-Resource-Policy same-origin;
  location = /index.html { add_header Set-Cookie "__Host-session=x; Path=/; Secure; HttpOnly; SameSite=Lax";
    add_header Strict-Transport-Security "max-age=63072000; includeSubDomains";
    add_header Content-Security-Policy "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    add_header X-Content-Type-Options nosniff; add_header X-Frame-Options DENY;
    add_header Referrer-Policy no-referrer; add_header Cross-Origin-Resource-Policy same-origin;
    add_header Permissions-Policy "camera=(), microphone=(), geolocation=()"; }
"""  # noqa: E501


def _headers(site: Site) -> str:
    if site.kind == GOOD:
        return _GOOD_HEADERS
    if site.kind == OLD_CODE:
        return "location = /index.html { add_header Set-Cookie 'PHPSESSID=x; Path=/'; }"
    return ""


def _records(site: Site) -> list[str]:
    """What DNS says of a site beside its address: of a well-kept one, all that is right."""
    host = site.host
    if site.kind != GOOD:
        return []
    return [
        f'{host}. CAA 0 issue "ca.example"',
        f'{host}. TXT "v=spf1 -all"',
        f'_dmarc.{host}. TXT "v=DMARC1; p=reject"',
        f"{host}. NS ns1.example.",
        f"{host}. DS 12345 13 2 {'ab' * 32}",
    ]


def _write_files(root: Path, site: Site, scripts: Path | None) -> None:
    own = f"app-{site.host}.js"
    ours = scripts / "current.js" if scripts else None
    code = ours.read_text() if ours and ours.exists() else "console.log('ready')\n" * 200
    (root / own).write_text(f"{code}\n/* {site.host} */\n")
    head, body = f"<script src=/{own}></script>", f"<h1>{site.host}</h1>{_TEXT}"
    if site.kind == OLD_CODE:
        for name in ("jquery-1.8.3.js", "bootstrap-3.3.5.min.js", "angular-1.5.0.min.js"):
            found = scripts / name if scripts else None
            text = found.read_text() if found and found.exists() else f"/* {name} */\n"
            (root / name).write_text(f"{text}\n/* {site.host} */\n")
            head += f'<script src="/{name}"></script>'
        body += '<img src="http://town3.example/a.png"><script src="http://town3.example/m.js"></script>'
    if site.kind == DEFAULT:
        (root / "index.html").write_text(_DEFAULT_PAGE)
        return
    if site.kind == LISTED:
        (root / "backup.sql").write_text(_DUMP * 200)
        (root / "files").mkdir(exist_ok=True)
        (root / "files" / "old.txt").write_text("old\n")
        return
    (root / "index.html").write_text(
        f"<!doctype html><html lang=en><head><title>Town of {site.host}</title>"
        f"<meta charset=utf-8>{head}</head><body>{body}</body></html>"
    )
    if site.kind == EXPOSED:
        (root / ".git").mkdir(exist_ok=True)
        (root / ".git" / "config").write_text("[core]\n\trepositoryformatversion = 0\n")
        (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        (root / ".env").write_text("APP_ENV=production\nDB_PASSWORD=not-a-real-one\n")
    if site.kind == GOOD:
        (root / ".well-known").mkdir(exist_ok=True)
        (root / ".well-known" / "security.txt").write_text(
            f"Contact: mailto:security@{site.host}\nExpires: {time.gmtime().tm_year + 1}"
            "-06-30T00:00:00Z\n"
        )
        (root / "robots.txt").write_text("User-agent: *\nDisallow: /private/\n")


_TEXT = "".join(
    f"<p>Council meeting {n}: the minutes are <a href=/minutes/{n}>here</a>, and the agenda of "
    "the next one will be sent to all who asked for it.</p>"
    for n in range(60)
)
_DUMP = "-- MySQL dump 10.13\nCREATE TABLE `people` (`id` int);\nINSERT INTO `people` VALUES (1);\n"
_DEFAULT_PAGE = """<!DOCTYPE html>
<html><head><title>Welcome to nginx!</title></head><body><h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and working. Further
configuration is required.</p><p><em>Thank you for using nginx.</em></p></body></html>
"""
