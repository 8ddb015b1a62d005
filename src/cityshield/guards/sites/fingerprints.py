"""Which application runs a site, and the version that it gives away where no header does.

An application that is known is worth paths of its own: those that its makers and its owners leave
behind (`more_paths`). All patterns are our own and linear, and each is looked for only where a word
that it cannot do without is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cityshield.guards.sites.answers import home, page_of
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.hosts import host_of, is_foreign

VERSION: Final = "version:"
"""How a mark begins that tells a version: `version:NAME/1.2.3`, the system in brackets after it."""

_SYSTEM = r"(?: \(\w{2,20}\))?"
_TELLS: Final = (
    (
        "tomcat",
        "Apache Tomcat/",
        re.compile(rf"<h3>Apache Tomcat/(\d[\w.-]{{2,30}}{_SYSTEM})</h3>"),
    ),
    (
        "tomcat",
        "<title>Apache Tomcat ",
        re.compile(r"<title>Apache Tomcat \d+ \((\d[\w.-]{2,30})\)"),
    ),
    ("nginx", "<center>nginx/", re.compile(rf"<center>nginx/(\d[\w.]{{2,20}}{_SYSTEM})")),
    ("apache", "<address>Apache/", re.compile(rf"<address>Apache/(\d[\w.]{{2,20}}{_SYSTEM})")),
    (
        "phpmyadmin",
        "js/dist/",
        re.compile(r'["\x27]js/dist/[\w./-]{1,60}\.js\?v=(\d+\.[\w.%+-]{1,30})"'),
    ),
    ("wordpress", "wp-emoji", re.compile(r"wp-emoji-release\.min\.js\?ver=(\d[\w.-]{2,20})")),
    (
        "wordpress",
        "wp-admin/css/login",
        re.compile(r"wp-admin/css/login[\w.-]{0,20}\?ver=(\d[\w.-]{2,20})"),
    ),
    ("phpmyadmin", "PMA_VERSION", re.compile(r"PMA_VERSION[\"']?:\s?[\"'](\d+\.[\w.+-]{1,30})")),
    ("roundcube", '"rcversion":', re.compile(r'"rcversion":"?(\d{5,6})\b')),
    ("discuz", "Discuz!", re.compile(r"Discuz!(?:</\w{1,6}>)?\s{0,3}(?:<\w{1,6}>)?\s?X?(\d\.\d)")),
    ("dedecms", "DedeCMS", re.compile(r"DedeCMS[_ ]V(\d{1,2}(?:\.?\d)?)(?:[_\w]{0,12}(SP\d))?")),
    ("empirecms", "EmpireCMS", re.compile(r"EmpireCMS\s?(?:</\w{1,6}>\s?)?(\d\.\d)")),
    ("ecshop", "ECShop", re.compile(r"ECShop(?:</\w{1,6}>)?\s?v?(\d\.\d\.\d)")),
)
"""A product, the word that its tell cannot do without, and the tell with its version."""
TELLING: Final = frozenset(word.lower() for _, word, _ in _TELLS)
"""Of these words, in lower case, a text has one that tells a version."""
_DOKUWIKI = re.compile(r'(\d{4}-\d\d-\d\d[a-z]?) "[\w\' -]{1,40}"\s*')
"""The whole file `/VERSION`."""
_ESCAPED = re.compile("%([0-7][0-9A-Fa-f])")
_LONGEST_VERSION_FILE = 100

_GENERATORS: Final = ("wordpress", "mediawiki", "dokuwiki", "phpmyadmin")
_COOKIES: Final = {
    "dokuwiki": "dokuwiki", "phpmyadmin": "phpmyadmin", "roundcube": "roundcube",
    "jsessionid": "java", "phpsessid": "php",
}  # fmt: skip
"""How the name of a cookie begins, and what sets it."""
_PLACES: Final = {
    "/wp-content/": "wordpress", "/wp-includes/": "wordpress", "/program/js/app.": "roundcube",
    "/load.php?": "mediawiki", "/lib/exe/js.php": "dokuwiki",
}  # fmt: skip
"""What stands in the address of a script or style sheet, and whose it is."""

_PATHS: Final = {
    "wordpress": (
        "/wp-content/uploads/", "/wp-content/debug.log", "/wp-config.php.bak",
        "/wp-config.php.old", "/wp-config.php.save", "/wp-config.php~", "/wp-config.txt",
        "/wp-content/backups/", "/wp-content/updraft/", "/wp-admin/install.php",
    ),
    "mediawiki": (
        "/mw-config/index.php", "/LocalSettings.php.bak", "/LocalSettings.php~", "/images/",
    ),
    "dokuwiki": ("/install.php", "/data/pages/", "/data/meta/", "/conf/", "/VERSION"),
    "roundcube": (
        "/installer/", "/logs/errors.log", "/logs/", "/temp/", "/config/",
        "/config/config.inc.php~",
    ),
    "phpmyadmin": ("/config.inc.php~", "/config.inc.php.bak"),
    "tomcat": ("/host-manager/html", "/docs/", "/examples/"),
    "java": ("/WEB-INF/web.xml", "/actuator"),
    "php": (
        "/info.php", "/test.php", "/index.php.bak", "/index.php~", "/db.sql", "/dump.sql",
        "/adminer.php",
    ),
}  # fmt: skip
"""What is worth asking of a site that runs an application: tier 2."""
_INCLUDED: Final = {"tomcat": "java"} | dict.fromkeys(
    ("wordpress", "mediawiki", "dokuwiki", "roundcube", "phpmyadmin"), "php"
)


def version_marks(text: str) -> Iterator[str]:
    """The marks `version:NAME/VERSION` of what a page tells of what made it."""
    for name, word, pattern in _TELLS:
        if word in text and (found := pattern.search(text)):
            yield f"{VERSION}{name}/{_told(name, found)}"
    if found := _DOKUWIKI.fullmatch(text[:_LONGEST_VERSION_FILE]):
        yield f"{VERSION}dokuwiki/{found[1]}"


def _told(name: str, found: re.Match[str]) -> str:
    """The version as its maker writes it: Roundcube 10605 is 1.6.5, DedeCMS V57 is 5.7."""
    version = _ESCAPED.sub(_letter, found[1])
    if name == "roundcube":
        number = int(version)
        return f"{number // 10_000}.{number // 100 % 100}.{number % 100}"
    if name == "dedecms" and "." not in version and len(version) > 1:
        version = f"{version[0]}.{version[1:]}"
    return f"{version}-{found[2]}" if found.lastindex == 2 and found[2] else version


def _letter(escaped: re.Match[str]) -> str:
    return chr(int(escaped[1], 16))


def applications_of(facts: SiteFacts) -> tuple[str, ...]:
    """The applications that a site shows itself to run, by name and in order."""
    return tuple(sorted(set(_applications(facts))))


def more_paths(facts: SiteFacts) -> tuple[str, ...]:
    """The paths of tier 2: those of the applications that the site runs, and of their language."""
    names = applications_of(facts)
    every = dict.fromkeys((*names, *(_INCLUDED[name] for name in names if name in _INCLUDED)))
    return tuple(dict.fromkeys(path for name in every for path in _PATHS.get(name, ())))


def _applications(facts: SiteFacts) -> Iterator[str]:
    page, hop = page_of(facts), home(facts)
    if page is not None:
        first = page.generator.lower().partition(" ")[0]
        if first in _GENERATORS:
            yield first
        if page.title.startswith("phpMyAdmin"):
            yield "phpmyadmin"
        for source in (*page.scripts, *page.styles):
            if not is_foreign(host_of(source.url), facts.host):
                yield from (name for place, name in _PLACES.items() if place in source.url)
        marks = [*page.marks, *(mark for path in facts.paths.values() for mark in path.marks)]
        for mark in marks:
            kind, _, name = mark.partition(":")
            if kind in ("version", "default-page"):
                yield name.partition("/")[0]
    for visit in (facts.secure, facts.plain):
        for cookie in visit.cookies if visit is not None else ():
            lower = cookie.name.lower()
            yield from (name for start, name in _COOKIES.items() if lower.startswith(start))
    for field, value in hop.headers if hop is not None else ():
        if field == "x-powered-by" and value.lower().startswith("php"):
            yield "php"
