"""The four kinds of servers and the five metrics, as parameters."""

from typing import Self

from pydantic import Field, model_validator

from python_jobs.generator.sections import (
    Correlation,
    LevelRange,
    Positive,
    Probability,
)
from python_jobs.platform.sections import Section


class MetricValues(Section):
    """One number per metric of the archetype table."""

    cpu: Positive
    memory: Positive
    disk: Positive
    network_in: Positive


class CorrelationsConfig(Section):
    """Correlations between the daily values of right-sized servers."""

    cpu_memory: Correlation
    cpu_network: Correlation
    memory_disk: Correlation


class ArchetypeConfig(Section):
    """One kind of server.

    Attributes
    ----------
    share
        Part of the fleet.
    base
        Level on a working day in the middle of the window: percent; Mbps for network.
    sd
        Total standard deviation between and within servers, in the unit of the base.
    weekend_factor, holiday_factor
        CPU on such a day, relative to a working day.
    monthly_growth_pct
        Compound growth of CPU.
    spike_probability, spike_size
        Chance of a day with extra work, and what it multiplies CPU by.
    """

    share: Probability
    base: MetricValues
    sd: MetricValues
    weekend_factor: Positive
    holiday_factor: Positive
    monthly_growth_pct: float = Field(ge=-5, le=10)
    spike_probability: Probability
    spike_size: float = Field(ge=1, le=10)
    correlations: CorrelationsConfig

    @model_validator(mode="after")
    def _base_is_a_percent(self) -> Self:
        for name in ("cpu", "memory", "disk"):
            value = getattr(self.base, name)
            if value > 100:
                raise ValueError(f"base.{name} is {value:g} percent → at most 100")
        return self


class MetricConfig(Section):
    """How strongly a metric follows what moves CPU.

    Attributes
    ----------
    weekend, eoq, growth, spike
        Exponent on the CPU's factor: 1 moves like CPU, 0 not at all.
    annual_amplitude
        Half the height of the first annual wave, on the log.
    level_share
        Part of the spread that lies between servers; the rest is day-to-day noise.
    first_level
        Bounds of the level on the first day.
    """

    weekend: float = Field(ge=0, le=2)
    eoq: float = Field(ge=0, le=2)
    growth: float = Field(ge=0, le=2)
    spike: float = Field(ge=0, le=2)
    annual_amplitude: float = Field(ge=0, le=1)
    level_share: Probability
    first_level: LevelRange


def _values(cpu: float, memory: float, disk: float, network_in: float) -> MetricValues:
    return MetricValues(cpu=cpu, memory=memory, disk=disk, network_in=network_in)


def _correlations(
    cpu_memory: float, cpu_network: float, memory_disk: float
) -> CorrelationsConfig:
    return CorrelationsConfig(
        cpu_memory=cpu_memory, cpu_network=cpu_network, memory_disk=memory_disk
    )


ARCHETYPES = {
    "web": ArchetypeConfig(
        share=0.35,
        base=_values(45, 35, 20, 150),
        sd=_values(15, 8, 5, 50),
        weekend_factor=0.5,
        holiday_factor=0.65,
        monthly_growth_pct=0.5,
        spike_probability=0.03,
        spike_size=1.8,
        correlations=_correlations(0.5, 0.8, 0.2),
    ),
    "database": ArchetypeConfig(
        share=0.15,
        base=_values(35, 70, 55, 100),
        sd=_values(12, 10, 15, 30),
        weekend_factor=0.7,
        holiday_factor=0.8,
        monthly_growth_pct=1.0,
        spike_probability=0.01,
        spike_size=1.4,
        correlations=_correlations(0.6, 0.4, 0.7),
    ),
    "application": ArchetypeConfig(
        share=0.40,
        base=_values(50, 55, 30, 120),
        sd=_values(18, 15, 10, 40),
        weekend_factor=0.6,
        holiday_factor=0.7,
        monthly_growth_pct=0.8,
        spike_probability=0.02,
        spike_size=1.6,
        correlations=_correlations(0.7, 0.6, 0.4),
    ),
    "batch": ArchetypeConfig(
        share=0.10,
        base=_values(30, 45, 40, 80),
        sd=_values(25, 12, 20, 35),
        weekend_factor=1.2,
        holiday_factor=1.1,
        monthly_growth_pct=0.3,
        spike_probability=0.08,
        spike_size=2.5,
        correlations=_correlations(0.4, 0.3, 0.5),
    ),
}

METRIC_TRAITS = {
    "cpu": MetricConfig(
        weekend=1,
        eoq=1,
        growth=1,
        spike=1,
        annual_amplitude=0.05,
        level_share=0.88,
        first_level=(10, 95),
    ),
    "memory": MetricConfig(
        weekend=0.2,
        eoq=0.4,
        growth=0.5,
        spike=0.15,
        annual_amplitude=0.02,
        level_share=0.96,
        first_level=(15, 92),
    ),
    "disk": MetricConfig(
        weekend=0,
        eoq=0.1,
        growth=1,
        spike=0,
        annual_amplitude=0.01,
        level_share=0.99,
        first_level=(5, 85),
    ),
    "network_in": MetricConfig(
        weekend=1,
        eoq=0.8,
        growth=1,
        spike=0.5,
        annual_amplitude=0.06,
        level_share=0.88,
        first_level=(20, 500),
    ),
    "network_out": MetricConfig(
        weekend=1,
        eoq=0.8,
        growth=1,
        spike=0.5,
        annual_amplitude=0.06,
        level_share=0.88,
        first_level=(10, 300),
    ),
}
