"""All candidates of all series at one origin, each with a forecast or a reason."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from python_jobs.forecasting.backtest import BACKTEST_DAYS
from python_jobs.forecasting.calendar_fit import (
    CalendarDesign,
    CalendarFit,
    fit_calendar,
)
from python_jobs.forecasting.config import Candidate, JobsConfig
from python_jobs.forecasting.forecasts import FitTask, Outcome, UsageForecast
from python_jobs.forecasting.guards import Reason, unusable_reason
from python_jobs.forecasting.parallel import fit_all
from python_jobs.forecasting.series import ONE_DAY, UsageSeries
from python_jobs.platform.errors import InputError
from python_jobs.platform.progress import Task

LIVE_ORIGIN = 0

FROM_ANOTHER_DAY = -1
"""Number of an origin that is neither live nor a backtest."""


@dataclass(frozen=True)
class Origin:
    """A day that forecasts start from.

    Attributes
    ----------
    number
        0: live; 1 and up: backtests, back in time.
    date
        Last day that a forecast may see.
    horizon_days
        Days ahead that are forecast.
    """

    number: int
    date: np.datetime64
    horizon_days: int


@dataclass(frozen=True)
class OriginOutcomes:
    """What came of every series that was asked for at one origin.

    Attributes
    ----------
    origin
        The day that was forecast from.
    outcomes
        By (server, metric) and candidate: a forecast, or the reason for none.
    """

    origin: Origin
    outcomes: Mapping[tuple[str, str], Mapping[Candidate, Outcome]]

    def forecasts(self) -> Iterator[tuple[tuple[str, str], Candidate, UsageForecast]]:
        """Yield key, candidate and forecast of the candidates that have one."""
        for key, by_candidate in self.outcomes.items():
            for candidate, outcome in by_candidate.items():
                if isinstance(outcome, UsageForecast):
                    yield key, candidate, outcome

    def refusals(self) -> Iterator[tuple[tuple[str, str], Candidate, Reason]]:
        """Yield key, candidate and reason of the candidates that were refused."""
        for key, by_candidate in self.outcomes.items():
            for candidate, outcome in by_candidate.items():
                if isinstance(outcome, Reason):
                    yield key, candidate, outcome


def forecast_origins(calendar_rows: pd.DataFrame, *, as_of_date: date) -> list[Origin]:
    """Return the live origin, then the backtest origins back in time.

    Parameters
    ----------
    calendar_rows
        Rows of ``feat_calendar_weights``; the last date ends the live horizon.
    as_of_date
        Newest day that is known.

    Raises
    ------
    InputError
        If the rows were built for another as-of date.
    """
    starts = calendar_rows.dropna(subset="origin_number")
    days = starts["calendar_date"].to_numpy().astype("datetime64[D]")
    by_number = dict(zip(starts["origin_number"], days, strict=True))
    as_of = np.datetime64(as_of_date, "D")
    if by_number.get(LIVE_ORIGIN) != as_of:
        raise InputError(
            f"feat_calendar_weights: origin 0 is {by_number.get(LIVE_ORIGIN)}; expected"
            f" the as-of date {as_of_date} → build the features again with"
            f" `capacity build --as-of {as_of_date}`"
        )
    end = calendar_rows["calendar_date"].to_numpy().max().astype("datetime64[D]")
    live_days = int((end - as_of) / ONE_DAY)
    return [
        Origin(
            number=int(number),
            date=by_number[number],
            horizon_days=live_days if number == LIVE_ORIGIN else BACKTEST_DAYS,
        )
        for number in sorted(by_number)
    ]


def forecast_origin(
    series: Iterable[UsageSeries],
    *,
    origin: Origin,
    candidates: Mapping[tuple[str, str], tuple[Candidate, ...]],
    designs: Mapping[str, CalendarDesign],
    options: JobsConfig,
    progress: Task,
) -> OriginOutcomes:
    """Forecast every series from one origin.

    Parameters
    ----------
    series
        All series, whatever their state.
    origin
        Where to start.
    candidates
        What to fit on each series; none says that no candidate was backtested.
    designs, options
        Terms by calendar; how to fit.
    progress
        Advanced by one per series.

    Raises
    ------
    RunError
        If a series comes back without a forecast or a reason.
    """
    outcomes: dict[tuple[str, str], Mapping[Candidate, Outcome]] = {}
    usable: list[UsageSeries] = []
    for each in series:
        reason = unusable_reason(each, origin_date=origin.date)
        if reason is None and not candidates[each.key]:
            reason = Reason.NOT_BACKTESTED
        if reason is None:
            usable.append(each)
        else:
            asked = candidates[each.key] or options.models
            outcomes[each.key] = dict.fromkeys(asked, reason)
    fits = fit_calendar(
        usable,
        designs=designs,
        origin_date=origin.date,
        horizon_days=origin.horizon_days,
    )
    tasks: list[FitTask] = []
    for each in usable:
        asked = candidates[each.key]
        fit = fits.get(each.key)
        if fit is None:
            outcomes[each.key] = dict.fromkeys(asked, Reason.TOO_SHORT)
        else:
            task = _task(each, asked, fit=fit, origin=origin, options=options)
            tasks.append(task)
    progress.advance(len(outcomes))
    for key, by_candidate in fit_all(tasks, processes=options.processes):
        outcomes[key] = by_candidate
        progress.advance()
    return OriginOutcomes(origin=origin, outcomes=outcomes)


def _task(
    series: UsageSeries,
    candidates: tuple[Candidate, ...],
    *,
    fit: CalendarFit,
    origin: Origin,
    options: JobsConfig,
) -> FitTask:
    """Hand out the newest days, no more than the window that is well filled."""
    seen_days = min(options.fit_days, fit.window_days)
    usage = series.usage_values[series.past(origin.date)]
    return FitTask(
        key=series.key,
        usage=usage[-seen_days:].copy(),
        residuals=fit.residuals[-seen_days:].copy(),
        explained=fit.explained,
        ceiling=series.ceiling,
        capacity_value=series.capacity_value,
        candidates=candidates,
        maximum_iterations=options.maximum_iterations,
    )
