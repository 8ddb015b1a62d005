"""A console for each test of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.entrypoints.console.support import City


@pytest.fixture
def city(home: Path) -> Iterator[City]:
    """A console in this process."""
    made = City(home)
    yield made
    made.service.close()
