"""Peers of the figures of websites: `python -m benchmarks.site_peers install` fetches them.

They lie in a cache of their own (`CITYSHIELD_PEERS`, else `~/.cache/cityshield-peers`), away from
our environment; whatweb and sslscan are packages of Debian. Old JavaScript libraries come from npm.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

CACHE = Path(os.environ.get("CITYSHIELD_PEERS") or Path.home() / ".cache" / "cityshield-peers")

PYTHON = {"sslyze": ("sslyze==6.3.1", "dnspython==2.9.2"), "wapiti": ("wapiti3==3.2.3",)}
"""Environments and what is in them: sslyze and wapiti ask for different versions of others."""

OBSERVATORY, RETIRE = "@mdn/mdn-http-observatory", "retire"
NODE = {OBSERVATORY: "1.4.8", RETIRE: "5.7.0"}

OLD = {
    "jquery": ("1.8.3", "2.2.4", "3.4.1", "3.7.1"), "bootstrap": ("3.3.5", "4.1.1"),
    "angular": ("1.5.0",), "handlebars": ("4.0.5",), "moment": ("2.18.1",), "lodash": ("4.17.4",),
    "underscore": ("1.8.3",), "vue": ("2.5.16",), "dompurify": ("2.0.7",),
    "jquery-ui-dist": ("1.12.1",), "knockout": ("3.4.2",), "backbone": ("1.1.2",),
    "mustache": ("2.2.1",), "axios": ("0.18.0",), "react": ("15.4.2",), "select2": ("4.0.3",),
    "datatables.net": ("1.10.15",), "video.js": ("6.2.0",), "ckeditor": ("4.9.1",),
    "tinymce": ("4.7.9",), "chart.js": ("2.7.1",),
}  # fmt: skip
"""JavaScript libraries of npm, most with known weaknesses."""

SERVED = {
    "jquery-1.8.3.js": "jquery-1.8.3/tmp/jquery.js",
    "bootstrap-3.3.5.min.js": "bootstrap-3.3.5/dist/js/bootstrap.min.js",
    "angular-1.5.0.min.js": "angular-1.5.0/angular.min.js",
    "current.js": "jquery-3.7.1/dist/jquery.min.js",
}
"""What the farm serves."""

_DULL = ("/test/", "/tests/", "/src/", "/node_modules/", "/lang/", "/locale/", "/docs/", "/grunt")
_SMALLEST_BYTES, _LARGEST_BYTES = 2_000, 1_000_000
_MOST_FILES = 4
_PASSIVE = "cookieflags,csp,http_headers,https_redirect,ssl"


def missing(*names: str) -> str:
    """What to do to have these peers; empty where they are there."""
    lacking = [name for name in names if not _place(name)]
    if not lacking:
        return ""
    if set(lacking) <= {"whatweb", "sslscan"}:
        return f"not measured: apt-get install {' '.join(lacking)}"
    return "not measured: python -m benchmarks.site_peers install"


def install() -> None:
    """Fetch the peers into the cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for name, packages in PYTHON.items():
        subprocess.run([sys.executable, "-m", "venv", CACHE / name], check=True)
        subprocess.run([CACHE / name / "bin" / "pip", "install", "-q", *packages], check=True)
    wanted = [f"{name}@{version}" for name, version in NODE.items()]
    wanted += [f"{name}-{v}@npm:{name}@{v}" for name, versions in OLD.items() for v in versions]
    (CACHE / "package.json").write_text("{}")
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", *wanted],
        check=True, cwd=CACHE,
    )  # fmt: skip
    conf = _module(OBSERVATORY) / "conf"
    conf.mkdir(exist_ok=True)  # its list of preloaded names is fetched at the first run, else
    (conf / "hsts-preload.json").write_text("{}")


def observatory(hosts: Path, output: Path) -> list[str | Path]:
    """MDN's HTTP Observatory over hosts, in one process."""
    script = Path(__file__).with_name("observatory.mjs")
    return ["node", script, _module(OBSERVATORY), hosts, output]


def whatweb(urls: Path, output: Path) -> list[str | Path]:
    """whatweb with one request for each address."""
    output.unlink(missing_ok=True)
    return ["whatweb", "-a1", "--no-errors", "--quiet", "--color=never", "--max-threads=25",
            f"--log-json={output}", f"--input-file={urls}"]  # fmt: skip


def sslyze(hosts: Path, root: Path, output: Path) -> list[str | Path]:
    """The usual scan of sslyze."""
    return [_place("sslyze"), f"--targets_in={hosts}", f"--json_out={output}",
            f"--certinfo_ca_file={root}"]  # fmt: skip


def wapiti(url: str, scratch: Path, output: Path, modules: str = _PASSIVE) -> list[str | Path]:
    """The passive modules of wapiti on one page."""
    return [_place("wapiti"), "-u", url, "-m", modules, "--scope", "url", "-d", "0", "-v", "0",
            "--flush-session", "--no-bugreport", "--store-session", scratch, "-f", "json",
            "-o", output]  # fmt: skip


def retire(data: Path, folder: Path, output: Path) -> list[str | Path]:
    """retire over the scripts of a folder, with all that it recognises."""
    return ["node", _module(RETIRE) / "lib" / "cli.js", "--jsrepo", data, "--path", folder,
            "--outputformat", "json", "--outputpath", output, "--verbose", "--exitwith", "0",
            "--nocache"]  # fmt: skip


def dnspython(names: Path, output: Path) -> list[str | Path]:
    """dnspython over names, many at once."""
    python = CACHE / "sslyze" / "bin" / "python"
    return [python, "-m", "benchmarks.peers", "resolve", names, output]


def write_scripts(folder: Path) -> None:
    """The scripts that the farm serves; those that are not there are left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in SERVED.items():
        if (CACHE / "node_modules" / path).is_file():
            shutil.copy(CACHE / "node_modules" / path, folder / name)


def write_old_code(folder: Path, copies: int) -> int:
    """Files of old libraries under names that say nothing, each some times; how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, versions in OLD.items():
        for version in versions:
            for path in _files_of(CACHE / "node_modules" / f"{name}-{version}"):
                for copy in range(copies):
                    count += 1
                    code = path.read_bytes() + b"\n// %d\n" % copy
                    (folder / f"{count:04}.js").write_bytes(code)
    return count


def read_whatweb(path: Path) -> dict[str, dict[str, Any]]:
    """What whatweb recognised, by host."""
    told = [line.rstrip(",") for line in path.read_text().splitlines() if line.startswith("{")]
    found = map(json.loads, told)
    return {one["target"].split("/")[2]: one["plugins"] for one in found if one.get("plugins")}


def read_wapiti(path: Path) -> set[tuple[str, str]]:
    """What wapiti found: its class and its words; what it only tells is left out."""
    told = json.loads(path.read_text())
    return {
        (name, each["info"])
        for section in ("vulnerabilities", "anomalies")
        for name, found in told[section].items()
        for each in found
    }


def read_retire(path: Path) -> dict[str, set[tuple[str, str, str]]]:
    """What retire found, by file: component, version and each identifier of what is known of it."""
    found: dict[str, set[tuple[str, str, str]]] = {}
    for one in json.loads(path.read_text())["data"]:
        here = found.setdefault(Path(one["file"]).name, set())
        for result in one["results"]:
            pair = result["component"], result["version"]
            here.add((*pair, ""))
            for each in result.get("vulnerabilities", ()):
                ids = each["identifiers"]
                for key in ("CVE", "githubID", "issue", "bug"):
                    told = ids.get(key) or []
                    here |= {
                        (*pair, str(name)) for name in (told if isinstance(told, list) else [told])
                    }
    return found


def _files_of(package: Path) -> list[Path]:
    """The scripts of a package that a page would load."""
    found = [
        path
        for path in sorted(package.rglob("*.js"))
        if path.is_file()
        and _SMALLEST_BYTES <= path.stat().st_size <= _LARGEST_BYTES
        and not any(part in f"/{path.relative_to(package)}" for part in _DULL)
    ]
    return found[:_MOST_FILES]


def _module(name: str) -> Path:
    return CACHE / "node_modules" / name


def _place(name: str) -> str | Path:
    """Where a peer lies; empty where it is not there."""
    if name in PYTHON:
        path = CACHE / name / "bin" / name
        return path if path.exists() else ""
    if name in NODE:
        return _module(name) if shutil.which("node") and _module(name).is_dir() else ""
    return shutil.which(name) or ""


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit(__doc__)
    install()
