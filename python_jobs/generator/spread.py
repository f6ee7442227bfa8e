"""How the table's standard deviations and correlations divide.

The table says how the daily values of an archetype spread in all. The calendar and the
spikes explain a part; what is left is divided into the level that a server keeps and
the noise of its days. Independent factors multiply their relative second moments, so
with lognormal ones the division is exact.
"""

from dataclasses import dataclass

import numpy as np

from python_jobs.generator.archetypes import ArchetypeConfig
from python_jobs.generator.calendar_effects import Strengths, log_effects
from python_jobs.generator.config import GeneratorConfig
from python_jobs.generator.metrics import (
    CPU,
    DISK,
    MEMORY,
    METRICS,
    NETWORK_IN,
    NETWORK_OUT,
)
from python_jobs.generator.streams import Floats
from python_jobs.generator.time_axis import TimeAxis

NETWORK_OUT_RATIO = 0.6
"""Sent per received Mbps."""
NETWORK_CORRELATION = 0.9
"""Between received and sent."""
SMALLEST_SD = {"level": 0.05, "noise": 0.02}
"""On the log: what a server and a day keep even when the calendar explains all."""


@dataclass(frozen=True)
class Spread:
    """Bases and covariances of one archetype.

    Attributes
    ----------
    base
        Shape (metrics,), in the unit of the metric.
    level, noise
        Covariances on the log, shape (metrics, metrics).
    """

    base: Floats
    level: Floats
    noise: Floats


def archetype_spread(
    kind: ArchetypeConfig, *, days: TimeAxis, config: GeneratorConfig
) -> Spread:
    """Divide the spread of one archetype."""
    base, relative_sd = _table(kind)
    target = _correlations(kind) * np.outer(relative_sd, relative_sd)
    calendar = np.exp(_typical_effects(kind, days=days, config=config))
    mean = calendar.mean(axis=1)
    second = calendar @ calendar.T / calendar.shape[1]
    spike_mean, spike_second = _spike_moments(kind, config=config)
    mean, second = mean * spike_mean, second * spike_second
    # the table's covariance is about its own mean, not about the working day's base
    left = np.log((target + np.outer(mean, mean)) / second)
    share = np.array([config.metrics[name].level_share for name in METRICS])
    return Spread(
        base=base,
        level=_valid(left * np.sqrt(np.outer(share, share)), SMALLEST_SD["level"]),
        noise=_valid(
            left * np.sqrt(np.outer(1 - share, 1 - share)), SMALLEST_SD["noise"]
        ),
    )


def _table(kind: ArchetypeConfig) -> tuple[Floats, Floats]:
    """Return base and relative standard deviation of the five metrics."""
    base, sd = kind.base, kind.sd
    bases = [base.cpu, base.memory, base.disk, base.network_in]
    sds = [sd.cpu, sd.memory, sd.disk, sd.network_in]
    bases.append(base.network_in * NETWORK_OUT_RATIO)
    sds.append(sd.network_in * NETWORK_OUT_RATIO)
    return np.array(bases), np.array(sds) / np.array(bases)


def _correlations(kind: ArchetypeConfig) -> Floats:
    """Complete the table: a pair it leaves out is linked by the pairs between.

    disk - memory - cpu - network_in - network_out is a chain, so the products along it
    are a valid correlation matrix whatever the links are.
    """
    given = kind.correlations
    links = (
        given.memory_disk,
        given.cpu_memory,
        given.cpu_network,
        NETWORK_CORRELATION,
    )
    chain = (DISK, MEMORY, CPU, NETWORK_IN, NETWORK_OUT)
    matrix = np.eye(len(chain))
    for start in range(len(chain)):
        for end in range(start + 1, len(chain)):
            value = float(np.prod(links[start:end]))
            matrix[chain[start], chain[end]] = value
            matrix[chain[end], chain[start]] = value
    return matrix


def _typical_effects(
    kind: ArchetypeConfig, *, days: TimeAxis, config: GeneratorConfig
) -> Floats:
    """Return the calendar effects of a typical server on the observed days."""
    units = config.business_units.values()
    weight = sum(unit.weight for unit in units)
    uplift = sum(unit.weight * unit.eoq_uplift_pct for unit in units) / weight
    strengths = Strengths(
        monthly_growth_pct=kind.monthly_growth_pct, eoq_uplift_pct=uplift
    )
    effects = log_effects(kind, strengths, days=days, config=config)
    return effects[:, : days.observed_days]


def _spike_moments(
    kind: ArchetypeConfig, *, config: GeneratorConfig
) -> tuple[Floats, Floats]:
    """Return mean and second moments of the factor of spikes."""
    exponent = np.array([config.metrics[name].spike for name in METRICS])
    rate = kind.spike_probability * config.switches.spikes
    mean = 1 - rate + rate * kind.spike_size**exponent
    second = 1 - rate + rate * kind.spike_size ** np.add.outer(exponent, exponent)
    return mean, second


def _valid(covariance: Floats, smallest_sd: float) -> Floats:
    """Return the nearest usable covariance: no direction with less than its minimum."""
    values, vectors = np.linalg.eigh(covariance)
    raised = np.maximum(values, smallest_sd**2)
    return np.asarray((vectors * raised) @ vectors.T)
