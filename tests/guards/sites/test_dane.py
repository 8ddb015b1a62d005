"""TLSA records contradict a certificate only where they can be compared with it."""

from __future__ import annotations

import pytest

from cityshield.guards.sites.dane import contradicts
from cityshield.guards.sites.facts import Certificate


def certificate(whole: str, key: str) -> Certificate:
    return Certificate("CN=x", "CN=y", (), 0, 0, "EC", 256, "sha256", whole, key_sha256=key)


CHAIN = (certificate("a1", "a2"), certificate("b1", "b2"))


@pytest.mark.parametrize(
    ("records", "is_wrong"),
    [
        (["3 1 1 a2"], False),
        (["3 0 1 A1"], False),
        (["1 1 1 a2"], False),
        (["2 1 1 b2"], False),
        (["2 0 1 b1"], False),
        (["3 1 1 ff"], True),
        (["3 1 1 a1"], True),  # the digest of the whole, where that of the key belongs
        (["3 1 1 b2"], True),  # the key of another certificate than the server's own
        (["2 1 1 ff"], True),
        (["3 1 1 ff", "3 1 1 a2"], False),
        (["3 1 1 ff", "3 1 2 " + "0" * 128], False),
        (["3 1 0 30"], False),
        (["0 1 1 ff"], False),
        (["9 1 1 ff"], False),
        (["3 7 1 ff"], False),
        (["", "x", "3 1 1"], False),
        ([], False),
    ],
)
def test_records(records: list[str], is_wrong: bool) -> None:
    assert contradicts(records, CHAIN) is is_wrong


def test_facts_of_before_keys_were_kept_prove_nothing() -> None:
    assert not contradicts(["3 1 1 ff"], (certificate("a1", ""),))
    assert not contradicts(["3 1 1 ff"], ())
