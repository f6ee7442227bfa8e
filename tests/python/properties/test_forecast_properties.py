"""Whatever a series is, its forecast is finite and its quantiles are in order."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from drawing import drawn
from hypothesis import strategies as st

from python_jobs.calendars.forecast_design import QUANTILES
from python_jobs.forecasting.panel import forecast_panel

HORIZON = 21


@dataclass(frozen=True)
class Odd:
    """A series by its scale, rhythm, holes and jumps, and the seed of its noise."""

    seed: int
    days: int
    scale: float
    level: float
    noise: float
    growth: float
    holes: float
    jump_day: int
    jump: float
    silence: int

    def values(self) -> np.ndarray:
        """Return its daily values; NaN is a hole."""
        random = np.random.default_rng(self.seed)
        day = np.arange(self.days)
        values = self.level + np.resize([2.0, 3.0, 4.0, 3.0, 2.0, 0.0, 0.0], self.days)
        values = values * np.exp(self.growth * day)
        values += self.noise * random.standard_normal(self.days)
        values += self.jump * (day >= self.jump_day)
        values[random.random(self.days) < self.holes] = np.nan
        values[self.days - min(self.silence, self.days) :] = np.nan
        with np.errstate(over="ignore"):
            values = values * self.scale
        return np.clip(values, -1e308, 1e308)


ODD = st.builds(
    Odd,
    seed=st.integers(0, 2**32 - 1),
    days=st.integers(1, 150),
    scale=st.sampled_from([0.0, 5e-324, 1e-9, 1.0, -1.0, 1e12, 1e306]),
    level=st.sampled_from([0.0, -3.0, 50.0, 1e9]),
    noise=st.sampled_from([0.0, 1e-12, 1.0, 100.0]),
    growth=st.sampled_from([0.0, 0.02, -0.05]),
    holes=st.sampled_from([0.0, 0.2, 0.95, 1.0]),
    jump_day=st.integers(0, 300),
    jump=st.sampled_from([0.0, 40.0, -1e6]),
    silence=st.sampled_from([0, 0, 13, 60]),
)


def test_quantiles_are_finite_and_ordered_for_any_series() -> None:
    """A series without a value has none; every other one has a row for each day."""
    series = [each.values() for each in drawn(ODD)]
    frame = pd.concat(
        pd.DataFrame(
            {
                "unique_id": f"S{number:03d}",
                "ds": pd.date_range(end="2025-06-30", periods=len(values)),
                "y": values,
            }
        )
        for number, values in enumerate(series)
    )
    found = forecast_panel(frame, horizon=HORIZON)
    numbers = found[["forecast_value", *QUANTILES]].to_numpy()
    is_known = np.isfinite(numbers).all(axis=1)
    assert (is_known | (found["reason"] == "all_missing").to_numpy()).all()
    # no differences: those of the largest numbers overflow
    quantiles = numbers[is_known, 1:]
    assert (quantiles[:, 1:] >= quantiles[:, :-1]).all()
    counts = found[is_known].groupby("unique_id").size()
    assert (counts == HORIZON).all()
    has_value = [np.isfinite(values).any() for values in series]
    assert len(counts) == sum(has_value)
