"""Commit a change to a table while others write, and only with a sane clock."""

import warnings
from collections.abc import Callable
from typing import TypeVar

from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.table import Table
from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from python_jobs.platform.errors import PlatformError

Result = TypeVar("Result")

_ATTEMPTS = 30
# Other engines refuse metadata more than 60 s older than what it follows.
_CLOCK_TOLERANCE_MS = 30_000

# An overwrite of rows that are not there yet is a normal first write, not news.
warnings.filterwarnings("ignore", message="Delete operation did not match any records")


def commit(
    load: Callable[[], Table],
    change: Callable[[Table], Result],
    *,
    clock: Callable[[], float],
) -> Result:
    """Apply a change to a freshly loaded table until no other writer is in its way.

    pyiceberg repeats a commit by itself while the other writers touched other rows.
    When they touched these, it raises, and the change is made again from the new state.

    Parameters
    ----------
    load
        Loads the table as it is now.
    change
        Reads and writes that table, in one transaction.
    clock
        Seconds since 1970, as `time.time`.

    Raises
    ------
    PlatformError
        If the clock is behind the table's last write, or the writers never cease.
    """
    try:
        for attempt in Retrying(
            retry=retry_if_exception_type((CommitFailedException, ValidationException)),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.05, max=2),
            reraise=True,
        ):
            with attempt:
                table = load()
                _check_clock(table, clock=clock)
                result = change(table)
    except (CommitFailedException, ValidationException) as error:
        raise PlatformError(
            f"table {'.'.join(table.name())} could not be written in {_ATTEMPTS}"
            f" attempts, others write it at the same time ({error}) → run again later"
        ) from error
    return result


def _check_clock(table: Table, *, clock: Callable[[], float]) -> None:
    behind_ms = table.metadata.last_updated_ms - clock() * 1000
    if behind_ms > _CLOCK_TOLERANCE_MS:
        raise PlatformError(
            f"table {'.'.join(table.name())} was last written"
            f" {behind_ms / 1000:.0f} s in the future: this machine's clock is behind"
            " → set the clock, then run again"
        )
