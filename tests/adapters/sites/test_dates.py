"""Dates of headers, in all their forms and in none."""

from __future__ import annotations

import pytest

from cityshield.adapters.sites.dates import read_date


@pytest.mark.parametrize(
    "text",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_the_three_forms_of_a_date(text: str) -> None:
    assert read_date(text) == 784_111_777


@pytest.mark.parametrize(
    "text", ["", "120", "soon", "Sun, 06 Nov 99999 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT"]
)
def test_what_is_no_date(text: str) -> None:
    assert read_date(text) is None
