"""Commit a change to a table while others write, and only with a sane clock."""

import warnings
from collections.abc import Callable
from datetime import UTC, datetime
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
_WAY_OUT = "write the table once with --accept-clock; on Athena wait until then"

# An overwrite of rows that are not there yet is a normal first write, not news.
warnings.filterwarnings("ignore", message="Delete operation did not match any records")


def commit(
    load: Callable[[], Table],
    change: Callable[[Table], Result],
    *,
    clock: Callable[[], float],
    way_out: str | None = _WAY_OUT,
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
    way_out
        What to do when the table's last write lies ahead of a clock that is right;
        None: write all the same.

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
                if way_out is not None:
                    _check_clock(table, now=clock(), way_out=way_out)
                result = change(table)
    except (CommitFailedException, ValidationException) as error:
        raise PlatformError(
            f"table {'.'.join(table.name())} could not be written in {_ATTEMPTS}"
            f" attempts, others write it at the same time ({error}) → run again later"
        ) from error
    return result


def _check_clock(table: Table, *, now: float, way_out: str) -> None:
    written_ms = table.metadata.last_updated_ms
    if written_ms - now * 1000 > _CLOCK_TOLERANCE_MS:
        raise PlatformError(
            f"table {'.'.join(table.name())} holds {_utc(written_ms / 1000)} as the"
            f" time of its last write, this machine's clock says {_utc(now)}: one of"
            f" the two was wrong → if this clock is wrong, set it; if it is right,"
            f" {way_out}"
        )


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
