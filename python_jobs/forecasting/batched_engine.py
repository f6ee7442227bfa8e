"""The batched path: every candidate on all series at every origin, as rows."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from python_jobs.forecasting.backtest import BACKTEST_DAYS
from python_jobs.forecasting.calendar_fit import CalendarDesign
from python_jobs.forecasting.config import Candidate, JobsConfig
from python_jobs.forecasting.drift import drift_rows
from python_jobs.forecasting.engine import ensemble
from python_jobs.forecasting.engine.backtests import CandidateBlock
from python_jobs.forecasting.engine.blocks import FittedBlock
from python_jobs.forecasting.engine.designs import Designs
from python_jobs.forecasting.engine.fleet import Fleet
from python_jobs.forecasting.engine.fleet_forecast import FleetForecast
from python_jobs.forecasting.engine.results import Backtests
from python_jobs.forecasting.engine.states import state_frame
from python_jobs.forecasting.engine.tables import (
    forecast_frame,
    model_frame,
    quantile_frame,
)
from python_jobs.forecasting.guards import Reason
from python_jobs.forecasting.origins import LIVE_ORIGIN, Origin
from python_jobs.platform.errors import RunError
from python_jobs.platform.progress import Task

Frames = dict[str, list[pd.DataFrame]]

_log = logging.getLogger(__name__)


@dataclass
class _Live:
    """What came of each series at the live origin, by position in the fleet."""

    outcomes: list[str | Reason | None]
    shift_days: np.ndarray
    values: np.ndarray
    frames: Frames = field(
        default_factory=lambda: {"ml.usage_forecasts": [], "ml.forecast_models": []}
    )


def forecast_batched(
    usage: pd.DataFrame,
    *,
    designs: Mapping[str, CalendarDesign],
    origins: Sequence[Origin],
    options: JobsConfig,
    progress: Task,
    previous: pd.DataFrame,
) -> dict[str, list[pd.DataFrame]]:
    """Backtest every candidate at every origin, then forecast with each champion.

    Parameters
    ----------
    usage
        Rows of ``feat_usage_forecasts``.
    designs, origins
        Terms by calendar; the live origin first, then back in time.
    options, progress
        How to fit; counts every series once per pass and origin.
    previous
        Rows of ``ml.forecast_models`` of the version before, with its run.

    Returns
    -------
    dict
        Frames of each table, to be put under each other.

    Raises
    ------
    RunError
        If a series has neither a forecast nor a reason.
    """
    fleet = Fleet.of(usage)
    forecast = FleetForecast(
        fleet,
        designs=Designs(designs),
        origins=origins,
        options=options,
        progress=progress,
    )
    progress.set_total(len(fleet) * (2 * len(forecast.numbers) + 1))
    found = forecast.backtest()
    best = forecast.best(found)
    live = _run_champions(forecast, best=best, found=found)
    engine = forecast.engines[LIVE_ORIGIN]
    outcomes = _accounted(fleet, live, unusable=engine.reasons, best=best)
    _log_refusals(found, outcomes)
    return {
        **live.frames,
        "ml.forecast_backtests": _scores(found, best=best),
        "ml.forecast_error_quantiles": [
            quantile_frame(model, metric, quantiles)
            for model in sorted(set(best.values()))
            for metric, quantiles in forecast.live_quantiles(model).items()
            if best.get(metric) == model
        ],
        "ml.forecast_drift": drift_rows(
            previous, forecast=forecast, best=best, live_values=live.values
        ),
        "ml.series_states": [
            state_frame(
                fleet,
                day=engine.day,
                windows=engine.windows,
                reasons=engine.reasons,
                shift_days=live.shift_days,
                outcomes=outcomes,
            )
        ],
    }


def _run_champions(
    forecast: FleetForecast, *, best: Mapping[str, Candidate], found: Backtests
) -> _Live:
    """Forecast with each metric's champion from every origin."""
    fleet = forecast.fleet
    horizon = forecast.origins[LIVE_ORIGIN].horizon_days
    live = _Live(
        outcomes=[None] * len(fleet),
        shift_days=np.full(len(fleet), -1),
        values=np.full((len(fleet), horizon), np.nan),
    )
    for number, fitted, by_model in forecast.forecasts(best, found):
        model = best.get(fitted.block.metric)
        if model not in by_model:
            continue
        told, day = by_model[model], forecast.engines[number].day
        rows = np.flatnonzero(told.is_valid)
        live.frames["ml.usage_forecasts"].append(
            forecast_frame(
                *(fleet, told),
                rows=rows,
                model=model,
                number=number,
                day=day,
                days=BACKTEST_DAYS if number else horizon,
            )
        )
        if number == LIVE_ORIGIN:
            _keep_live(live, told, fitted, model=model)
            live.frames["ml.forecast_models"].append(
                model_frame(fleet, told, fitted, rows=rows, model=model, day=day)
            )
    return live


def _keep_live(
    live: _Live, told: CandidateBlock, fitted: FittedBlock, *, model: str
) -> None:
    """Note the model or the reason of each series of a block."""
    for series, reason in zip(told.series, told.reasons, strict=True):
        live.outcomes[series] = reason or model
    live.values[told.series[told.is_valid]] = told.values[told.is_valid]
    live.shift_days[told.series] = fitted.shift_days


def _accounted(
    fleet: Fleet,
    live: _Live,
    *,
    unusable: Sequence[Reason | None],
    best: Mapping[str, Candidate],
) -> list[str | Reason]:
    """Return the model of each series or the reason for none; fail when one is lost."""
    outcomes: list[str | Reason] = []
    for series, outcome in enumerate(live.outcomes):
        reason = unusable[series]
        if reason is None and fleet.metrics[series] not in best:
            reason = Reason.NOT_BACKTESTED
        found = outcome or reason
        if found is None:
            raise RunError(
                f"usage_forecasts: server_id {fleet.server_ids[series]}, metric"
                f" {fleet.metrics[series]} has neither a forecast nor a reason at"
                " origin 0 → nothing was published; the job has a fault"
            )
        outcomes.append(found)
    return outcomes


def _scores(found: Backtests, *, best: Mapping[str, Candidate]) -> list[pd.DataFrame]:
    """Return the sums of every candidate; the mean of all only where it is chosen."""
    scores = []
    for model, frames in found.frames.items():
        for frame in frames:
            if model == ensemble.NAME:
                chosen = [name for name, each in best.items() if each == model]
                scores.append(frame[frame["metric"].isin(chosen)])
            else:
                scores.append(frame)
    return scores


def _log_refusals(found: Backtests, outcomes: Sequence[str | Reason]) -> None:
    """Say how many series each candidate was refused for, and why."""
    counts = Counter(
        (number, model, str(reason)) for number, model, _, reason in found.refusals
    )
    for (number, model, reason), count in sorted(counts.items()):
        _log.info("origin %s: %s refused, %s: %s series", number, model, reason, count)
    live = Counter(str(each) for each in outcomes if isinstance(each, Reason))
    for reason, count in sorted(live.items()):
        _log.info("origin 0: no forecast, %s: %s series", reason, count)
