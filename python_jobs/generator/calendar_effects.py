"""What the calendar does to the usage: everything here is a sum on the log."""

from dataclasses import dataclass

import numpy as np

from python_jobs.generator.archetypes import ArchetypeConfig
from python_jobs.generator.config import GeneratorConfig
from python_jobs.generator.metrics import METRICS
from python_jobs.generator.streams import Floats
from python_jobs.generator.time_axis import TimeAxis
from python_jobs.generator.traits import Traits

WEEKDAY_FACTORS = (1.0, 1.02, 1.02, 1.01, 0.95, 1.0, 1.0)
"""Monday to Sunday, before the weekend's own factor: Fridays are quiet."""
ANNUAL_PEAK = 2 * np.pi * 320 / 365.25
"""The year is busiest in the middle of November."""
SECOND_WAVE = 0.5
"""Height of the second harmonic, relative to the first."""


@dataclass(frozen=True)
class Strengths:
    """How strongly a server, or the typical one, feels the effects of the calendar."""

    monthly_growth_pct: float
    eoq_uplift_pct: float
    weekly: float = 1.0
    annual: float = 1.0
    annual_shift: float = 0.0


def log_effects(
    kind: ArchetypeConfig,
    strengths: Strengths,
    *,
    days: TimeAxis,
    config: GeneratorConfig,
) -> Floats:
    """Return the sum of all calendar effects on the log, shape (metrics, days).

    Zero is an ordinary Monday in the middle of the window.
    """
    switches = config.switches
    week = strengths.weekly * (
        days.is_weekend * np.log(kind.weekend_factor)
        + days.is_holiday * np.log(kind.holiday_factor) * switches.holidays
    )
    week = week + np.log(np.array(WEEKDAY_FACTORS))[days.iso_weekday - 1]
    eoq = np.log1p(strengths.eoq_uplift_pct / 100) * days.eoq_ramp * switches.eoq
    growth = np.log1p(strengths.monthly_growth_pct / 100) * days.months
    angle = days.annual_angle - ANNUAL_PEAK - strengths.annual_shift
    wave = strengths.annual * (np.cos(angle) + SECOND_WAVE * np.cos(2 * angle))
    traits = [config.metrics[name] for name in METRICS]
    effects: Floats = np.stack(
        [
            each.weekend * week
            + each.eoq * eoq
            + each.growth * growth
            + each.annual_amplitude * wave
            for each in traits
        ]
    )
    return effects


def fleet_log_effects(
    traits: Traits, *, days: TimeAxis, config: GeneratorConfig
) -> Floats:
    """Return the effects of each server, shape (servers, metrics, days)."""
    effects = np.empty((len(traits), len(METRICS), len(days)))
    for number in range(len(traits)):
        effects[number] = log_effects(
            config.archetypes[str(traits.archetype[number])],
            Strengths(
                monthly_growth_pct=float(traits.monthly_growth_pct[number]),
                eoq_uplift_pct=float(traits.eoq_uplift_pct[number]),
                weekly=float(traits.weekly_strength[number]),
                annual=float(traits.annual_strength[number]),
                annual_shift=float(traits.annual_shift[number]),
            ),
            days=days,
            config=config,
        )
    return effects
