"""What is measured on: hosts and links made from a seed, and the shared data sets where set."""

from __future__ import annotations

import gzip
import os
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from string import ascii_lowercase, digits
from urllib.parse import urlsplit

import msgspec

from cityshield.desks.decisions.target import is_name

LISTED, UNLISTED = "l", "u"
"""The letter that keeps the hosts that are imported apart from those that are not."""

_SUFFIXES = ("com", "com", "com", "net", "org", "top", "xyz", "shop", "cn", "com.cn", "co.uk")
_WORDS = (
    "login",
    "pay",
    "account",
    "secure",
    "verify",
    "index.php",
    "update",
    "parcel",
    "wp-admin",
)
_LINE = {"plain": "{}\n", "hosts": "0.0.0.0 {}\n", "adblock": "||{}^\n"}


def hosts(mark: str) -> Iterator[str]:
    """Endless host names, each different, the same at every call."""
    rng = random.Random(f"hosts {mark}")
    pool = "".join(rng.choices(ascii_lowercase, k=1 << 16))
    number = 0
    while True:
        start, length = rng.randrange(1 << 16), rng.randrange(4, 13)
        label = f"{pool[start : start + length]}{mark}{number:x}"
        suffix = _SUFFIXES[rng.randrange(len(_SUFFIXES))]
        below = "www." if number % 5 == 0 else ""
        yield f"{below}{label}.{suffix}"
        number += 1


def links(mark: str) -> Iterator[str]:
    """Endless links, one to each of the hosts."""
    rng = random.Random(f"links {mark}")
    for host in hosts(mark):
        path = "/".join(rng.choices(_WORDS, k=rng.randrange(4)))
        query = "?id=" + "".join(rng.choices(digits, k=8)) if rng.random() < 0.3 else ""
        yield f"{'https' if rng.random() < 0.8 else 'http'}://{host}/{path}{query}"


def mixed_links(listed_percent: int, listed: int, seed: int = 0) -> Iterator[str]:
    """Endless links of which so many of a hundred are to one of the first `listed` hosts."""
    known = list(islice(links(LISTED), min(listed, 100_000)))
    rng = random.Random(f"mix {seed}")
    for link in links(UNLISTED):
        if rng.random() * 100 < listed_percent:
            yield known[rng.randrange(len(known))]
        else:
            yield link


def write_hosts(path: Path, count: int, format: str = "plain") -> None:
    """Write so many hosts, one a line, in a format of feeds."""
    line = _LINE[format].format
    with path.open("w") as file:
        file.writelines(map(line, islice(hosts(LISTED), count)))


def data_folder() -> Path | None:
    """The shared data sets, where there are any."""
    folder = os.environ.get("CITYSHIELD_DATA")
    return Path(folder) if folder and Path(folder).is_dir() else None


def phishing_links() -> list[str]:
    """The newest real phishing feed; generated links where there are no data sets."""
    folder = data_folder()
    feed = folder / "links/malicious/openphish_valid_2026-01_2026-05.tsv.gz" if folder else None
    if feed is None or not feed.exists():
        return list(islice(links(UNLISTED), 50_000))
    return [line.rpartition("\t")[2] for line in _lines(feed)]


def many_links(count: int) -> tuple[list[str], int]:
    """So many links and how many of them are real, in an order that has nothing to do with age."""
    found: list[str] = []
    folder = data_folder()
    if folder is not None:
        for path in sorted((folder / "links").glob("*/*.gz")):
            for line in _lines(path):
                value = line.rpartition("\t")[2]
                found.append(value if "://" in value else f"https://{value}/")
    random.Random("order").shuffle(found)
    real = found[:count]
    return real + list(islice(links(UNLISTED), count - len(real))), len(real)


def many_names(count: int) -> tuple[list[str], int]:
    """So many different host names in the order of names, and how many of them are real."""
    found: set[str] = set()
    folder = data_folder()
    if folder is not None:
        for path in sorted((folder / "links").glob("*/*.gz")):
            for line in _lines(path):
                host = urlsplit(_as_link(line.rpartition("\t")[2].lower())).netloc
                if is_name(host):
                    found.add(host)
    real = random.Random("names").sample(sorted(found), min(count, len(found)))
    made = list(islice(hosts(UNLISTED), count - len(real)))
    return sorted({*real, *made}), len(real)


def _as_link(value: str) -> str:
    return value if "://" in value else f"http://{value}/"


def popular_names() -> list[str]:
    """Names of much visited sites that no feed of the data sets is about; empty without them."""
    folder = data_folder()
    path = folder / "links/benign/cloudflare_top100k_half.txt.gz" if folder else None
    return list(_lines(path)) if path is not None and path.exists() else []


def malicious_feeds() -> list[Path]:
    """Every feed of malicious hosts and links among the data sets."""
    folder = data_folder()
    return sorted((folder / "links/malicious").glob("*.gz")) if folder else []


def written_messages() -> list[str]:
    """The messages written for this project, each on one line; none without the data sets."""
    folder = data_folder()
    if folder is None:
        return []
    return [
        " ".join(str(msgspec.json.decode(line)["text"]).split())
        for path in sorted((folder / "messages/written").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def rule_archives() -> list[Path]:
    """The archives of YARA rules among the data sets."""
    folder = data_folder()
    return sorted((folder / "files").glob("yara-rules-*.tar.gz")) if folder else []


def system_files(count: int, most_bytes: int = 4 << 20) -> list[Path]:
    """Files of this machine, those of Python first; the same as long as it does not change."""
    chosen: list[Path] = []
    for folder in ("/usr/lib/python3", "/usr/share"):
        found = [
            path
            for path in sorted(Path(folder).rglob("*"))
            if str(path).isprintable()
            and path.is_file()
            and not path.is_symlink()
            and 0 < path.stat().st_size <= most_bytes
        ]
        some = min(count - len(chosen), len(found))
        chosen += random.Random("files").sample(found, some)
        if len(chosen) == count:
            break
    return chosen


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
        for line in file:
            if (value := line.strip()) and not value.startswith("#"):
                yield value
