"""A load that is killed at a chosen moment: ``killed_load.py WAREHOUSE FILE CHUNKS``.

The process ends at once, as by SIGKILL, when that many chunks are prepared; 0 ends it
before the first one, and more than there are after the commit of all, just before the
ledger.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.metrics import load_metrics
from python_jobs.platform.progress import NoProgress, Task
from python_jobs.platform.settings import Settings
from python_jobs.store import Store

KILLED = 9


class _Countdown:
    """Ends the process after some chunks."""

    def __init__(self, chunks: int) -> None:
        self._left = chunks

    def advance(self, count: int = 1, *, detail: str = "") -> None:
        """Count one chunk, whatever is in it."""
        del count, detail
        self._left -= 1
        if self._left <= 0:
            os._exit(KILLED)

    def set_total(self, total: int) -> None:
        """Forget the total."""


class _Killer(NoProgress):
    def __init__(self, chunks: int) -> None:
        self._chunks = chunks

    @contextmanager
    def task(
        self, name: str, *, total: int | None = None, unit: str = "rows"
    ) -> Iterator[Task]:
        if name == "check files":
            with super().task(name, total=total, unit=unit) as task:
                yield task
            return
        if self._chunks == 0:
            os._exit(KILLED)
        yield _Countdown(self._chunks)
        os._exit(KILLED)


def main(warehouse: str, path: str, chunks: str) -> None:
    """Load the file until the process ends."""
    load_metrics(
        [Path(path)],
        store=Store.open(Settings(warehouse=Path(warehouse))),
        config=LoaderConfig(chunk_rows=40),
        progress=_Killer(int(chunks)),
        now=datetime(2026, 1, 31, 12),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
