"""Quality gates: a fleet that does not look as configured is no fleet to publish."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from python_jobs.generator.archetypes import ArchetypeConfig
from python_jobs.generator.events import NEVER
from python_jobs.generator.metrics import (
    CPU,
    DISK,
    MEMORY,
    METRICS,
    NETWORK_IN,
    PERCENT_METRICS,
)
from python_jobs.generator.simulation import Simulation
from python_jobs.generator.streams import Floats
from python_jobs.platform.errors import RunError

LARGEST_MISSING_RATIO = 0.05
CORRELATION_TOLERANCE = 0.15
EOQ_TOLERANCE = 0.4
"""Relative: the annual wave and the holidays of the window are not taken out."""
FEWEST_SERVERS = 10
"""Fewer servers of an archetype say nothing about its correlations."""
FEWEST_DAYS = 364
"""A shorter window says nothing about quarter ends and correlations."""
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
    """Yield the gates, judged or not."""
    expected = len(simulation.traits) * len(simulation.timestamps)
    yield Gate("row_count", row_count, expected, expected)
    yield from _values(simulation)
    yield from _weekends(simulation)
    if simulation.days.observed_days >= FEWEST_DAYS:
        if simulation.config.switches.eoq:
            yield _eoq_uplift(simulation)
        yield from _correlations(simulation)


def _observed(simulation: Simulation) -> Floats:
    """Return the observed days, shape (servers, metrics, days)."""
    return simulation.observed_value[:, :, : simulation.days.observed_days]


def _values(simulation: Simulation) -> Iterator[Gate]:
    """Yield the gates of gaps and ranges."""
    observed = _observed(simulation)
    in_service = simulation.is_in_service[:, : observed.shape[2]]
    measured = np.isfinite(observed).sum() / max(1, in_service.sum() * len(METRICS))
    yield Gate("missing_ratio", 1 - float(measured), 0, LARGEST_MISSING_RATIO)
    finite = simulation.samples[np.isfinite(simulation.samples)]
    yield Gate("lowest_value", float(finite.min(initial=0)), 0, np.inf)
    percent = simulation.samples[:, PERCENT_METRICS]
    finite = percent[np.isfinite(percent)]
    yield Gate("highest_percent", float(finite.max(initial=0)), 0, 100)


def _weekends(simulation: Simulation) -> Iterator[Gate]:
    """Yield, per archetype, CPU on weekends relative to business days."""
    days, observed = simulation.days, _observed(simulation)[:, CPU]
    is_weekend = days.is_weekend[: observed.shape[1]]
    is_business_day = days.is_business_day[: observed.shape[1]]
    for name, kind in simulation.config.archetypes.items():
        cpu = observed[simulation.traits.archetype == name]
        weekend = _mean(cpu[:, is_weekend])
        business = _mean(cpu[:, is_business_day])
        if min(np.isfinite(cpu[:, is_weekend]).sum(), 1) and business > 0:
            ratio = weekend / business
            if kind.weekend_factor < 1:
                yield Gate(f"weekend_ratio_{name}", ratio, 0, 1)
            elif kind.weekend_factor > 1:
                yield Gate(f"weekend_ratio_{name}", ratio, 1, np.inf)


def _eoq_uplift(simulation: Simulation) -> Gate:
    """Return the gate of the rise of CPU in end-of-quarter windows, on the log."""
    days, observed = simulation.days, _observed(simulation)[:, CPU]
    business = days.is_business_day[: observed.shape[1]]
    window = days.is_eoq_window[: observed.shape[1]]
    log_cpu = np.log(np.maximum(observed, LOG_FLOOR))
    rise = _mean(log_cpu[:, business & window]) - _mean(log_cpu[:, business & ~window])
    ramp = days.eoq_ramp[: observed.shape[1]][business & window].mean()
    uplift = np.log1p(simulation.traits.eoq_uplift_pct / 100).mean()
    expected = float(uplift * ramp * simulation.config.metrics["cpu"].eoq)
    slack = max(0.03, EOQ_TOLERANCE * expected)
    return Gate("eoq_uplift", rise, expected - slack, expected + slack)


def _correlations(simulation: Simulation) -> Iterator[Gate]:
    """Yield the correlations of log values, of servers whose size fits and fitted."""
    is_right = simulation.traits.true_size == "right"
    is_usual = is_right & (simulation.events.resize_day == NEVER)
    observed = _observed(simulation)
    for name, kind in simulation.config.archetypes.items():
        members = np.flatnonzero(is_usual & (simulation.traits.archetype == name))
        if len(members) >= FEWEST_SERVERS:
            yield from _archetype_correlations(name, kind, observed[members])


def _archetype_correlations(
    name: str, kind: ArchetypeConfig, observed: Floats
) -> Iterator[Gate]:
    values = observed.transpose(0, 2, 1).reshape(-1, len(METRICS))
    rows = values[np.flatnonzero(np.isfinite(values).all(axis=1))]
    found = np.corrcoef(np.log(np.maximum(rows, LOG_FLOOR)), rowvar=False)
    given = kind.correlations
    for pair, first, second, expected in (
        ("cpu_memory", CPU, MEMORY, given.cpu_memory),
        ("cpu_network", CPU, NETWORK_IN, given.cpu_network),
        ("memory_disk", MEMORY, DISK, given.memory_disk),
    ):
        yield Gate(
            f"correlation_{name}_{pair}",
            float(found[first, second]),
            expected - CORRELATION_TOLERANCE,
            expected + CORRELATION_TOLERANCE,
        )


def _mean(values: Floats) -> float:
    """Return the mean of the measured values; 0 without any."""
    measured = values[np.isfinite(values)]
    return float(measured.mean()) if measured.size else 0.0
