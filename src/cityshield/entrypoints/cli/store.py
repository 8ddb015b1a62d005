"""What commands that work on the store share: the store itself, and who acts."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING

from cityshield.vocabulary.identity import ADMIN, Identity

if TYPE_CHECKING:
    from sqlalchemy import Engine


def open_store(home: Path) -> Engine:
    """The store of a data directory, made or migrated as needed."""
    from cityshield.adapters.store.database import open_database

    return open_database(home)


def to_json(value: object) -> str:
    """A value of the vocabulary as one line of JSON."""
    import msgspec

    return msgspec.json.encode(value).decode()


def local_identity() -> Identity:
    """Whoever runs the command: an operating-system user who may write the data directory."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return Identity(name, ADMIN, how="local")
