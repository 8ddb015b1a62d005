"""What commands that work on the store share: the store itself, and who acts."""

from __future__ import annotations

import os
import time
from pathlib import Path
from pwd import getpwuid
from typing import TYPE_CHECKING

from cityshield.vocabulary.errors import Forbidden
from cityshield.vocabulary.identity import ADMIN, Identity

if TYPE_CHECKING:
    from sqlalchemy import Engine


def open_store(home: Path, *, create: bool = False) -> Engine:
    """The store of a data directory, migrated as needed; made only by what fills it."""
    from cityshield.adapters.store.database import open_database

    return open_database(home, create=create)


def to_json(value: object) -> str:
    """A value of the vocabulary as one line of JSON."""
    import msgspec

    return msgspec.json.encode(value).decode()


def local_identity() -> Identity:
    """Whoever runs the command: an operating-system user who may write the data directory.

    The environment has no say in it, for the audit names this user.
    """
    try:
        name = getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return Identity(name, ADMIN, how="local")


def acting_identity(engine: Engine, scope: str) -> Identity:
    """Who acts within a scope: the holder of the token in CITYSHIELD_TOKEN, else the local user.

    Forbidden when the token proves nobody, or somebody who may not.
    """
    text = os.environ.get("CITYSHIELD_TOKEN", "")
    if not text:
        return local_identity()
    from cityshield.adapters.store.tokens import authenticate

    identity = authenticate(engine, text.strip(), int(time.time()))
    if identity is None:
        raise Forbidden("error-token-env")
    if not identity.may(scope):
        raise Forbidden("error-forbidden", name=identity.name, scope=scope)
    return identity
