"""Lists are taken from whatever form they come in; what is wrong is told, what is good is kept."""

from __future__ import annotations

import gzip
import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cityshield.adapters.knowledge import documents, folder
from cityshield.adapters.knowledge.lists import import_lists, read_lists
from cityshield.guards.sites.software import Software
from cityshield.guards.sites.weaknesses import FILE, PAST, Cycle, Weaknesses
from cityshield.vocabulary.errors import InputError

NOW = 1_795_651_200
RECORD: dict[str, Any] = {
    "dataType": "CVE_RECORD",
    "cveMetadata": {"cveId": "CVE-2026-1000", "state": "PUBLISHED"},
    "containers": {
        "cna": {
            "affected": [
                {
                    "vendor": "F5",
                    "product": "NGINX Open Source",
                    "defaultStatus": "unaffected",
                    "versions": [
                        {"version": "1.25.0", "lessThan": "1.26.1", "status": "affected", "versionType": "semver"}
                    ],
                }
            ],
            "metrics": [{"cvssV3_1": {"baseScore": 5.3, "baseSeverity": "MEDIUM"}}],
            "descriptions": [{"lang": "en", "value": "When NGINX is asked oddly ..."}],
        },
        "adp": [
            {
                "affected": [
                    {"vendor": "f5", "product": "nginx", "versions": [{"version": "1.25.0", "lessThan": "126.1", "status": "affected"}]}
                ]
            },
            {"metrics": [{"other": {"type": "kev", "content": {"dateAdded": "2026-02-03"}}}]},
        ],
    },
}  # fmt: skip


def path_of(home: Path) -> Path:
    return folder.path_of(home, FILE)


def take(home: Path, *files: tuple[str, Any]) -> Any:
    folder = home.parent / "lists"
    folder.mkdir(exist_ok=True)
    paths = []
    for name, content in files:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        paths.append(path)
    return import_lists(home, paths, NOW)


def ids(home: Path, product: str, version: str) -> tuple[str, ...]:
    return Weaknesses(path_of(home).read_bytes()).of(Software(product, version, "/")).ids


def test_a_cve_record_counts_as_its_own_authority_wrote_it(tmp_path: Path) -> None:
    taken = take(tmp_path / "home", ("CVE-2026-1000.json", RECORD))
    assert (taken.entries, taken.used, taken.rejected) == ({"cve": 1}, {"cve": 1}, 0)
    known = read_lists(tmp_path / "home")
    (weakness,) = known.weaknesses["nginx"]
    assert (weakness.id, weakness.severity) == ("CVE-2026-1000", "medium")
    assert "CVE-2026-1000" in known.exploited
    assert ids(tmp_path / "home", "nginx", "1.26.0")
    assert ids(tmp_path / "home", "nginx", "1.27.0") == ()  # the second list has a slip: 126.1


def test_a_later_record_takes_the_place_of_the_former(tmp_path: Path) -> None:
    home = tmp_path / "home"
    take(home, ("a.json", RECORD))
    mended = json.loads(json.dumps(RECORD))
    mended["containers"]["cna"]["affected"][0]["versions"][0]["lessThan"] = "1.25.5"
    mended["containers"]["adp"] = []
    take(home, ("b.jsonl", json.dumps(mended).encode() + b"\n"))
    assert ids(home, "nginx", "1.25.4")
    assert ids(home, "nginx", "1.26.0") == ()
    mended["cveMetadata"]["state"] = "REJECTED"
    take(home, ("c.json", [mended]))
    assert ids(home, "nginx", "1.25.4") == ()


def test_a_range_that_was_mended_in_several_branches(tmp_path: Path) -> None:
    record = json.loads(json.dumps(RECORD))
    record["containers"]["cna"]["affected"][0]["versions"] = [
        {
            "version": "1.5.13",
            "lessThan": "*",
            "status": "affected",
            "changes": [
                {"at": "1.27.1", "status": "unaffected"},
                {"at": "1.26.2", "status": "unaffected"},
            ],
        }
    ]
    home = tmp_path / "home"
    take(home, ("a.json", record))
    weak = [v for v in ("1.5.12", "1.5.13", "1.26.1", "1.26.2", "1.26.9", "1.27.0", "1.27.1", "1.28.0") if ids(home, "nginx", v)]  # fmt: skip
    assert weak == ["1.5.13", "1.26.1", "1.27.0"]


def test_the_words_of_a_record_may_narrow_it_to_windows(tmp_path: Path) -> None:
    record = json.loads(json.dumps(RECORD))
    record["containers"]["cna"]["descriptions"][0]["value"] = "NGINX on Windows opens a device"
    take(tmp_path / "home", ("a.json", record))
    assert ids(tmp_path / "home", "nginx", "1.25.4") == ()
    lists = Weaknesses(path_of(tmp_path / "home").read_bytes())
    assert lists.of(Software("nginx", "1.25.4", "/", "Windows")).ids


def test_cpe_names_serve_where_a_record_names_no_version(tmp_path: Path) -> None:
    record = {
        "cveMetadata": {"cveId": "CVE-2026-1001"},
        "containers": {
            "cna": {
                "affected": [{"vendor": "n/a", "product": "n/a", "versions": [{"version": "n/a"}]}],
                "metrics": [{"other": {"type": "Textual description of severity", "content": {"text": "important"}}}],
                "cpeApplicability": [
                    {"nodes": [{"cpeMatch": [
                        {"vulnerable": True, "criteria": "cpe:2.3:a:apache:http_server:*:*:*:*:*:*:*:*",
                         "versionStartIncluding": "2.4.0", "versionEndExcluding": "2.4.60"},
                        {"vulnerable": True, "criteria": "cpe:2.3:a:apache:http_server:2.2.34:*:*:*:*:*:*:*"},
                        {"vulnerable": True, "criteria": "cpe:2.3:o:debian:debian_linux:12:*"},
                    ]}]}
                ],
            }
        },
    }  # fmt: skip
    home = tmp_path / "home"
    take(home, ("a.json", record))
    assert ids(home, "apache", "2.4.59")
    assert ids(home, "apache", "2.2.34")
    assert ids(home, "apache", "2.4.60") == ids(home, "apache", "2.2.33") == ()
    assert read_lists(home).weaknesses["apache"][0].severity == "high"


def test_the_catalogue_of_the_exploited_comes_as_json_and_as_csv(tmp_path: Path) -> None:
    home = tmp_path / "home"
    kev = {
        "title": "CISA Catalog of Known Exploited Vulnerabilities",
        "vulnerabilities": [
            {"cveID": "CVE-2026-1000", "dateAdded": "2026-02-03"},
            {"cveID": 7},
            {"cveID": "not-one"},
        ],
    }
    taken = take(home, ("kev.json", kev), ("r.json", RECORD))
    assert (taken.entries["kev"], taken.used["kev"], taken.rejected) == (1, 1, 2)
    assert [item.place for item in taken.bad] == ["vulnerabilities[1]", "vulnerabilities[2]"]
    assert read_lists(home).exploited["CVE-2026-1000"] == "2026-02-03"
    table = b'cveID,vendorProject,dateAdded\nCVE-2026-2000,"A, B",2026-03-04\nodd,x,y\n'
    taken = take(home, ("kev.csv", table))
    assert (taken.entries["kev"], [item.place for item in taken.bad]) == (1, ["line 3"])
    assert set(read_lists(home).exploited) == {"CVE-2026-2000"}  # a whole catalogue, as it came


def test_ends_of_support_come_in_three_forms(tmp_path: Path) -> None:
    home = tmp_path / "home"
    one = [
        {"cycle": "1.22", "eol": "2023-04-11", "latest": "1.22.1"},
        {"cycle": "1.30", "eol": False, "latest": "1.30.0"},
        {"cycle": "1.0", "eol": True},
        {"cycle": [1]},
    ]
    several = {"php": [{"cycle": 8.1, "eol": "2025-12-31"}], "toaster": [{"cycle": "1"}]}
    full = {
        "schema_version": "1.2.0",
        "result": [
            {"name": "drupal", "releases": [{"name": "7", "isEol": True, "eolFrom": "2025-01-05", "latest": {"name": "7.103"}}]},
            {"name": 7},
        ],
    }  # fmt: skip
    taken = take(home, ("nginx.json", one), ("all.json", several), ("full.json", full))
    assert taken.entries == {"lifecycle": 4}
    assert [item.place for item in taken.bad] == ["nginx[3]", "result 1"]
    cycles = read_lists(home).cycles
    assert cycles["nginx"] == (
        Cycle("1.22", "2023-04-11", "1.22.1"),
        Cycle("1.30", "", "1.30.0"),
        Cycle("1.0", PAST),
    )
    assert cycles["php"] == (Cycle("8.1", "2025-12-31"),)
    assert cycles["drupal"] == (Cycle("7", "2025-01-05", "7.103"),)
    assert "toaster" not in cycles


def test_folders_and_packed_files_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "cves" / "2026"
    folder.mkdir(parents=True)
    (folder / "CVE-2026-1000.json").write_text(json.dumps(RECORD))
    (folder / "notes.txt").write_text("not looked at")
    other = json.loads(json.dumps(RECORD).replace("CVE-2026-1000", "CVE-2026-1002"))
    with gzip.open(tmp_path / "more.jsonl.gz", "wb") as file:
        file.write(json.dumps(other).encode() + b"\n\n{\n")
    third = json.dumps(RECORD).replace("CVE-2026-1000", "CVE-2026-1003")
    with zipfile.ZipFile(tmp_path / "main.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cves/CVE-2026-1003.json", third)
        archive.writestr("endoflife/nginx.json", json.dumps([{"cycle": "1.2", "eol": True}]))
        archive.writestr("readme.md", "not looked at")
    paths = [tmp_path / "cves", tmp_path / "more.jsonl.gz", tmp_path / "main.zip"]
    taken = import_lists(tmp_path / "home", paths, NOW)
    assert taken.entries == {"cve": 3, "lifecycle": 1}
    assert [(item.file, item.place) for item in taken.bad] == [("more.jsonl.gz", "line 3")]
    assert len(ids(tmp_path / "home", "nginx", "1.26.0")) == 3
    assert read_lists(tmp_path / "home").cycles["nginx"] == (Cycle("1.2", PAST),)


HOSTILE = {
    "empty.json": b"",
    "half.json": json.dumps(RECORD).encode()[:300],
    "deep.json": b'{"cveMetadata":' + b'{"a":' * 200_000,
    "deep-array.json": b"[" * 200_000,
    "types.json": b'{"cveMetadata": {"cveId": "CVE-2026-1"}, "containers": {"cna": {"affected": 7}}}',
    "bytes.json": bytes(range(256)) * 50,
    "number.json": b'{"cveMetadata": {"cveId": "CVE-x"}, "containers": {}}',
    "page.json": b"<!doctype html><title>Sign in</title>",
    "huge-number.json": b'[{"cycle": ' + b"9" * 100_000 + b', "eol": 1e999}]',
    "broken.json.gz": b"\x1f\x8b\x08\x00broken",
    "broken.zip": b"PK\x03\x04broken",
    "table.csv": b"\xff\xfe\x00a,b\n1,2\n",
    "nothing.json": b"{}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_wrong_is_told_with_its_place_and_the_good_is_kept(
    tmp_path: Path, name: str
) -> None:
    home = tmp_path / "home"
    began = time.process_time()
    taken = take(home, (name, HOSTILE[name]), ("good.json", RECORD))
    assert time.process_time() - began < 2
    assert taken.entries["cve"] == 1
    assert taken.rejected == 1
    assert taken.bad[0].file == name
    assert ids(home, "nginx", "1.26.0")
    before = path_of(home).read_bytes()
    alone = take(home, (name, HOSTILE[name]))
    assert (alone.entries, path_of(home).read_bytes()) == ({}, before)


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", 10_000)
    home = tmp_path / "home"
    line = json.dumps(RECORD).encode()
    bomb = gzip.compress(b" " * 50_000_000)
    taken = take(
        home, ("bomb.json.gz", bomb),
        ("lines.jsonl", b"x" * 2_500_000 + b"\n" + line + b"\n" + b"y" * 20_000),
    )  # fmt: skip
    assert taken.entries == {"cve": 1}
    assert [(item.file, item.place, item.reason) for item in taken.bad] == [
        ("bomb.json.gz", "", "too-large"),
        ("lines.jsonl", "line 1", "too-large"),
        ("lines.jsonl", "line 3", "too-large"),
    ]
    monkeypatch.setattr("cityshield.adapters.knowledge.documents.MOST_FILES", 1)
    with pytest.raises(InputError, match="error-lists-files"):
        take(home, ("a.json", RECORD), ("b.json", RECORD))


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        import_lists(tmp_path / "home", [tmp_path / "nowhere.json"], NOW)
    assert "nowhere.json" in caught.value.args_for_sentence["path"]


def test_a_reader_sees_one_whole_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    take(home, ("a.json", RECORD))
    assert [path.name for path in path_of(home).parent.iterdir()] == [path_of(home).name]


DATA = Path(os.environ.get("CITYSHIELD_DATA", "nowhere")) / "vehicles"


@pytest.mark.skipif(not DATA.is_dir(), reason="CITYSHIELD_DATA names no folder")
def test_the_published_lists(tmp_path: Path) -> None:
    began = time.process_time()
    paths = [
        DATA / "cisa-kev" / "known_exploited_vulnerabilities.csv",
        DATA / "cisa-vulnrichment" / "vulnrichment.jsonl.gz",
    ]
    taken = import_lists(tmp_path, paths, NOW)
    assert time.process_time() - began < 10
    assert (taken.rejected, taken.entries) == (0, {"kev": 1404, "cve": 44130})
    assert taken.used["cve"] > 200
    assert taken.size_bytes < 1 << 20
    lists = Weaknesses(path_of(tmp_path).read_bytes())

    def known(product: str, version: str, system: str = "") -> tuple[str, ...]:
        return lists.of(Software(product, version, "/", system)).ids

    assert "CVE-2024-4577" in known("php", "8.2.19", "Windows")
    assert "CVE-2024-4577" not in known("php", "8.2.19")
    assert known("php", "8.2.28") == ()
    assert lists.of(Software("apache", "2.4.59", "/")).exploited  # CVE-2024-38475
    assert "CVE-2024-38475" not in known("apache", "2.4.60")
    assert lists.of(Software("roundcube", "1.6.2", "/")).exploited  # CVE-2023-43770
    assert known("roundcube", "1.6.11") == ()
    assert lists.of(Software("joomla", "4.2.7", "/")).exploited  # CVE-2023-23752
    assert "CVE-2023-23752" not in known("joomla", "4.2.8")
    assert known("nginx", "1.26.0")
    assert known("nginx", "1.28.0") == ()
    assert known("wordpress", "6.7.1") == ()
