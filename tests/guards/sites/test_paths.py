"""What stands at a path is told by its content, so a friendly page for every path tells nothing."""

from __future__ import annotations

import pytest

from cityshield.guards.check import read_toml
from cityshield.guards.sites.paths import marks_of
from cityshield.rooms import GUARDS_FOLDER


@pytest.mark.parametrize(
    ("path", "body", "mark"),
    [
        ("/.git/config", b"[core]\n\trepositoryformatversion = 0\n", "git"),
        ("/.git/HEAD", b"ref: refs/heads/main\n", "git"),
        ("/.svn/wc.db", b"SQLite format 3\0", "svn"),
        ("/.env", b"APP_ENV=production\nDB_PASSWORD=x\n", "env"),
        ("/backup.sql", b"-- MySQL dump 10.13\n", "sql-dump"),
        ("/backup.zip", b"PK\x03\x04rest", "archive"),
        ("/server.key", b"-----BEGIN PRIVATE KEY-----\nMII", "private-key"),
        ("/index.php.bak", b"<?php $password = 1;", "source"),
        ("/.DS_Store", b"\x00\x00\x00\x01Bud1", "ds-store"),
        ("/phpinfo.php", b"<!DOCTYPE html><title>PHP 8.2 - phpinfo()</title>", "phpinfo"),
        ("/server-status", b"<h1>Apache Server Status for a.example</h1>", "server-status"),
        ("/actuator", b'{"_links":{"self":{"href":"x"}}}', "actuator"),
        ("/swagger.json", b'{"swagger": "2.0"}', "swagger"),
        ("/phpmyadmin/", b"<html><title>phpMyAdmin</title>", "admin-panel:phpmyadmin"),
        ("/uploads/", b"<html><head><title>Index of /uploads</title>", "listing"),
        ("/x", b"<html><b>Fatal error</b>:  Uncaught Error", "stack-trace"),
        ("/", b"<html><title>Welcome to nginx!</title>", "default-page:nginx"),
        ("/examples/", b"<html><title>Apache Tomcat Examples</title>", "default-page:tomcat"),
        ("/WEB-INF/web.xml", b'<?xml version="1.0"?><web-app version="6.0">', "source"),
        ("/logs/errors.log", b"[26-Nov-2026 03:26:55 +0000]: <a1> IMAP Error: x", "stack-trace"),
        ("/wp-content/debug.log", b"[26-Nov-2026 03:26:55 UTC] PHP Warning:  x", "stack-trace"),
    ],
)
def test_marks(path: str, body: bytes, mark: str) -> None:
    assert mark in marks_of(path, body)


@pytest.mark.parametrize(
    "path", ["/.git/config", "/.env", "/backup.sql", "/.svn/wc.db", "/server.key"]
)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!doctype html><title>City library</title><p>Sorry, there is no such page.</p>",
        b"<html><body><pre>DB_PASSWORD=x\nCREATE TABLE a</pre>",
        b"Not found",
        bytes(range(256)) * 100,
    ],
)
def test_a_page_for_every_path_gives_no_mark(path: str, body: bytes) -> None:
    assert marks_of(path, body) == ()


def test_every_mark_has_a_rule() -> None:
    folder = GUARDS_FOLDER / "sites/exposures"
    known = {mark for path in folder.glob("*.toml") for mark in read_toml(path)["marks"]}
    from cityshield.guards.sites.paths import _TELLS

    assert {mark.partition(":")[0] for mark in _TELLS} <= known
