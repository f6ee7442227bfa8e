"""What the engine found, as the rows of the job's tables."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from python_jobs.calendar_weights import TERMS
from python_jobs.forecasting.backtest import ERROR_TERMS
from python_jobs.forecasting.engine.backtests import CandidateBlock, Floats4
from python_jobs.forecasting.engine.blocks import FittedBlock
from python_jobs.forecasting.engine.conformal import ErrorQuantiles
from python_jobs.forecasting.engine.fleet import Fleet, Integers
from python_jobs.forecasting.forecasts import QUANTILES

_COUNTS = {
    "day_count",
    "percentage_day_count",
    "inside_80_count",
    "inside_95_count",
}


def backtest_frame(
    fleet: Fleet,
    series: Integers,
    sums: Floats4,
    *,
    model: str,
    number: int,
    day: int,
) -> pd.DataFrame:
    """Return the rows of ``ml.forecast_backtests`` of some series at an origin."""
    position, block, is_eoq = np.nonzero(sums[..., 0])
    found = sums[position, block, is_eoq].T
    terms = {
        name: values.astype(np.int64) if name in _COUNTS else values
        for name, values in zip(ERROR_TERMS, found, strict=True)
    }
    return pd.DataFrame(
        {
            **_keys(fleet, series[position], model=model, number=number, day=day),
            "horizon_block": block + 1,
            "is_eoq": is_eoq.astype(np.bool_),
            **terms,
        }
    )


def forecast_frame(
    fleet: Fleet,
    told: CandidateBlock,
    *,
    rows: Integers,
    model: str,
    number: int,
    day: int,
    days: int,
) -> pd.DataFrame:
    """Return the rows of ``ml.usage_forecasts`` of some series of a block."""
    repeated = np.repeat(told.series[rows], days)
    target = np.tile(day + np.arange(1, days + 1), len(rows))
    around = told.quantiles[rows, :days].reshape(-1, len(QUANTILES)).T
    return pd.DataFrame(
        {
            **_keys(fleet, repeated, model=model, number=number, day=day),
            "target_date": dates(target),
            "forecast_value": told.values[rows, :days].ravel(),
            **dict(zip(QUANTILES, around, strict=True)),
        }
    )


def model_frame(
    fleet: Fleet,
    told: CandidateBlock,
    fitted: FittedBlock,
    *,
    rows: Integers,
    model: str,
    day: int,
) -> pd.DataFrame:
    """Return the rows of ``ml.forecast_models``: parameters and last state by name."""
    series = told.series[rows]
    values: dict[str, NDArray[Any]] = {
        **{
            f"coefficient_{term}": fitted.coefficients[:, k]
            for k, term in enumerate(TERMS)
        },
        **told.forecast.state,
        "is_converged": told.forecast.is_converged.astype(np.float64),
        "error_spread": told.spread,
        "window_days": np.full(len(told.series), float(fitted.block.window_days)),
    }
    names = np.array(list(values), dtype=object)
    matrix = np.column_stack([each[rows] for each in values.values()])
    return pd.DataFrame(
        {
            "origin_date": dates(np.full(matrix.size, day)),
            **fleet.keys(np.repeat(series, len(names))),
            "model": model,
            "parameter": np.tile(names, len(rows)),
            "value": matrix.ravel(),
        }
    )


def quantile_frame(model: str, metric: str, found: ErrorQuantiles) -> pd.DataFrame:
    """Return the rows of ``ml.forecast_error_quantiles`` of a model and metric."""
    rows = [
        {
            "metric": metric,
            "model": model,
            "is_eoq": flag,
            "horizon_band": band,
            **dict(
                zip(
                    (name.replace("forecast_", "error_") for name in QUANTILES),
                    values,
                    strict=True,
                )
            ),
            "error_count": found.counts[flag, band],
        }
        for (flag, band), values in sorted(found.by_band.items())
    ]
    return pd.DataFrame(rows)


def stacked(frames: Iterable[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Return frames under each other; without any, the columns alone."""
    filled = [each for each in frames if len(each)]
    if not filled:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(filled, ignore_index=True)[list(columns)]


def dates(days: NDArray[Any]) -> NDArray[np.datetime64]:
    """Return days since 1970-01-01 as dates."""
    return days.astype(np.int64).astype("datetime64[D]").astype("datetime64[us]")


def _keys(
    fleet: Fleet, series: Integers, *, model: str, number: int, day: int
) -> dict[str, Any]:
    return {
        **fleet.keys(series),
        "model": model,
        "origin_number": number,
        "origin_date": dates(np.full(len(series), day)),
    }
