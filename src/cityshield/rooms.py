"""The rooms that a shield is built from: the only place that names every one of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cached_property
from glob import escape as glob_escape
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cityshield.config import Config
from cityshield.guards.check import Check, discover
from cityshield.guards.guard import Gatherer
from cityshield.ports.clock import Clock
from cityshield.ports.content import Content
from cityshield.ports.decided import Decided
from cityshield.ports.indicators import Indicators
from cityshield.ports.rules import Rules
from cityshield.ports.websites import Websites
from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.subject import FILE, LINK, MESSAGE, SITE

if TYPE_CHECKING:
    from cityshield.adapters.packs.pack import Pack
    from cityshield.adapters.packs.shelf import Shelf

GUARDS = {"links": LINK, "messages": MESSAGE, "files": FILE, "sites": SITE}
"""Every guard, and the kind of subject it judges."""

ENTRY_POINTS = "cityshield.checks"
GUARDS_FOLDER = Path(__file__).parent / "guards"


class Rooms(Protocol):
    """What gatherers are built from."""

    @property
    def indicators(self) -> Indicators:
        """What sources have published."""
        ...

    @property
    def decided(self) -> Decided:
        """What the operator has decided."""
        ...

    @property
    def suffixes(self) -> Any:
        """The public suffix list, as the links guard reads it."""
        ...

    @property
    def rules(self) -> Rules:
        """Rules over bytes."""
        ...

    @property
    def content(self) -> Content:
        """The bytes of files."""
        ...

    @property
    def scan_bytes(self) -> int:
        """How much of a file the rules see."""
        ...

    def open_reader(self) -> Any:
        """The reader of messages, by the pack in use."""
        ...

    def pack_bytes(self) -> bytes:
        """The pack in use as one file."""
        ...

    @property
    def websites(self) -> Websites[Any]:
        """Visits to websites."""
        ...

    def knowledge(self, name: str) -> bytes | None:
        """A file of knowledge that the operator supplied; None where there is none."""
        ...


class RealRooms:
    """The rooms of a running shield, each opened when a gatherer first needs it.

    `disk` says whether the name of a file subject may open a path.
    """

    def __init__(
        self,
        home: Path,
        config: Config,
        clock: Clock,
        *,
        disk: bool,
        folders: Sequence[Path] = (),
    ) -> None:
        self._home = home
        self._folders = folders
        self._config = config
        self._clock = clock
        self._disk = disk

    @cached_property
    def indicators(self) -> Indicators:
        """The indicators of the data directory."""
        from cityshield.adapters.store.lookup import IndicatorLookup

        return IndicatorLookup(self._home, self._clock)

    @cached_property
    def decided(self) -> Decided:
        """The decisions of the data directory."""
        from cityshield.adapters.store.decided import DecisionLookup

        return DecisionLookup(self._home, self._clock)

    @cached_property
    def suffixes(self) -> Any:
        """The public suffix list."""
        from cityshield.guards.links.suffixes import Suffixes

        return Suffixes()

    @cached_property
    def rules(self) -> Rules:
        """The operator's YARA rules: the folder that is set, else `rules` in the data directory."""
        from cityshield.adapters.yara.rules import YaraRules

        folder = Path(self._config.files.rules or self._home / "rules")
        return YaraRules(folder if folder.is_dir() else None, self._config.files.rule_timeout_s)

    @cached_property
    def content(self) -> Content:
        """Files in memory, and on the disk where that is allowed."""
        from cityshield.adapters.content.content import DiskContent, MemoryContent

        return DiskContent() if self._disk else MemoryContent()

    @property
    def scan_bytes(self) -> int:
        """How much of a file the rules see."""
        return self._config.files.scan_bytes

    @cached_property
    def websites(self) -> Websites[Any]:
        """Polite visits to the sites of the inventory."""
        from cityshield.websites import Visits, open_gatherer

        return Visits(self._home, open_gatherer(self._home, self._config, self._clock))

    def knowledge(self, name: str) -> bytes | None:
        """A file in `knowledge` of the data directory, such as the vulnerabilities of libraries."""
        from cityshield.adapters.knowledge.folder import read

        return read(self._home, name)

    @cached_property
    def packs(self) -> Shelf:
        """The packs of the data directory."""
        from cityshield.adapters.packs.shelf import Shelf

        return Shelf(self._home, self._clock)

    def pack_bytes(self) -> bytes:
        """The pack in use as one file, for readers in other places."""
        return self._pack.content

    @cached_property
    def _pack(self) -> Pack:
        """The pack in use, read once, so that the page and the shield use the same."""
        return self.packs.current()

    @cached_property
    def _reader(self) -> Any:
        from cityshield.guards.messages.reader import Reader

        tells = next(c for c in find_checks("messages", self._folders) if c.name == "tells")
        added = tells.added_rules()
        silencers = tells.card()["data"]["silencers"] if added else {}
        return Reader(self._pack.sections, added, silencers)

    def open_reader(self) -> Any:
        """The reader of messages, by the newest good pack and the operator's own tells."""
        return self._reader


def make_gatherer(guard: str, rooms: Rooms) -> Gatherer:
    """The gatherer of a guard."""
    if guard == "links":
        from cityshield.guards.links.gather import LinkGatherer

        return LinkGatherer(rooms.indicators, rooms.decided, rooms.suffixes)
    if guard == "messages":
        from cityshield.guards.messages.gather import MessageGatherer

        return MessageGatherer(rooms.open_reader)
    if guard == "files":
        from cityshield.guards.files.gather import FileGatherer

        return FileGatherer(rooms.content, rooms.indicators, rooms.rules, rooms.scan_bytes)
    if guard == "sites":
        from cityshield.guards.sites.gather import SiteGatherer

        return SiteGatherer(lambda: rooms.websites)
    raise ConfigurationError("error-guard", guard=guard, guards=", ".join(GUARDS))


def find_checks(guard: str, folders: Sequence[Path]) -> list[Check]:
    """The checks of a guard: our own, those of installed packages, and those in `folders`.

    A folder of checks has one folder for each guard it adds to, with checks in it and, in folders
    of their own such as `tells`, further rules of the families there are.
    """
    more = [folder / guard for folder in folders]
    own = GUARDS_FOLDER / guard / "checks"
    checks = discover(guard, own, f"cityshield.guards.{guard}.checks", more)
    for folder in folders:
        if (folder / guard).is_dir():
            checks += discover(guard, folder / guard)
    for check in checks:
        if sum(other.id == check.id for other in checks) > 1:
            raise ConfigurationError("error-check-twice", check=check.id, path=str(check.folder))
    return checks


def installed_folders() -> list[Path]:
    """The folders of checks that installed packages offer by the entry-point group.

    `importlib.metadata` is loaded only when some package names the group: it is slow to load.
    """
    if not any(map(_names_the_group, sys.path)):
        return []
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    folders = []
    for point in entry_points(group=ENTRY_POINTS):
        spec = find_spec(point.module)
        if spec is not None and spec.submodule_search_locations:
            folders.append(Path(next(iter(spec.submodule_search_locations))))
    return folders


def _names_the_group(folder: str) -> bool:
    """Whether a package in this folder of `sys.path` offers checks."""
    group = ENTRY_POINTS.encode()
    for metadata in glob(f"{glob_escape(folder)}/*-info/entry_points.txt"):
        with open(metadata, "rb") as file:
            if group in file.read():
                return True
    return False
