"""Who else a block would hurt."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cityshield.desks.decisions.collateral import (
    CLASSES,
    approvals_needed,
    domain_of,
    guards_of,
    is_refused,
)
from cityshield.desks.decisions.seed import Seed
from cityshield.guards.links.suffixes import Suffixes
from cityshield.vocabulary.decision import (
    ALLOW,
    BLOCK,
    DOMAIN,
    HOST,
    URL,
    WARN,
    Guarded,
    Target,
)
from cityshield.vocabulary.errors import ConfigurationError

SUFFIXES = Suffixes()


class Lists:
    def __init__(self, *names: str) -> None:
        self._names = names

    def find(self, domains: Sequence[str]) -> list[Guarded]:
        found = [n for n in self._names if domain_of(n, SUFFIXES) in domains]
        return [Guarded(name, "popular", "test") for name in found]


@pytest.mark.parametrize(
    ("entry", "host", "guarded"),
    [
        ("shop.example", "shop.example", True),
        ("shop.example", "docs.shop.example", True),
        ("docs.shop.example", "shop.example", True),
        ("shop.example", "shop.example.evil.test", False),
        ("shop.example", "myshop.example", False),
        ("github.io", "evil.github.io", False),
        ("good.github.io", "evil.github.io", False),
        ("good.github.io", "good.github.io", True),
        ("*.gov.cn", "tax.sz.gov.cn", True),
        ("*.gov.cn", "tax-gov.cn", False),
        ("*.gov.uk", "apply.service.gov.uk", True),
        ("*.gov.au", "health.vic.gov.au", True),
    ],
)
def test_names_with_the_same_owner_guard_each_other(entry: str, host: str, guarded: bool) -> None:
    assert bool(guards_of(Target(HOST, host), Lists(entry), SUFFIXES)) is guarded


def test_a_public_suffix_is_guarded_by_the_list_that_names_it() -> None:
    for host in ("github.io", "co.uk", "pages.dev"):
        assert guards_of(Target(HOST, host), Lists(), SUFFIXES)[0].source == "publicsuffix.org"


def test_a_guarded_name_is_never_blocked_in_dns_and_its_link_by_three_only() -> None:
    guards = [Guarded("shop.example", "popular", "test")]
    for scope in (HOST, DOMAIN):
        assert is_refused(BLOCK, Target(scope, "shop.example"), guards)
        assert not is_refused(BLOCK, Target(scope, "shop.example"), [])
        assert not is_refused(ALLOW, Target(scope, "shop.example"), guards)
    link = Target(URL, "shop.example/x")
    assert not is_refused(BLOCK, link, guards)
    assert approvals_needed(BLOCK, link, guards) == 3
    assert approvals_needed(BLOCK, link, []) == 2
    assert approvals_needed(WARN, link, guards) == 2


def test_the_seed_guards_what_a_city_needs_and_the_operators_own_names() -> None:
    seed = Seed(SUFFIXES, own=("city.example",))
    kinds = {
        host: guards_of(Target(HOST, host), seed, SUFFIXES)[0].kind
        for host in (
            "www.sz.gov.cn",
            "bit.ly",
            "pay.city.example",
            "sites.google.com",
            "icbc.com.cn",
        )
    }
    assert list(kinds.values()) == ["government", "shortener", "own", "platform", "bank"]
    assert set(kinds.values()) < set(CLASSES)
    assert not guards_of(Target(HOST, "parcel-desk.example"), seed, SUFFIXES)
    assert guards_of(Target(HOST, "storage.googleapis.com"), seed, SUFFIXES)


@pytest.mark.parametrize("own", ["*.city.example", "https://pay.city.example/", "City.Example."])
def test_the_operators_own_names_are_read_as_names(own: str) -> None:
    seed = Seed(SUFFIXES, own=(own,))
    assert guards_of(Target(HOST, "x.city.example"), seed, SUFFIXES)


@pytest.mark.parametrize("own", ["", "our city", "https://city.example/path", "192.0.2.1"])
def test_an_own_name_that_is_none_is_refused(own: str) -> None:
    with pytest.raises(ConfigurationError):
        Seed(SUFFIXES, own=(own,))
