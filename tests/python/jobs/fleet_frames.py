"""Frames as the feature models hand them to the jobs, from a few written-out usage."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from python_jobs import usage_forecasts
from python_jobs.calendars import calendar_days
from python_jobs.calendars.forecast_design import TERMS
from python_jobs.forecasting.config import DEFAULT_CANDIDATES, Candidate, JobsConfig
from python_jobs.forecasting.core.arrays import Reason
from python_jobs.forecasting.core.origin import FleetOrigin
from python_jobs.forecasting.core.regression import Designs, calendar_designs
from python_jobs.forecasting.core.series import Fleet
from python_jobs.forecasting.fleet.forecast import block_models, block_prediction
from python_jobs.platform.progress import NoProgress

AS_OF = date(2025, 12, 31)
USAGE = "feat_usage_forecasts"
CALENDAR = "feat_calendar_weights"
MODELS = "ml.forecast_models"

LITERAL = DEFAULT_CANDIDATES["statsmodels"]
"""Candidates that the engine ``statsmodels`` fits by default."""

Floats = NDArray[np.float64]

AS_OF_DAY = int(np.datetime64(AS_OF, "D").astype(np.int64))


@dataclass(frozen=True)
class Forecast:
    """What a candidate forecasts of a series, in the usage unit."""

    values: Floats
    quantiles: Floats


@dataclass(frozen=True)
class WrittenSeries:
    """One series, its newest day on the as-of date unless it ended before."""

    usage: Floats
    measured: Floats | None = None
    filled_days: int = 0
    ended_days_ago: int = 0
    metric: str = "cpu"
    usage_unit: str = "percent"
    capacity: float = 100.0
    left_out: frozenset[int] = field(default_factory=frozenset)


def wave(day_count: int, *, seed: int = 1, level: float = 40.0) -> Floats:
    """Return usage of a server: a working week, noise that lasts days, and growth."""
    random = np.random.default_rng(seed)
    noise = np.zeros(day_count)
    for day in range(1, day_count):
        noise[day] = 0.5 * noise[day - 1] + random.normal(0.0, 0.05)
    last = pd.Timestamp(AS_OF)
    dates = pd.date_range(last - pd.Timedelta(days=day_count - 1), last)
    week = np.where(dates.day_of_week >= 5, np.log(0.6), 0.0)
    growth = np.arange(day_count) / 365.25 * 0.08
    usage: Floats = np.clip(level * np.exp(noise + week + growth), 0.0, 100.0)
    return usage


def calendar_rows(
    day_count: int, *, horizon_days: int = 30, as_of: date = AS_OF
) -> pd.DataFrame:
    """Return ``feat_calendar_weights`` for so many days of history."""
    first = as_of - timedelta(days=day_count - 1)
    days = calendar_days(
        "us_bank", first=first, last=as_of + timedelta(days=horizon_days)
    )
    dates = days["calendar_date"]
    years = (dates - pd.Timestamp("2020-01-01")).dt.days / 365.25
    weekday = dates.dt.isocalendar().day
    terms: dict[str, object] = {
        "constant": 1.0,
        "trend": years,
        **{f"weekday_{number}": weekday == number for number in range(2, 8)},
        **{
            f"annual_{name}_{k}": function(2 * np.pi * k * years)
            for k in (1, 2, 3)
            for name, function in (("sin", np.sin), ("cos", np.cos))
        },
        "eoq_window": days["is_eoq_window"],
        "eoq_progress": days["eoq_progress"],
        "quarter_last_5": days["is_quarter_last_5"],
        "quarter_last_10": days["is_quarter_last_10"],
        "first_five": days["is_first_five_business_days"],
        "month_end": days["is_month_end"],
        "holiday": days["is_holiday"],
    }
    starts = {
        pd.Timestamp(as_of - timedelta(days=91 * number)): number
        for number in range(9)
        if number == 0 or 91 * number < day_count - 28
    }
    frame = pd.DataFrame(
        {
            "calendar_id": "us_bank",
            "calendar_date": dates,
            **{f"x_{term}": terms[term] for term in TERMS},
            "origin_number": dates.map(starts).astype("Int64"),
            "is_history": dates <= pd.Timestamp(as_of),
        }
    ).astype({f"x_{term}": "float64" for term in TERMS})
    return usage_forecasts.READS[CALENDAR].check(frame, table=CALENDAR)


def load_rows(fleet: Mapping[str, WrittenSeries]) -> pd.DataFrame:
    """Return ``feat_usage_forecasts`` of the named series, not checked yet."""
    return pd.concat(
        [_rows(server_id, written) for server_id, written in fleet.items()],
        ignore_index=True,
    )


def _rows(server_id: str, written: WrittenSeries) -> pd.DataFrame:
    day_count = len(written.usage)
    last = pd.Timestamp(AS_OF) - pd.Timedelta(days=written.ended_days_ago)
    dates = pd.date_range(last - pd.Timedelta(days=day_count - 1), last)
    is_eoq_window = (dates.month % 3 == 0) & (dates.day >= 22)
    is_filled = np.arange(day_count) >= day_count - written.filled_days
    measured = written.usage if written.measured is None else written.measured
    rows = pd.DataFrame(
        {
            "server_id": server_id,
            "metric": written.metric,
            "metric_date": dates.astype("datetime64[us]"),
            "calendar_id": "us_bank",
            "usage_unit": written.usage_unit,
            "capacity_value": written.capacity,
            "log_floor": 0.1,
            "usage_value": written.usage,
            "measured_value": np.where(is_filled, np.nan, measured),
            "is_filled": is_filled,
            "is_eoq_window": is_eoq_window,
        }
    )
    return rows.drop(index=list(written.left_out))


def frames(
    fleet: Mapping[str, WrittenSeries], *, day_count: int, horizon_days: int = 30
) -> dict[str, pd.DataFrame]:
    """Return what the runner hands to the job: checked frames."""
    usage = usage_forecasts.READS[USAGE].check(load_rows(fleet), table=USAGE)
    return {
        USAGE: usage,
        CALENDAR: calendar_rows(day_count, horizon_days=horizon_days),
        MODELS: pd.DataFrame(columns=list(usage_forecasts.READS[MODELS].columns)),
    }


def fleet_of(fleet: Mapping[str, WrittenSeries]) -> Fleet:
    """Return the series as the job cuts them, whatever a contract would say."""
    return Fleet.of(load_rows(fleet).sort_values(["server_id", "metric"]))


def outcomes(
    fleet: Mapping[str, WrittenSeries],
    *,
    day_count: int,
    candidates: tuple[Candidate, ...] = LITERAL,
) -> dict[tuple[str, Candidate], Forecast | Reason]:
    """Return what statsmodels' classes say of every series at the as-of date."""
    options = JobsConfig(engine="statsmodels", processes=1, fit_days=182)
    cut = fleet_of(fleet)
    origin = FleetOrigin(
        cut,
        designs=Designs(calendar_designs(calendar_rows(day_count))),
        day=AS_OF_DAY,
        fit_days=options.fit_days,
    )
    found: dict[tuple[str, Candidate], Forecast | Reason] = {
        (server_id, name): reason
        for server_id, reason in zip(cut.server_ids, origin.reasons, strict=True)
        for name in candidates
        if reason is not None
    }
    for block in origin.blocks():
        fitted = origin.fitted(block, horizon_days=30)
        for name in candidates:
            forecast = block_models(options)[name](fitted.data)
            said = block_prediction(
                forecast, fitted=fitted, origin=origin, quantiles={}
            )
            for row, series in enumerate(block.series):
                found[cut.server_ids[series], name] = said.reasons[row] or Forecast(
                    said.values[row], said.quantiles[row]
                )
    return found


def run(
    given: Mapping[str, pd.DataFrame], *, options: JobsConfig
) -> dict[str, pd.DataFrame]:
    """Run the job and check what it returns, as the runner does."""
    with NoProgress().task("test") as task:
        returned = usage_forecasts.run(
            dict(given), as_of_date=AS_OF, options=options, progress=task
        )
    return {
        table: contract.check(returned[table], table=table, edge="written")
        for table, contract in usage_forecasts.WRITES.items()
    }
