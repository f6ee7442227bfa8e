"""The pooled fit of a fleet, and the forecast of a part of it that every engine runs.

Priors, champions and intervals are pooled over the fleet. Estimated in each part they
would depend on how the fleet is cut; so they are estimated in one place, and a part
forecasts its series as if it were the whole. The answer for a series does not depend on
the part it came in, to the last bit: blocks hold one metric, calendar and window, and
all have the same number of rows of 64 bits, so that each product of matrices adds its
terms in the same order.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from python_jobs.calendars.forecast_design import QUANTILES
from python_jobs.forecasting.config import Candidate, JobsConfig
from python_jobs.forecasting.core.arrays import Floats, Integers, Reason
from python_jobs.forecasting.core.intervals import ErrorQuantiles, forecast_columns
from python_jobs.forecasting.core.origin import (
    LIVE_ORIGIN,
    FleetOrigin,
    Origin,
    PooledEstimates,
)
from python_jobs.forecasting.core.parallel import side_by_side
from python_jobs.forecasting.core.regression import Designs
from python_jobs.forecasting.core.series import BLOCK_SERIES, Block, Fleet
from python_jobs.forecasting.fleet.forecast import (
    BlockPrediction,
    FleetForecast,
    block_prediction,
)
from python_jobs.forecasting.fleet.tables import backtest_frame, stacked
from python_jobs.forecasting.models.registry import BLOCK_MODELS
from python_jobs.forecasting.scale.tables import PartWriter, sorted_rows
from python_jobs.platform.errors import InputError
from python_jobs.platform.progress import Task

MODELS: tuple[Candidate, ...] = ("level_calendar", "sarima_calendar")
"""Candidates by default: fitted block by block, and the best on every fleet so far."""


@dataclass(frozen=True)
class OriginFit:
    """Pooled fit of the fleet at one origin, as a part needs it.

    Attributes
    ----------
    origin
        The day, and how far ahead it looks.
    estimates
        Choices and priors of the calendar's coefficients.
    quantiles
        By model and metric: errors of older origins, for the intervals.
    """

    origin: Origin
    estimates: PooledEstimates
    quantiles: Mapping[str, Mapping[str, ErrorQuantiles]]


@dataclass(frozen=True)
class PooledFit:
    """Pooled fit that every part of the fleet is forecast with.

    Attributes
    ----------
    designs
        Terms by calendar.
    origins
        By number; 0 is the live one.
    champions
        Model of each metric, chosen on the backtests of the sample.
    fit_days
        Newest days that a model is fitted on.
    """

    designs: Designs
    origins: Mapping[int, OriginFit]
    champions: Mapping[str, Candidate]
    fit_days: int

    @property
    def live(self) -> OriginFit:
        """The origin that forecasts start from."""
        return self.origins[LIVE_ORIGIN]


def pooled_fit(
    rows: pd.DataFrame,
    *,
    designs: Designs,
    origins: Sequence[Origin],
    options: JobsConfig,
    progress: Task,
) -> PooledFit:
    """Backtest the candidates on a sample, select, and keep what is pooled.

    Parameters
    ----------
    rows
        Sorted rows of ``feat_usage_forecasts`` of the sampled servers.
    designs
        Terms by calendar.
    origins
        The live one first, then the backtests.
    options
        Candidates, each fitted block by block, and how.
    progress
        Advanced by the series of the sample, once per origin and pass.
    """
    with threadpool_limits(limits=1):
        forecast = FleetForecast(
            Fleet.of(rows),
            designs=designs,
            origins=origins,
            options=options,
            progress=progress,
        )
        found = forecast.backtest()
        champions = forecast.best(found)
        for _ in forecast.forecasts(champions, found):
            # the errors of long horizons are gathered on the way
            continue
    return PooledFit(
        designs=designs,
        origins={
            each.number: OriginFit(
                origin=each,
                estimates=forecast.fleet_origins[each.number].estimates,
                quantiles={
                    model: forecast.calibration.quantiles(model, number=each.number)
                    for model in sorted(set(champions.values()))
                },
            )
            for each in origins
        },
        champions=champions,
        fit_days=options.fit_days,
    )


FORECAST_COLUMNS = (
    *("server_id", "metric", "target_date", "model", "reason", "forecast_value"),
    *QUANTILES,
)


@dataclass(frozen=True)
class PartForecast:
    """Forecasts of the series of a part.

    Attributes
    ----------
    fleet
        The series.
    models, reasons
        Model of each series, or why it has no forecast, shape (series,).
    first_day
        First day ahead, as days since 1970-01-01.
    values, quantiles
        Usage unit, NaN without a forecast, shape (series, horizon) and (.., 9).
    """

    fleet: Fleet
    models: NDArray[np.object_]
    reasons: NDArray[np.object_]
    first_day: int
    values: Floats
    quantiles: Floats

    def frame(self) -> pd.DataFrame:
        """Return one row per series and day ahead; texts as categories."""
        horizon = self.values.shape[1]
        days = np.tile(np.arange(horizon) + self.first_day, len(self.fleet))
        texts = {
            "server_id": self.fleet.server_ids,
            "metric": self.fleet.metrics,
            "model": self.models,
            "reason": self.reasons,
        }
        columns: dict[str, Any] = {
            **{name: _repeated(each, horizon) for name, each in texts.items()},
            "target_date": days.astype("datetime64[D]").astype("datetime64[us]"),
            **forecast_columns(self.values, self.quantiles),
        }
        return pd.DataFrame({name: columns[name] for name in FORECAST_COLUMNS})


def forecast_part(
    rows: pd.DataFrame, *, pooled: PooledFit, processes: int | None = None
) -> PartForecast:
    """Forecast each series of a part with the champion of its metric.

    Parameters
    ----------
    rows
        All rows of some servers of ``feat_usage_forecasts``, sorted.
    pooled
        Fit of the fleet.
    processes
        Cores; None: all.
    """
    fleet, live = Fleet.of(rows), pooled.live
    origin = _fleet_origin(fleet, live, pooled=pooled)
    shape = (len(fleet), live.origin.horizon_days)
    values, quantiles = np.full(shape, np.nan), np.full((*shape, 9), np.nan)
    models = np.full(len(fleet), None, dtype=object)
    reasons = np.array(origin.reasons, dtype=object)
    has_model = np.isin(fleet.metrics.astype(str), list(pooled.champions))
    reasons[~has_model & (origin.windows > 0)] = Reason.NOT_BACKTESTED
    for each in _predictions(origin, live, pooled=pooled, processes=processes):
        # a block is filled up with its last series: forecast twice, and the same
        is_valid = each.is_valid
        series = each.series[is_valid]
        values[series] = each.values[is_valid]
        quantiles[series] = each.quantiles[is_valid]
        models[series] = pooled.champions[fleet.metrics[each.series[0]]]
        reasons[each.series] = np.array(each.reasons, dtype=object)
    return PartForecast(fleet, models, reasons, origin.day + 1, values, quantiles)


def backtest_part(
    rows: pd.DataFrame, *, pooled: PooledFit, processes: int | None = None
) -> pd.DataFrame:
    """Return the sums of errors of the champions at every backtest origin.

    Parameters are those of `forecast_part`; the rows those of
    ``ml.forecast_backtests``.
    """
    fleet = Fleet.of(rows)
    frames = []
    for number, fit in sorted(pooled.origins.items()):
        if number == LIVE_ORIGIN:
            continue
        origin = _fleet_origin(fleet, fit, pooled=pooled)
        for each in _predictions(origin, fit, pooled=pooled, processes=processes):
            model = pooled.champions[fleet.metrics[each.series[0]]]
            count = len(np.unique(each.series))
            frames.append(
                backtest_frame(
                    *(fleet, each.series[:count], each.sums[:count]),
                    model=model,
                    number=number,
                    day=origin.day,
                )
            )
    return stacked(frames, list(frames[0].columns) if frames else [])


def _fleet_origin(fleet: Fleet, fit: OriginFit, *, pooled: PooledFit) -> FleetOrigin:
    designs = pooled.designs
    unknown = set(fleet.calendar_ids) - set(designs.first_days)
    if unknown:
        raise InputError(
            f"feat_usage_forecasts: calendar_id {min(unknown)} has no terms; expected"
            f" one of {', '.join(designs.first_days)} → add its holidays to the seed"
        )
    return FleetOrigin(
        fleet,
        designs=designs,
        day=int(fit.origin.date.astype(np.int64)),
        fit_days=pooled.fit_days,
        estimates=fit.estimates,
        dtype=np.float64,
    )


def _predictions(
    origin: FleetOrigin, fit: OriginFit, *, pooled: PooledFit, processes: int | None
) -> Iterator[BlockPrediction]:
    def predicted(block: Block) -> BlockPrediction:
        model = pooled.champions[block.metric]
        fitted = origin.fitted(block, horizon_days=fit.origin.horizon_days)
        return block_prediction(
            BLOCK_MODELS[model](fitted.data),
            fitted=fitted,
            origin=origin,
            quantiles=fit.quantiles.get(model, {}),
        )

    whole = list(_whole_blocks(origin, has_model=set(pooled.champions)))
    yield from side_by_side(predicted, whole, processes=processes)


def _whole_blocks(origin: FleetOrigin, *, has_model: set[str]) -> Iterator[Block]:
    """Yield blocks that have a model, filled up to the same size."""
    for block in origin.blocks():
        if block.metric in has_model:
            yield replace(block, series=_filled_up(block.series))


def _filled_up(series: Integers) -> Integers:
    missing = BLOCK_SERIES - len(series)
    return np.append(series, np.full(missing, series[-1]))


def _repeated(texts: NDArray[np.object_], count: int) -> Any:
    codes, names = pd.factorize(texts)
    return pd.Categorical.from_codes(np.repeat(codes, count), pd.Index(names))


@dataclass(frozen=True)
class Outcome:
    """Files and counts of a part.

    Attributes
    ----------
    forecast_path, backtest_path
        Data files; None: not asked for.
    series_count
        Series of the part.
    reasons
        Series without a forecast, by reason.
    """

    forecast_path: str
    backtest_path: str | None
    series_count: int
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class PartTask:
    """Forecast task of a part, the same for every part.

    Attributes
    ----------
    pooled
        Fit of the fleet.
    forecasts, backtests
        Writers of the two tables; without the second no part is backtested.
    processes
        Cores of one worker; None: all.
    """

    pooled: PooledFit
    forecasts: PartWriter
    backtests: PartWriter | None
    processes: int | None

    def run(self, rows: pd.DataFrame) -> Outcome:
        """Forecast all rows of some servers of ``feat_usage_forecasts``."""
        part = sorted_rows(rows)
        options: Any = {"pooled": self.pooled, "processes": self.processes}
        backtest_path = None
        if self.backtests is not None:
            sums = backtest_part(part, **options)
            backtest_path = self.backtests.write(sums) if len(sums) else None
        found = forecast_part(part, **options)
        rejected = Counter(str(each) for each in found.reasons if each is not None)
        return Outcome(
            forecast_path=self.forecasts.write(found.frame()),
            backtest_path=backtest_path,
            series_count=len(found.fleet),
            reasons=dict(rejected),
        )
