"""What a sample of the fleet teaches once, and every part of the fleet is told.

Priors, champions and intervals are pooled over the fleet. Estimated in each part they
would depend on how the fleet is cut; so they are estimated in one place, and a part
forecasts its series as if it were the whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from python_jobs.forecasting.config import Candidate, JobsConfig
from python_jobs.forecasting.engine.conformal import ErrorQuantiles
from python_jobs.forecasting.engine.designs import Designs
from python_jobs.forecasting.engine.fleet import Fleet
from python_jobs.forecasting.engine.fleet_forecast import FleetForecast
from python_jobs.forecasting.engine.origin import SAMPLE_SERIES, Learned
from python_jobs.forecasting.origins import LIVE_ORIGIN, Origin
from python_jobs.platform.progress import Task

Servers = NDArray[np.object_]

MODELS: tuple[Candidate, ...] = ("level_calendar", "sarima_calendar")
"""Candidates by default: fitted block by block, and the best on every fleet so far."""


@dataclass(frozen=True)
class OriginLessons:
    """What is known of the fleet at one origin.

    Attributes
    ----------
    origin
        The day, and how far ahead it looks.
    learned
        Choices and priors of the calendar's coefficients.
    quantiles
        By model and metric: errors of older origins, for the intervals.
    """

    origin: Origin
    learned: Learned
    quantiles: Mapping[str, Mapping[str, ErrorQuantiles]]


@dataclass(frozen=True)
class Lessons:
    """What every part of the fleet is told.

    Attributes
    ----------
    origins
        By number; 0 is the live one.
    champions
        Model of each metric, chosen on the backtests of the sample.
    fit_days
        Newest days that a model is fitted on.
    """

    origins: Mapping[int, OriginLessons]
    champions: Mapping[str, Candidate]
    fit_days: int

    @property
    def live(self) -> OriginLessons:
        """The origin that forecasts start from."""
        return self.origins[LIVE_ORIGIN]


def spaced(servers: Servers, *, count: int = SAMPLE_SERIES) -> Servers:
    """Return at most so many servers, evenly spaced over all of them.

    A server has one series of a metric at most, so this bounds the series a metric.
    """
    if len(servers) <= count:
        return servers
    return servers[np.linspace(0, len(servers) - 1, count).astype(np.int64)]


def lessons_of(
    rows: pd.DataFrame,
    *,
    designs: Designs,
    origins: Sequence[Origin],
    options: JobsConfig,
    progress: Task,
) -> Lessons:
    """Backtest the candidates on a sample, choose, and keep what it taught.

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
    return Lessons(
        origins={
            each.number: OriginLessons(
                origin=each,
                learned=forecast.engines[each.number].learned,
                quantiles={
                    model: forecast.memory.quantiles(model, number=each.number)
                    for model in sorted(set(champions.values()))
                },
            )
            for each in origins
        },
        champions=champions,
        fit_days=options.fit_days,
    )
