"""One local Athena a core for the whole run: it starts in a quarter of a minute."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from athena_local import LocalAthena, start


@pytest.fixture(scope="session")
def local_athena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAthena]:
    """Start everything that stands in for AWS; every test shares it.

    ``CAPACITY_ATHENA_FOLDER`` is where the logs and statements.jsonl are to stay.
    """
    kept = os.environ.get("CAPACITY_ATHENA_FOLDER")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("athena")
    folder /= os.environ.get("PYTEST_XDIST_WORKER", "")
    with start(folder.resolve(), say=lambda line: print(line, file=sys.stderr)) as aws:  # noqa: T201
        yield aws


@pytest.fixture(autouse=True)
def no_fault_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Remove what a test injected and did not use, before it befalls the next."""
    yield
    if "local_athena" in request.fixturenames:
        request.getfixturevalue("local_athena").faults.clear()
