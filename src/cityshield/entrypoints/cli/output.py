"""Files that commands write for others."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress

from cityshield.vocabulary.errors import InputError


def write_whole(path: str, pieces: Iterable[str]) -> None:
    """Write a file, or leave the one there is; of several who do so at once, one comes last.

    InputError when it can't be written.
    """
    scratch = f"{path}.{secrets.token_hex(4)}.part"
    try:
        try:
            with open(scratch, "w", encoding="utf-8", newline="") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            os.replace(scratch, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(scratch)
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("error-file-write", path=path, reason=reason) from error
