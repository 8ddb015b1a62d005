"""The log proves what it shows, and no more."""

from __future__ import annotations

from benchmarks.proof import Proof, prove

from cityshield.adapters.sites.log import Line


def line(began: float, ended: float, address: str = "192.0.2.1") -> Line:
    return Line(began, ended, address, "a.example", "/", 200)


def test_an_empty_log_shows_nothing() -> None:
    assert prove([]) == Proof(0, 0, 0, 0, "", "")


def test_what_ends_as_another_begins_is_not_at_once() -> None:
    assert prove([line(0, 1), line(1, 2), line(2, 3)]).at_once == 1


def test_the_worst_address_is_named_whatever_the_order() -> None:
    log = [line(5, 6), line(0, 9), line(5.5, 7), line(0, 9, "192.0.2.2"), line(5.2, 5.3)]
    proof = prove(reversed(log))
    assert (proof.requests, proof.addresses) == (5, 2)
    assert (proof.at_once, proof.worst_at_once) == (3, "192.0.2.1")
    assert (proof.per_s, proof.worst_per_s) == (3, "192.0.2.1")


def test_a_second_is_half_open() -> None:
    assert prove([line(0, 0.1), line(0.5, 0.6), line(1.0, 1.1), line(1.4, 1.5)]).per_s == 3
