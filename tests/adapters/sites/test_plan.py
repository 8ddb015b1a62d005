"""What a site is asked at the most is told before."""

from __future__ import annotations

import pytest

from cityshield.adapters.sites.plan import most_asked
from cityshield.adapters.sites.settings import Limit, SitesSettings
from cityshield.vocabulary.census import FULL, QUICK, STANDARD


@pytest.mark.parametrize(
    ("profile", "requests", "connections"), [(QUICK, 14, 15), (STANDARD, 66, 78), (FULL, 266, 282)]
)
def test_a_plan_says_the_most_that_a_site_is_asked(
    profile: str, requests: int, connections: int
) -> None:
    most = most_asked(SitesSettings(), profile)
    assert (most.requests, most.connections) == (requests, connections)


def test_the_least_time_is_that_of_the_tightest_limit() -> None:
    settings = SitesSettings(address=Limit(2, 10), domain=Limit(2, 2))
    assert most_asked(settings, QUICK).least_s == 1.0
