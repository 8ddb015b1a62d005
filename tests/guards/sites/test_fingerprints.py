"""Applications are told by what they show, and each by its own paths."""

from __future__ import annotations

from typing import Any

import pytest

from cityshield.guards.sites.fingerprints import applications_of, more_paths, version_marks
from cityshield.guards.sites.given import site
from cityshield.guards.sites.paths import marks_of

HOST = "city-library.example"


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("<h1>404</h1><h3>Apache Tomcat/10.1.60 (Debian)</h3>", "version:tomcat/10.1.60 (Debian)"),
        ("<title>Apache Tomcat 10 (10.1.60) - Docs</title>", "version:tomcat/10.1.60"),
        ("<hr><center>nginx/1.22.1</center>", "version:nginx/1.22.1"),
        ("<address>Apache/2.4.71 (Debian) Server at x</address>", "version:apache/2.4.71 (Debian)"),
        ('<script src="js/dist/ajax.js?v=5.2.1deb1%2Bdeb12u1"', "version:phpmyadmin/5.2.1deb1+deb12u1"),
        (r'"x.js\/wp-emoji-release.min.js?ver=6.1.9"', "version:wordpress/6.1.9"),
        ('rcmail.set_env({"rcversion":10605,"cookie_path":"/"', "version:roundcube/1.6.5"),
        ('2022-07-31b "Igor"\n', "version:dokuwiki/2022-07-31b"),
    ],
)  # fmt: skip
def test_a_page_gives_its_maker_away(text: str, mark: str) -> None:
    assert list(version_marks(text)) == [mark]
    assert mark in marks_of("/x", text.encode())
    assert marks_of("/x", text.encode(), 404) == (mark,)


@pytest.mark.parametrize(
    "text",
    ["", "We moved from Apache Tomcat/9.0.1 to something better", "<center>nginx/</center>",
     '"rcversion":10', '2022-07-31 "Igor" was released', "<h3>Apache Tomcat/" + "9" * 99],
)  # fmt: skip
def test_who_speaks_of_a_version_need_not_run_it(text: str) -> None:
    assert list(version_marks(text)) == []


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ()),
        ({"html": '<meta name=generator content="MediaWiki 1.39.17">'}, ("mediawiki",)),
        ({"html": '<script src="/wp-includes/js/x.js"></script>'}, ("wordpress",)),
        ({"html": "<title>phpMyAdmin</title>"}, ("phpmyadmin",)),
        ({"cookies": ["roundcube_sessid=1; Secure; HttpOnly"]}, ("roundcube",)),
        ({"cookies": ["DokuWiki=1; Secure; HttpOnly"]}, ("dokuwiki",)),
        ({"cookies": ["JSESSIONID=1; Secure; HttpOnly"]}, ("java",)),
        ({"headers": ["x-powered-by: PHP/8.2.36"]}, ("php",)),
        ({"html": '<script src="https://other.test/wp-content/x.js"></script>'}, ()),
        ({"paths": {"/*": {"status": 404, "marks": ["version:tomcat/10.1.60"]}}}, ("tomcat",)),
    ],
)
def test_what_a_site_runs(given: dict[str, Any], names: tuple[str, ...]) -> None:
    facts = site(HOST, given)
    assert applications_of(facts) == names
    paths = more_paths(facts)
    assert bool(paths) == bool(names)
    assert len(set(paths)) == len(paths) <= 200
    assert all(path.startswith("/") for path in paths)


def test_an_application_brings_the_paths_of_its_language() -> None:
    paths = more_paths(site(HOST, {"html": '<meta name=generator content="WordPress 6.1.9">'}))
    assert {"/wp-content/debug.log", "/index.php.bak"} <= set(paths)
    assert "/mw-config/index.php" not in paths


ASKS_FOR_A_PASSWORD = b"""<html><head><title>401 Unauthorized</title></head><body>
<h1>401 Unauthorized</h1><p>please examine the file <tt>conf/tomcat-users.xml</tt></p>"""


def test_an_answer_that_is_an_error_tells_some_things_all_the_same() -> None:
    assert marks_of("/manager/html", ASKS_FOR_A_PASSWORD, 401) == ("admin-panel:tomcat",)
    assert marks_of("/manager/html", ASKS_FOR_A_PASSWORD, 403) == ()
    trace = b"<html><b>Fatal error</b>:  Uncaught Error in x"
    assert marks_of("/x", trace, 500) == ("stack-trace",)
    assert marks_of("/uploads/", b"<html><title>Index of /uploads</title>", 403) == ()


@pytest.mark.parametrize(
    ("body", "marks"),
    [
        (b'<title>WordPress</title><form id="setup" method="post" action="install.php?step=1">', ("installer:wordpress",)),
        (b"<title>Roundcube Webmail Installer</title><h2>The installer is disabled!", ()),
        (b"<title>Roundcube Webmail Installer</title><h3>Checking PHP version</h3>", ("installer:roundcube",)),
        (b"<title>MediaWiki 1.39.17</title><p>LocalSettings.php not found.", ("installer:mediawiki",)),
        (b"<title>DokuWiki Installer</title><p><code>conf/local.php</code> already exists", ()),
        (b'<title>DokuWiki Installer</title><input name="d[title]">', ("installer:dokuwiki",)),
    ],
)  # fmt: skip
def test_an_installer_counts_only_where_it_still_works(body: bytes, marks: tuple[str, ...]) -> None:
    assert marks_of("/install.php", body) == marks
