"""Whose network an address lies in."""

from __future__ import annotations

from pathlib import Path

import pytest

from cityshield.adapters.sites.hosters import Hosters, read_hosters
from cityshield.vocabulary.errors import ConfigurationError

LIST = """network,company
# the city's own
203.0.113.0/24,City Hosting
203.0.113.128/25,"Harbour Racks"
2001:db8::/32,City Hosting
"""


@pytest.mark.parametrize(
    ("address", "company"),
    [("203.0.113.5", "city hosting"), ("203.0.113.200", "harbour racks"), ("192.0.2.1", ""),
     ("2001:db8::7", "city hosting"), ("2001:db9::7", "")],
)  # fmt: skip
def test_the_narrowest_network_counts(address: str, company: str, tmp_path: Path) -> None:
    path = tmp_path / "hosters.csv"
    path.write_text(LIST)
    assert read_hosters(str(path)).of(address) == company


def test_without_a_list_nothing_is_known() -> None:
    assert read_hosters("").of("203.0.113.5") == ""


@pytest.mark.parametrize("line", ["203.0.113.0/24", "203.0.113.0/240,Company", "nothing,Company"])
def test_a_line_that_says_nothing_is_named(line: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        Hosters(["192.0.2.0/24,One", line], "hosters.csv")
    assert told.value.args_for_sentence["number"] == "2"


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError):
        read_hosters("/nonexistent/hosters.csv")
