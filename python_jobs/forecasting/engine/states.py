"""The state of every series: what its history is like, or why there is no forecast."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import pandas as pd

from python_jobs.calendar_weights import FIRST_FULL_WINDOW_DAYS
from python_jobs.forecasting.engine.fleet import Fleet, Integers
from python_jobs.forecasting.engine.tables import dates
from python_jobs.forecasting.guards import Reason

DEAD_DAYS = 91
"""Silent for so long a series is dead; a shorter silence is an outage."""


class SeriesState(StrEnum):
    """What the history of a series is like on the as-of date."""

    REGULAR = "regular"
    LEVEL_SHIFT = "level_shift"
    SHORT_HISTORY = "short_history"
    TOO_SHORT = "too_short"
    CONSTANT = "constant"
    DEAD = "dead"
    ALL_MISSING = "all_missing"
    OUTAGE_AT_END = "outage_at_end"
    GAP = "gap"
    NOT_FINITE = "not_finite"


_OF_REASON = {
    Reason.TOO_SHORT: SeriesState.TOO_SHORT,
    Reason.FLAT: SeriesState.CONSTANT,
    Reason.GAP: SeriesState.GAP,
    Reason.NOT_FINITE: SeriesState.NOT_FINITE,
}


def series_state(
    fleet: Fleet,
    series: int,
    *,
    day: int,
    reason: Reason | None,
    window_days: int,
    has_shift: bool,
) -> SeriesState:
    """Return the state of one series at an origin.

    Parameters
    ----------
    fleet, series
        Whose, by position.
    day
        Origin, as days since 1970-01-01.
    reason
        Why it is not fitted at the origin, if so.
    window_days
        History that it is fitted on.
    has_shift
        Whether the fit found a level shift.
    """
    if reason in (Reason.ENDED, Reason.SILENT):
        first = fleet.starts[series]
        measured = fleet.measured[first : first + fleet.lengths[series]]
        known = np.flatnonzero(np.isfinite(measured))
        if len(known) == 0:
            return SeriesState.ALL_MISSING
        silent_days = day - (fleet.first_days[series] + known[-1])
        is_dead = silent_days >= DEAD_DAYS
        return SeriesState.DEAD if is_dead else SeriesState.OUTAGE_AT_END
    if reason is not None:
        return _OF_REASON[reason]
    if has_shift:
        return SeriesState.LEVEL_SHIFT
    if window_days < FIRST_FULL_WINDOW_DAYS:
        return SeriesState.SHORT_HISTORY
    return SeriesState.REGULAR


def state_frame(
    fleet: Fleet,
    *,
    day: int,
    windows: Integers,
    reasons: Sequence[Reason | None],
    shift_days: Integers,
    outcomes: Sequence[str | Reason],
) -> pd.DataFrame:
    """Return the rows of ``ml.series_states``: one per series, none left out.

    Parameters
    ----------
    fleet, day
        Series, and the live origin as days since 1970-01-01.
    windows, reasons
        From `Fleet.look_back` at the origin.
    shift_days
        First day of a series' new level as days since 1970-01-01; -1 without a shift.
    outcomes
        The model of each series' live forecast, or the reason for none.
    """
    states = [
        series_state(
            fleet,
            series,
            day=day,
            reason=reasons[series],
            window_days=int(windows[series]),
            has_shift=bool(shift_days[series] >= 0),
        )
        for series in range(len(fleet))
    ]
    shifted = pd.Series(dates(np.maximum(shift_days, 0)))
    fitted = pd.Series(windows, dtype="Int64")
    is_reason = [isinstance(each, Reason) for each in outcomes]
    return pd.DataFrame(
        {
            "server_id": fleet.server_ids,
            "metric": fleet.metrics,
            "state": [str(each) for each in states],
            "model": [
                None if no else str(each)
                for each, no in zip(outcomes, is_reason, strict=True)
            ],
            "reason": [
                str(each) if no else None
                for each, no in zip(outcomes, is_reason, strict=True)
            ],
            "window_days": fitted.mask(windows == 0),
            "level_shift_date": shifted.mask(shift_days < 0),
        }
    )
