"""Nothing outside the scope is visited."""

from __future__ import annotations

import pytest

from tests.adapters.sites.scope import Scope

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


def test_an_empty_scope_lets_nobody_be_visited() -> None:
    assert Scope([]).reason("town.example") == "out-of-scope"
