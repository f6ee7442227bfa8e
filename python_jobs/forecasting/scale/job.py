"""Forecast at scale: a pooled fit, then every part, published in one commit."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import pandas as pd
from pyiceberg.catalog import Catalog

from python_jobs.forecasting.config import JobsConfig
from python_jobs.forecasting.core.arrays import evenly_spaced
from python_jobs.forecasting.core.origin import (
    LIVE_ORIGIN,
    SAMPLE_SERIES,
    Origin,
    forecast_origins,
)
from python_jobs.forecasting.core.regression import Designs, calendar_designs
from python_jobs.forecasting.scale.features import FeatureSource
from python_jobs.forecasting.scale.part import (
    MODELS,
    Outcome,
    PartTask,
    PooledFit,
    pooled_fit,
)
from python_jobs.forecasting.scale.tables import (
    BACKTESTS,
    FORECASTS,
    ScaleTable,
    Servers,
)
from python_jobs.platform.errors import InputError
from python_jobs.platform.progress import Progress

CHUNK_SERIES = 5000
"""Series in memory at once: 7 million rows of four years."""


NAMESPACE = "scale"


class ScaleEngine(Protocol):
    """Forecasts the parts of a fleet: in chunks, or on Spark."""

    def outcomes(
        self,
        source: FeatureSource,
        *,
        servers: Servers,
        series_per_server: float,
        task: PartTask,
        progress: Progress,
    ) -> Iterator[Outcome]:
        """Forecast and write every part.

        Parameters
        ----------
        source, servers
            The features, and every server in them, ascending.
        series_per_server
            Of the sample: how many servers make a part.
        task
            What to do with a part.
        progress
            Counts the servers.
        """


@dataclass(frozen=True)
class ChunkedEngine:
    """One chunk of servers after the other; within a chunk all cores.

    Attributes
    ----------
    chunk_series
        Series of a chunk, about.
    """

    chunk_series: int = CHUNK_SERIES

    def outcomes(
        self,
        source: FeatureSource,
        *,
        servers: Servers,
        series_per_server: float,
        task: PartTask,
        progress: Progress,
    ) -> Iterator[Outcome]:
        """Forecast and write every chunk, see `ScaleEngine`."""
        size = max(1, round(self.chunk_series / series_per_server))
        with progress.task("forecasts", total=len(servers), unit="servers") as counted:
            for first in range(0, len(servers), size):
                chunk = servers[first : first + size]
                yield task.run(source.between(str(chunk[0]), str(chunk[-1])))
                counted.advance(len(chunk))


@dataclass(frozen=True)
class ScaleOptions:
    """What is forecast, and how.

    Attributes
    ----------
    jobs
        Candidates, each fitted block by block, and how they are fitted.
    horizon_days
        Days ahead.
    has_backtests
        Whether the champions' backtests of every series are written, too.
    sample_servers
        Servers of the pooled fit, at most: a server has one series of a metric.
    """

    jobs: JobsConfig = field(default_factory=lambda: JobsConfig(candidates=MODELS))
    horizon_days: int = 90
    has_backtests: bool = False
    sample_servers: int = SAMPLE_SERIES


@dataclass(frozen=True)
class ScaleResult:
    """What was published.

    Attributes
    ----------
    as_of_date
        Newest day that is known.
    series_count, reasons
        Series, and those without a forecast by reason.
    champions
        Model by metric.
    """

    as_of_date: date
    series_count: int
    reasons: dict[str, int]
    champions: dict[str, str]


def forecast_at_scale(
    source: FeatureSource,
    *,
    engine: ScaleEngine,
    catalog: Catalog,
    namespace: str = NAMESPACE,
    options: ScaleOptions,
    progress: Progress,
) -> ScaleResult:
    """Forecast every series of the features into ``<namespace>.usage_forecasts``.

    Parameters
    ----------
    source
        Where the features are.
    engine
        Who forecasts the parts.
    catalog, namespace
        Where the tables go; rows of the same as-of date are replaced.
    options
        What is forecast.
    progress
        Counts series of the sample, then servers.
    """
    calendar = source.calendar()
    origins = _origins(calendar, horizon_days=options.horizon_days)
    servers = source.servers()
    if not len(servers):
        raise InputError("feat_usage_forecasts has no rows → load data first")
    sample = evenly_spaced(servers, count=options.sample_servers)
    rows = source.only(sample)
    series = len(rows.drop_duplicates(["server_id", "metric"]))
    steps = series * 2 * len(origins)
    with progress.task("sample", total=steps, unit="series") as counted:
        pooled = pooled_fit(
            rows,
            designs=Designs(calendar_designs(calendar)),
            origins=origins,
            options=options.jobs,
            progress=counted,
        )
    del rows
    as_of_date = origins[0].date.astype(object)
    forecasts = ScaleTable.open(catalog, FORECASTS, namespace=namespace)
    backtests = ScaleTable.open(catalog, BACKTESTS, namespace=namespace)
    outcomes = engine.outcomes(
        source,
        servers=servers,
        series_per_server=series / len(sample),
        task=PartTask(
            pooled=pooled,
            forecasts=forecasts.writer(as_of_date),
            backtests=backtests.writer(as_of_date) if options.has_backtests else None,
            processes=options.jobs.processes,
        ),
        progress=progress,
    )
    return _published(list(outcomes), forecasts, backtests, as_of_date, pooled)


def _published(
    outcomes: list[Outcome],
    forecasts: ScaleTable,
    backtests: ScaleTable,
    as_of_date: date,
    pooled: PooledFit,
) -> ScaleResult:
    """Commit the files of the parts, the sums first: forecasts never stand alone."""
    sums = [each.backtest_path for each in outcomes if each.backtest_path]
    backtests.publish(sums, as_of_date=as_of_date)
    forecasts.publish([each.forecast_path for each in outcomes], as_of_date=as_of_date)
    reasons: Counter[str] = Counter()
    for each in outcomes:
        reasons.update(each.reasons)
    return ScaleResult(
        as_of_date=as_of_date,
        series_count=sum(each.series_count for each in outcomes),
        reasons=dict(reasons),
        champions=dict(pooled.champions),
    )


def _origins(calendar: pd.DataFrame, *, horizon_days: int) -> list[Origin]:
    """Return the live origin, so many days ahead, then the backtests."""
    live_day = calendar.loc[calendar["origin_number"] == LIVE_ORIGIN, "calendar_date"]
    as_of_date = pd.Timestamp(live_day.iloc[0]).date()
    live, *backtests = forecast_origins(calendar, as_of_date=as_of_date)
    days = min(horizon_days, live.horizon_days)
    return [Origin(live.number, live.date, days), *backtests]
