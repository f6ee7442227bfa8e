"""A small fleet with every kind of history, as feature tables of an Iceberg catalog."""

from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyiceberg.catalog import Catalog

from python_jobs.calendars.calendar_terms import calendar_terms
from python_jobs.calendars.forecast_design import TERMS
from python_jobs.forecasting.scale.features import CALENDAR, COLUMNS, USAGE
from python_jobs.forecasting.scale.tables import BACKTESTS, FORECASTS

AS_OF = date(2025, 12, 31)
DAYS = 420
NAMESPACE = "features"
METRICS = ("cpu", "network_in")


@cache
def _terms() -> NDArray[np.float64]:
    first, last = AS_OF - timedelta(days=DAYS - 1), AS_OF + timedelta(days=100)
    return calendar_terms("us_bank", first=first, last=last)


def calendar_rows() -> pd.DataFrame:
    """Return ``feat_calendar_weights`` with the live origin and two backtests."""
    dates = np.datetime64(AS_OF) - (DAYS - 1) + np.arange(len(_terms()))
    ago = (np.datetime64(AS_OF) - dates).astype(np.int64)
    return pd.DataFrame(
        {
            "calendar_id": "us_bank",
            "calendar_date": dates.astype("datetime64[us]"),
            **{f"x_{term}": _terms()[:, k] for k, term in enumerate(TERMS)},
            "origin_number": np.where(np.isin(ago, (0, 91, 182)), ago / 91, np.nan),
        }
    )


def load_rows(servers: int) -> pd.DataFrame:
    """Return ``feat_usage_forecasts`` of so many servers, two metrics each.

    Every seventh server is half as old, every eleventh ended a month ago, every
    thirteenth stands still, and every seventeenth has a fortnight.
    """
    return pd.concat(
        [_series(number, metric) for number in range(servers) for metric in METRICS],
        ignore_index=True,
    )


def store_features(catalog: Catalog, usage: pd.DataFrame) -> None:
    """Store the usage and their calendar; the rows of a server lie apart."""
    catalog.create_namespace(NAMESPACE)
    halves = usage["metric_date"] < pd.Timestamp(AS_OF) - pd.Timedelta(days=60)
    for name, parts in (
        (USAGE, (usage[~halves], usage[halves])),
        (CALENDAR, (calendar_rows(),)),
    ):
        rows = [pa.Table.from_pandas(each, preserve_index=False) for each in parts]
        table = catalog.create_table((NAMESPACE, name), schema=rows[0].schema)
        for each in rows:
            table.append(each)


def stored(catalog: Catalog, name: str, *, namespace: str = "scale") -> pd.DataFrame:
    """Return one of the tables that a forecast at scale wrote, by its key."""
    key = list({each.name: each for each in (FORECASTS, BACKTESTS)}[name].key)
    rows: pd.DataFrame = catalog.load_table((namespace, name)).scan().to_pandas()
    return rows.sort_values(key, ignore_index=True)


def _series(number: int, metric: str) -> pd.DataFrame:
    random = np.random.default_rng([number, METRICS.index(metric)])
    days = DAYS // 2 if number % 7 == 6 else 14 if number % 17 == 16 else DAYS
    terms = _terms()[DAYS - days : DAYS]
    effects = random.normal(0.0, 0.08, len(TERMS))
    effects[0] = random.uniform(2.5, 3.5)
    usage = np.exp(terms @ effects + random.normal(0.0, 0.1, days)).clip(0.0, 100.0)
    if number % 13 == 12:
        usage[:] = 20.0
    dates = np.datetime64(AS_OF) - np.arange(days)[::-1]
    rows = pd.DataFrame(
        {
            "server_id": f"SRV-{number:04d}",
            "metric": metric,
            "metric_date": dates.astype("datetime64[us]"),
            "calendar_id": "us_bank",
            "usage_unit": "percent" if metric == "cpu" else "mbps",
            "capacity_value": 100.0 if metric == "cpu" else np.nan,
            "log_floor": 0.1,
            "usage_value": usage,
            "measured_value": np.where(random.random(days) < 0.02, np.nan, usage),
            "is_filled": False,
            "is_eoq_window": terms[:, TERMS.index("eoq_window")] > 0.0,
        }
    )
    rows["is_filled"] = rows["measured_value"].isna()
    return rows[list(COLUMNS)].iloc[: -30 if number % 11 == 10 else None]
