"""What judging knows of the imported templates."""

from __future__ import annotations

from typing import Any

import msgspec

from cityshield.guards.sites.templates.model import FILE, Compiled, Template
from cityshield.guards.sites.templates.records import Records
from cityshield.vocabulary.errors import ConfigurationError


class Known:
    """The templates in use. `unreported` are those that are never told, by the reason why not."""

    def __init__(self, data: bytes, unreported: dict[str, list[str]] | None = None) -> None:
        """Read the compiled file; raises ConfigurationError where it is none."""
        try:
            compiled = msgspec.json.decode(data, type=Compiled)
        except msgspec.MsgspecError as error:
            raise ConfigurationError("error-templates-kept", path=FILE) from error
        silent = {each for ids in (unreported or {}).values() for each in ids}
        self._by_id = {each.id: each for each in compiled.templates if each.id not in silent}
        self.records = Records(self._by_id.values())

    def get(self, id_: str) -> Template | None:
        """A template that may be told."""
        return self._by_id.get(id_)


def silent_ids(data: dict[str, Any]) -> dict[str, str]:
    """Every template that is never told, with the reason."""
    return {each: reason for reason, ids in data.items() for each in ids}
