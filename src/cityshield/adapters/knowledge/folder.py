"""Files of knowledge in the data directory: what the operator supplied, and what was made of it."""

from __future__ import annotations

from pathlib import Path

from cityshield.adapters.whole import replacing
from cityshield.vocabulary.errors import StoreError


def path_of(home: Path, name: str) -> Path:
    """Where a file of knowledge is."""
    return home / "knowledge" / name


def read(home: Path, name: str) -> bytes | None:
    """A file of knowledge; None where there is none."""
    path = path_of(home, name)
    return path.read_bytes() if path.is_file() else None


def keep(home: Path, name: str, data: bytes) -> None:
    """Replace a file at once: a reader sees the whole old one or the whole new one.

    StoreError where it can't be written.
    """
    path = path_of(home, name)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError("error-lists-write", path=str(path), reason=reason) from error
