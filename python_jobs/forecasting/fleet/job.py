"""The job `usage_forecasts`: backtest, selection and champion forecasts as rows.

Every series, candidate and rejection is accounted for.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from python_jobs.forecasting.config import Candidate, JobsConfig
from python_jobs.forecasting.core.arrays import Floats, Integers, Reason
from python_jobs.forecasting.core.origin import LIVE_ORIGIN, Origin
from python_jobs.forecasting.core.regression import CalendarDesign, Designs
from python_jobs.forecasting.core.series import FittedBlock, Fleet
from python_jobs.forecasting.fleet.drift import drift_rows
from python_jobs.forecasting.fleet.forecast import (
    Backtests,
    BlockPrediction,
    FleetForecast,
)
from python_jobs.forecasting.fleet.tables import (
    forecast_frame,
    model_frame,
    quantile_frame,
    state_frame,
)
from python_jobs.forecasting.models import combination
from python_jobs.platform.errors import RunError
from python_jobs.platform.progress import Task

FEWEST_BROKEN_FITS = 10
"""Failed fits without a single success that reject a candidate as broken."""

Frames = dict[str, list[pd.DataFrame]]

_log = logging.getLogger(__name__)


@dataclass
class _Live:
    """Model or rejection reason of each series at the live origin."""

    outcomes: list[str | Reason | None]
    shift_days: Integers
    values: Floats
    frames: Frames = field(
        default_factory=lambda: {"ml.usage_forecasts": [], "ml.forecast_models": []}
    )


def forecast_fleet(
    fleet: Fleet,
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
    fleet
        Every series.
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
        If a series has neither a forecast nor a reason, or fits of a candidate broke
        down on every series.
    """
    forecast = FleetForecast(
        fleet,
        designs=Designs(designs),
        origins=origins,
        options=options,
        progress=progress,
    )
    progress.set_total(len(fleet) * (2 * len(forecast.numbers) + 1))
    found = forecast.backtest()
    _reject_broken_candidates(found)
    best = forecast.best(found)
    live = _run_champions(forecast, best=best, found=found)
    fleet_origin = forecast.fleet_origins[LIVE_ORIGIN]
    outcomes = _accounted(fleet, live, unusable=fleet_origin.reasons, best=best)
    _log_rejections(fleet, found, outcomes)
    return {
        **live.frames,
        "ml.forecast_backtests": _scores(found, best=best),
        "ml.forecast_error_quantiles": [
            quantile_frame(model, metric, quantiles.by_band, quantiles.counts)
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
                day=fleet_origin.day,
                windows=fleet_origin.windows,
                reasons=fleet_origin.reasons,
                shift_days=live.shift_days,
                outcomes=outcomes,
            )
        ],
    }


def _run_champions(
    forecast: FleetForecast, *, best: Mapping[str, Candidate], found: Backtests
) -> _Live:
    """Forecast with each metric's champion, live; older origins give the intervals."""
    fleet = forecast.fleet
    horizon = forecast.origins[LIVE_ORIGIN].horizon_days
    live = _Live(
        outcomes=[None] * len(fleet),
        shift_days=np.full(len(fleet), -1),
        values=np.full((len(fleet), horizon), np.nan),
    )
    for number, fitted, by_model in forecast.forecasts(best, found):
        model = best.get(fitted.block.metric)
        if number != LIVE_ORIGIN or model not in by_model:
            continue
        prediction, day = by_model[model], forecast.fleet_origins[number].day
        valid = prediction.is_valid
        live.frames["ml.usage_forecasts"].append(
            forecast_frame(
                *(fleet, prediction.series[valid]),
                *(prediction.values[valid], prediction.quantiles[valid]),
                model=model,
                number=number,
                day=day,
            )
        )
        _keep_live(live, prediction, fitted, model=model)
        live.frames["ml.forecast_models"].append(
            model_frame(
                *(fleet, prediction.series[valid]),
                {name: each[valid] for name, each in prediction.saved(fitted).items()},
                fitted.coefficients[valid],
                model=model,
                day=day,
            )
        )
    return live


def _keep_live(
    live: _Live, prediction: BlockPrediction, fitted: FittedBlock, *, model: str
) -> None:
    """Note the model or the reason of each series of a block."""
    for series, reason in zip(prediction.series, prediction.reasons, strict=True):
        live.outcomes[series] = reason or model
    live.values[prediction.series[prediction.is_valid]] = prediction.values[
        prediction.is_valid
    ]
    live.shift_days[prediction.series] = fitted.shift_days


def _accounted(
    fleet: Fleet,
    live: _Live,
    *,
    unusable: Sequence[Reason | None],
    best: Mapping[str, Candidate],
) -> list[str | Reason]:
    """Return model or rejection reason of each series; fail when one has neither."""
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
    """Return the error sums of every candidate; the combination only if champion."""
    scores = []
    for model, frames in found.frames.items():
        for frame in frames:
            if model == combination.NAME:
                chosen = [name for name, each in best.items() if each == model]
                scores.append(frame[frame["metric"].isin(chosen)])
            else:
                scores.append(frame)
    return scores


def _reject_broken_candidates(found: Backtests) -> None:
    """Fail when every fit of a candidate failed."""
    broken = Counter(
        (number, model)
        for number, model, _, reason in found.rejections
        if reason is Reason.FIT_FAILED
    )
    for (number, model), count in broken.items():
        if count >= FEWEST_BROKEN_FITS and not found.days[model][number - 1].any():
            raise RunError(
                f"usage_forecasts: {model} broke down on all {count} series that it was"
                f" fitted to at origin {number} → nothing was published; leave it out"
                " of jobs.candidates in the configuration, or mend it"
            )


def _log_rejections(
    fleet: Fleet, found: Backtests, outcomes: Sequence[str | Reason]
) -> None:
    """Log how many series each candidate was rejected for, and why; each at debug."""
    counts: Counter[tuple[int, str, str]] = Counter()
    for number, model, series, reason in found.rejections:
        counts[number, model, str(reason)] += 1
        _log.debug(
            "origin %s: %s rejected for server_id %s, metric %s: %s",
            *(number, model, fleet.server_ids[series], fleet.metrics[series], reason),
        )
    for rejected, count in sorted(counts.items()):
        _log.info("origin %s: %s rejected, %s: %s series", *rejected, count)
    live: Counter[Reason] = Counter()
    for series, outcome in enumerate(outcomes):
        if isinstance(outcome, Reason):
            live[outcome] += 1
            _log.debug(
                "origin 0: no forecast for server_id %s, metric %s: %s",
                *(fleet.server_ids[series], fleet.metrics[series], outcome),
            )
    for unmet, count in sorted(live.items()):
        _log.info("origin 0: no forecast, %s: %s series", unmet, count)
