"""What a log of visits proves, told from its lines in memory: beside what a report says by SQL."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import msgspec

from cityshield.adapters.sites.log import Line


class Proof(msgspec.Struct, frozen=True):
    """What a log shows: over all addresses, the most at once and the most that began in a second.

    `worst_at_once` and `worst_per_s` are the addresses that had it.
    """

    requests: int
    addresses: int
    at_once: int
    per_s: int
    worst_at_once: str
    worst_per_s: str


def prove(log: Iterable[Line]) -> Proof:
    """What a log shows. It may be in any order; 16 bytes are held for each line."""
    times: dict[str, tuple[array[float], array[float]]] = {}
    for line in log:
        began, ended = times.setdefault(line.address, (array("d"), array("d")))
        began.append(line.began)
        ended.append(line.ended)
    at_once = {address: _most_at_once(*both) for address, both in times.items()}
    per_s = {address: _most_in_a_second(began) for address, (began, _) in times.items()}
    worst_at_once = max(at_once, key=at_once.__getitem__, default="")
    worst_per_s = max(per_s, key=per_s.__getitem__, default="")
    return Proof(
        requests=sum(len(began) for began, _ in times.values()),
        addresses=len(times),
        at_once=at_once.get(worst_at_once, 0),
        per_s=per_s.get(worst_per_s, 0),
        worst_at_once=worst_at_once,
        worst_per_s=worst_per_s,
    )


def _most_at_once(began: array[float], ended: array[float]) -> int:
    """The most intervals that share a moment; one that ends as another begins does not."""
    ends = sorted(ended)
    most = gone = 0
    for count, start in enumerate(sorted(began), 1):
        while gone < len(ends) and ends[gone] <= start:
            gone += 1
        most = max(most, count - gone)
    return most


def _most_in_a_second(began: array[float]) -> int:
    starts = sorted(began)
    most = first = 0
    for count, start in enumerate(starts, 1):
        while starts[first] <= start - 1:
            first += 1
        most = max(most, count - first)
    return most
