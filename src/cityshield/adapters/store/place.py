"""A data directory: the names of its files, and the locks that processes take on them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cityshield.vocabulary.errors import StoreError

STORE_NAME = "cityshield.sqlite3"


def disk_full(path: Path) -> StoreError:
    """What is said when there is no room for a file."""
    return StoreError("error-disk-full", path=str(path.parent))


def has_store(home: Path) -> bool:
    """Whether the data directory holds a store."""
    return (home / STORE_NAME).is_file()


@contextmanager
def locked(path: Path, *, shared: bool = False, wait: bool = True) -> Iterator[None]:
    """Hold a lock file (flock(2)); BlockingIOError when it is taken and not to be waited for.

    It is opened for reading only, so that another user's lock file can be locked too.
    """
    how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, how if wait else how | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
