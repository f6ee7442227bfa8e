"""Error sums, scales and the choice of the best model, against hand-worked numbers."""

from dataclasses import replace
from math import log

import numpy as np
import pandas as pd
import pytest
from fleet_frames import AS_OF, WrittenSeries, cut_series

from python_jobs.forecasting.backtest import day_errors, error_scale
from python_jobs.forecasting.config import ALL_CANDIDATES
from python_jobs.forecasting.forecasts import UsageForecast
from python_jobs.forecasting.origins import Origin, OriginOutcomes
from python_jobs.forecasting.rows import backtest_rows, best_candidates

AS_OF_DAY = np.datetime64(AS_OF, "D")


def flat_forecast(values: list[float], *, spread: list[float]) -> UsageForecast:
    """Return a forecast whose nine quantiles lie `spread` around each value."""
    return UsageForecast(
        values=np.array(values),
        quantiles=np.array(values)[:, None] + np.array(spread),
    )


def test_error_sums_by_hand() -> None:
    """Twelve days ahead; days 3 and 11 were measured, and day 12, at zero.

    Forecast 10 with quantiles 6, 7, 8, 9, 10, 11, 12, 13, 14 and floor 1.
    Day 3, actual 13: error -3, relative 3/13, symmetric 6/23, log ln(13/10). Pinball:
    .025·7 + .05·6 + .1·5 + .25·4 + .5·3 + .75·2 + .9·1 + .95·0 + .025·1 = 5.9, over
    nine. Outside the 80 % interval 8 to 12, inside the 95 % one 6 to 14.
    Day 11, actual 10, EOQ: no error; pinball .025·4 + .05·3 + .1·2 + .25·1 twice: 1.4.
    Day 12, actual 0: error 10, no relative error, symmetric 2, log ln(1/10). Pinball:
    .975·6 + .95·7 + .9·8 + .75·9 + .5·10 + .25·11 + .1·12 + .05·13 + .025·14 = 36.4.
    """
    measured = np.full(12, np.nan)
    measured[[2, 10, 11]] = [13.0, 10.0, 0.0]
    (cut,) = cut_series({"a": WrittenSeries(np.ones(12), measured=measured)})
    series = [replace(cut, is_eoq_window=np.arange(12) == 10, log_floor=1.0)]
    origin = Origin(number=1, date=AS_OF_DAY - 12, horizon_days=12)
    forecast = flat_forecast([10.0] * 12, spread=list(range(-4, 5)))
    outcomes = OriginOutcomes(origin, {("a", "cpu"): {"sarima": forecast}})
    rows = backtest_rows([outcomes], series=series).set_index(
        ["horizon_block", "is_eoq"]
    )
    expected = pd.DataFrame(
        {
            "day_count": [1, 1, 1],
            "error_sum": [-3.0, 10.0, 0.0],
            "absolute_error_sum": [3.0, 10.0, 0.0],
            "squared_error_sum": [9.0, 100.0, 0.0],
            "percentage_error_sum": [3 / 13, 0.0, 0.0],
            "percentage_day_count": [1, 0, 1],
            "symmetric_error_sum": [6 / 23, 2.0, 0.0],
            "actual_sum": [13.0, 0.0, 10.0],
            "log_error_sum": [log(1.3), -log(10), 0.0],
            "squared_log_error_sum": [log(1.3) ** 2, log(10) ** 2, 0.0],
            "pinball_sum": [5.9 / 9, 36.4 / 9, 1.4 / 9],
            "inside_80_count": [0, 0, 1],
            "inside_95_count": [1, 0, 1],
        },
        index=pd.MultiIndex.from_tuples(
            [(1, False), (2, False), (2, True)], names=["horizon_block", "is_eoq"]
        ),
    )
    pd.testing.assert_frame_equal(rows[list(expected)], expected, rtol=1e-12)
    assert set(rows["origin_date"]) == {pd.Timestamp("2025-12-19")}


def test_unmeasured_future_scores_nothing() -> None:
    """No measured day, no term of any sum."""
    terms = day_errors(
        flat_forecast([1.0, 1.0], spread=[0.0] * 9),
        measured_values=np.array([np.nan, np.nan]),
        is_eoq_window=np.array([True, False]),
        log_floor=0.1,
    )
    assert {len(values) for values in terms.values()} == {0}


def test_scale_by_hand() -> None:
    """The mean change over a week; only the 364 days up to the origin count.

    Usage rise by 2 a week, after a jump by 1,000 that is 400 days old.
    """
    usage = np.arange(410) * 2 / 7 + np.where(np.arange(410) > 10, 1000.0, 0.0)
    (series,) = cut_series({"a": WrittenSeries(usage)})
    assert error_scale(series, origin_date=AS_OF_DAY) == pytest.approx(2.0)
    assert np.isnan(error_scale(series, origin_date=AS_OF_DAY - 403))
    (flat,) = cut_series({"a": WrittenSeries(np.ones(30))})
    assert np.isnan(error_scale(flat, origin_date=AS_OF_DAY))


def scored(errors: dict[str, list[float]]) -> pd.DataFrame:
    """Return rows of ml.forecast_backtests: by model, the error of servers a, b, …."""
    return pd.DataFrame(
        [
            {
                "server_id": "abcdefghijklmnopqrstuvwxyz"[position],
                "metric": "cpu",
                "model": model,
                "origin_number": 1,
                "origin_date": pd.Timestamp(AS_OF),
                "absolute_error_sum": error * 10,
                "day_count": 10,
            }
            for model, by_server in errors.items()
            for position, error in enumerate(by_server)
            if not np.isnan(error)
        ]
    )


@pytest.mark.parametrize(
    ("errors", "best"),
    [
        # scales are 1 and 10: .5 + .5 against .8 + .1, whatever the plain errors say
        ({"sarima": [0.5, 5.0], "holt_winters": [0.8, 1.0]}, "holt_winters"),
        # equal to nine digits: the one that is named first
        ({"sarima": [1.0, 1.0], "holt_winters": [1.0, 1.0]}, "holt_winters"),
        # better, but it reaches one of two series
        ({"sarima": [0.1, np.nan], "holt_winters": [1.0, 1.0]}, "holt_winters"),
    ],
)
def test_best_candidate_by_hand(errors: dict[str, list[float]], best: str) -> None:
    """The least mean scaled error among those that cover 95 % of the series."""
    usage = np.arange(30) / 7
    series = cut_series({"a": WrittenSeries(usage), "b": WrittenSeries(usage * 10)})
    chosen = best_candidates(scored(errors), series=series, candidates=ALL_CANDIDATES)
    assert chosen == {"cpu": best}
