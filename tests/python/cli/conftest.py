"""A fresh warehouse for each test of the command line."""

from pathlib import Path

import pytest
from capacity_process import Capacity, Ended, run_capacity


@pytest.fixture
def capacity(tmp_path: Path) -> Capacity:
    """Return a function that runs the command in a fresh, empty warehouse."""

    def run(*arguments: object, **variables: str) -> Ended:
        return run_capacity(*arguments, warehouse=tmp_path, **variables)

    return run
