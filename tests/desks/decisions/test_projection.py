"""Records for DNS: what a resolver finds is what was decided, whatever lies between."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cityshield.desks.decisions.projection import parents, policy_for, records_of
from cityshield.ports.zone import BLOCKED, PASSED
from cityshield.vocabulary.decision import ALLOW, BLOCK, DOMAIN, HOST

LABELS = st.lists(st.sampled_from("ab"), min_size=0, max_size=4).map(
    lambda ls: [*ls, "z", "example"]
)
NAMES = LABELS.map(".".join)
DECIDED = st.lists(
    st.tuples(NAMES, st.sampled_from([HOST, DOMAIN]), st.sampled_from([BLOCK, ALLOW])), max_size=8
)


def meant(name: str, decided: list[tuple[str, str, str]]) -> int | None:
    """What was decided about a name: on itself, else on the nearest domain above."""
    for each in (name, *parents(name)):
        found = [a for v, s, a in decided if v == each and (s == DOMAIN or v == name)]
        if found:
            return PASSED if ALLOW in found else BLOCKED
    return None


def by_closest_encloser(name: str, records: dict[str, int]) -> int | None:
    """What a resolver finds: a wildcard counts only at the closest name that exists (RFC 4592)."""
    if name in records:
        return records[name]
    exist = {each for owner in records for each in (owner, *parents(owner))}
    if name in exist:
        return None
    encloser = next((each for each in parents(name) if each in exist), None)
    return records.get(f"*.{encloser}")


@given(DECIDED, NAMES)
def test_a_resolver_finds_what_was_decided(decided: list[tuple[str, str, str]], name: str) -> None:
    records = records_of(decided)
    assert by_closest_encloser(name, records) == meant(name, decided)
    assert policy_for(name, records) == meant(name, decided)


def test_a_covered_domain_above_an_exception_is_written_all_the_same() -> None:
    decided = [
        ("z.example", DOMAIN, BLOCK),
        ("a.z.example", DOMAIN, BLOCK),
        ("a.a.z.example", HOST, ALLOW),
    ]
    records = records_of(decided)
    for name, policy in (
        ("a.z.example", BLOCKED), ("b.a.z.example", BLOCKED), ("a.a.z.example", PASSED),
        ("b.a.a.z.example", BLOCKED), ("b.z.example", BLOCKED),
    ):  # fmt: skip
        assert by_closest_encloser(name, records) == policy, name


def test_a_block_that_is_covered_is_left_out_and_an_exception_fills_what_lies_between() -> None:
    assert records_of([("z.example", DOMAIN, BLOCK), ("a.b.z.example", HOST, BLOCK)]) == {
        "z.example": BLOCKED,
        "*.z.example": BLOCKED,
    }
    assert records_of([("z.example", DOMAIN, BLOCK), ("a.b.z.example", HOST, ALLOW)]) == {
        "z.example": BLOCKED,
        "*.z.example": BLOCKED,
        "b.z.example": BLOCKED,
        "*.b.z.example": BLOCKED,
        "a.b.z.example": PASSED,
        "*.a.b.z.example": BLOCKED,
    }
