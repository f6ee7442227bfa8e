"""Hours of the day: a curve whose nearest-rank P95 is the day's value."""

import numpy as np

from python_jobs.generator.config import GeneratorConfig, HourlyConfig
from python_jobs.generator.metrics import METRICS
from python_jobs.generator.streams import Floats, normals

HOURS = 24
P95_POSITION = 22
"""The 23rd of 24 sorted values: the first whose rank is at least 95 % of them."""


def hourly_values(daily: Floats, *, config: GeneratorConfig) -> Floats:
    """Return the values of each hour.

    Parameters
    ----------
    daily
        Values of days before bounds and rounding, shape (servers, metrics, days); NaN
        where nothing is measured.
    config
        The curve; a metric without a weekend has no night either.

    Returns
    -------
    numpy.ndarray
        Shape (servers, metrics, days, 24).
    """
    servers, metrics, days = daily.shape
    exponent = np.array([config.metrics[name].weekend for name in METRICS])
    log_curve = exponent[:, None] * np.log(_curve(config.hourly))
    hourly = np.empty((servers, metrics, days, HOURS))
    draws = normals(
        config.seed, purpose="hours", servers=servers, shape=(days, metrics, HOURS)
    )
    for number in range(servers):
        noise = config.hourly.noise_sd * draws[number].transpose(1, 0, 2)
        hourly[number] = np.exp(log_curve[:, None] + noise) * daily[number, :, :, None]
    return hourly


def daily_p95(hourly: Floats) -> Floats:
    """Return the nearest-rank P95 of each day, shape without the last axis."""
    return np.asarray(np.sort(hourly, axis=-1)[..., P95_POSITION])


def _curve(hourly: HourlyConfig) -> Floats:
    """Return the usage of each hour, relative to the day's P95."""
    angle = 2 * np.pi * (np.arange(HOURS) - hourly.peak_hour) / HOURS
    wave = (1 + np.cos(angle)) / 2
    curve = hourly.night_fraction + (1 - hourly.night_fraction) * wave
    return np.asarray(curve / np.sort(curve)[P95_POSITION])
