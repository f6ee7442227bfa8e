"""What a long frame must be to be cut into series; else one clear message."""

from typing import Any, Literal

import numpy as np
import pandas as pd

from python_jobs.calendars import CALENDAR_IDS, CALENDAR_YEARS
from python_jobs.forecasting.engine.fleet import Integers, Strings
from python_jobs.platform.errors import InputError, UsageError

Frequency = Literal["D", "h"]

KEY = ("unique_id", "ds")
METRIC, CALENDAR = "metric", "calendar_id"


def refuse_columns(frame: pd.DataFrame) -> None:
    """Refuse a frame without the columns, or with others than their types.

    Raises
    ------
    InputError
        Naming the first one.
    """
    for name in (*KEY, "y"):
        if name not in frame:
            found = ", ".join(map(str, frame.columns)) or "none"
            raise InputError(
                f"the frame has no column {name}; it has {found}"
                " → name the columns unique_id, ds and y"
            )
    for name in (*KEY, "y", METRIC, CALENDAR):
        if list(frame.columns).count(name) > 1:
            raise InputError(f"the frame has column {name} twice → keep one of them")
    kind = frame["ds"].dtype
    if kind.kind != "M" or frame["ds"].dt.tz is not None:
        raise InputError(f"column ds is {kind}; expected naive datetimes → convert it")
    if frame["y"].dtype.kind not in "fiu":
        raise InputError(f"column y is {frame['y'].dtype}; expected numbers")


def refuse_calendars(calendars: Strings) -> None:
    """Refuse a calendar that is unknown.

    Raises
    ------
    InputError
        Naming the first one.
    """
    unknown = sorted({str(each) for each in calendars} - set(CALENDAR_IDS))
    if unknown:
        raise InputError(
            f"calendar '{unknown[0]}' is unknown → {', '.join(CALENDAR_IDS)}"
        )


def refuse_repeats(
    codes: Integers, times: Integers, *, names: Any, frequency: Frequency
) -> None:
    """Refuse a second row for a series and step.

    Raises
    ------
    InputError
        Naming the first one.
    """
    repeated = np.flatnonzero((np.diff(codes) == 0) & (np.diff(times) == 0))
    if len(repeated):
        first = repeated[0]
        step = np.datetime64(int(times[first]), frequency)
        raise InputError(
            f"unique_id {names[codes[first]]} has more than one row for {step}"
            f" ({len(repeated)} repeated in all) → one row per series and step;"
            " aggregate finer data first"
        )


def refuse_wild_times(
    codes: Integers, times: Integers, *, names: Any, frequency: Frequency
) -> None:
    """Refuse a time that no calendar reaches.

    Raises
    ------
    InputError
        Naming the first one.
    """
    first, after = (int(each) for each in _bounds(frequency))
    wild = np.flatnonzero((times < first) | (times >= after))
    if len(wild):
        step = np.datetime64(int(times[wild[0]]), frequency)
        raise InputError(
            f"unique_id {names[codes[wild[0]]]} has a row for {step} ({len(wild)} such"
            f" rows); expected the years {CALENDAR_YEARS[0]} to {CALENDAR_YEARS[1]}"
            " → mend the time or leave out the row"
        )


def refuse_horizon(
    newest_steps: Integers, horizon: int, *, frequency: Frequency
) -> None:
    """Refuse to forecast further than the calendars reach.

    Raises
    ------
    UsageError
        If the horizon is no whole number or its last step lies after `CALENDAR_YEARS`.
    """
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer):
        raise UsageError(f"horizon {horizon} → give a whole number of steps")
    after = int(_bounds(frequency)[1])
    newest = int(newest_steps.max()) if len(newest_steps) else 0
    if newest + int(horizon) >= after:
        raise UsageError(
            f"horizon {horizon} ends after the year {CALENDAR_YEARS[1]} → at most"
            f" {after - 1 - newest} steps from {np.datetime64(newest, frequency)}"
        )


def _bounds(frequency: Frequency) -> Integers:
    """Return the first step of `CALENDAR_YEARS` and the first one after them."""
    edges = np.array(
        [f"{CALENDAR_YEARS[0]}-01-01", f"{CALENDAR_YEARS[1] + 1}-01-01"],
        "datetime64[D]",
    )
    return edges.astype(f"datetime64[{frequency}]").astype(np.int64)
