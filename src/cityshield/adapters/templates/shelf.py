"""The imported templates of a data directory: read once, proven harmless, kept as one file."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from cityshield.adapters.templates.archive import members
from cityshield.guards.sites.templates.model import FILE, Compiled, Refusal, Refused, Template
from cityshield.guards.sites.templates.reading import read_template
from cityshield.vocabulary.errors import ConfigurationError, InputError

FORMAT: Final = 1
_LONGEST_NAME = 300


def compile_templates(source: Path, progress: Callable[[int], object] = int) -> Compiled:
    """Read every template of a source; the first of two with one id is taken.

    Raises InputError where the source can't be read or holds no YAML at all.
    """
    taken: dict[str, Template] = {}
    refused: list[Refusal] = []
    digest = sha256()
    for count, (name, data) in enumerate(members(source), 1):
        name = "".join(filter(str.isprintable, name))[:_LONGEST_NAME]
        try:
            template = read_template(data, name)
            if template.id in taken:
                raise Refused("twice", taken[template.id].file)
        except Refused as reason:
            refused.append(Refusal(name, reason.reason, reason.detail, reason.line))
            continue
        finally:
            progress(count)
        taken[template.id] = template
        digest.update(bytes.fromhex(template.sha256))
    if not taken and not refused:
        raise InputError("error-templates-none", path=str(source))
    return Compiled(FORMAT, digest.hexdigest()[:16], tuple(taken.values()), tuple(refused))


def keep(home: Path, compiled: Compiled) -> None:
    """Put compiled templates in use, in place of those before, whole or not at all."""
    folder = home / "knowledge"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = folder / f"{FILE}.new"
    with scratch.open("wb") as file:
        file.write(msgspec.json.encode(compiled))
        file.flush()
        os.fsync(file.fileno())
    os.replace(scratch, folder / FILE)


def read_kept(home: Path) -> Compiled | None:
    """The templates in use, None for none; raises ConfigurationError for a file of another form."""
    path = home / "knowledge" / FILE
    if not path.is_file():
        return None
    try:
        compiled = msgspec.json.decode(path.read_bytes(), type=Compiled)
    except (msgspec.MsgspecError, OSError) as error:
        raise ConfigurationError("error-templates-kept", path=str(path)) from error
    if compiled.format != FORMAT:
        raise ConfigurationError("error-templates-kept", path=str(path))
    return compiled


def forget(home: Path) -> None:
    """Take all templates out of use."""
    (home / "knowledge" / FILE).unlink(missing_ok=True)
