"""Several sources have to agree, and nothing may guard the name."""

from __future__ import annotations

from cityshield.desks.decisions.automatic import Listing, agreed
from cityshield.desks.decisions.seed import Seed
from cityshield.guards.links.suffixes import Suffixes
from cityshield.vocabulary.decision import AUTOMATIC, BLOCK, DOMAIN, HOST, IN_FORCE, Target

SUFFIXES = Suffixes()
NOW = 1_800_000_000


def test_what_enough_sources_agree_on_is_blocked_for_a_time() -> None:
    listings = [
        Listing("parcel-desk.example", ("b", "a"), NOW),
        Listing("one-voice.example", ("a", "a"), NOW),
        Listing("github.com", ("a", "b", "c"), NOW),
        Listing("github.io", ("a", "b", "c"), NOW),
        Listing("evil.github.io", ("a", "b"), NOW),
        Listing("192.0.2.1", ("a", "b"), NOW),
        Listing("32.1.2.0.192.rpz-ip", ("a", "b"), NOW),
    ]
    listings += [Listing(f"{name}.example", ("a", "b"), NOW) for name in ("good", "x.shop", "shop")]
    allowed = {(HOST, "good.example"), (DOMAIN, "shop.example")}
    made = list(agreed(listings, Seed(SUFFIXES), SUFFIXES, NOW, agree=2, days=7, allowed=allowed))
    assert [decision.target for decision in made] == [
        Target(HOST, "parcel-desk.example"),
        Target(HOST, "evil.github.io"),
    ]
    first = made[0]
    assert (first.action, first.origin, first.state) == (BLOCK, AUTOMATIC, IN_FORCE)
    assert (first.evidence, first.reason) == (("a", "b"), "a, b")
    assert (first.since, first.expires) == (NOW, NOW + 7 * 86_400)
