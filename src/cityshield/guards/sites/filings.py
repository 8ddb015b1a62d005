"""The operator's register of ICP filings: host, number and owner of each."""

from __future__ import annotations

import csv
import io
from typing import Final, NamedTuple

from cityshield.vocabulary.errors import ConfigurationError

FILE: Final = "icp-register.csv"
"""The name of the register among the files of knowledge."""

_HOST: Final = ("host", "domain", "网站", "域名", "网站域名")
_NUMBER: Final = ("number", "icp", "备案号", "网站备案号", "主体备案号")
_OWNER: Final = ("owner", "单位", "主办单位", "主办单位名称")
_LONGEST_FIELD = 1_000


class Filing(NamedTuple):
    """One filing: the number as it is written, and whose it is."""

    number: str
    owner: str


class Register:
    """Filings by host; one of a domain holds for the names below it."""

    def __init__(self, data: bytes) -> None:
        """Read a table of CSV, UTF-8 or GB 18030; ConfigurationError names the line at fault."""
        self._filings: dict[str, Filing] = {}
        rows = csv.reader(io.StringIO(""))
        try:
            rows = csv.reader(io.StringIO(_text(data)))
            head = [field.strip().lower() for field in next(rows, [])]
            places = [_place(head, names) for names in (_HOST, _NUMBER, _OWNER)]
            if places[0] < 0 or places[1] < 0:
                raise ConfigurationError("error-register", file=FILE, line=1, reason="host, number")
            for row in rows:
                host, number, owner = (
                    row[place].strip()[:_LONGEST_FIELD] if 0 <= place < len(row) else ""
                    for place in places
                )
                if host and number:
                    self._filings[_a_labels(host)] = Filing(number, owner)
        except (csv.Error, UnicodeDecodeError) as error:
            reason = f"{type(error).__name__}: {error}"[:200]
            raise ConfigurationError(
                "error-register", file=FILE, line=rows.line_num, reason=reason
            ) from error

    def find(self, host: str) -> Filing | None:
        """The filing of a host, else of the nearest name above it."""
        name = host
        while name:
            if (filing := self._filings.get(name)) is not None:
                return filing
            name = name.partition(".")[2]
        return None


def stem_of(number: str) -> str:
    """What is the same in all numbers of one filing: `京ICP备12345678号-1` less the `-1`."""
    return number.upper().replace(" ", "").partition("号")[0]


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _place(head: list[str], names: tuple[str, ...]) -> int:
    return next((place for place, field in enumerate(head) if field in names), -1)


def _a_labels(host: str) -> str:
    """A host in lower case and A-labels; as it is where it has no such form."""
    host = host.lower().rstrip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host
