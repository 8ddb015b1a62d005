"""A connection that would keep the loop busy for ever is ended, and no other."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from cityshield.adapters.sites.watchdog import ANYBODY, Watchdog


@pytest.mark.parametrize("told", [True, False])
def test_a_step_without_end_is_ended(told: bool) -> None:
    ours, theirs = socket.socketpair()
    watchdog = Watchdog({ours.fileno()})

    def flood() -> None:
        try:
            while True:
                theirs.sendall(b"x" * 65536)
        except OSError:
            pass

    sender = threading.Thread(target=flood)
    with ours, theirs:
        sender.start()
        watchdog.begin(ours.fileno() if told else ANYBODY)
        while ours.recv(64):  # as a library does that finds nothing of use
            pass
        assert watchdog.end()
        assert not watchdog.end()
        sender.join(10)
    watchdog.close()
    assert not [each for each in threading.enumerate() if each.name == "sites-watchdog"]


def test_a_step_that_only_waits_is_let_be() -> None:
    ours, theirs = socket.socketpair()
    watchdog = Watchdog(set())
    with ours, theirs:
        watchdog.begin(ours.fileno())
        time.sleep(1)
        assert not watchdog.end()
        theirs.sendall(b"still there")
        assert ours.recv(100) == b"still there"
    watchdog.close()
