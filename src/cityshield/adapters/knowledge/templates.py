"""The imported templates of a data directory: read once, proven harmless, kept as one file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from cityshield.adapters.knowledge import folder
from cityshield.adapters.knowledge.archive import members
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.templates.model import (
    FILE,
    Compiled,
    Outcome,
    Refusal,
    Refused,
    Seen,
    Template,
)
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


class InUse(NamedTuple):
    """What visits need of the templates in use: see `adapters.sites.doors`."""

    match: Callable[[Seen], Outcome]
    version: str
    more_paths: Callable[[SiteFacts], tuple[str, ...]]


def open_templates(home: Path, own: Sequence[str]) -> InUse | None:
    """The templates in use, ready for visits; None for none. `own` are paths asked for anyhow."""
    compiled = read_kept(home)
    if compiled is None:
        return None
    from cityshield.guards.sites.templates.engine import Engine
    from cityshield.guards.sites.templates.plan import PathPlan

    engine = Engine(compiled.templates, compiled.version)
    engine.prepare()
    paths = PathPlan(compiled.templates, own)
    return InUse(engine.match, compiled.version, paths.more_paths)


def keep(home: Path, compiled: Compiled) -> None:
    """Put compiled templates in use, in place of those before, whole or not at all."""
    folder.keep(home, FILE, msgspec.json.encode(compiled))


def read_kept(home: Path) -> Compiled | None:
    """The templates in use, None for none; raises ConfigurationError for a file of another form."""
    path = folder.path_of(home, FILE)
    try:
        data = folder.read(home, FILE)
        if data is None:
            return None
        compiled = msgspec.json.decode(data, type=Compiled)
    except (msgspec.MsgspecError, OSError) as error:
        raise ConfigurationError("error-templates-kept", path=str(path)) from error
    if compiled.format != FORMAT:
        raise ConfigurationError("error-templates-kept", path=str(path))
    return compiled


def forget(home: Path) -> None:
    """Take all templates out of use."""
    folder.path_of(home, FILE).unlink(missing_ok=True)
