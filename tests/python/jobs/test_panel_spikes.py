"""Values that would drown all others are winsorised, and no others."""

import numpy as np
import pytest
from numpy.typing import NDArray

from python_jobs.forecasting.panel.series import LARGEST_SPIKE, winsorised

Floats = NDArray[np.float64]


def by_definition(own: Floats) -> Floats:
    """Return a series within ten widths of its inner 98 percent, or of its end."""
    lowest, highest = np.quantile(own, (0.01, 0.99))
    reach = LARGEST_SPIKE * (highest - lowest)
    newest = np.median(own[-7:])
    if reach <= 0.0:
        return own
    return np.clip(own, min(lowest - reach, newest), max(highest + reach, newest))


def drawn(kind: str, random: np.random.Generator) -> Floats:
    """Return a series of some length and kind."""
    length = int(random.integers(1, 400))
    own = random.normal(size=length)
    if kind == "heavy tails":
        own = random.standard_t(0.7, size=length)
    elif kind == "two levels":
        own += 30.0 * (random.random(length) < random.choice([0.005, 0.02, 0.5]))
    elif kind == "spikes":
        own[random.integers(length, size=1 + length // 90)] = random.choice([1e3, -1e9])
    elif kind == "mostly constant":
        own = np.where(random.random(length) < 0.02, own, 4.0)
    return own


@pytest.mark.parametrize(
    "kind", ["normal", "heavy tails", "two levels", "spikes", "mostly constant"]
)
def test_values_are_winsorised_as_defined(kind: str) -> None:
    """To the bit, series of any length side by side, some of them empty."""
    random = np.random.default_rng(11)
    series = [drawn(kind, random) for _ in range(300)]
    series[::50] = [np.zeros(0)] * len(series[::50])
    lengths = np.array([len(each) for each in series])
    starts = np.cumsum(lengths) - lengths
    found = winsorised(starts, lengths, np.concatenate(series))
    expected = [by_definition(each) if len(each) else each for each in series]
    np.testing.assert_array_equal(found, np.concatenate(expected))
