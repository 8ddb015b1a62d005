"""Libraries by data of retire.js: inside bundles, with versions compared as retire.js does."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from cityshield.guards.sites.libraries import Libraries, is_at_or_above
from cityshield.vocabulary.errors import ConfigurationError

V = "§§version§§"
DATA = {
    "parcel.js": {
        "vulnerabilities": [
            {
                "below": "1.5.0",
                "severity": "high",
                "cwe": ["CWE-79"],
                "identifiers": {"CVE": ["CVE-2026-0001"], "issue": "7"},
            },
            {
                "below": "1.5.0",
                "severity": "low",
                "identifiers": {"CVE": ["CVE-2026-0002"], "issue": "7"},
            },
            {
                "atOrAbove": "1.4.0",
                "below": "1.4.9",
                "excludes": ["1.4.3"],
                "severity": "medium",
                "identifiers": {"summary": "reads along"},
            },
        ],
        "extractors": {
            "uri": [f"/parcel@({V})/"],
            "filename": [rf"parcel-({V})\.js"],
            "filecontent": [
                rf"/\*!? Parcel v({V})",
                rf'="({V})",.{{50,300}}(.)\.fn=(\2)\.prototype=\{{parcel:',
                rf"parcelStart[\s\S]{{0,5000}}parcelEnd\(({V})\)",
                rf'pv="({V})(?<=[0-9]{{1,2}}\.[0-9]{{1,2}})"',
            ],
            "filecontentreplace": ["/parcelMajor:([0-9]+),parcelMinor:([0-9]+)/$1.$2/"],
            "hashes": {"0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33": "0.1.0"},
        },
    },
    "bread": {"vulnerabilities": [], "extractors": {"filecontent": [f"Bread ({V})"]}},
}
LIBRARIES = Libraries(json.dumps(DATA).encode())


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("/*! Parcel v1.2.3 */", "1.2.3"),
        ("/* Parcel v1.2.3.min */", "1.2.3"),
        (f'a="1.4.2",{"x" * 60}e.fn=e.prototype={{parcel:', "1.4.2"),
        (f"parcelStart{'x' * 4_000}parcelEnd(2.0.0)", "2.0.0"),
        ('pv="1.2"', "1.2"),
        ("parcelMajor:3,parcelMinor:14", "3.14"),
        ("foo", "0.1.0"),
    ],
)
def test_a_library_is_recognised_by_its_text(text: str, version: str) -> None:
    assert LIBRARIES.skipped == []
    assert LIBRARIES.find("", text) == (("parcel.js", version),)


def test_what_is_nearly_a_library_is_none() -> None:
    assert LIBRARIES.find("", f'a="1.4.2",{"x" * 60}e.fn=f.prototype={{parcel:') == ()
    assert LIBRARIES.find("", "") == ()
    assert LIBRARIES.find("https://cdn.test/app.js", b"\xff\xfe") == ()


def test_several_libraries_in_one_bundle() -> None:
    bundle = "x" * 200_000 + "/*! Parcel v1.2.3 */" + "y" * 200_000 + "Bread 4.5.6" + "\r\n" * 9
    assert LIBRARIES.find("", bundle) == (("parcel.js", "1.2.3"), ("bread", "4.5.6"))


def test_an_address_that_tells_settles_it() -> None:
    text = "Bread 4.5.6"
    assert LIBRARIES.find("https://cdn.test/parcel@1.0.1/x.js?v=2", text) == (
        ("parcel.js", "1.0.1"),
    )
    assert LIBRARIES.find("https://cdn.test/parcel-1.0.2.js", text) == (("parcel.js", "1.0.2"),)


def test_weaknesses_of_a_version() -> None:
    ids = {
        version: [each.id for each in LIBRARIES.weaknesses("parcel.js", version)]
        for version in ("1.4.2", "1.4.3", "1.5.0", "1.5.0-rc1")
    }
    assert ids["1.4.2"] == ["CVE-2026-0001", "reads along"]
    assert ids["1.4.3"] == ["CVE-2026-0001"]
    assert ids["1.5.0"] == []
    assert LIBRARIES.weaknesses("bread", "1") == LIBRARIES.weaknesses("no-such", "1") == ()
    assert LIBRARIES.weaknesses("parcel.js", "1.4.2")[0].cwe == 79


@pytest.mark.parametrize(
    ("version", "other", "newer"),
    [
        ("1.10.0", "1.9.0", True),
        ("1.9", "1.9.0", True),
        ("1.9.0", "1.9.0b1", True),
        ("1.9.0b1", "1.9.0", False),
        ("3.0.0-rc1", "3.0.0-beta", True),
        ("3.0.0", "3.0.0-rc1", True),
        ("3.0.0-rc1", "3.0.0", False),
        ("2.999.999", "3", False),
    ],
)
def test_versions_are_compared(version: str, other: str, newer: bool) -> None:
    assert is_at_or_above(version, other) is newer


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b'{"a": 1}', b'{"a": {"vulnerabilities": [1]}}']
)
def test_other_data_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Libraries(data)
    assert raised.value.sentence == "error-libraries"


@pytest.mark.parametrize(
    "text",
    [
        "parcelStart" * 400_000,
        'pv="1.' * 600_000,
        "/* Parcel v1" * 300_000,
        '="1.2",' * 600_000 + ".fn=e.prototype={parcel:",
    ],
    ids=["start", "pv", "comment", "fn"],
)
def test_hostile_scripts_are_read_in_bounded_time(text: str) -> None:
    started = time.process_time()
    LIBRARIES.find("", text)
    assert time.process_time() - started < 5


@pytest.mark.data
def test_the_published_data_is_read_whole(data: Path) -> None:
    libraries = Libraries((data / "sites/jsrepository-v4.json").read_bytes())
    assert libraries.skipped == []
    bundle = (
        "/*! jQuery v1.8.3 jquery.com | jquery.org/license */ " + "x" * 5_000 + "\n"
        '/**\n * Bootstrap v3.3.5\n */ var f="1.0";' + "/* Moment.js | version : 2.18.1 | */"
    )
    found = libraries.find("", bundle)
    assert set(found) == {("jquery", "1.8.3"), ("bootstrap", "3.3.5"), ("moment.js", "2.18.1")}
    known = {each.id for each in libraries.weaknesses("jquery", "1.8.3")}
    assert {"CVE-2012-6708", "CVE-2015-9251", "CVE-2020-11022, CVE-2020-23064"} & known
    assert libraries.weaknesses("jquery", "3.7.1") == ()
    by_address = {
        "https://cdn.test/ajax/libs/jquery/1.8.3/jquery.min.js": ("jquery", "1.8.3"),
        "https://cdn.test/js/bootstrap-3.3.5.min.js?v=1": ("bootstrap", "3.3.5"),
        "https://cdn.test/angular-1.5.0.js": ("angularjs", "1.5.0"),
    }
    for url, pair in by_address.items():
        assert libraries.find(url, "") == (pair,)
    assert libraries.find(f"https://cdn.test/{'a1/' * 600}app.js", "") == ()
