"""Products and versions are found where a site tells them, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.given import site
from cityshield.guards.sites.paths import marks_of
from cityshield.guards.sites.software import CMS, SERVER, products, software_of

HOST = "city-library.example"


def told(kind: str, **given: Any) -> list[tuple[str, str, str]]:
    return [(each.product, each.version, each.system) for each in software_of(facts(given), kind)]


def facts(given: dict[str, Any]) -> SiteFacts:
    return site(HOST, given)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["server: nginx"], []),
        (["server: nginx/1.21.0"], [("nginx", "1.21.0", "")]),
        (["server: nginx/1.22.1"], [("nginx", "1.22.1", "Linux")]),
        (["server: nginx/1.18.0 (Ubuntu)"], [("nginx", "1.18.0", "Ubuntu")]),
        (
            ["server: Apache/2.4.6 (CentOS) OpenSSL/1.0.2k-fips PHP/5.4.16"],
            [
                ("apache", "2.4.6", "CentOS"),
                ("openssl", "1.0.2k", "CentOS"),
                ("php", "5.4.16", "CentOS"),
            ],
        ),
        (
            ["server: Apache/2.4.62 (Debian)", "x-powered-by: PHP/8.2.7"],
            [("apache", "2.4.62", "Debian"), ("php", "8.2.7", "Debian")],
        ),
        (["x-powered-by: PHP/8.2.7-1+deb12u1"], [("php", "8.2.7", "Debian")]),
        (["x-powered-by: PHP/7.2.24-0ubuntu0.18.04.17"], [("php", "7.2.24", "Ubuntu")]),
        (["x-powered-by: PHP/5.3.3-7+squeeze19"], [("php", "5.3.3", "Debian")]),
        (["server: Apache/2.4.57 (Unix)"], [("apache", "2.4.57", "Unix")]),
        (
            ["server: Apache/2.4.58 (Win64) PHP/8.2.12"],
            [("apache", "2.4.58", "Windows"), ("php", "8.2.12", "Windows")],
        ),
        (["server: Microsoft-IIS/8.5"], [("iis", "8.5", "Windows")]),
        (["server: Jetty(9.4.43.v20210629)"], [("jetty", "9.4.43.v20210629", "")]),
        (["server: " + "nginx/1.1 " * 5_000], [("nginx", "1.1", "")]),
        (["server: unheard-of/1.2.3"], []),
    ],
)
def test_headers(headers: list[str], expected: list[tuple[str, str, str]]) -> None:
    found = told(SERVER, headers=headers)
    expected = [(p, v, "" if s == "Unix" else s) for p, v, s in expected]
    assert [(p, v, "" if s == "Unix" else s) for p, v, s in found] == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<meta name="generator" content="WordPress 6.1.9">', ("wordpress", "6.1.9")),
        ('<meta name="generator" content="MediaWiki 1.39.17">', ("mediawiki", "1.39.17")),
        ('<meta name="generator" content="Discuz! X3.4">', ("discuz", "3.4")),
        ('<meta name="generator" content="TYPO3 4.7 CMS">', ("typo3", "4.7")),
        ('<meta name="generator" content="DokuWiki Release 2022-07-31a">', ("dokuwiki", "2022-07-31a")),
        ('<meta name="generator" content="Drupal 10 (https://www.drupal.org)">', ("drupal", "10")),
        ('<p>Powered by <a href="x">Discuz!</a> <em>X3.4</em>', ("discuz", "3.4")),
        ("<p>Powered by DedeCMS_V57_UTF8_SP2", ("dedecms", "5.7-SP2")),
        ('<script>rcmail.set_env({"rcversion":10605})</script>', ("roundcube", "1.6.5")),
        ('<script>PMA_commonParams.setAll({PMA_VERSION:"4.9.5"})</script>', ("phpmyadmin", "4.9.5")),
        ('<script src="js/dist/main.js?v=5.2.1"></script>', ("phpmyadmin", "5.2.1")),
        (
            '<link rel=stylesheet href="/wp-includes/css/dist/block-library/style.min.css?ver=6.1.9">',
            ("wordpress", "6.1.9"),
        ),
        ('<meta name="generator" content="Joomla! - Open Source Content Management">', None),
        ('<meta name="generator" content="Elementor 3.1; WordPress 6">', None),
        ('<script src="https://cdn.test/js/dist/main.js?v=5.2.1"></script>', None),
        ("<p>We moved from Discuz! to something else in 3.4 days", None),
    ],
)  # fmt: skip
def test_pages(html: str, expected: tuple[str, str] | None) -> None:
    found = [(product, version) for product, version, _ in told(CMS, html=html)]
    assert found == ([expected] if expected else [])
    assert told(SERVER, html=html) == []


def test_a_version_at_a_path_is_a_mark() -> None:
    admin = b'<html><title>phpMyAdmin</title><script src="js/dist/x.js?v=5.2.1deb1"></script>'
    assert "version:phpmyadmin/5.2.1deb1" in marks_of("/phpmyadmin/", admin)
    login = b"<html><link href='/wp-admin/css/login.min.css?ver=6.1.9'>"
    assert marks_of("/wp-login.php", login) == ("version:wordpress/6.1.9",)
    given = {"paths": {"/phpmyadmin/": {"marks": ["version:phpmyadmin/5.2.1deb1"]}}}
    (found,) = software_of(facts(given), CMS)
    assert (found.version, found.place, found.system) == ("5.2.1", "/phpmyadmin/", "Debian")


def test_an_error_page_names_the_system() -> None:
    given = {"paths": {"/*": {"status": 404, "marks": ["version:tomcat/10.1.60 (Debian)"]}}}
    (found,) = software_of(facts(given), SERVER)
    assert (found.version, found.place, found.system) == ("10.1.60", "/*", "Debian")


def test_what_another_site_answers_is_not_held_against_this_one() -> None:
    given = {"headers": ["server: nginx/1.21.0"]}
    elsewhere = site("city-museum.test", given)
    assert software_of(elsewhere, SERVER)
    import msgspec

    led = msgspec.structs.replace(facts(given), secure=elsewhere.secure)
    assert software_of(led, SERVER) == []


def test_no_two_products_are_called_the_same() -> None:
    names = [name for product in products().values() for name in product.names]
    called = [name for product in products().values() for name in product.called]
    assert len(set(names)) == len(names)
    assert len(set(called)) == len(called)
    assert all(product.kind in (SERVER, CMS) for product in products().values())
