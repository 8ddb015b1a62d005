"""Ends connections that keep the event loop busy for as long as they like.

A TLS library goes on by itself while messages come that mean nothing, such as requests to begin
anew (RFC 5246, 7.4.1.1): a server that sends them without end would hold up everybody else's
visit. Nothing in the loop's own thread can stop that, so a second thread looks at how much
processor time one step takes, and shuts the connection down where it is too much.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from contextlib import suppress
from typing import Final

NOBODY: Final = -1
"""No connection is being served."""
ANYBODY: Final = -2
"""Some connection is, and nobody knows which."""

_LOOK_S = 0.1
_MOST_CPU_S = 0.5
"""A step takes milliseconds; a large page with a bad chain of certificates some tens."""


class Watchdog:
    """Watches the thread that it is made in. `known` are the descriptors of all connections."""

    def __init__(self, known: set[int]) -> None:
        self._known = known
        self._clock = time.pthread_getcpuclockid(threading.get_ident())
        self._serving = NOBODY
        self._turn = 0
        self._cut = False
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sites-watchdog", daemon=True)
        self._thread.start()

    def begin(self, descriptor: int) -> None:
        """A step for one connection begins."""
        self._turn += 1
        self._serving = descriptor

    def end(self) -> bool:
        """The step is over; whether it had to be ended."""
        self._serving = NOBODY
        cut, self._cut = self._cut, False
        return cut

    def close(self) -> None:
        """Watch no more."""
        self._closed.set()
        self._thread.join()

    def _watch(self) -> None:
        turn, began_s = -1, 0.0
        while not self._closed.wait(_LOOK_S):
            now_s = time.clock_gettime(self._clock)
            serving = self._serving
            if serving == NOBODY or self._turn != turn:
                turn, began_s = self._turn, now_s
            elif now_s - began_s >= _MOST_CPU_S and self._turn == turn:
                self._cut = True
                for descriptor in [serving] if serving >= 0 else self._talking():
                    _shut_down(descriptor)
                began_s = now_s

    def _talking(self) -> list[int]:
        """The connections over which something comes."""
        known = list(self._known)
        poll = select.poll()
        for descriptor in known:
            poll.register(descriptor, select.POLLIN)
        return [descriptor for descriptor, events in poll.poll(0) if events & select.POLLIN]


def _shut_down(descriptor: int) -> None:
    """End the connection; who reads from it is told that nothing more comes."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as connection:
        connection.shutdown(socket.SHUT_RDWR)
