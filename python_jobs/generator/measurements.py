"""From the mean to what is measured: noise, extra work, wrong values, gaps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from python_jobs.generator.config import GeneratorConfig
from python_jobs.generator.metrics import METRICS
from python_jobs.generator.spread import Spread
from python_jobs.generator.streams import Flags, Floats, normals, uniforms
from python_jobs.generator.time_axis import TimeAxis
from python_jobs.generator.traits import Traits

Kinds = NDArray[np.int8]

NO_ANOMALY, SPIKE, DIP = 0, 1, 2
ANOMALY_KINDS = (None, "spike", "dip")


@dataclass(frozen=True)
class Disturbances:
    """What separates the measured value from the mean.

    Attributes
    ----------
    log_noise
        Noise and extra work on the log, shape (servers, metrics, days).
    anomaly_kind
        0 none, 1 spike, 2 dip, same shape.
    is_missing
        Not measured, same shape.
    """

    log_noise: Floats
    anomaly_kind: Kinds
    is_missing: Flags


def draw_disturbances(
    traits: Traits,
    *,
    spreads: dict[str, Spread],
    days: TimeAxis,
    config: GeneratorConfig,
) -> Disturbances:
    """Draw everything that is no mean."""
    noise = _autocorrelated_noise(traits, spreads=spreads, days=days, config=config)
    if config.switches.spikes:
        noise += _extra_work(traits, days=days, config=config)
    return Disturbances(
        log_noise=noise,
        anomaly_kind=_anomalies(traits, days=days, config=config),
        is_missing=_gaps(traits, days=days, config=config),
    )


def _autocorrelated_noise(
    traits: Traits,
    *,
    spreads: dict[str, Spread],
    days: TimeAxis,
    config: GeneratorConfig,
) -> Floats:
    """Return AR(1) noise, correlated across metrics, whose factor has mean 1."""
    draws = normals(
        config.seed,
        purpose="noise",
        servers=len(traits),
        shape=(len(days), len(METRICS)),
    )
    variance = np.empty((len(traits), len(METRICS)))
    for name, spread in spreads.items():
        members = traits.archetype == name
        draws[members] = draws[members] @ np.linalg.cholesky(spread.noise).T
        variance[members] = np.diag(spread.noise)
    phi = traits.phi[:, None]
    scale = np.sqrt(1 - phi**2)
    for day in range(1, len(days)):
        draws[:, day] = phi * draws[:, day - 1] + scale * draws[:, day]
    noise = draws.transpose(0, 2, 1) - variance[:, :, None] / 2
    return np.ascontiguousarray(noise)


def _extra_work(traits: Traits, *, days: TimeAxis, config: GeneratorConfig) -> Floats:
    """Return the archetypes' spikes on the log: real work, so nobody labels it."""
    servers = len(traits)
    draws = uniforms(
        config.seed, purpose="extra work", servers=servers, shape=(len(days), 2)
    )
    kinds = [config.archetypes[str(name)] for name in traits.archetype]
    rate = np.array([kind.spike_probability for kind in kinds])[:, None]
    log_size = np.log([kind.spike_size for kind in kinds])[:, None]
    size = (draws[:, :, 0] < rate) * log_size * (0.7 + 0.6 * draws[:, :, 1])
    exponent = np.array([config.metrics[name].spike for name in METRICS])
    return np.asarray(size[:, None, :] * exponent[None, :, None])


def _anomalies(traits: Traits, *, days: TimeAxis, config: GeneratorConfig) -> Kinds:
    """Return the kind of labelled anomaly of each value."""
    shape = (len(days), len(METRICS))
    draws = uniforms(
        config.seed, purpose="anomalies", servers=len(traits), shape=shape
    ).transpose(0, 2, 1)
    rate = config.anomalies.rate * config.switches.anomalies
    kinds = np.full(draws.shape, NO_ANOMALY, dtype=np.int8)
    kinds[draws < rate] = SPIKE
    kinds[draws < rate * config.anomalies.dip_fraction] = DIP
    return kinds


def _gaps(traits: Traits, *, days: TimeAxis, config: GeneratorConfig) -> Flags:
    """Return which values are not measured; the future is always seen."""
    servers, gaps = len(traits), config.gaps
    shape = (len(days), len(METRICS) + 3)
    draws = uniforms(config.seed, purpose="gaps", servers=servers, shape=shape)
    is_missing = draws[:, :, : len(METRICS)] < gaps.metric_missing_rate
    is_missing |= (draws[:, :, -1] < gaps.missing_rate)[:, :, None]
    low, high = gaps.outage_days
    begins = draws[:, :, -2] < min(1.0, gaps.outages_per_year / 365.25)
    length = low + np.floor(draws[:, :, -3] * (high - low + 1)).astype(np.int64)
    for offset in range(high):
        lasting = begins & (length > offset)
        is_missing[:, offset:] |= lasting[:, : len(days) - offset, None]
    is_missing[:, days.observed_days :] = False
    return np.ascontiguousarray(is_missing.transpose(0, 2, 1))
