"""How much memory DuckDB may take before it spills to a folder beside its file."""

import os
from contextlib import suppress
from pathlib import Path

from python_jobs.platform.errors import UsageError

VARIABLE = "CAPACITY_MEMORY_LIMIT_MB"

DEFAULT_MB = 1_500
"""Of the default fleet's models none needs more; DuckDB itself would take 80 %."""

LEAST_MB = 128

_SHARE_OF_MACHINE = 4
_CONTAINER = Path("/sys/fs/cgroup/memory.max")


def memory_limit_mb(given: str | None) -> int:
    """Return the limit that a user gave, else a quarter of the machine up to a default.

    Parameters
    ----------
    given
        Value of ``CAPACITY_MEMORY_LIMIT_MB``, in MB; None or empty: none.

    Raises
    ------
    UsageError
        If it is no whole number, or less than DuckDB can work with.
    """
    if not given:
        return max(LEAST_MB, min(DEFAULT_MB, machine_mb() // _SHARE_OF_MACHINE))
    if not given.isdecimal() or int(given) < LEAST_MB:
        raise UsageError(
            f"{VARIABLE} '{given}' is no whole number of at least {LEAST_MB}"
            " → give the MB of memory that DuckDB may use, or unset it"
        )
    return int(given)


def machine_mb() -> int:
    """Return the memory of the machine, or of its container, in MB."""
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    # a container without a limit says `max`; other systems have no such file
    with suppress(OSError, ValueError):
        size = min(size, int(_CONTAINER.read_text("ascii")))
    return size // 10**6
