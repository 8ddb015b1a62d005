"""What a run keeps on the disk: its plan, the facts of each site, and its judgements.

    plan.parquet            the sites, numbered from 0 in the order in which they are visited
    facts-000001.jsonl      facts as they come, a line a site, written at once
    facts-000001.parquet    the same, packed when the file is full
    judged-1/*.parquet      verdicts and findings of a judgement

A line that is whole is recorded; of a process that was killed, at most the last line is not. What
is recorded is known by the number of the site, so a run goes on with the sites that have no line.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from cityshield.adapters.history.analytics import Analytics, analytics, quoted, unusable
from cityshield.guards.sites.facts import SiteFacts
from cityshield.vocabulary.census import BUDGET, NOT_VISITED, Site

SEGMENT_LINES: Final = 10_000
SEGMENT_BYTES: Final = 8 << 20
"""A file of facts is packed when it has so many lines or bytes: what is packed fits in memory, of
which DuckDB takes about twenty times as much."""

LONGEST_FACTS: Final = 1 << 20
"""Bytes of one site's facts; no honest site comes near."""

_SYNC_EVERY_S = 2.0
_PLAN = "plan.parquet"
_PIECE = 2_000
_LONGEST_LINE = 2 << 20
_VERDICT_COLUMNS = (
    "{n: 'BIGINT', host: 'VARCHAR', \"at\": 'BIGINT', reason: 'VARCHAR', grade: 'VARCHAR', "
    "level: 'VARCHAR', coverage: 'FLOAT', failed: 'SMALLINT'}"
)
_FINDING_COLUMNS = (
    "{n: 'BIGINT', host: 'VARCHAR', \"check\": 'VARCHAR', severity: 'VARCHAR', "
    "location: 'VARCHAR', args: 'VARCHAR'}"
)
_FACTS_COLUMNS = "{n: 'BIGINT', again: 'BOOLEAN', facts: 'JSON'}"


class Planned(msgspec.Struct, frozen=True, gc=False):
    """A site of a run: its number and its name; `reason` where it is not to be visited."""

    n: int
    host: str
    reason: str = ""


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """The facts of a site, by its number in the plan; `again` says that it is visited once more."""

    n: int
    facts: SiteFacts
    again: bool = False


class VerdictRow(msgspec.Struct, frozen=True, gc=False):
    """A site's verdict as it is packed; `failed` is how many checks broke down."""

    n: int
    host: str
    at: int
    reason: str
    grade: str
    level: str
    coverage: float
    failed: int


class FindingRow(msgspec.Struct, frozen=True, gc=False):
    """A finding as it is packed."""

    n: int
    host: str
    check: str
    severity: str
    location: str
    args: dict[str, str]


class PlanLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A site as it comes into a plan."""

    host: str
    owner: str = ""
    sector: str = ""
    district: str = ""
    reason: str = ""


class RunFolder:
    """The files of one run."""

    def __init__(self, home: Path, run: int) -> None:
        self.path = home / "sites" / "runs" / str(run)
        self._encode = msgspec.json.Encoder().encode
        self._file: int | None = None
        self._lines = self._bytes = 0
        self._synced_at = 0.0

    # --- the plan

    def write_plan(self, wanted: Iterable[tuple[Site, str]]) -> int:
        """Write the sites of a run, each once, and those that are not visited with the reason.

        They are put in an order that spreads the names of one owner; how many there are.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        scratch = self.path / "plan.jsonl"
        with scratch.open("wb") as file:
            for site, reason in wanted:
                line = PlanLine(site.host, site.owner, site.sector, site.district, reason)
                file.write(self._encode(line) + b"\n")
        columns = dict.fromkeys(PlanLine.__struct_fields__, "VARCHAR")
        with analytics(self.path) as ask:
            ask.write(
                "SELECT row_number() OVER (ORDER BY hash(host)) - 1 AS n, * FROM ("
                "SELECT host, any_value(coalesce(owner, '')) AS owner, "
                "any_value(coalesce(sector, '')) AS sector, "
                "any_value(coalesce(district, '')) AS district, "
                "any_value(coalesce(reason, '')) AS reason "
                f"FROM read_json('{quoted(scratch)}', format='newline_delimited', "
                f"columns={columns}) GROUP BY host) ORDER BY n",
                self.path / _PLAN,
            )
            scratch.unlink()
            return self.targets(ask)

    def targets(self, ask: Analytics) -> int:
        """How many sites the run has."""
        ((count,),) = ask.rows(f"SELECT count(*) FROM {self.plan}")
        return int(count)

    @property
    def plan(self) -> str:
        """The plan as a table."""
        return f"read_parquet('{quoted(self.path / _PLAN)}')"

    def planned(self, done: bytearray) -> Iterator[list[Planned]]:
        """The sites that are not done, in order, piece by piece."""
        with analytics(self.path) as ask:
            for start in range(0, len(done), _PIECE):
                if all(done[start : start + _PIECE]):
                    continue
                rows = ask.rows(
                    f"SELECT n, host, reason FROM {self.plan} WHERE n >= ? AND n < ? ORDER BY n",
                    (start, start + _PIECE),
                )
                yield [Planned(*row) for row in rows if not done[row[0]]]

    # --- facts as they come

    def settled(self) -> bytearray:
        """For each site of the plan, 1 when it has facts or a reason; mends what was cut off."""
        if not (self.path / _PLAN).is_file():
            raise unusable(self.path, _PLAN)
        self._mend()
        with analytics(self.path) as ask:
            done = bytearray(self.targets(ask))
            if parts := self._parts():
                query = f"SELECT n FROM read_parquet({_list(parts)}) WHERE NOT again"
                for piece in ask.pieces(query, most=10_000):
                    for (n,) in piece:
                        self._settle(done, n)
        for segment in self._segments():
            for record in _lines(segment):
                if not record.again:
                    self._settle(done, record.n)
        return done

    def _settle(self, done: bytearray, n: int) -> None:
        """Note a site as done; StoreError for one that the plan has not."""
        if not 0 <= n < len(done):
            raise unusable(self.path, f"n = {n}")
        done[n] = 1

    def append(self, record: Record) -> None:
        """Record the facts of a site: they are in the file when this returns."""
        if self._file is None:
            self._open()
        assert self._file is not None
        line = self._encode(record) + b"\n"
        if len(line) > LONGEST_FACTS:
            line = self._encode(_without_facts(record)) + b"\n"
        try:
            written = os.write(self._file, line)
            while written < len(line):
                written += os.write(self._file, line[written:])
            now = time.monotonic()
            if now - self._synced_at >= _SYNC_EVERY_S:
                os.fdatasync(self._file)
                self._synced_at = now
        except OSError as error:
            raise unusable(self.path, error.strerror or str(error)) from error
        self._lines += 1
        self._bytes += len(line)

    @property
    def is_full(self) -> bool:
        """Whether the file that is written to should be packed."""
        return self._lines >= SEGMENT_LINES or self._bytes >= SEGMENT_BYTES

    def turn(self) -> list[Path]:
        """Begin a new file at the next record; the files that are to be packed."""
        self.close()
        return self._segments()

    def pack(self, segments: Sequence[Path]) -> None:
        """Pack files of facts as Parquet; whoever is killed in between packs them again."""
        for segment in segments:
            with analytics(self.path) as ask:
                ask.write(
                    "SELECT n, coalesce(again, false) AS again, facts->>'$.host' AS host, "
                    "CAST(facts->>'$.at' AS BIGINT) AS \"at\", "
                    "coalesce(facts->>'$.reason', '') AS reason, "
                    "coalesce(CAST(facts->>'$.requests' AS INTEGER), 0) AS requests, "
                    "coalesce(CAST(facts->>'$.connections' AS INTEGER), 0) AS connections, "
                    "coalesce(CAST(facts->>'$.bytes_in' AS BIGINT), 0) AS bytes_in, "
                    "CAST(facts AS VARCHAR) AS facts "
                    f"FROM read_json('{quoted(segment)}', format='newline_delimited', "
                    f"columns={_FACTS_COLUMNS}, maximum_object_size={_LONGEST_LINE})",
                    segment.with_suffix(".parquet"),
                )
            segment.unlink()

    def close(self) -> None:
        """Have everything recorded on the disk."""
        if self._file is not None:
            os.fdatasync(self._file)
            os.close(self._file)
        self._file, self._lines, self._bytes = None, 0, 0

    def _open(self) -> None:
        path = self.path / f"facts-{next_number(self.path, 'facts'):06}.jsonl"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _mend(self) -> None:
        """Remove what was packed already, and the line that was cut off."""
        for left in self.path.glob("*.part"):
            left.unlink()
        for segment in self._segments():
            if segment.with_suffix(".parquet").exists():
                segment.unlink()
                continue
            _cut(segment)

    def _segments(self) -> list[Path]:
        return sorted(self.path.glob("facts-*.jsonl"))

    def _parts(self) -> list[Path]:
        return sorted(self.path.glob("facts-*.parquet"))

    # --- facts that are kept

    def facts(self, ask: Analytics, most: int = 500) -> Iterator[list[tuple[int, SiteFacts]]]:
        """The facts of every settled site, piece by piece, in the order in which they came."""
        decode = msgspec.json.Decoder(SiteFacts).decode
        for part in self._parts():
            query = f"SELECT n, facts FROM read_parquet('{quoted(part)}') WHERE NOT again"
            for piece in ask.pieces(query, most=most):
                try:
                    found = [(n, decode(text)) for n, text in piece]
                except msgspec.MsgspecError as error:
                    raise unusable(self.path, f"{part.name}: {error}") from error
                yield found

    @property
    def facts_table(self) -> str:
        """All facts that are packed, as a table."""
        if parts := self._parts():
            return f"read_parquet({_list(parts)})"
        return (
            "(SELECT 0::BIGINT AS n, false AS again, '' AS host, 0::BIGINT AS \"at\", "
            "'' AS reason, 0 AS requests, 0 AS connections, 0::BIGINT AS bytes_in, "
            "'' AS facts WHERE false)"
        )

    # --- judgements

    def new_judgement(self, number: int) -> Judgement:
        """A judgement to be written, in the place of one that was cut off."""
        folder = self.path / f"judged-{number}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        return Judgement(folder)

    def drop_judgements(self, but: int) -> None:
        """Delete all judgements except one."""
        for folder in self.path.glob("judged-*"):
            if folder.name != f"judged-{but}":
                shutil.rmtree(folder, ignore_errors=True)

    def verdicts(self, number: int) -> str:
        """The verdicts of a judgement as a table."""
        return self._judged(number, "verdicts")

    def findings(self, number: int) -> str:
        """The findings of a judgement as a table."""
        return self._judged(number, "findings")

    def _judged(self, number: int, what: str) -> str:
        folder = self.path / f"judged-{number}"
        parts = sorted(folder.glob(f"{what}-*.parquet"))
        if not parts:
            raise unusable(folder, f"{what}-*.parquet")
        return f"read_parquet({_list(parts)})"

    def size_bytes(self) -> dict[str, int]:
        """How much the disk holds of the run: plan, facts, judgements."""
        sizes = {"plan": 0, "facts": 0, "judged": 0}
        for path in self.path.rglob("*"):
            if path.is_file():
                top = path.relative_to(self.path).parts[0]
                kind = top.partition("-")[0].partition(".")[0]
                sizes[kind] = sizes.get(kind, 0) + path.stat().st_size
        return sizes

    def remove(self) -> None:
        """Delete everything."""
        shutil.rmtree(self.path, ignore_errors=True)


class Judgement:
    """Verdicts and findings as they come, packed a piece at a time."""

    _LINES = 20_000

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._encode = msgspec.json.Encoder().encode
        self._verdicts: list[bytes] = []
        self._findings: list[bytes] = []
        self._pieces = 0

    def add(self, verdict: VerdictRow, findings: Iterable[FindingRow]) -> None:
        """Add a site's verdict and its findings."""
        self._verdicts.append(self._encode(verdict))
        self._findings.extend(map(self._encode, findings))
        if len(self._verdicts) >= self._LINES or len(self._findings) >= 5 * self._LINES:
            self._pack()

    def close(self) -> None:
        """Pack what is left; a judgement of nothing has empty tables."""
        if self._verdicts or not self._pieces:
            self._pack()

    def _pack(self) -> None:
        self._pieces += 1
        self._write("verdicts", self._verdicts, _VERDICT_COLUMNS)
        self._write("findings", self._findings, _FINDING_COLUMNS)
        self._verdicts, self._findings = [], []

    def _write(self, what: str, lines: list[bytes], columns: str) -> None:
        scratch = self._folder / f"{what}.jsonl"
        scratch.write_bytes(b"\n".join([*lines, b""]))
        with analytics(self._folder) as ask:
            ask.write(
                f"SELECT * FROM read_json('{quoted(scratch)}', format='newline_delimited', "
                f"columns={columns}, maximum_object_size={_LONGEST_LINE})",
                self._folder / f"{what}-{self._pieces:06}.parquet",
            )
        scratch.unlink()


def next_number(folder: Path, kind: str) -> int:
    """The number of the next file of a kind; one that is being packed has its number still."""
    names = [path.name.split("-")[1].partition(".")[0] for path in folder.glob(f"{kind}-*")]
    return max((int(name) for name in names if name.isdecimal()), default=0) + 1


def why_no_result(folder: RunFolder, verdicts: str) -> str:
    """Sites without a result and the reason code of each, as a table (n, reason)."""
    return (
        f"(SELECT p.n, coalesce(nullif(v.reason, ''), nullif(a.reason, ''), '{NOT_VISITED}') "
        f"AS reason FROM {folder.plan} p LEFT JOIN {verdicts} v USING (n) LEFT JOIN "
        f"(SELECT n, any_value(reason) AS reason FROM {folder.facts_table} WHERE again GROUP BY n) "
        "a USING (n) WHERE v.n IS NULL OR v.reason <> '')"
    )


def _list(paths: Sequence[Path]) -> str:
    return "[" + ", ".join(f"'{quoted(path)}'" for path in paths) + "]"


def _lines(segment: Path) -> Iterator[Record]:
    decode = msgspec.json.Decoder(Record).decode
    with segment.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                record = decode(line)
            except msgspec.MsgspecError as error:
                raise unusable(segment, f"{number}: {error}") from error
            yield record


def _cut(segment: Path) -> None:
    """Cut off what follows the last end of a line."""
    with segment.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        place = end
        while place > 0:
            start = max(0, place - 65_536)
            file.seek(start)
            found = file.read(place - start).rfind(b"\n")
            if found >= 0:
                place = start + found + 1
                break
            place = start
        if place != end:
            file.truncate(place)
    if place == 0:
        segment.unlink()


def _without_facts(record: Record) -> Record:
    """What is recorded of a site whose facts are too large to be kept."""
    facts = record.facts
    bare = SiteFacts(
        facts.subject, facts.host, facts.at, facts.vantage, facts.profile,
        requests=facts.requests, connections=facts.connections, bytes_in=facts.bytes_in,
        reason=BUDGET, read=0.0,
    )  # fmt: skip
    return Record(record.n, bare, record.again)
