"""Rows of the job's tables from block predictions."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from python_jobs.calendars.forecast_design import (
    FIRST_FULL_WINDOW_DAYS,
    QUANTILES,
    TERMS,
)
from python_jobs.forecasting.core.arrays import Floats, Integers, Reason, State
from python_jobs.forecasting.core.intervals import forecast_columns
from python_jobs.forecasting.core.scoring import ERROR_TERMS
from python_jobs.forecasting.core.series import Fleet

ERROR_QUANTILES = [name.replace("forecast_", "error_") for name in QUANTILES]
"""Columns of ``ml.forecast_error_quantiles``, in the order of `QUANTILES`."""

_COUNTS = {
    "day_count",
    "percentage_day_count",
    "inside_80_count",
    "inside_95_count",
}


def backtest_frame(
    fleet: Fleet,
    series: Integers,
    sums: Floats,
    *,
    model: str,
    number: int,
    day: int,
) -> pd.DataFrame:
    """Return the rows of ``ml.forecast_backtests`` of some series at an origin."""
    position, block, is_eoq_window = np.nonzero(sums[..., 0])
    found = sums[position, block, is_eoq_window].T
    terms = {
        name: values.astype(np.int64) if name in _COUNTS else values
        for name, values in zip(ERROR_TERMS, found, strict=True)
    }
    return pd.DataFrame(
        {
            **_keys(fleet, series[position], model=model, number=number, day=day),
            "horizon_block": block + 1,
            "is_eoq_window": is_eoq_window.astype(np.bool_),
            **terms,
        }
    )


def forecast_frame(
    fleet: Fleet,
    series: Integers,
    values: Floats,
    quantiles: Floats,
    *,
    model: str,
    number: int,
    day: int,
    first_day: int | None = None,
) -> pd.DataFrame:
    """Return the rows of ``ml.usage_forecasts`` of some series.

    Parameters
    ----------
    fleet, series
        Positions in the fleet.
    values, quantiles
        In the usage unit, shape (series, days) and (series, days, 9).
    model, number, day
        Candidate, number of its origin, and the day of that since 1970-01-01.
    first_day
        First day that is forecast; None: the day after the origin.
    """
    days = values.shape[1]
    first = day + 1 if first_day is None else first_day
    repeated = np.repeat(series, days)
    return pd.DataFrame(
        {
            **_keys(fleet, repeated, model=model, number=number, day=day),
            "target_date": dates(np.tile(first + np.arange(days), len(series))),
            **forecast_columns(values, quantiles),
        }
    )


def model_frame(
    fleet: Fleet,
    series: Integers,
    state: State,
    coefficients: Floats,
    *,
    model: str,
    day: int,
) -> pd.DataFrame:
    """Return the rows of ``ml.forecast_models``: parameters and last state by name.

    Parameters
    ----------
    fleet, series
        Positions in the fleet.
    state
        By name, shape (series,).
    coefficients
        Of the calendar's terms, shape (series, terms).
    model, day
        Candidate, and the day of its origin since 1970-01-01.
    """
    values = {
        **{f"coefficient_{term}": coefficients[:, k] for k, term in enumerate(TERMS)},
        **state,
    }
    names = np.array(list(values), dtype=object)
    matrix = np.column_stack(list(values.values()))
    return pd.DataFrame(
        {
            "origin_date": dates(np.full(matrix.size, day)),
            **fleet.keys(np.repeat(series, len(names))),
            "model": model,
            "parameter": np.tile(names, len(series)),
            "value": matrix.ravel(),
        }
    )


def quantile_frame(
    model: str,
    metric: str,
    by_band: Mapping[tuple[bool, int], Floats],
    counts: Mapping[tuple[bool, int], int],
) -> pd.DataFrame:
    """Return the rows of ``ml.forecast_error_quantiles`` of a model and metric."""
    rows = [
        {
            "metric": metric,
            "model": model,
            "is_eoq_window": flag,
            "horizon_band": band,
            **dict(zip(ERROR_QUANTILES, values, strict=True)),
            "error_count": counts[flag, band],
        }
        for (flag, band), values in sorted(by_band.items())
    ]
    return pd.DataFrame(rows)


def stacked(frames: Iterable[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Return frames under each other; without any, the columns alone."""
    filled = [each for each in frames if len(each)]
    if not filled:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(filled, ignore_index=True)[list(columns)]


def dates(days: NDArray[Any]) -> NDArray[np.datetime64]:
    """Return days since 1970-01-01 as dates."""
    return days.astype(np.int64).astype("datetime64[D]").astype("datetime64[us]")


def _keys(
    fleet: Fleet, series: Integers, *, model: str, number: int, day: int
) -> dict[str, Any]:
    return {
        **fleet.keys(series),
        "model": model,
        "origin_number": number,
        "origin_date": dates(np.full(len(series), day)),
    }


DEAD_DAYS = 91
"""Silent for so long a series is dead; a shorter silence is an outage."""


class SeriesState(StrEnum):
    """State of the history of a series on the as-of date."""

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
        silent_days = day - (fleet.first_steps[series] + known[-1])
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
