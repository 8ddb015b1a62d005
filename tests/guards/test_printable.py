"""What a stranger wrote steers nobody's terminal."""

from __future__ import annotations

from typing import Any

import pytest

from cityshield.guards.printable import printable
from cityshield.guards.sites.given import site
from cityshield.shield import Shield

STEERING = "\x1b[2J\x07\u202e\x9b"


def test_letters_of_all_peoples_stay() -> None:
    text = "nginx/1.22 城市图书馆 é 🐱"
    assert printable(text) == text
    assert printable(f"a{STEERING}b") == "a\ufffd[2J\ufffd\ufffd\ufffdb"


@pytest.mark.parametrize(
    "given",
    [
        {"headers": [f"server: x/1.2 {STEERING}"]},
        {"cookies": [f"sid{STEERING}=1"]},
        {"html": f'<form action="http://x.test/{STEERING}"><input type=password></form>'},
        {"html": f"<title>Hacked by {STEERING}</title>"},
        {"html": f'<a href="/{STEERING}?url=https://x.test/">x</a>'},
        {"mail": {"spf": [f"v=spf1 +all {STEERING}"]}},
        {"names": {"status": "NXDOMAIN", "dangling": f"x{STEERING}.test"}},
        {"paths": {f"/{STEERING}.sql": {"marks": ["sql-dump"]}}},
        {"certificate": {"names": [STEERING]}, "tls": {"trust": "name"}},
    ],
)
def test_no_finding_steers(given: dict[str, Any], shield: Shield) -> None:
    verdict = shield.guard("sites").judge(site("city-library.example", given))
    spoken = shield.speak(verdict, "en")
    assert spoken.findings or spoken.evidence
    for item in spoken.findings:
        assert f"{item.message}{item.location}".isprintable()
    for reason in spoken.evidence:
        assert reason.message.isprintable()
