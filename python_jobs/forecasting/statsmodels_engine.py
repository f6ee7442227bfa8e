"""The literal path: statsmodels' own classes, series by series.

The certified reference of the batched engine, and the way for those who want no other
code than statsmodels'. It backtests at the newest origin alone: half a second a series.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from python_jobs.forecasting.accounting import (
    account_for,
    log_refusals,
    refuse_broken_candidates,
)
from python_jobs.forecasting.calendar_fit import CalendarDesign
from python_jobs.forecasting.config import Candidate, JobsConfig
from python_jobs.forecasting.engine.designs import Designs
from python_jobs.forecasting.engine.fleet import Fleet
from python_jobs.forecasting.engine.states import state_frame
from python_jobs.forecasting.forecasts import UsageForecast
from python_jobs.forecasting.guards import Reason
from python_jobs.forecasting.origins import Origin, OriginOutcomes, forecast_origin
from python_jobs.forecasting.rows import backtest_rows, best_candidates, forecast_rows
from python_jobs.forecasting.series import UsageSeries, load_series
from python_jobs.platform.progress import Task


def forecast_by_statsmodels(
    usage: pd.DataFrame,
    *,
    designs: Mapping[str, CalendarDesign],
    origins: Sequence[Origin],
    options: JobsConfig,
    progress: Task,
) -> dict[str, list[pd.DataFrame]]:
    """Backtest at the newest origin, then forecast with the best of each metric.

    Parameters
    ----------
    usage
        Rows of ``feat_usage_forecasts``.
    designs, origins
        Terms by calendar; the live origin first.
    options, progress
        How to fit; counts every series twice.

    Returns
    -------
    dict
        ``ml.usage_forecasts``, ``ml.forecast_backtests`` and ``ml.series_states``.

    Raises
    ------
    RunError
        If a series has neither a forecast nor a reason, or a candidate broke down on
        every series.
    """
    live, backtest_origins = origins[0], origins[1:2]
    series = list(load_series(usage))
    progress.set_total(len(series) * (1 + len(backtest_origins)))
    forecast = partial(
        forecast_origin, series, designs=designs, options=options, progress=progress
    )
    every = {each.key: options.models for each in series}
    tested = [forecast(origin=origin, candidates=every) for origin in backtest_origins]
    scores = backtest_rows(tested, series=series)
    best = best_candidates(scores, series=series, candidates=options.models)
    chosen = {
        each.key: (best[each.metric],) if each.metric in best else () for each in series
    }
    outcomes = [forecast(origin=live, candidates=chosen), *tested]
    for at_origin in outcomes:
        account_for(series, at_origin)
        refuse_broken_candidates(at_origin)
    log_refusals(outcomes)
    return {
        "ml.usage_forecasts": [forecast_rows(outcomes, best=best)],
        "ml.forecast_backtests": [scores],
        "ml.series_states": [
            _states(
                usage, designs=designs, live=live, outcomes=_models(series, outcomes[0])
            )
        ],
    }


def _models(
    series: Iterable[UsageSeries], live: OriginOutcomes
) -> list[Candidate | Reason]:
    """Return by series the model of the live forecast, or the reason for none."""
    found: list[Candidate | Reason] = []
    for each in series:
        (model, outcome), *_ = live.outcomes[each.key].items()
        found.append(model if isinstance(outcome, UsageForecast) else outcome)
    return found


def _states(
    usage: pd.DataFrame,
    *,
    designs: Mapping[str, CalendarDesign],
    live: Origin,
    outcomes: Sequence[Candidate | Reason],
) -> pd.DataFrame:
    """Return the rows of ``ml.series_states``; level shifts are not looked for."""
    fleet, day = Fleet.of(usage), int(live.date.astype(np.int64))
    first_days = Designs(designs).first_days
    windows, reasons = fleet.look_back(day, first_days=first_days)
    return state_frame(
        fleet,
        day=day,
        windows=windows,
        reasons=reasons,
        shift_days=np.full(len(fleet), -1),
        outcomes=outcomes,
    )
