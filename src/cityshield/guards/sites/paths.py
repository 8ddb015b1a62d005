"""What stands at a path that should not be public: told by the content, never by the status alone.

A server that answers every path with a friendly page (a soft 404) gives no mark here, for each mark
asks for bytes that only the real thing has.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cityshield.guards.sites.fingerprints import version_marks
from cityshield.guards.sites.words import ERROR_TRACE, LISTING, anywhere, in_title

MOST_BYTES = 64 << 10
"""So much of an answer is looked at."""

_ENV = re.compile(
    rb"^(?:export )?[A-Z][A-Z0-9_]{1,40}"
    rb"(?:KEY|SECRET|PASSWORD|PASS|TOKEN|DSN|URL|HOST|USER|NAME|ENV)=",
    re.MULTILINE,
)
_SQL = re.compile(
    rb"^(?:INSERT INTO|CREATE TABLE|DROP TABLE IF EXISTS|-- MySQL dump|-- PostgreSQL "
    rb"database dump)",
    re.MULTILINE,
)
_LOG = re.compile(rb"\s{0,20}\[\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d[^\]]{0,40}\]")
_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_HTML = re.compile(rb"^\s{0,200}(?:<!doctype html|<html|<head|<body)", re.IGNORECASE)
_ARCHIVES = (
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"BZh",
    b"\xfd7zXZ\x00",
)

_TELLS: dict[str, Callable[[bytes], bool]] = {
    "git": lambda head: (
        head.startswith(b"[core]") or head.startswith(b"ref: refs/") or head[:4] == b"DIRC"
    ),
    "svn": lambda head: head.startswith(b"SQLite format 3") or head[:3] in (b"10\n", b"12\n"),
    "ds-store": lambda head: head.startswith(b"\x00\x00\x00\x01Bud1"),
    "env": lambda head: _ENV.search(head) is not None and not _HTML.match(head),
    "sql-dump": lambda head: _SQL.search(head) is not None and not _HTML.match(head),
    "archive": lambda head: head.startswith(_ARCHIVES) or head[257:262] == b"ustar",
    "private-key": lambda head: b"-----BEGIN " in head[:200] and b"PRIVATE KEY-----" in head[:200],
    "source": lambda head: (
        (head.lstrip().startswith((b"<?php", b"<%@ ")) or b"<web-app" in head[:2_000])
        and not _HTML.match(head)
    ),
    "stack-trace": lambda head: _LOG.match(head) is not None,
    "phpinfo": lambda head: (
        b"<title>phpinfo()</title>" in head or (b"<title>PHP " in head and b"phpinfo()" in head)
    ),
    "server-status": lambda head: (
        b"Apache Server Status for" in head
        or b"Active connections:" in head[:200]
        or b"<h1>Apache Status" in head
    ),
    "actuator": lambda head: (
        head.lstrip()[:1] == b"{"
        and (
            b'"_links":{"self"' in head
            or b'"activeProfiles"' in head
            or b'"propertySources"' in head
        )
    ),
    "druid": lambda head: b"<title>druid monitor</title>" in head.lower(),
    "swagger": lambda head: (
        b'"swagger":"2.' in head.replace(b" ", b"")[:2000]
        or b'"openapi":"3.' in head.replace(b" ", b"")[:2000]
        or b"<title>Swagger UI</title>" in head
    ),
    "admin-panel:phpmyadmin": lambda head: b"<title>phpMyAdmin" in head or b"pma_username" in head,
    "admin-panel:adminer": lambda head: b"<title>Login - Adminer" in head,
    "admin-panel:tomcat": lambda head: (
        b"Tomcat Web Application Manager" in head
        or (b"<tt>conf/tomcat-users.xml</tt>" in head and b"<h1>401 " in head)
    ),
    "installer:wordpress": lambda head: (
        b'<form id="setup" method="post" action="install.php' in head
    ),
    "installer:roundcube": lambda head: (
        b"Roundcube Webmail Installer" in head and b"installer is disabled" not in head
    ),
    "installer:mediawiki": lambda head: (
        b"<title>MediaWiki " in head and b"LocalSettings.php not found" in head
    ),
    "installer:dokuwiki": lambda head: (
        b"<title>DokuWiki Installer</title>" in head and b'name="d[title]"' in head
    ),
    "admin-panel:nacos": lambda head: b"<title>Nacos</title>" in head,
}
_PATHS: dict[str, tuple[str, ...]] = {
    "svn": ("/.svn/",),
    "env": (".env",),
    "stack-trace": (".log",),
}
"""Where a tell is weak by itself, the paths that it counts at."""
_EVEN_OF_ERRORS = {"stack-trace", "version"}
"""Kinds of marks that tell as much in an answer that is an error."""


def marks_of(path: str, body: bytes, status: int = 200) -> tuple[str, ...]:
    """The marks of what stands at a path, by the first bytes of an answer.

    Beside those of the table: `listing`, `stack-trace`, `default-page:NAME` and
    `version:NAME/VERSION` as on a home page. Of an answer that is an error only some count:
    `admin-panel:NAME` where a password is asked for, `stack-trace` and `version:NAME/VERSION`.
    """
    found = _marks_of(path, body[:MOST_BYTES])
    if status == 200:
        return found
    kinds = _EVEN_OF_ERRORS | ({"admin-panel"} if status == 401 else set())
    return tuple(mark for mark in found if mark.partition(":")[0] in kinds)


def _marks_of(path: str, head: bytes) -> tuple[str, ...]:
    found = [
        mark
        for mark, is_so in _TELLS.items()
        if (mark not in _PATHS or any(part in path for part in _PATHS[mark])) and is_so(head)
    ]
    if _HTML.match(head) or _TITLE.search(head[:4_096]):
        title = _TITLE.search(head)
        words = in_title().find(title[1].decode("utf-8", "replace").lower() if title else "")
        words |= anywhere().find(head.decode("utf-8", "replace").lower()) & {LISTING, ERROR_TRACE}
        found += [
            word
            for word in words
            if word in (LISTING, ERROR_TRACE) or word.startswith("default-page:")
        ]
    found += version_marks(head.decode("utf-8", "replace"))
    return tuple(sorted(set(found)))
