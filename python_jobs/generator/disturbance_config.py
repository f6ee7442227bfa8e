"""What happens to single servers and values, as parameters."""

from typing import Self

from pydantic import Field, model_validator

from python_jobs.generator.sections import CountRange, Probability
from python_jobs.platform.sections import Section


class SizesConfig(Section):
    """Servers that are too large for their usage."""

    oversized_share: Probability = 0.15
    oversized_4_fraction: Probability = 0.5
    """Of the oversized ones: four times too large; the others twice."""
    idle_share: Probability = 0.05

    @model_validator(mode="after")
    def _shares_leave_room(self) -> Self:
        if self.oversized_share + self.idle_share > 1:
            raise ValueError(
                "oversized_share and idle_share are more than 1 together"
                " → lower one of them"
            )
        return self


class EventsConfig(Section):
    """What happens to single servers inside the observed window."""

    level_shift_share: Probability = 0.04
    level_shift_pct: float = Field(default=25, gt=0, le=200)
    resize_share: Probability = 0.04
    leak_share: Probability = 0.03
    leak_rise_pct: float = Field(default=30, gt=0, le=200)
    leak_days: CountRange = (60, 120)
    cleanup_days: CountRange = (60, 120)
    """Days between two clean-ups of a disk."""
    cleanup_pct: float = Field(default=5, ge=0, le=90)
    """What a clean-up frees, in percent of the level."""
    commissioned_share: Probability = 0.03
    decommissioned_share: Probability = 0.025


class GapsConfig(Section):
    """What monitoring misses."""

    missing_rate: Probability = 0.005
    """Days without any metric."""
    metric_missing_rate: Probability = 0.001
    """Values missing on their own."""
    outages_per_year: float = Field(default=0.4, ge=0, le=50)
    outage_days: CountRange = (2, 6)


class AnomaliesConfig(Section):
    """Labelled errors of measurement, on single values."""

    rate: Probability = 0.005
    spike_factor: float = Field(default=1.6, gt=1, le=10)
    dip_factor: float = Field(default=0.4, ge=0, lt=1)
    dip_fraction: Probability = 0.4
