"""Content Security Policy as a browser reads it."""

from __future__ import annotations

import pytest

from cityshield.guards.sites.policy import forbids_framing, read_policies, weaknesses


@pytest.mark.parametrize(
    ("policy", "problems"),
    [
        ("default-src 'self'", []),
        ("script-src 'self'; object-src 'none'", []),
        ("script-src 'self'", ["object-src"]),
        ("default-src 'self' 'unsafe-inline'", ["default-src 'unsafe-inline'"]),
        ("default-src 'none'; script-src 'unsafe-inline' 'nonce-x'", []),
        ("default-src 'none'; script-src https: 'strict-dynamic' 'sha256-x'", []),
        ("default-src https:", ["default-src https:", "object-src https:"]),
        ("img-src *", ["script-src"]),
        ("DEFAULT-SRC 'SELF'; default-src *", []),
        ("default-src *, default-src 'self'", []),
        ("script-src 'self', object-src 'none'", []),
        ("img-src *, script-src 'self' *", ["script-src *", "object-src"]),
        (
            "default-src 'self' https://*:443",
            ["default-src https://*:443", "object-src https://*:443"],
        ),
        (
            "default-src 'self'; script-src-attr 'unsafe-inline'",
            ["script-src-attr 'unsafe-inline'"],
        ),
        (
            "default-src 'none'; script-src 'unsafe-inline'; script-src-elem 'self'",
            ["script-src 'unsafe-inline'"],
        ),
    ],
)
def test_weaknesses(policy: str, problems: list[str]) -> None:
    assert weaknesses(read_policies([policy])) == problems


def test_framing() -> None:
    assert forbids_framing(read_policies(["frame-ancestors 'none'"]))
    assert not forbids_framing(read_policies(["frame-ancestors *"]))
    assert not forbids_framing(read_policies(["default-src 'self'"]))


def test_nothing_has_no_weakness() -> None:
    assert weaknesses(read_policies([""])) == weaknesses([]) == []


def test_a_flood_of_directives_is_cut() -> None:
    assert len(read_policies(["; ".join(f"d{n} x" for n in range(100_000))])[0]) <= 100
