"""What a job logs reaches the one who watches it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from python_jobs.platform.progress import Progress

_ROOT = "python_jobs"


class _Teller(logging.Handler):
    """Passes log records on to a receiver of progress."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(level=logging.INFO)
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        """Tell the record as a note, or as a warning."""
        is_warning = record.levelno >= logging.WARNING
        tell = self._progress.warn if is_warning else self._progress.note
        tell(record.getMessage())


@contextmanager
def told(progress: Progress) -> Iterator[None]:
    """Pass on what the project logs at level info and above, for the block."""
    logger = logging.getLogger(_ROOT)
    level, teller = logger.level, _Teller(progress)
    logger.addHandler(teller)
    logger.setLevel(min(level or logging.INFO, logging.INFO))
    try:
        yield
    finally:
        logger.removeHandler(teller)
        logger.setLevel(level)
