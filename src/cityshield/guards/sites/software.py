"""The software that a website tells the version of, found in kept facts.

What a version proves depends on where it comes from: distributions mend a version without changing
its number, so `Software.system` says whose hand it seems to have gone through.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import msgspec

from cityshield.guards.sites.answers import home, page_of
from cityshield.guards.sites.facts import Page, SiteFacts
from cityshield.guards.sites.fingerprints import VERSION
from cityshield.guards.sites.hosts import host_of, is_foreign

SERVER: Final = "server"
CMS: Final = "cms"
WINDOWS: Final = "Windows"
SOME_DISTRIBUTION: Final = "Linux"
"""The version is one that distributions keep, and nothing says which distribution it is."""

_BUILT = "Unix"
NO_DISTRIBUTION: Final = ("", WINDOWS, _BUILT)
"""What `system` is where the version is as its maker numbers it."""

_MOST = 12
_LONGEST_HEADER = 400
_LONGEST_VERSION = 40
_LONGEST_PLACE = 300
_HEADERS: Final = {
    "server": "Server", "x-powered-by": "X-Powered-By", "x-generator": "X-Generator",
}  # fmt: skip


class Product(msgspec.Struct, frozen=True, gc=False):
    """A product as `products.toml` describes it."""

    kind: str
    title: str
    names: tuple[str, ...]
    called: tuple[str, ...]
    lifecycle: tuple[str, ...] = ()
    distributed: frozenset[str] = frozenset()
    parts: int = 3


class Software(msgspec.Struct, frozen=True, gc=False):
    """A product of a site: its name here, its version, where it is told, and by which system.

    `system` is the name of a distribution, `Windows`, or empty where nothing is known of it. A
    server that calls its system `Unix` was built from source: no distribution leaves it so.
    """

    product: str
    version: str
    place: str
    system: str = ""


@cache
def products() -> dict[str, Product]:
    """Every product by its name."""
    table = tomllib.loads((Path(__file__).with_name("products.toml")).read_text("utf-8"))
    return msgspec.convert(table, dict[str, Product])


@cache
def _by_name() -> dict[str, str]:
    return {name: key for key, product in products().items() for name in product.names}


_TOKEN = re.compile(r"([A-Za-z][A-Za-z0-9_!.-]{1,30})[/(]v?(\d[\w.+~-]{0,60})")
_SYSTEM = re.compile(
    r"\((Debian|Ubuntu|Raspbian|CentOS|Red ?Hat|RHEL|Rocky|AlmaLinux|Oracle Linux|Fedora|openSUSE"
    r"|SUSE|Amazon|openEuler|Anolis|Kylin|UOS|Unix|Win32|Win64)",
    re.IGNORECASE,
)
_PACKAGED = re.compile(
    r"(?P<Debian>[+~.-]deb\d|\+dfsg|squeeze|wheezy|~bpo|deb\d)|(?P<Ubuntu>ubuntu)"
    r"|(?P<RHEL>\.el\d|\.fc\d|\.amzn)",
    re.IGNORECASE,
)
_UPSTREAM = re.compile(
    r"\d{4}-\d\d-\d\d[a-z]?|\d[\w.]*(?:-(?:dev|alpha|beta|rc|pre|sp|m)[\w.]*)?", re.IGNORECASE
)
_GENERATOR = re.compile(
    r"([A-Za-z0-9]{3,20}!?)[ ,-]{0,3}(?:Release )?[Vv]?([Xx]?\d[\w.+-]{0,40})(?: (SP\d))?"
)
_TITLE = re.compile(r"(Apache Tomcat|phpMyAdmin)[/ ]v?(\d[\w.]{2,30})")
_ASSETS: Final = (
    ("wordpress", re.compile(r"/wp-includes/css/dist/block-library/[\w.-]+\?ver=(\d[\w.-]{2,20})")),
    ("wordpress", re.compile(r"/wp-includes/js/wp-e(?:mbed|moji)[\w.-]*\?ver=(\d[\w.-]{2,20})")),
    ("phpmyadmin", re.compile(r"/js/(?:dist/|vendor/)[\w./-]+\?v=(\d+\.\d+\.[\w.+-]{1,20})$")),
)


def software_of(facts: SiteFacts, kind: str) -> list[Software]:
    """The products of a kind that the site tells the version of, each version once."""
    hop, page = home(facts), page_of(facts)
    found: list[tuple[str, str, str]] = []
    system = ""
    if hop is not None and not is_foreign(host_of(hop.url), facts.host):
        for name, value in hop.headers:
            if name in _HEADERS:
                pairs, named = _read_header(value[:_LONGEST_HEADER])
                system = system or named
                found.extend((product, version, _HEADERS[name]) for product, version in pairs)
    if page is not None:
        found.extend(_in_page(page, facts.host))
    for path, answer in facts.paths.items():
        for mark in answer.marks:
            if mark.startswith(VERSION):
                found.extend((product, version, path) for product, version in _read_mark(mark))
    if not found:
        return []
    known = products()
    once: dict[tuple[str, str], Software] = {}
    for product, version, place in found:
        if known[product].kind == kind:
            each = _software(known[product], product, version, place, system)
            once.setdefault((each.product, each.version), each)
    return list(once.values())[:_MOST]


def _software(about: Product, name: str, version: str, place: str, system: str) -> Software:
    """The version as its maker numbers it, and whose hand it went through."""
    if named := _SYSTEM.search(version):
        system = named[1]
    packaged = _PACKAGED.search(version)
    if packaged is not None:
        system = next(word for word, text in packaged.groupdict().items() if text)
        version = version[: packaged.start()]
    if upstream := _UPSTREAM.match(version):
        version = upstream[0].rstrip(".")
    if not packaged and (about.kind == CMS or system == _BUILT):
        system = system if system in (WINDOWS, _BUILT) else ""
    if not system and version in about.distributed:
        system = SOME_DISTRIBUTION
    return Software(name, version[:_LONGEST_VERSION], place[:_LONGEST_PLACE], system)


def _in_page(page: Page, host: str) -> Iterator[tuple[str, str, str]]:
    """What generator, title, marks and the addresses of scripts tell."""
    pairs: list[tuple[str, str]] = []
    if page.generator:
        pairs.extend(_read_generator(page.generator))
    if page.title:
        pairs.extend(_read_title(page.title[:_LONGEST_HEADER]))
    for mark in page.marks:
        if mark.startswith(VERSION):
            pairs.extend(_read_mark(mark))
    for script in (*page.styles, *page.scripts):
        url = script.url
        if "?v" in url and ("/wp-includes/" in url or "/js/" in url):
            for product, pattern in _ASSETS:
                if (tell := pattern.search(url[:500])) and not is_foreign(host_of(url), host):
                    pairs.append((product, tell[1]))
    for product, version in pairs:
        yield product, version, "/"


@lru_cache(8192)
def _read_header(value: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """Products with versions in a header (RFC 9110, 10.2.4), and the system that it names."""
    names = _by_name()
    pairs = tuple(
        (names[name], version)
        for name, version in ((m[1].lower(), m[2]) for m in _TOKEN.finditer(value))
        if name in names
    )
    if not pairs:
        pairs = _read_generator(value)
    found = _SYSTEM.search(value)
    system = found[1] if found else ""
    if system.lower().startswith("win") or any(product == "iis" for product, _ in pairs):
        system = WINDOWS
    return pairs, _BUILT if system.lower() == _BUILT.lower() else system


@lru_cache(4096)
def _read_generator(text: str) -> tuple[tuple[str, str], ...]:
    """The product that a generator names first, with its version."""
    found = _GENERATOR.search(text[:_LONGEST_HEADER])
    if found is None or (product := _by_name().get(found[1].lower())) is None:
        return ()
    version = found[2].lstrip("Xx")
    return ((product, f"{version}-{found[3]}" if found[3] else version),)


@lru_cache(1024)
def _read_title(title: str) -> tuple[tuple[str, str], ...]:
    found = _TITLE.search(title[:200])
    return () if found is None else ((_by_name()[found[1].lower()], found[2]),)


def _read_mark(mark: str) -> tuple[tuple[str, str], ...]:
    name, _, version = mark.removeprefix(VERSION).partition("/")
    return ((name, version),) if name in products() and version[:1].isdigit() else ()
