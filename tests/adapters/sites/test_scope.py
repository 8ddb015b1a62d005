"""Nothing outside the scope is visited."""

from __future__ import annotations

import pytest

from cityshield.adapters.sites.plan import plan
from cityshield.adapters.sites.scope import Scope
from cityshield.adapters.sites.settings import FULL, QUICK, STANDARD, SitesSettings

SCOPE = Scope(
    ["town.example", "*.city.example", "Upper.Example."], ["no.city.example", "*.left.city.example"]
)


@pytest.mark.parametrize(
    ("host", "reason"),
    [("town.example", ""), ("TOWN.example.", ""), ("www.town.example", "out-of-scope"),
     ("city.example", "out-of-scope"), ("a.city.example", ""), ("a.b.city.example", ""),
     ("no.city.example", "opted-out"), ("x.left.city.example", "opted-out"), ("upper.example", ""),
     ("evilcity.example", "out-of-scope"), ("", "out-of-scope"), ("例子.example", "out-of-scope")],
)  # fmt: skip
def test_who_is_in_scope(host: str, reason: str) -> None:
    assert SCOPE.reason(host) == reason
    assert SCOPE.covers(host) is (not reason)


def test_an_empty_scope_lets_nobody_be_visited() -> None:
    assert Scope([]).reason("town.example") == "out-of-scope"


@pytest.mark.parametrize(
    ("profile", "requests", "connections"), [(QUICK, 12, 13), (STANDARD, 47, 26), (FULL, 247, 30)]
)
def test_a_plan_says_the_most_that_a_host_is_asked(
    profile: str, requests: int, connections: int
) -> None:
    told, refused = plan(["town.example", "other.example"], SitesSettings(), SCOPE, profile)
    assert (told.requests, told.connections) == (requests, connections)
    assert (refused.reason, refused.requests) == ("out-of-scope", 0)
