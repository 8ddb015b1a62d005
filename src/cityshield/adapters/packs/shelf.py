"""The packs of a data directory: the one in use, the one before it, and what was ever taken.

A pack is taken only when a trusted key signed it, its time has not run out, and no newer one was
taken before. One that turns out damaged is passed over with the reason; the last good one, in the
end the one that came with CityShield, stays in use.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from cityshield.adapters.packs.pack import LARGEST_BYTES, Pack, read_pack, verify_pack
from cityshield.ports.clock import Clock
from cityshield.vocabulary.errors import CityShieldError, InputError

SHIPPED = Path(__file__).parent / "shipped"
SHIPPED_PACK = SHIPPED / "cityshield.pack"
_CURRENT, _PREVIOUS, _KEYS, _STATE = "current.pack", "previous.pack", "keys.txt", "state.json"


class State(msgspec.Struct, frozen=True):
    """The highest version that was ever taken here."""

    highest: int = 0


class Shelf:
    """The packs of a data directory. `problems` holds why packs were passed over."""

    def __init__(self, home: Path, clock: Clock) -> None:
        self._folder = home / "packs"
        self._clock = clock
        self.problems: list[CityShieldError] = []

    def current(self) -> Pack:
        """The newest good pack; the shipped one where none was taken, or none is good."""
        self.problems.clear()
        for path in (self._folder / _CURRENT, self._folder / _PREVIOUS):
            if not os.path.exists(path):
                continue
            try:
                pack = read_pack(read_bytes(path))
                verify_pack(pack, self.keys(), self._today())
            except CityShieldError as error:
                self.problems.append(error)
                continue
            shipped = read_shipped()
            return pack if pack.header.version >= shipped.header.version else shipped
        return read_shipped()

    def keys(self) -> list[str]:
        """The public keys that are trusted: those that came with CityShield, and the operator's."""
        return [*_keys(SHIPPED / _KEYS), *_keys(self._folder / _KEYS)]

    def trust(self, key: str) -> None:
        """Trust a public key, 64 hexadecimal digits; raises InputError for anything else."""
        key = key.strip().lower()
        if len(key) != 64 or any(digit not in "0123456789abcdef" for digit in key):
            raise InputError("error-pack-key-form")
        if key not in self.keys():
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / _KEYS).open("a") as file:
                file.write(f"{key}\n")

    def take(self, content: bytes) -> Pack:
        """Verify a pack and put it in use; raises InputError with the reason it is refused."""
        pack = self.verify(content)
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f"{_CURRENT}.new"
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if (current := self._folder / _CURRENT).exists():
            os.replace(current, self._folder / _PREVIOUS)
        os.replace(fresh, current)
        state = msgspec.json.encode(State(pack.header.version))
        (self._folder / f"{_STATE}.new").write_bytes(state)
        os.replace(self._folder / f"{_STATE}.new", self._folder / _STATE)
        return pack

    def verify(self, content: bytes) -> Pack:
        """Read a pack as `take` would, without taking it."""
        pack = read_pack(content)
        least = max(self._state().highest, read_shipped().header.version)
        verify_pack(pack, self.keys(), self._today(), least)
        return pack

    def _state(self) -> State:
        try:
            return msgspec.json.decode((self._folder / _STATE).read_bytes(), type=State)
        except (OSError, msgspec.MsgspecError):
            return State()

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock.now(), UTC).date()


def read_shipped() -> Pack:
    """The pack that came with CityShield. It lies beside the code and is trusted as that is."""
    return read_pack(read_bytes(SHIPPED_PACK))


def read_bytes(path: Path) -> bytes:
    """A file's content, not more of it than a pack may have; raises InputError."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("error-file", path=str(path), reason=reason) from error


def _keys(path: Path) -> Iterator[str]:
    try:
        lines = path.read_text(encoding="ascii").split("\n")
    except (OSError, UnicodeDecodeError):
        return
    yield from (line.strip() for line in lines if line.strip() and not line.startswith("#"))
