"""The hard budget of politeness, as a pure book-keeping: the time is passed in.

Every request is counted against several keys at once: the address, its network, the registrable
domain, the hosting company where it is known, and all together. None of them is ever exceeded, for
a request that has not been let in does not begin. Whoever answers 429 or 503, or gets slower, is
asked less.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

from cityshield.adapters.sites.settings import Limit, SitesSettings

Keys = tuple[str, ...]

ALL: Final = "*"
_BUSY = frozenset({429, 503})
_PACED = "ad"
"""Kinds of keys that are asked less when they are in trouble: addresses and domains."""
_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 300.0
_SLOWER, _FASTER = 0.5, 1.05
_SLOWEST = 0.05
_RISEN, _NOTICEABLE_S = 4.0, 1.0
_SLACK = 1.005
"""Windows are this much longer, for a server that counts by a coarse clock."""
_POLL_S = 0.05
_REMEMBERED_S = 3600.0
"""So long it is known that a server was in trouble, however many others are visited."""
_KEPT = 4096
"""Gates of quiet servers are forgotten once there are this many."""


class Budget:
    """Who may begin now, and who has to wait for what."""

    def __init__(self, settings: SitesSettings) -> None:
        self._limits = {
            "a": settings.address,
            "n": settings.network,
            "d": settings.domain,
            "h": settings.hoster,
        }
        self._all = settings.all
        self._gates: dict[str, _Gate] = {}
        self._sweep_at = _KEPT

    def enter(self, keys: Keys) -> str:
        """Take a place with all keys: empty when taken, else the key that is full."""
        gates = [self._gate(key) for key in keys]
        for key, gate in zip(keys, gates, strict=True):
            if gate.inside >= gate.room:
                return key
        self.hold(keys)
        return ""

    def hold(self, keys: Keys) -> None:
        """Take a place with all keys, full or not."""
        for key in keys:
            self._gate(key).inside += 1

    def leave(self, keys: Keys) -> None:
        """Give a place back."""
        for key in keys:
            self._gates[key].inside -= 1
        if len(self._gates) > self._sweep_at:
            self._sweep()

    def delay(self, keys: Keys, now: float) -> float:
        """How long a request has to wait; 0 when it may begin, and then it is counted."""
        gates = [self._gate(key) for key in keys]
        longest = max(gate.delay(now) for gate in gates)
        if longest <= 0:
            for gate in gates:
                gate.begin(now)
        return longest

    def end(self, keys: Keys, now: float) -> None:
        """Note that a request that was counted has come to its end."""
        for key in keys:
            self._gate(key).end(now)

    def learn(
        self, keys: Keys, now: float, status: int, took_s: float, retry_after_s: float = 0
    ) -> None:
        """Take note of an answer: its status (0 where none came) and how long it took."""
        for key in keys:
            if key[0] in _PACED:
                self._gate(key).learn(now, status, took_s, retry_after_s)

    def in_flight(self, key: str) -> int:
        """How much is under way with a key."""
        gate = self._gates.get(key)
        return gate.inside if gate else 0

    def __len__(self) -> int:
        return len(self._gates)

    def _gate(self, key: str) -> _Gate:
        gate = self._gates.get(key)
        if gate is None:
            limit = self._all if key == ALL else self._limits[key[0]]
            gate = self._gates[key] = _Gate(limit)
        return gate

    def _sweep(self) -> None:
        """Forget who is quiet and owes nothing, so that memory stays flat."""
        newest = max(gate.last for gate in self._gates.values())
        self._gates = {key: gate for key, gate in self._gates.items() if gate.is_needed(newest)}
        self._sweep_at = max(_KEPT, 2 * len(self._gates))


class _Gate:
    """What is known of one key."""

    __slots__ = (
        "_count", "_ended", "_factor", "_fastest_s", "_pause_s", "_running", "inside", "last",
        "limit", "paused_until", "window_s",
    )  # fmt: skip

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.inside = 0
        self.paused_until = 0.0
        self.last = 0.0
        self._count = max(1, int(limit.per_s))
        self.window_s = _SLACK * self._count / limit.per_s
        self._running = 0
        self._ended: deque[float] = deque()
        self._factor = 1.0
        self._fastest_s = 0.0
        self._pause_s = 0.0

    def is_needed(self, now: float) -> bool:
        if self.inside or self._running or self.paused_until > now:
            return True
        if self._factor < 1 and now - self.last < _REMEMBERED_S:
            return True
        return bool(self._ended) and now - self._ended[-1] < self.window_s

    @property
    def room(self) -> int:
        """How much may be under way: one at a time with who is in trouble."""
        return 1 if self._factor < 1 else self.limit.in_flight

    def delay(self, now: float) -> float:
        """Seconds until one more may begin: never more than the limit in any window.

        A request reaches the server at some moment between its beginning and its end, so it
        counts from the one until a window after the other: then the server's own clock sees no
        more than the limit either.
        """
        wait, ended = self.paused_until - now, self._ended
        while ended and ended[0] + self.window_s <= now:
            ended.popleft()
        if self._running + len(ended) >= self._count:
            wait = max(wait, ended[0] + self.window_s - now if ended else _POLL_S)
        if self._factor < 1 and self.last:
            wait = max(wait, self.last + 1 / (self.limit.per_s * self._factor) - now)
        return wait

    def begin(self, now: float) -> None:
        self._running += 1
        self.last = now

    def end(self, now: float) -> None:
        self._running -= 1
        self._ended.append(now)

    def learn(self, now: float, status: int, took_s: float, retry_after_s: float) -> None:
        if status in _BUSY:
            self._pause_s = min(_LONGEST_PAUSE_S, max(_FIRST_PAUSE_S, 2 * self._pause_s))
            self.paused_until = max(self.paused_until, now + max(self._pause_s, retry_after_s))
            self._factor = max(_SLOWEST, self._factor * _SLOWER)
            return
        if not status:
            return
        self._pause_s = 0.0
        if not self._fastest_s or took_s < self._fastest_s:
            self._fastest_s = took_s
        if took_s > _NOTICEABLE_S and took_s > _RISEN * self._fastest_s:
            self._factor = max(_SLOWEST, self._factor * _SLOWER)
        else:
            self._factor = min(1.0, self._factor * _FASTER)


def keys_of(address: str, domain: str, hoster: str = "") -> Keys:
    """What a request to an address for a registrable domain is counted against."""
    if ":" in address:
        packed = ip_address(address).packed
        network = packed[:6].hex()
    else:
        network = address.rpartition(".")[0]
    keys = (f"a{address}", f"n{network}", f"d{domain}", ALL)
    return (*keys, f"h{hoster}") if hoster else keys


def seconds_until_open(windows: Sequence[tuple[str, str]], now_s: int) -> int:
    """How long until a time of day lies in one of the windows (UTC); 0 when it does."""
    if not windows:
        return 0
    today = now_s % 86_400
    waits = []
    for begin, end in windows:
        first, last = _seconds(begin), _seconds(end)
        inside = first <= today < last if first < last else today >= first or today < last
        if inside:
            return 0
        waits.append((first - today) % 86_400)
    return min(waits)


def _seconds(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60
