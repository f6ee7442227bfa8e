"""Intervals of a series among others of its metric that are unlike it."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from python_jobs.forecasting.core.intervals import (
    ErrorQuantiles,
    OriginErrors,
    calibration_groups,
    error_quantiles,
)
from python_jobs.forecasting.panel import forecast_panel
from python_jobs.forecasting.panel.intervals import (
    OwnQuantiles,
    breadths,
    own_quantiles,
)

Floats = NDArray[np.float64]

HOURS, AHEAD, BACKTESTS = 600, 48, 5
SERIES = 30


def day_and_noise(seed: int) -> Floats:
    """Return hours of a day's wave and noise."""
    hour = np.arange(HOURS + AHEAD)
    values: Floats = 100.0 + 30.0 * np.sin(2.0 * np.pi * hour / 24.0)
    values += np.random.default_rng(seed).normal(0.0, 3.0, len(hour))
    return values


def now_and_then(seed: int) -> Floats:
    """Return hours of rest with a few of work."""
    values = np.zeros(HOURS)
    values[np.random.default_rng(seed).random(HOURS) < 0.03] = 5.0
    return values


def frame(parts: dict[str, Floats]) -> pd.DataFrame:
    """Return series as a long frame."""
    return pd.concat(
        pd.DataFrame(
            {
                "unique_id": name,
                "ds": pd.date_range("2024-01-01", periods=HOURS, freq="h"),
                "y": values[:HOURS],
            }
        )
        for name, values in parts.items()
    )


def test_neighbours_unlike_a_series_leave_its_intervals() -> None:
    """Of six series beside twenty that mostly rest, 80 percent hold over half."""
    parts = {f"a{seed}": day_and_noise(seed) for seed in range(6)}
    known = frame(parts | {f"b{seed:02d}": now_and_then(seed) for seed in range(20)})
    rows = forecast_panel(known, horizon=AHEAD, frequency="h")
    rows = rows[rows["unique_id"].str.startswith("a")]
    came = np.concatenate([each[HOURS:] for each in parts.values()])
    held = (rows["forecast_q10"] <= came) & (came <= rows["forecast_q90"])
    assert 0.55 < held.mean() < 0.95


def drawn(scales: Floats) -> list[Floats]:
    """Return errors by backtest, of series with the standard deviations given."""
    random = np.random.default_rng(5)
    shape = (len(scales), AHEAD)
    return [scales[:, None] * random.normal(size=shape) for _ in range(BACKTESTS)]


def pooled_of(errors: list[Floats]) -> ErrorQuantiles:
    """Return the quantiles of all errors."""
    known = [
        OriginErrors(each, np.zeros(each.shape, dtype=np.bool_)) for each in errors
    ]
    return error_quantiles(known, [AHEAD] * len(known))


def own_of(errors: list[Floats]) -> OwnQuantiles:
    """Return the own quantiles of the series of one group."""
    flags = [np.zeros(each.shape, dtype=np.bool_) for each in errors]
    return own_quantiles([errors], [flags], pooled=pooled_of(errors))[0]


def test_a_series_unlike_the_others_has_its_own_quantiles() -> None:
    """Ten times as wide: five backtests of its own weigh 5 of 7."""
    scales = np.ones(SERIES)
    scales[3] = 10.0
    errors = drawn(scales)
    errors[2][7] = np.nan
    own = own_of(errors)
    assert own.weights[3] == pytest.approx(5.0 / 7.0)
    flags = np.zeros((SERIES, AHEAD), dtype=np.bool_)
    steps = own.beside(pooled_of(errors), flags)
    width = steps[:, 0, 6] - steps[:, 0, 2]
    assert width[3] > 5.0 * np.median(width)
    assert (np.diff(steps, axis=2) >= 0.0).all()


def test_series_that_are_alike_share_their_quantiles() -> None:
    """A backtest that is wrong is so all along: five levels are no distribution."""
    random = np.random.default_rng(6)
    errors = [
        random.normal(size=(SERIES, 1)) + 0.1 * random.normal(size=(SERIES, AHEAD))
        for _ in range(BACKTESTS)
    ]
    assert own_of(errors).weights.mean() < 0.4


def test_without_own_errors_the_metric_speaks() -> None:
    """One backtest leaves nothing to compare with; few errors make no quantiles."""
    for errors in (drawn(np.ones(SERIES))[:1], [drawn(np.ones(SERIES))[0][:, :4]] * 2):
        own = own_of(errors)
        assert (own.weights == 0.0).all()
    none = own_quantiles([[]], [[]], pooled=pooled_of(drawn(np.ones(SERIES))))
    flags = np.zeros((2, AHEAD), dtype=np.bool_)
    pooled = pooled_of(drawn(np.ones(SERIES)))
    expected = pooled.by_group[calibration_groups(flags)]
    np.testing.assert_array_equal(none[0].beside(pooled, flags), expected)


def test_breadths_are_never_nothing() -> None:
    """A kind of step without any error is a tenth of the widest, or one."""
    wide, narrow = np.linspace(-4.0, 4.0, 9), np.zeros(9)
    mixed = ErrorQuantiles({(False, 10): wide, (False, 30): narrow}, {})
    assert breadths(mixed).max() == pytest.approx(4.0)
    assert breadths(mixed).min() == pytest.approx(0.4)
    assert (breadths(ErrorQuantiles({(False, 10): narrow}, {})) == 1.0).all()
