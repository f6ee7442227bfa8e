"""A store of its own for every test."""

from pathlib import Path

import pytest

from python_jobs.platform.settings import Settings
from python_jobs.store import Store


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Put the warehouse in a folder whose name holds a blank, a hash and a quote."""
    return Settings(warehouse=tmp_path / "a b#c'd")


@pytest.fixture
def store(settings: Settings) -> Store:
    """Create every declared table, empty."""
    opened = Store.open(settings)
    opened.init()
    return opened
