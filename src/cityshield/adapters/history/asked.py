"""The log of what a run asked of whom, and what it shows of politeness.

asked-000001.jsonl      lines as they come: began, ended, address, host, path, status
asked-000001.parquet    the same, packed when the file is full
asked.json              what one address was allowed
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import BinaryIO, Final

import msgspec

from cityshield.adapters.history.analytics import analytics, quoted, unusable
from cityshield.adapters.history.run import next_number
from cityshield.vocabulary.census import Politeness
from cityshield.vocabulary.errors import StoreError

SEGMENT_LINES: Final = 100_000
_ALLOWED = "asked.json"
_BUFFER = 1 << 16
_FIELDS = (
    "CAST(json->>0 AS DOUBLE) AS began, CAST(json->>1 AS DOUBLE) AS ended, json->>2 AS address, "
    "json->>3 AS host, json->>4 AS path, CAST(json->>5 AS SMALLINT) AS status"
)


class Allowed(msgspec.Struct, frozen=True):
    """What one address may have at once, and what may begin with one in a second."""

    at_once: int
    per_s: float


class AskedLog:
    """Takes the lines of a run; times of one boot's monotonic clock become those of the day.

    What was not yet written when a process is killed is lost: some hundreds of lines.
    """

    def __init__(self, folder: Path, at_once: int, per_s: float) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self._packing: Thread | None = None
        self._lines = 0
        self._since_s = time.time() - time.monotonic()
        self._encode = msgspec.json.Encoder().encode
        allowed = msgspec.json.encode(Allowed(at_once, per_s))
        try:
            (folder / _ALLOWED).write_bytes(allowed)
        except OSError as error:
            raise _broken(folder, error) from error

    def note(self, line: msgspec.Struct) -> None:
        """Keep a line: a struct with the fields of the columns, times first."""
        began, ended, *rest = msgspec.structs.astuple(line)
        row = (round(began + self._since_s, 4), round(ended + self._since_s, 4), *rest)
        try:
            if self._file is None:
                self._file = self._open()
            self._file.write(self._encode(row) + b"\n")
        except OSError as error:
            raise _broken(self._folder, error) from error
        self._lines += 1
        if self._lines >= SEGMENT_LINES:
            self._turn()

    def close(self) -> None:
        """Write what is left, and pack all there is, that of a process that was killed too."""
        self._turn()
        if self._packing is not None:
            self._packing.join()
        _pack(self._folder, sorted(self._folder.glob("asked-*.jsonl")))

    def _turn(self) -> None:
        """Begin a new file at the next line, and pack the full one meanwhile."""
        if self._file is None:
            return
        file, self._file, self._lines = self._file, None, 0
        try:
            file.close()
        except OSError as error:  # a full disk, of which the last write tells
            raise _broken(self._folder, error) from error
        if self._packing is not None:
            self._packing.join()
        self._packing = Thread(target=_pack, args=(self._folder, [Path(file.name)]))
        self._packing.start()

    def _open(self) -> BinaryIO:
        path = self._folder / f"asked-{next_number(self._folder, 'asked'):06}.jsonl"
        return path.open("xb", buffering=_BUFFER)


def politeness_of(folder: Path) -> Politeness | None:
    """What the log of a run shows; None where there is none."""
    if not (folder / _ALLOWED).is_file():
        return None
    try:
        allowed = msgspec.json.decode((folder / _ALLOWED).read_bytes(), type=Allowed)
    except (OSError, msgspec.MsgspecError) as error:
        raise unusable(folder, f"{_ALLOWED}: {error}") from error
    with analytics(folder) as ask:
        tables = [
            *(f"read_parquet('{quoted(part)}')" for part in folder.glob("asked-*.parquet")),
            *(_raw(segment) for segment in folder.glob("asked-*.jsonl")),
        ]
        if not tables:
            return None
        table = "(" + " UNION ALL ".join(f"SELECT * FROM {each}" for each in tables) + ")"
        lines, addresses = ask.rows(f"SELECT count(*), count(DISTINCT address) FROM {table}")[0]
        at_once = ask.rows(
            "SELECT max(now), arg_max(address, {now: now, address: address}) FROM "
            "(SELECT address, sum(step) OVER "
            "(PARTITION BY address ORDER BY moment, step ROWS UNBOUNDED PRECEDING) AS now FROM "
            f"(SELECT address, began AS moment, 1 AS step FROM {table} UNION ALL "
            f"SELECT address, ended, -1 FROM {table}))"
        )[0]
        per_s = ask.rows(
            "SELECT max(many), arg_max(address, {many: many, address: address}) FROM "
            "(SELECT address, count(*) OVER "
            "(PARTITION BY address ORDER BY began RANGE BETWEEN 0.9999 PRECEDING AND CURRENT ROW) "
            f"AS many FROM {table})"
        )[0]
    return Politeness(
        lines, addresses, int(at_once[0] or 0), int(per_s[0] or 0), at_once[1] or "",
        per_s[1] or "", allowed.at_once, allowed.per_s,
    )  # fmt: skip


def _pack(folder: Path, segments: Sequence[Path]) -> None:
    with analytics(folder) as ask:
        for segment in segments:
            query = f"SELECT * FROM {_raw(segment)} ORDER BY address, began"
            ask.write(query, segment.with_suffix(".parquet"))
            segment.unlink()


def _raw(segment: Path) -> str:
    """A file of lines as a table; a line that was cut off is left out."""
    return (
        f"(SELECT {_FIELDS} FROM read_json_objects('{quoted(segment)}', "
        "format='newline_delimited', ignore_errors=true) WHERE json IS NOT NULL)"
    )


def _broken(folder: Path, error: OSError) -> StoreError:
    return unusable(folder, error.strerror or str(error))
