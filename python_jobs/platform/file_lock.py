"""A lock that ends with its process, and with the last child that was given it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from python_jobs.platform.errors import PlatformError
from python_jobs.platform.folders import make_private

_held: list[int] = []


@contextmanager
def held(path: Path, *, otherwise: str) -> Iterator[None]:
    """Hold a file's lock; the system frees it when the process ends.

    Parameters
    ----------
    path
        File of the lock, made when it is missing; it stays, and says nothing.
    otherwise
        Message for the one who finds it held.

    Raises
    ------
    PlatformError
        If another process, or another caller in this one, holds it.
    """
    make_private(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PlatformError(otherwise) from None
        _held.append(descriptor)
        try:
            yield
        finally:
            _held.remove(descriptor)
    finally:
        os.close(descriptor)


def held_descriptors() -> tuple[int, ...]:
    """Return the locks of this process, for a child that writes on its behalf.

    When this process is killed, the child goes on; with these it keeps others out.
    """
    return tuple(_held)
