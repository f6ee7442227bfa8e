"""A forecast at scale: learn from a sample, forecast every part, publish at once."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import pandas as pd
from pyiceberg.catalog import Catalog

from python_jobs.forecasting.calendar_fit import calendar_designs
from python_jobs.forecasting.config import JobsConfig
from python_jobs.forecasting.engine.designs import Designs
from python_jobs.forecasting.engine.origin import SAMPLE_SERIES
from python_jobs.forecasting.origins import LIVE_ORIGIN, Origin, forecast_origins
from python_jobs.forecasting.scale.lessons import (
    MODELS,
    Lessons,
    Servers,
    lessons_of,
    spaced,
)
from python_jobs.forecasting.scale.output import BACKTESTS, FORECASTS, ScaleTable
from python_jobs.forecasting.scale.sources import FeatureSource
from python_jobs.forecasting.scale.task import Outcome, PartTask
from python_jobs.platform.errors import InputError
from python_jobs.platform.progress import Progress

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
        """Forecast and write every part."""


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
        Servers that teach, at most.
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
    designs = Designs(calendar_designs(calendar))
    origins = _origins(calendar, horizon_days=options.horizon_days)
    servers = source.servers()
    if not len(servers):
        raise InputError("feat_usage_forecasts has no rows → usage data first")
    lessons, series_per_server = _taught(
        source,
        servers=servers,
        designs=designs,
        origins=origins,
        options=options,
        progress=progress,
    )
    as_of_date = origins[0].date.astype(object)
    forecasts = ScaleTable.open(catalog, FORECASTS, namespace=namespace)
    backtests = ScaleTable.open(catalog, BACKTESTS, namespace=namespace)
    task = PartTask(
        designs=designs,
        lessons=lessons,
        forecasts=forecasts.writer(as_of_date),
        backtests=backtests.writer(as_of_date) if options.has_backtests else None,
        processes=options.jobs.processes,
    )
    told = engine.outcomes(
        source,
        servers=servers,
        series_per_server=series_per_server,
        task=task,
        progress=progress,
    )
    return _published(
        list(told), forecasts, backtests, origins=origins, lessons=lessons
    )


def _published(
    outcomes: list[Outcome],
    forecasts: ScaleTable,
    backtests: ScaleTable,
    *,
    origins: list[Origin],
    lessons: Lessons,
) -> ScaleResult:
    """Commit what the parts wrote, the sums first: forecasts never stand alone."""
    as_of_date = origins[0].date.astype(object)
    tested = [each.backtest_path for each in outcomes if each.backtest_path]
    backtests.publish(tested, as_of_date=as_of_date)
    forecasts.publish([each.forecast_path for each in outcomes], as_of_date=as_of_date)
    return ScaleResult(
        as_of_date=as_of_date,
        series_count=sum(each.series_count for each in outcomes),
        reasons=_counted(outcomes),
        champions=dict(lessons.champions),
    )


def _counted(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Return how many series have no forecast, by reason."""
    reasons: Counter[str] = Counter()
    for each in outcomes:
        reasons.update(each.reasons)
    return dict(reasons)


def _taught(
    source: FeatureSource,
    *,
    servers: Servers,
    designs: Designs,
    origins: list[Origin],
    options: ScaleOptions,
    progress: Progress,
) -> tuple[Lessons, float]:
    """Return what a sample of the servers teaches, and their mean number of series."""
    sample = spaced(servers, count=options.sample_servers)
    rows = source.only(sample)
    series = len(rows.drop_duplicates(["server_id", "metric"]))
    with progress.task(
        "sample", total=series * 2 * len(origins), unit="series"
    ) as task:
        lessons = lessons_of(
            rows,
            designs=designs,
            origins=origins,
            options=options.jobs,
            progress=task,
        )
    return lessons, series / len(sample)


def _origins(calendar: pd.DataFrame, *, horizon_days: int) -> list[Origin]:
    """Return the live origin, so many days ahead, then the backtests."""
    live_day = calendar.loc[calendar["origin_number"] == LIVE_ORIGIN, "calendar_date"]
    as_of_date = pd.Timestamp(live_day.iloc[0]).date()
    live, *backtests = forecast_origins(calendar, as_of_date=as_of_date)
    days = min(horizon_days, live.horizon_days)
    return [Origin(live.number, live.date, days), *backtests]
