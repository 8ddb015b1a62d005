"""The farm stands, is seen as what it is, and our own rows are measured; at a tiny size, no peers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from benchmarks.agreement import prove_politeness
from benchmarks.farm import KINDS, alone, why_not
from benchmarks.measure import ROOT, Bench, Row
from benchmarks.sites import measure
from benchmarks.visitors import read

pytestmark = [pytest.mark.nginx, pytest.mark.unbound]

EXPECTED = {
    "good": set[str](),
    "expired": {"certificate_expired"},
    "old-tls": {"tls_old_versions", "tls_weak_suites"},
    "bare": {"csp_missing", "hsts_missing", "no_redirect", "nosniff", "framing"},
    "exposed": {"exposed/git", "exposed/env"},
    "listed": {"exposed/listing", "exposed/database_dump"},
    "old-code": {"mixed_content", "cookie_secure", "cookie_http_only"},
    "default": {"certificate_self_signed", "exposed/default_page"},
}


@pytest.mark.slow
def test_every_kind_is_seen_as_what_it_is(tmp_path: Path) -> None:
    if reason := why_not():  # not root: then the figure says so, and nothing is measured
        with Bench(quick=True) as bench:
            assert [row.note for row in measure(bench)] == [f"not measured: {reason}"]
        return
    (tmp_path / "data/sites").mkdir(parents=True)
    (tmp_path / "data/sites/jsrepository-v4.json").write_text("{}")
    words = [tmp_path, tmp_path / "data", "True", "profiles", "agree", "politeness"]
    done = subprocess.run(
        alone([sys.executable, "-m", "benchmarks.sites", *words]),
        stdout=subprocess.PIPE, cwd=ROOT, timeout=120,
        env={**os.environ, "CITYSHIELD_PEERS": str(tmp_path / "none")},
    )  # fmt: skip
    rows = [msgspec.json.decode(line, type=Row) for line in done.stdout.splitlines()]
    figures = {row.figure: row.ours for row in rows}
    assert figures["findings on well-kept sites"] == 0
    assert figures["connections to an address at once, by the server's log"] == 2
    assert 0 < (figures["requests begun in a second, by the server's log"] or 0) <= 200
    assert all(row.ours for row in rows if row.unit == "sites/CPU s")
    seen = read(tmp_path / "sites/standard-64")
    assert len(seen) == 64
    for n, kind in enumerate(KINDS):
        found = {
            each.check.removeprefix("sites.") for each in seen[f"town{n}.example"].verdict.findings
        }
        assert found >= EXPECTED[kind], kind
        assert kind != "good" or not found


def test_a_third_request_at_once_would_be_told() -> None:
    lines = [
        {"end": str(n / 1000), "took": "0.000", "host": "", "atonce": "PASSED", "open": "2"}
        for n in range(300)
    ]
    proof = prove_politeness(lines)
    assert (proof.requests, proof.at_once, proof.per_s) == (300, 2, 300)
    lines[7]["atonce"] = "REJECTED_DRY_RUN"
    assert prove_politeness(lines).at_once == 3
