"""Severities of CVSS vectors, by examples of the specification and of published records."""

from __future__ import annotations

import pytest

from cityshield.adapters.knowledge.cvss import severity_of_score, severity_of_vector


@pytest.mark.parametrize(
    ("vector", "severity"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "critical"),  # 9.8
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "critical"),  # 10.0
        ("CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", "medium"),  # 6.4
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", "medium"),  # 6.1
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", "high"),  # 7.8
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", "low"),  # 3.1
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", "none"),
        ("CVSS:3.1/AV:N/AC:L", ""),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", ""),
        ("", ""),
        ("CVSS:3" + "/A" * 100_000, ""),
    ],
)
def test_vectors(vector: str, severity: str) -> None:
    assert severity_of_vector(vector) == severity


def test_scores() -> None:
    scores = (0.0, 0.1, 3.9, 4.0, 6.9, 7.0, 8.9, 9.0, 10.0)
    words = ["none", "low", "low", "medium", "medium", "high", "high", "critical", "critical"]
    assert [severity_of_score(score) for score in scores] == words
