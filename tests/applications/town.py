"""A town and a village on loopback that run Debian's web applications, mail and names for real.

In the town (`*.town.example`) everything is kept well, in the village (`*.village.example`) as it
was left after installing, with things lying around. One nginx serves both; PHP, MariaDB, Tomcat,
Postfix, BIND and Unbound run as their packages ship them, with settings and data in a folder of the
test: nothing outside it is written, but for phpMyAdmin's cache of its own templates.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.adapters.sites.farm import Certified
from tests.conftest import find_program, free_port

TOWN, VILLAGE = "town.example", "village.example"
KINDS = ("blog", "tables", "wiki", "notes", "post", "buses")
WELL_KEPT = (TOWN, *(f"{kind}.{TOWN}" for kind in KINDS))
ILL_KEPT = (VILLAGE, *(f"{kind}.{VILLAGE}" for kind in KINDS))

_PASSWORD = "Long-enough-9"
AS_ROOT = os.geteuid() == 0
_CONTACT = f"Contact: mailto:security@{TOWN}\\nExpires: 2099-01-01T00:00:00Z\\n"


def packaged(package: str) -> str:
    """The version of a Debian package as its maker numbers it."""
    shown = _run("dpkg-query", "-W", "-f", "${Version}", package)
    found = re.match(r"(?:\d+:)?(\d[\d.]*\d)", shown)
    assert found, shown
    return found[1]


class Town:
    """The servers, while they run: where they listen, and the roots that they are trusted by."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plain, self.secure, self.mail = free_port(), free_port(), free_port()
        self.names, self.resolver = free_port(), free_port()
        self._tomcat = free_port()
        self._running: list[subprocess.Popen[bytes]] = []
        root = Certified(folder, ["Test root"], authority=True)
        self.roots = root.path
        self._good = Certified(folder, [TOWN, f"*.{TOWN}"], issuer=root)
        self._old = Certified(folder, [VILLAGE, f"*.{VILLAGE}"], issuer=root, days=(-90, -3))

    def start(self) -> None:
        """Start everything, side by side where it can be."""
        work: list[Callable[[], None]] = [
            self._start_blogs, self._start_wiki, self._start_post, self._start_notes,
            self._start_names, self._start_mail, self._start_tomcat,
        ]  # fmt: skip
        self._start_php()
        self._start_web()
        with ThreadPoolExecutor(len(work)) as pool:
            for done in [pool.submit(each) for each in work]:
                done.result()
        for port in (self.plain, self.secure, self._tomcat, *([self.mail] if AS_ROOT else [])):
            _wait_for(lambda port=port: _answers(port), f"port {port}")  # type: ignore[misc]

    def stop(self) -> None:
        """End everything that was started."""
        if (self.folder / "postfix").exists():
            subprocess.run([_program("postfix"), "-c", f"{self.folder}/postfix", "abort"], check=False, capture_output=True)  # fmt: skip
        for process in reversed(self._running):
            process.terminate()
        for process in self._running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _spawn(self, *command: str, env: dict[str, str] | None = None) -> None:
        with (self.folder / f"{Path(command[0]).name}.log").open("ab") as log:
            self._running.append(
                subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **(env or {})})
            )

    def _write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def _start_blogs(self) -> None:
        """WordPress with MariaDB: one database for each of both blogs."""
        data, place = self.folder / "mariadb", self.folder / "mariadb.sock"
        user = ["--user=root"] if AS_ROOT else []
        _run("mariadb-install-db", *user, "--no-defaults", f"--datadir={data}", "--skip-test-db", "--auth-root-authentication-method=normal")  # fmt: skip
        self._spawn(
            _program("mariadbd"), "--no-defaults", *user, f"--datadir={data}", f"--socket={place}",
            f"--pid-file={data}/pid", "--skip-networking", "--innodb-buffer-pool-size=16M",
            "--innodb-flush-log-at-trx-commit=0",
        )  # fmt: skip
        client = [_program("mariadb"), "--no-defaults", f"--socket={place}", "-uroot"]
        _wait_for(lambda: not subprocess.run([*client, "-e", ""], capture_output=True, check=False).returncode, "mariadbd")  # fmt: skip
        content = self.folder / "blog/wp-content"
        (content / "uploads").mkdir(parents=True)
        (content / "uploads/list.txt").write_text("a file")
        (content / "themes").symlink_to("/usr/share/wordpress/wp-content/themes")
        self._write("blog/wp-content/mu-plugins/tidy.php", f"""<?php
            if ($_SERVER['HTTP_HOST'] === 'blog.{TOWN}:{self.secure}') remove_action('wp_head', 'wp_generator');""")  # fmt: skip
        for part in Path("/usr/share/wordpress").iterdir():
            if part.name not in ("wp-config.php", "wp-content"):
                (self.folder / "blog" / part.name).symlink_to(part)
        self._write("blog/wp-config.php", f"""<?php
            $table_prefix = strpos($_SERVER['HTTP_HOST'], '{TOWN}') ? 'town_' : 'village_';
            foreach (['DB_NAME' => 'blogs', 'DB_USER' => 'root', 'DB_PASSWORD' => '', 'DB_HOST' => 'localhost:{place}',
                'WP_CONTENT_DIR' => '{content}', 'WP_HTTP_BLOCK_EXTERNAL' => true, 'DISABLE_WP_CRON' => true,
                'AUTOMATIC_UPDATER_DISABLED' => true] as $name => $value) define($name, $value);
            require_once ABSPATH . 'wp-settings.php';""")  # fmt: skip
        subprocess.run([*client, "-e", "CREATE DATABASE blogs"], check=True)
        for town in (TOWN, VILLAGE):
            place_of = f"blog.{town}:{self.secure}"
            script = self._write(f"install-{town}.php", f"""<?php
                $_SERVER += ['HTTP_HOST' => '{place_of}', 'HTTPS' => 'on', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1'];
                define('WP_INSTALLING', true);
                define('ABSPATH', '{self.folder}/blog/');
                require ABSPATH . 'wp-load.php';
                require ABSPATH . 'wp-admin/includes/upgrade.php';
                function wp_new_blog_notification() {{}}
                wp_install('City blog', 'admin', 'a@{town}', true, '', '{_PASSWORD}');
                foreach (['siteurl', 'home'] as $name) update_option($name, 'https://{place_of}');""")  # fmt: skip
            _run("php", str(script))

    def _start_wiki(self) -> None:
        """MediaWiki with SQLite: one database, of which each host makes a wiki of its own."""
        folder = self.folder / "wiki"
        folder.mkdir()
        _run(
            "php", "/usr/share/mediawiki/maintenance/install.php", "--dbtype", "sqlite",
            "--dbpath", str(folder), "--dbname", "wiki", "--server", "https://wiki.example",
            "--scriptpath", "", "--confpath", str(folder), "--pass", _PASSWORD, "City wiki", "Admin",
        )  # fmt: skip
        settings = folder / "LocalSettings.php"
        settings.write_text(settings.read_text() + f"""
            $wgServer = 'https://' . ($_SERVER['HTTP_HOST'] ?? 'wiki.example');
            $wgCacheDirectory = '{folder}';
            if (strpos($wgServer, '{TOWN}')) $wgHooks['OutputPageAfterGetHeadLinksArray'][] =
                function (&$tags) {{ unset($tags['meta-generator']); }};""")  # fmt: skip

    def _start_post(self) -> None:
        """Roundcube with SQLite."""
        folder = self.folder / "post"
        folder.mkdir()
        script = self._write("post/make.php", f"""<?php
            $db = new PDO('sqlite:{folder}/db');
            $db->exec(file_get_contents('/usr/share/roundcube/SQL/sqlite.initial.sql'));""")  # fmt: skip
        _run("php", str(script))
        shutil.copy("/etc/roundcube/defaults.inc.php", folder)
        shutil.copy("/etc/roundcube/mimetypes.php", folder)
        self._write("post/config.inc.php", f"""<?php $config = ['db_dsnw' => 'sqlite:///{folder}/db?mode=0600',
            'imap_host' => 'localhost:143', 'des_key' => 'twenty-four-letters-here', 'skin' => 'elastic',
            'log_dir' => '{folder}', 'temp_dir' => '{folder}', 'plugins' => []];""")  # fmt: skip

    def _start_notes(self) -> None:
        """DokuWiki with files."""
        folder = self.folder / "notes"
        shutil.copytree("/etc/dokuwiki", folder / "conf")
        for name in ("attic", "cache", "index", "locks", "log", "media", "media_attic", "media_meta", "meta", "pages", "tmp"):  # fmt: skip
            (folder / "data" / name).mkdir(parents=True)
        self._write("notes/conf/local.php", f"""<?php $conf['title'] = 'City notes'; $conf['useacl'] = 1;
            $conf['license'] = 'cc-by-sa'; $conf['savedir'] = '{folder}/data';""")  # fmt: skip
        self._write(
            "notes/prepend.php",
            f"""<?php
            define('DOKU_MAIN_CONF', '{folder}/conf/'); define('DOKU_CONF', '{folder}/conf/');""",
        )

    def _start_php(self) -> None:
        """A pool for the town, which takes care of cookies, and one for the village."""
        program = next(name for name in map("php-fpm8.{}".format, range(9, 0, -1)) if find_program(name))  # fmt: skip
        user = "user = root\ngroup = root\n" if AS_ROOT else ""
        pools = {
            "town": "php_flag[expose_php] = off\nphp_value[session.cookie_samesite] = Lax\n",
            "village": "php_flag[expose_php] = on\n",
        }
        text = f"[global]\nerror_log = {self.folder}/php/log\ndaemonize = no\n"
        for name, settings in pools.items():
            text += f"[{name}]\n{user}listen = {self.folder}/php/{name}.sock\npm = static\npm.max_children = 2\n"  # fmt: skip
            text += f"clear_env = no\nphp_value[session.save_path] = {self.folder}/php\n{settings}"
        config = self._write("php/fpm.conf", text)
        self._spawn(_program(program), *(["-R"] if AS_ROOT else []), "-y", str(config))

    def _start_tomcat(self) -> None:
        """Tomcat as it is after installing, and a host of its own for the town."""
        base = self.folder / "tomcat"
        for name in ("logs", "temp", "work", "webapps", "town/WEB-INF"):
            (base / name).mkdir(parents=True)
        shutil.copytree("/etc/tomcat10", base / "conf", ignore=shutil.ignore_patterns("Catalina"))
        self._write("tomcat/town/index.html", _page("City buses"))
        self._write("tomcat/conf/server.xml", f"""<?xml version="1.0"?><Server port="-1"><Service name="Catalina">
            <Connector port="{self._tomcat}" address="127.0.0.1" protocol="HTTP/1.1"/>
            <Engine name="Catalina" defaultHost="buses.{VILLAGE}"><Host name="buses.{VILLAGE}" appBase="{base}/webapps">
            <Context path="" docBase="/usr/share/tomcat10-root/default_root"/>
            <Context path="/manager" docBase="/usr/share/tomcat10-admin/manager" privileged="true"/></Host>
            <Host name="buses.{TOWN}" appBase="{base}/none"><Context path="" docBase="{base}/town"/>
            <Valve className="org.apache.catalina.valves.ErrorReportValve" showReport="false" showServerInfo="false"/>
            </Host></Engine></Service></Server>""")  # fmt: skip
        share = "/usr/share/tomcat10"
        self._spawn(
            _program("java"), "-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
            f"-Dcatalina.home={share}", f"-Dcatalina.base={base}", f"-Djava.io.tmpdir={base}/temp",
            "-classpath", f"{share}/bin/bootstrap.jar:{share}/bin/tomcat-juli.jar",
            "org.apache.catalina.startup.Bootstrap", "start",
        )  # fmt: skip

    def _start_names(self) -> None:
        """BIND with signed zones, of which one is broken, and Unbound that validates them."""
        folder = self.folder / "names"
        folder.mkdir()
        zones = {"example": _TOP, TOWN: _zone(_TOWN), "broken.example": _zone("@ A 127.0.0.1\n")}
        points = []
        for zone, text in zones.items():
            keys = [
                _run("dnssec-keygen", "-q", "-K", str(folder), "-a", "ECDSAP256SHA256", *flag, zone)
                for flag in (["-f", "KSK"], [])
            ]
            points.append(_run("dnssec-dsfromkey", "-2", f"{folder}/{keys[0].strip()}.key"))
            zones[zone] = text + "".join(
                (folder / f"{key.strip()}.key").read_text() for key in keys
            )
        zones["example"] += "".join(points[1:])
        for zone, text in zones.items():
            self._write(f"names/{zone}", text)
            _run("dnssec-signzone", "-q", "-d", str(folder), "-K", str(folder), "-o", zone, "-f", f"{folder}/{zone}.signed", f"{folder}/{zone}")  # fmt: skip
        broken = folder / "broken.example.signed"
        broken.write_text(re.sub(r"A\t127\.0\.0\.1", "A\t127.0.0.9", broken.read_text()))
        self._write(f"names/{VILLAGE}.signed", _zone(_VILLAGE))
        served = "".join(
            f'zone "{zone}" {{ type primary; file "{zone}.signed"; }};\n'
            for zone in (*zones, VILLAGE)
        )
        self._write("names/named.conf", f"""options {{ directory "{folder}"; recursion no; listen-on-v6 {{ none; }};
            listen-on port {self.names} {{ 127.0.0.1; }}; pid-file none; session-keyfile none; }};
            controls {{ }};\n{served}""")  # fmt: skip
        self._spawn(_program("named"), "-f", "-c", f"{folder}/named.conf")
        self._write("names/unbound.conf", f"""server:
  interface: 127.0.0.1@{self.resolver}
  port: {self.resolver}
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor: "{points[0].strip()}"
stub-zone:
  name: "example"
  stub-addr: 127.0.0.1@{self.names}
""" + "".join(f'stub-zone:\n  name: "{zone}"\n  stub-addr: 127.0.0.1@{self.names}\n' for zone in (TOWN, VILLAGE, "broken.example"))
            + "remote-control:\n  control-enable: no\n")  # fmt: skip
        self._spawn(_program("unbound"), "-d", "-c", f"{folder}/unbound.conf")

    def _start_mail(self) -> None:
        """Postfix that offers to encrypt; only root can start it."""
        if not AS_ROOT:
            return
        folder = self.folder / "postfix"
        for name in ("queue", "data"):
            (folder / name).mkdir(parents=True)
        self._write("postfix/main.cf", f"""compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.{TOWN}
smtpd_tls_chain_files = {self._good.key_path}, {self._good.path}
smtpd_tls_security_level = may
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
""")  # fmt: skip
        lines = Path("/usr/share/postfix/master.cf.dist").read_text()
        lines = re.sub(r"^smtp +inet", f"127.0.0.1:{self.mail} inet", lines, flags=re.MULTILINE)
        self._write("postfix/master.cf", re.sub(r"^(\S+ +\S+ +\S+ +\S+ +)[y-]", r"\1n", lines, flags=re.MULTILINE))  # fmt: skip
        shutil.chown(folder / "data", "postfix")
        _run("postfix", "-c", str(folder), "start")

    def _start_web(self) -> None:
        """nginx in front of everything: the town's hosts with care, the village's without."""
        for each in (self._good, self._old):
            each.context()
        left = self.folder / "left"
        for name, text in _LEFT.items():
            self._write(f"left/{name}", text)
        self._write("static/index.html", _page("City of Town", '<a href="/privacy">Privacy policy</a>'))  # fmt: skip
        temporary = "".join(
            f"{word}_temp_path {self.folder}/{word};"
            for word in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        for index, pattern in {"blog": self._blog, "tables": self._tables, "wiki": self._wiki, "notes": self._notes, "post": self._post}.items():  # fmt: skip
            self._write(f"nginx/{index}.conf", pattern())
        buses = f"proxy_pass http://127.0.0.1:{self._tomcat}; proxy_set_header Host $host;"
        self._write("nginx/buses.conf", f"location / {{ {buses} }}")
        village = "".join(
            f"""server {{ listen 127.0.0.2:{self.plain}; listen 127.0.0.2:{self.secure} ssl; server_name {kind}.{VILLAGE};
            autoindex on; include {self.folder}/nginx/{kind}.conf;
            location ~ ^/(\\.git|\\.env|backup\\.sql|uploads) {{ root {left}; }} location = /nginx_status {{ stub_status; }} }}\n"""
            for kind in KINDS
        )  # fmt: skip
        town = "".join(
            f"""server {{ listen 127.0.0.1:{self.secure} ssl; server_name {kind}.{TOWN};
            {self._care()} include {self.folder}/nginx/{kind}.conf; }}\n"""
            for kind in KINDS
        )
        self._write("nginx/town.conf", _CARE)
        self._write("nginx/nginx.conf", f"""daemon off; pid {self.folder}/nginx/pid; error_log {self.folder}/nginx/error; worker_processes 2;
{"user root;" if AS_ROOT else ""} events {{}}
http {{ include /etc/nginx/mime.types; access_log off; {temporary} index index.html index.php doku.php;
map $host $pool {{ default village; ~{TOWN}$ town; }}
ssl_certificate {self._old.path}; ssl_certificate_key {self._old.key_path};
ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers "ALL:@SECLEVEL=0";
server {{ listen 127.0.0.2:{self.plain} default_server; listen 127.0.0.2:{self.secure} ssl default_server; server_name {VILLAGE}; root {left}; autoindex on; }}
{village}
server {{ listen 127.0.0.1:{self.plain}; server_name {TOWN} *.{TOWN}; server_tokens off; return 301 https://$host:{self.secure}$request_uri; }}
server {{ listen 127.0.0.1:{self.secure} ssl default_server; server_name {TOWN}; {self._care()} root {self.folder}/static; }}
server {{ listen 127.0.0.1:{self.secure} ssl; server_name mta-sts.{TOWN}; {self._care()}
location = /.well-known/mta-sts.txt {{ default_type text/plain; return 200 "version: STSv1\\nmode: enforce\\nmx: mail.{TOWN}\\nmax_age: 604800\\n"; }} }}
{town} }}""")  # fmt: skip
        self._spawn(_program("nginx"), "-c", f"{self.folder}/nginx/nginx.conf", "-e", f"{self.folder}/nginx/error")  # fmt: skip

    def _care(self) -> str:
        return (
            f"ssl_certificate {self._good.path}; ssl_certificate_key {self._good.key_path};"
            f" ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM;"
            f" include {self.folder}/nginx/town.conf;"
        )

    def _php(self, root: str, more: str = "", **parameters: str) -> str:
        """How PHP is run: in the town it tells no version, and its cookies go home only."""
        sent = "".join(f"fastcgi_param {name} {value};" for name, value in parameters.items())
        return f"""location ~ \\.php(/|$) {{ root {root}; fastcgi_split_path_info ^(.+\\.php)(/.*)$;
            include /etc/nginx/fastcgi.conf; fastcgi_param PATH_INFO $fastcgi_path_info; fastcgi_param HTTP_HOST $http_host; {sent} {more}
            fastcgi_pass unix:{self.folder}/php/$pool.sock; }}"""  # fmt: skip

    def _blog(self) -> str:
        root = f"{self.folder}/blog"
        setting = f'"auto_prepend_file={self.folder}/blog/prepend.php"'
        self._write("blog/prepend.php", f"<?php define('ABSPATH', '{root}/');")
        return f"root {root}; location / {{ try_files $uri $uri/ /index.php?$args; }} {self._php(root, PHP_VALUE=setting)}"  # fmt: skip

    def _tables(self) -> str:
        root = "/usr/share/phpmyadmin"
        return f"root {root}; location ~ ^/(libraries|templates|sql|doc)/ {{ return 404; }} {self._php(root)}"  # fmt: skip

    def _wiki(self) -> str:
        root = "/var/lib/mediawiki"
        settings = f"{self.folder}/wiki/LocalSettings.php"
        return f"root {root}; location ~ ^/(includes|maintenance|mw-config|vendor|cache)/ {{ return 404; }} {self._php(root, MW_CONFIG_FILE=settings)}"  # fmt: skip

    def _notes(self) -> str:
        root = "/usr/share/dokuwiki"
        setting = f'"auto_prepend_file={self.folder}/notes/prepend.php"'
        return f"root {root}; location ~ ^/(inc|bin|vendor|install.php) {{ return 404; }} {self._php(root, PHP_VALUE=setting)}"  # fmt: skip

    def _post(self) -> str:
        root = "/var/lib/roundcube"
        return f"root {root}; location ~ ^/(SQL|config|logs|temp|installer)/ {{ return 404; }} {self._php(root, ROUNDCUBE_CONFIG_DIR=f'{self.folder}/post')}"  # fmt: skip


@contextmanager
def running_town() -> Iterator[Town]:
    """The town and the village while they run."""
    with TemporaryDirectory(prefix="town-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        folder.chmod(0o755)  # Postfix works as a user of its own
        town = Town(folder)
        try:
            town.start()
            yield town
        finally:
            town.stop()


_CARE = f"""server_tokens off; autoindex off;
add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;
add_header X-Content-Type-Options nosniff always; add_header X-Frame-Options DENY always;
add_header Referrer-Policy strict-origin-when-cross-origin always;
add_header Permissions-Policy "camera=(), microphone=(), geolocation=()" always;
add_header Content-Security-Policy "default-src 'self'; frame-ancestors 'none'; object-src 'none'" always;
fastcgi_hide_header X-Powered-By; fastcgi_hide_header X-Frame-Options; fastcgi_hide_header X-Content-Type-Options;
fastcgi_hide_header Content-Security-Policy; fastcgi_hide_header Referrer-Policy;
location = /.well-known/security.txt {{ default_type text/plain; return 200 "{_CONTACT}"; }}
location ~ ^/(wp-login\\.php|wp-admin|xmlrpc\\.php|readme\\.html|VERSION) {{ return 404; }}
location ~ /\\.(?!well-known) {{ return 404; }}
"""  # fmt: skip
_LEFT = {
    ".git/config": "[core]\n\trepositoryformatversion = 0\n",
    ".env": "APP_ENV=production\nDB_PASSWORD=not-a-real-one\n",
    "backup.sql": "-- MySQL dump 10.13\nCREATE TABLE `residents` (`id` int);\n",
    "uploads/a.txt": "a",
}
"""What was left lying around in the village."""

_TOP = """$TTL 60
@ SOA ns.town.example. h.town.example. 1 3600 600 86400 60
@ NS ns.town.example.
town NS ns.town.example.
broken NS ns.town.example.
village NS ns.town.example.
ns.town A 127.0.0.1
"""
_TOWN = f"""@ A 127.0.0.1
@ MX 10 mail
@ TXT "v=spf1 mx -all"
@ CAA 0 issue "ca.example"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@{TOWN}"
_mta-sts TXT "v=STSv1; id=20261126"
_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@{TOWN}"
default._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
mail A 127.0.0.1
mta-sts A 127.0.0.1
""" + "".join(f'{kind} A 127.0.0.1\n{kind} TXT "v=spf1 -all"\n' for kind in KINDS)
_VILLAGE = """@ A 127.0.0.2
@ TXT "v=spf1 +all"
_dmarc TXT "v=DMARC1; p=none"
left CNAME shop.gone.example.
""" + "".join(f"{kind} A 127.0.0.2\n" for kind in KINDS)


def _zone(records: str) -> str:
    return f"$TTL 60\n@ SOA ns.{TOWN}. h.{TOWN}. 1 3600 600 86400 60\n@ NS ns.{TOWN}.\nns A 127.0.0.1\n{records}"  # fmt: skip


def _page(title: str, more: str = "") -> str:
    return f"<!doctype html><html lang=en><title>{title}</title><h1>{title}</h1>{more}"


def _program(name: str) -> str:
    found = find_program(name)
    assert found, name
    return found


def _run(program: str, *arguments: str) -> str:
    done = subprocess.run([_program(program), *arguments], capture_output=True, check=False, text=True, timeout=120)  # fmt: skip
    assert not done.returncode, f"{program}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return not probe.connect_ex(("127.0.0.1", port))


def _wait_for(ready: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline, f"{what} did not start"
        time.sleep(0.05)
