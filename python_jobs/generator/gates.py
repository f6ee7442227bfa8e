"""Quality gates: a fleet that does not look as configured is no fleet to publish.

They compare the ordinary, clean part of what is measured: without labelled anomalies,
with the steps of resizes, level shifts and leaks taken out, each server as much as
another. What is left to chance widens a gate, by the size of the fleet: every size
passes when the generator does what it says, and a fault is a fault at every size.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from python_jobs.generator.archetypes import ArchetypeConfig
from python_jobs.generator.measurements import NO_ANOMALY
from python_jobs.generator.metrics import (
    CPU,
    DISK,
    MEMORY,
    METRICS,
    NETWORK_IN,
    PERCENT_METRICS,
)
from python_jobs.generator.simulation import Simulation
from python_jobs.generator.streams import Flags, Floats
from python_jobs.platform.errors import RunError

LARGEST_MISSING_RATIO = 0.05
CHANCE_SDS = 4.0
"""Standard errors that a gate forgives: one sound gate in 30,000 is beyond them."""
SPARE_OUTAGES = 2
"""Outages, at their longest, that a few server-days may hold besides."""
CORRELATION_TOLERANCE = 0.15
CORRELATION_CHANCE = 1.0
"""Over the number of servers: levels are balanced, but growth and service are not."""
EOQ_TOLERANCE = 0.4
"""Relative: the annual wave and the holidays of the window are not taken out."""
FEWEST_SERVERS = 10
"""Fewer servers of an archetype say nothing about its correlations."""
FEWEST_DAYS = 364
"""A shorter window says nothing about quarter ends and correlations."""
FEWEST_VALUES = 30
"""Fewer measured values on either side do not tell their own standard error."""
FULL_PCT = 100.0
FULL_RATIO = 0.02
"""A server at 100 % on more of its days shows no rise: its CPU is not compared."""
LOG_FLOOR = 0.1


@dataclass(frozen=True)
class Gate:
    """One figure of the fleet and the range it must be in, both ends included."""

    name: str
    value: float
    lowest: float
    highest: float

    @property
    def is_passed(self) -> bool:
        """Whether the value is in its range."""
        return self.lowest <= self.value <= self.highest


def check_gates(simulation: Simulation, *, row_count: int) -> tuple[Gate, ...]:
    """Measure every gate that the fleet is large enough for.

    Raises
    ------
    RunError
        If a gate is missed; the message has one line per gate.
    """
    gates = tuple(measure_gates(simulation, row_count=row_count))
    missed = [
        f"quality gate {gate.name}: found {gate.value:.4g}, expected"
        f" {gate.lowest:.4g} to {gate.highest:.4g}"
        for gate in gates
        if not gate.is_passed
    ]
    if missed:
        raise RunError(
            "\n".join(missed)
            + "\n→ nothing was written; correct section generator of the configuration"
        )
    return gates


def measure_gates(simulation: Simulation, *, row_count: int) -> Iterator[Gate]:
    """Yield the gates, passed or not."""
    expected = len(simulation.traits) * len(simulation.timestamps)
    yield Gate("row_count", row_count, expected, expected)
    yield from _values(simulation)
    log_clean = _log_clean(simulation)
    log_cpu = np.where(_is_full(simulation)[:, None], np.nan, log_clean[:, CPU])
    yield from _weekends(simulation, log_cpu)
    if simulation.days.observed_days >= FEWEST_DAYS:
        if simulation.config.switches.eoq:
            yield from _eoq_uplift(simulation, log_cpu)
        yield from _correlations(simulation, log_clean)


def _observed(simulation: Simulation) -> Floats:
    """Return the observed days, shape (servers, metrics, days)."""
    return simulation.observed_value[:, :, : simulation.days.observed_days]


def _log_clean(simulation: Simulation) -> Floats:
    """Return the log of the observed days without anomalies and steps, same shape."""
    observed = _observed(simulation)
    days = observed.shape[2]
    log_clean = np.log(np.maximum(observed, LOG_FLOOR))
    log_clean -= simulation.events.log_change[:, :, :days]
    log_clean[simulation.anomaly_kind[:, :, :days] != NO_ANOMALY] = np.nan
    return log_clean


def _is_full(simulation: Simulation) -> Flags:
    """Return which servers' CPU is at its end too often to rise, shape (servers,)."""
    full_days = (_observed(simulation)[:, CPU] >= FULL_PCT).mean(axis=1)
    return np.asarray(full_days > FULL_RATIO, dtype=np.bool_)


def _values(simulation: Simulation) -> Iterator[Gate]:
    """Yield the gates of gaps and ranges."""
    observed, gaps = _observed(simulation), simulation.config.gaps
    in_service = simulation.is_in_service[:, : observed.shape[2]]
    server_days = max(1, int(in_service.sum()))
    missing = 1 - np.isfinite(observed).sum() / (server_days * len(METRICS))
    longest = gaps.outage_days[1]
    # a day is missing on its own, an outage counts as often as it has days
    variance = gaps.missing_rate + gaps.outages_per_year / 365.25 * longest**2
    chance = CHANCE_SDS * np.sqrt(variance / server_days)
    chance += SPARE_OUTAGES * longest / server_days
    highest = min(1.0, LARGEST_MISSING_RATIO + float(chance))
    yield Gate("missing_ratio", float(missing), 0, highest)
    finite = simulation.samples[np.isfinite(simulation.samples)]
    yield Gate("lowest_value", float(finite.min(initial=0)), 0, np.inf)
    percent = simulation.samples[:, PERCENT_METRICS]
    finite = percent[np.isfinite(percent)]
    yield Gate("highest_percent", float(finite.max(initial=0)), 0, 100)


def _weekends(simulation: Simulation, log_cpu: Floats) -> Iterator[Gate]:
    """Yield, per archetype, CPU on weekends relative to business days.

    Outside of end-of-quarter windows, which have more business days than weekends.
    """
    days = simulation.days
    is_plain = ~days.is_eoq_window[: days.observed_days]
    weekend = is_plain & days.is_weekend[: days.observed_days]
    business = is_plain & days.is_business_day[: days.observed_days]
    for name, kind in simulation.config.archetypes.items():
        members = simulation.traits.archetype == name
        rise = _rise(
            log_cpu[members], weekend, business, simulation.traits.phi[members]
        )
        if rise is None or kind.weekend_factor == 1:
            continue
        ratio, slack = float(np.exp(rise.mean)), float(np.exp(rise.chance))
        if kind.weekend_factor < 1:
            yield Gate(f"weekend_ratio_{name}", ratio, 0, slack)
        else:
            yield Gate(f"weekend_ratio_{name}", ratio, 1 / slack, np.inf)


def _eoq_uplift(simulation: Simulation, log_cpu: Floats) -> Iterator[Gate]:
    """Yield the gate of the rise of CPU in end-of-quarter windows, on the log."""
    days, traits = simulation.days, simulation.traits
    business = days.is_business_day[: days.observed_days]
    window = business & days.is_eoq_window[: days.observed_days]
    rise = _rise(log_cpu, window, business & ~window, traits.phi)
    if rise is None:
        return
    ramp = days.eoq_ramp[: days.observed_days][window].mean()
    uplift = np.log1p(traits.eoq_uplift_pct[rise.compared] / 100).mean()
    expected = float(uplift * ramp * simulation.config.metrics["cpu"].eoq)
    slack = max(0.03, EOQ_TOLERANCE * expected) + rise.chance
    yield Gate("eoq_uplift", rise.mean, expected - slack, expected + slack)


@dataclass(frozen=True)
class _Rise:
    """How far values lie above others, and how far chance alone may have moved that."""

    mean: float
    chance: float
    compared: Flags


def _rise(log_cpu: Floats, inside: Flags, outside: Flags, phi: Floats) -> _Rise | None:
    """Return the mean rise of the servers that have days of both kinds.

    Parameters
    ----------
    log_cpu
        Shape (servers, days); NaN where nothing is compared.
    inside, outside
        The days to compare, shape (days,).
    phi
        Day-to-day autocorrelation of each server's noise: days are not independent.

    Returns
    -------
    _Rise or None
        None when there are too few values to tell.
    """
    sides = [log_cpu[:, days] for days in (inside, outside)]
    counts = np.array([np.isfinite(side).sum(axis=1) for side in sides])
    compared: Flags = np.asarray((counts > 1).all(axis=0), dtype=np.bool_)
    if counts[:, compared].sum(axis=1).min(initial=FEWEST_VALUES) < FEWEST_VALUES:
        return None
    if not compared.any():
        return None
    means = [np.nanmean(side[compared], axis=1) for side in sides]
    squares = [
        np.nanvar(side[compared], axis=1, ddof=1) / count[compared]
        for side, count in zip(sides, counts, strict=True)
    ]
    variance = sum(squares) * (1 + phi[compared]) / (1 - phi[compared])
    error = np.sqrt(variance.sum()) / compared.sum()
    mean = float((means[0] - means[1]).mean())
    return _Rise(mean, CHANCE_SDS * float(error), compared)


def _correlations(simulation: Simulation, log_clean: Floats) -> Iterator[Gate]:
    """Yield the correlations of log values, of servers whose size fits."""
    is_right = simulation.traits.true_size == "right"
    for name, kind in simulation.config.archetypes.items():
        members = np.flatnonzero(is_right & (simulation.traits.archetype == name))
        if len(members) >= FEWEST_SERVERS:
            yield from _archetype_correlations(name, kind, log_clean[members])


def _archetype_correlations(
    name: str, kind: ArchetypeConfig, log_clean: Floats
) -> Iterator[Gate]:
    values = log_clean.transpose(0, 2, 1)
    is_whole = np.isfinite(values).all(axis=2)
    # a server counts once, however many of its days are measured
    weight = is_whole / np.maximum(1, is_whole.sum(axis=1, keepdims=True))
    covariance = np.cov(values[is_whole], rowvar=False, aweights=weight[is_whole])
    sd = np.sqrt(np.diag(covariance))
    found = covariance / np.outer(sd, sd)
    tolerance = CORRELATION_TOLERANCE + CORRELATION_CHANCE / len(log_clean)
    given = kind.correlations
    for pair, first, second, expected in (
        ("cpu_memory", CPU, MEMORY, given.cpu_memory),
        ("cpu_network", CPU, NETWORK_IN, given.cpu_network),
        ("memory_disk", MEMORY, DISK, given.memory_disk),
    ):
        yield Gate(
            f"correlation_{name}_{pair}",
            float(found[first, second]),
            expected - tolerance,
            expected + tolerance,
        )
