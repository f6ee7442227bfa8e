"""The fleet as arrays: what is true and what is measured, by server, metric and day."""

from dataclasses import dataclass

import numpy as np

from python_jobs.generator.calendar_effects import fleet_log_effects
from python_jobs.generator.config import GeneratorConfig
from python_jobs.generator.events import Events, draw_events
from python_jobs.generator.hours import HOURS, daily_p95, hourly_values
from python_jobs.generator.levels import draw_log_levels
from python_jobs.generator.measurements import NO_ANOMALY, Kinds, draw_disturbances
from python_jobs.generator.metrics import PERCENT_METRICS
from python_jobs.generator.spread import archetype_spread
from python_jobs.generator.streams import Flags, Floats
from python_jobs.generator.time_axis import Dates, TimeAxis, time_axis
from python_jobs.generator.traits import Traits, draw_traits

DECIMALS = 3
"""Far coarser than what the last bit of two processors' `exp` differs by."""


@dataclass(frozen=True)
class Simulation:
    """One simulated fleet; arrays have shape (servers, metrics, days).

    Attributes
    ----------
    config, traits, days, events
        What it was made from.
    true_mean
        Mean without noise, in the metric's unit; NaN out of service.
    observed_value
        What is or will be measured; NaN where nothing is. Of hourly values their
        nearest-rank P95.
    anomaly_kind
        Kind of labelled anomaly of the measured values.
    timestamps, samples
        What is delivered: start of each interval, shape (times,), and the values, shape
        (servers, metrics, times).
    """

    config: GeneratorConfig
    traits: Traits
    days: TimeAxis
    events: Events
    true_mean: Floats
    observed_value: Floats
    anomaly_kind: Kinds
    timestamps: Dates
    samples: Floats

    @property
    def is_in_service(self) -> Flags:
        """Shape (servers, days)."""
        return self.events.is_in_service


def simulate(config: GeneratorConfig) -> Simulation:
    """Simulate a fleet from its configuration alone."""
    days = time_axis(config)
    traits = draw_traits(config)
    spreads = {
        name: archetype_spread(kind, days=days, config=config)
        for name, kind in config.archetypes.items()
    }
    effects = fleet_log_effects(traits, days=days, config=config)
    log_level = draw_log_levels(
        traits, spreads=spreads, first_effects=effects[:, :, 0], config=config
    )
    events = draw_events(traits, log_level=log_level, days=days, config=config)
    log_mean = effects + log_level[:, :, None] + events.log_change
    noise = draw_disturbances(traits, spreads=spreads, days=days, config=config)
    anomaly = config.anomalies
    factors = np.array([1.0, anomaly.spike_factor, anomaly.dip_factor])
    is_out = ~events.is_in_service[:, None, :]
    is_missing = noise.is_missing | is_out
    daily = np.exp(log_mean + noise.log_noise) * factors[noise.anomaly_kind]
    daily[is_missing] = np.nan
    observed, timestamps, samples = _sampled(daily, days=days, config=config)
    return Simulation(
        config=config,
        traits=traits,
        days=days,
        events=events,
        true_mean=np.where(is_out, np.nan, _measurable(np.exp(log_mean))),
        observed_value=observed,
        anomaly_kind=np.where(is_missing, NO_ANOMALY, noise.anomaly_kind),
        timestamps=timestamps,
        samples=samples,
    )


def _sampled(
    daily: Floats, *, days: TimeAxis, config: GeneratorConfig
) -> tuple[Floats, Dates, Floats]:
    """Return the observed day, the timestamps and the values that are delivered."""
    dates = days.date[: days.observed_days]
    if config.granularity == "daily":
        observed = _measurable(daily)
        return observed, dates, observed[:, :, : days.observed_days]
    hourly = _measurable(hourly_values(daily, config=config))
    hours = np.arange(HOURS).astype("timedelta64[h]")
    timestamps = (dates.astype("datetime64[h]")[:, None] + hours).ravel()
    samples = hourly[:, :, : days.observed_days]
    return daily_p95(hourly), timestamps, samples.reshape(*daily.shape[:2], -1)


def _measurable(values: Floats) -> Floats:
    """Return the values as an agent reports them: bounded percent, rounded."""
    values[:, PERCENT_METRICS] = np.minimum(values[:, PERCENT_METRICS], 100.0)
    return np.round(values, DECIMALS)
