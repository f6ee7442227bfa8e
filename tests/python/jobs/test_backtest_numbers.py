"""Error sums, scales and the choice of the best model, against hand-worked numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fleet_frames import AS_OF_DAY, WrittenSeries, fleet_of

from python_jobs.forecasting.config import ALL_CANDIDATES, Candidate
from python_jobs.forecasting.core.scoring import error_sums
from python_jobs.forecasting.core.selection import champion
from python_jobs.forecasting.core.series import Fleet
from python_jobs.forecasting.fleet.forecast import Backtests
from python_jobs.forecasting.fleet.tables import backtest_frame


def sums_of(measured: np.ndarray, *, eoq_day: int) -> tuple[Fleet, np.ndarray]:
    """Return the sums of a forecast of 10 with quantiles 6, 7, … 14."""
    written = WrittenSeries(np.ones(len(measured)), measured=measured)
    is_eoq_window = np.arange(len(measured)) == eoq_day
    fleet = replace(fleet_of({"a": written}), is_eoq_window=is_eoq_window)
    series, origin = np.zeros(1, np.int64), AS_OF_DAY - len(measured)
    forecast = np.full((1, len(measured)), 10.0)
    return fleet, error_sums(
        forecast,
        forecast[:, :, None] + np.arange(-4.0, 5.0),
        measured=fleet.actuals(series, origins=origin, steps=len(measured)),
        is_eoq_window=fleet.is_eoq_window_after(
            series, origin=origin, days=len(measured)
        ),
    )


def test_error_sums_by_hand() -> None:
    """Twelve days ahead; days 3 and 11 were measured, and day 12, at zero.

    Forecast 10 with quantiles 6, 7, 8, 9, 10, 11, 12, 13, 14.
    Day 3, actual 13: error -3, relative 3/13, symmetric 6/23. Pinball:
    .025·7 + .05·6 + .1·5 + .25·4 + .5·3 + .75·2 + .9·1 + .95·0 + .025·1 = 5.9, over
    nine. Outside the 80 % interval 8 to 12, inside the 95 % one 6 to 14.
    Day 11, actual 10, EOQ: no error; pinball .025·4 + .05·3 + .1·2 + .25·1 twice: 1.4.
    Day 12, actual 0: error 10, no relative error, symmetric 2. Pinball:
    .975·6 + .95·7 + .9·8 + .75·9 + .5·10 + .25·11 + .1·12 + .05·13 + .025·14 = 36.4.
    """
    measured = np.full(12, np.nan)
    measured[[2, 10, 11]] = [13.0, 10.0, 0.0]
    fleet, sums = sums_of(measured, eoq_day=10)
    rows = backtest_frame(
        *(fleet, np.zeros(1, np.int64), sums),
        model="sarima",
        number=1,
        day=AS_OF_DAY - 12,
    ).set_index(["horizon_block", "is_eoq_window"])
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
            "pinball_sum": [5.9 / 9, 36.4 / 9, 1.4 / 9],
            "inside_80_count": [0, 0, 1],
            "inside_95_count": [1, 0, 1],
        },
        index=pd.MultiIndex.from_tuples(
            [(1, False), (2, False), (2, True)],
            names=["horizon_block", "is_eoq_window"],
        ),
    )
    pd.testing.assert_frame_equal(rows[list(expected)], expected, rtol=1e-12)
    assert set(rows["origin_date"]) == {pd.Timestamp("2025-12-19")}


def test_unmeasured_future_scores_nothing() -> None:
    """No measured day, no term of any sum."""
    _, sums = sums_of(np.array([np.nan, np.nan]), eoq_day=0)
    assert not sums.any()


def test_scale_by_hand() -> None:
    """The mean change over a week; only the 364 days up to the origin count.

    Usage rise by 2 a week, after a jump by 1,000 that is 400 days old.
    """
    usage = np.arange(410) * 2 / 7 + np.where(np.arange(410) > 10, 1000.0, 0.0)
    fleet = fleet_of({"a": WrittenSeries(usage), "b": WrittenSeries(np.ones(30))})
    assert fleet.scales(AS_OF_DAY)[0] == pytest.approx(2.0)
    assert np.isnan(fleet.scales(AS_OF_DAY - 403)[0])
    assert np.isnan(fleet.scales(AS_OF_DAY)[1])


@pytest.mark.parametrize(
    ("errors", "best"),
    [
        # scales are 1, 1 and 10: worse by .3, .3 and -.05 of them, so by .18 with a
        # standard error of .12; unscaled by .03 with one of .27
        ({"sarima": [1.0, 1.0, 10.0], "holt_winters": [1.3, 1.3, 9.5]}, "sarima"),
        # equal to nine digits: the simpler one
        ({"sarima": [1.0, 1.0, 1.0], "holt_winters": [1.0, 1.0, 1.0]}, "holt_winters"),
        # better, but it reaches two of three series
        ({"sarima": [0.1, 0.1, np.nan], "holt_winters": [1.0] * 3}, "holt_winters"),
    ],
)
def test_best_candidate_by_hand(
    errors: dict[Candidate, list[float]], best: Candidate
) -> None:
    """The simplest within one standard error of those that cover 95 % of the series."""
    usage = np.arange(30) / 7
    fleet = fleet_of(
        {
            "a": WrittenSeries(usage),
            "b": WrittenSeries(usage),
            "c": WrittenSeries(usage * 10),
        }
    )
    found = Backtests()
    found.prepare(list(errors), origins=1, series=3)
    found.scales[0] = fleet.scales(AS_OF_DAY)
    for model, means in errors.items():
        found.errors[model][0] = np.nan_to_num(means) * 10
        found.days[model][0] = np.isfinite(means) * 10
    candidates = [each for each in ALL_CANDIDATES if each in errors]
    assert champion(found.scores(fleet, "cpu"), candidates=candidates) == best
