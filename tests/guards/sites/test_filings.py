"""The register of filings: read by the names of its columns, found by the nearest name."""

from __future__ import annotations

import pytest

from cityshield.guards.sites.filings import FILE, Filing, Register, stem_of
from cityshield.vocabulary.errors import ConfigurationError

TABLE = """\ufeff主办单位,网站域名,网站备案号,审核日期
第一中学,学校.example,京ICP备12345678号-1,2026-01-02
市图书馆,LIBRARY.example.,京ICP备87654321号-3,2026-01-02
没有号码,none.example,,
短行
"""


def test_columns_are_found_by_name_and_hosts_by_the_nearest_name() -> None:
    register = Register(TABLE.encode())
    assert register.find("xn--48s290a.example") == Filing("京ICP备12345678号-1", "第一中学")
    assert register.find("www.library.example") == Filing("京ICP备87654321号-3", "市图书馆")
    assert register.find("none.example") is None
    assert register.find("example") is None
    assert register.find("") is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a,b\n1,2\n",
        b"host,number\n\xff\xff\xff",
        b'host,number\n"' + b"x" * 200_000,
        b"\0",
    ],
)
def test_what_is_no_register_is_told(data: bytes) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Register(data)
    assert caught.value.sentence == "error-register"
    assert caught.value.args_for_sentence["file"] == FILE


def test_a_table_as_spreadsheets_write_it_in_china_is_read() -> None:
    register = Register(TABLE.removeprefix("\ufeff").encode("gb18030"))
    assert register.find("library.example") == Filing("京ICP备87654321号-3", "市图书馆")


def test_numbers_of_one_filing_have_one_stem() -> None:
    assert stem_of("京icp备 12345678号-2") == stem_of("京ICP备12345678号") == "京ICP备12345678"
    assert stem_of("京ICP证030001号") != stem_of("京ICP备030001号")
