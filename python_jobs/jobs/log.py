"""Log records of the jobs as notes of a progress display."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from python_jobs.platform.progress import Progress

_ROOT = "python_jobs"


class _ProgressHandler(logging.Handler):
    """Handler that reports log records to a progress display."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(level=logging.INFO)
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        """Report the record as a note, or as a warning."""
        is_warning = record.levelno >= logging.WARNING
        report = self._progress.warn if is_warning else self._progress.note
        report(record.getMessage())


@contextmanager
def reported(progress: Progress) -> Iterator[None]:
    """Report what the project logs at level info and above, within the block."""
    logger = logging.getLogger(_ROOT)
    level, handler = logger.level, _ProgressHandler(progress)
    logger.addHandler(handler)
    logger.setLevel(min(level or logging.INFO, logging.INFO))
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
