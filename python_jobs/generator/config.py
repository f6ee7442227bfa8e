"""Configuration of the generator: one frozen, validated model per concern.

Every key has a default; the whole is the section `generator` of the configuration.
Errors name the key and what it must be.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from python_jobs.calendars import CALENDAR_IDS
from python_jobs.calendars.holidays_seed import FIRST_DATE, LAST_DATE
from python_jobs.generator.archetypes import (
    ARCHETYPES,
    METRIC_TRAITS,
    ArchetypeConfig,
    MetricConfig,
)
from python_jobs.generator.disturbance_config import (
    AnomaliesConfig,
    EventsConfig,
    GapsConfig,
    SizesConfig,
)
from python_jobs.generator.metrics import METRICS
from python_jobs.generator.sections import (
    CountRange,
    PhiRange,
    Probability,
    Weight,
)
from python_jobs.platform.sections import Section

Criticality = Literal["High", "Medium", "Low"]
Weights = dict[str, Weight]
Day = Annotated[date, Field(ge=FIRST_DATE, le=LAST_DATE)]
"""A day whose holidays are known."""


class BusinessUnitConfig(Section):
    """One business unit: its part of the fleet and what a quarter end does to it."""

    weight: Weight
    eoq_uplift_pct: float = Field(ge=0, le=300)
    """CPU on the quarter end date above its usual level, in percent."""


class SwitchesConfig(Section):
    """Effects that can be left out."""

    eoq: bool = True
    holidays: bool = True
    spikes: bool = True
    anomalies: bool = True


class DeliveriesConfig(Section):
    """How the rows arrive; the stored tables hold each row once, whatever is set."""

    duplicate_rate: Probability = 0.0
    """Rows that the flat file delivers twice."""
    late_rate: Probability = 0.0
    """Rows that come with a second load."""
    late_days: int = Field(default=3, ge=1, le=365)


class HourlyConfig(Section):
    """The curve of a day, when granularity is hourly."""

    peak_hour: int = Field(default=14, ge=0, le=23)
    night_fraction: float = Field(default=0.4, gt=0, le=1)
    """Usage of the quietest hour, as a fraction of the day's P95."""
    noise_sd: float = Field(default=0.02, ge=0, le=1)


def _unit(weight: float, eoq_uplift_pct: float) -> BusinessUnitConfig:
    return BusinessUnitConfig(weight=weight, eoq_uplift_pct=eoq_uplift_pct)


BUSINESS_UNITS = {
    "Retail": _unit(0.35, 20),
    "Investment": _unit(0.25, 45),
    "Wealth": _unit(0.20, 25),
    "Corporate": _unit(0.20, 35),
}
REGIONS = {
    "us-east-1": 0.40,
    "us-west-2": 0.25,
    "eu-west-1": 0.20,
    "ap-southeast-1": 0.15,
}
CRITICALITIES: dict[Criticality, float] = {"High": 0.2, "Medium": 0.5, "Low": 0.3}
ENVIRONMENTS = {"production": 0.8, "staging": 0.12, "development": 0.08}


class GeneratorConfig(Section):
    """The fleet to generate."""

    seed: int = Field(default=42, ge=0, lt=2**63)
    server_count: int = Field(default=120, ge=1, le=100_000)
    first_date: Day = date(2022, 1, 1)
    last_date: Day = date(2025, 12, 31)
    granularity: Literal["daily", "hourly"] = "daily"
    truth_days_ahead: int = Field(default=400, ge=0, le=1500)
    """Days past the last observed one for which the truth is written."""
    calendar_id: str = "us_bank"
    business_units: dict[str, BusinessUnitConfig] = Field(
        default_factory=lambda: dict(BUSINESS_UNITS)
    )
    regions: Weights = Field(default_factory=lambda: dict(REGIONS))
    criticalities: dict[Criticality, Weight] = Field(
        default_factory=lambda: dict(CRITICALITIES)
    )
    environments: Weights = Field(default_factory=lambda: dict(ENVIRONMENTS))
    network_mbps: CountRange = (500, 1000)
    eoq_start_fraction: Probability = 0.5
    """Share of the uplift that the first day of the window has."""
    noise_phi: PhiRange = (0.3, 0.6)
    """Range of the day-to-day autocorrelation."""
    archetypes: dict[str, ArchetypeConfig] = Field(
        default_factory=lambda: dict(ARCHETYPES)
    )
    metrics: dict[str, MetricConfig] = Field(
        default_factory=lambda: dict(METRIC_TRAITS)
    )
    switches: SwitchesConfig = SwitchesConfig()
    sizes: SizesConfig = SizesConfig()
    events: EventsConfig = EventsConfig()
    gaps: GapsConfig = GapsConfig()
    anomalies: AnomaliesConfig = AnomaliesConfig()
    deliveries: DeliveriesConfig = DeliveriesConfig()
    hourly: HourlyConfig = HourlyConfig()

    @model_validator(mode="before")
    @classmethod
    def _fill_archetypes_and_metrics(cls, given: Any) -> Any:
        """Let a file name only the parameters it changes."""
        if not isinstance(given, Mapping):
            return given
        filled = dict(given)
        known: dict[str, Mapping[str, Section]] = {
            "archetypes": ARCHETYPES,
            "metrics": METRIC_TRAITS,
        }
        for key, sections in known.items():
            if isinstance(filled.get(key), Mapping):
                whole = {name: each.model_dump() for name, each in sections.items()}
                filled[key] = _merged(whole, filled[key])
        return filled

    @field_validator("calendar_id")
    @classmethod
    def _calendar_is_known(cls, calendar_id: str) -> str:
        if calendar_id not in CALENDAR_IDS:
            raise ValueError(f"no known calendar → use {' or '.join(CALENDAR_IDS)}")
        return calendar_id

    @field_validator("business_units", "regions", "criticalities", "environments")
    @classmethod
    def _something_has_weight(cls, given: dict[str, Any]) -> dict[str, Any]:
        weights = [getattr(each, "weight", each) for each in given.values()]
        if not sum(weights) > 0:
            raise ValueError("no entry has a weight above 0 → give at least one")
        return given

    @field_validator("archetypes")
    @classmethod
    def _shares_sum_to_one(
        cls, given: dict[str, ArchetypeConfig]
    ) -> dict[str, ArchetypeConfig]:
        total = sum(each.share for each in given.values())
        if abs(total - 1) > 1e-6:
            raise ValueError(
                f"the shares sum to {total:g}, expected 1 → correct archetypes.*.share"
            )
        return given

    @field_validator("metrics")
    @classmethod
    def _metrics_are_the_five(
        cls, given: dict[str, MetricConfig]
    ) -> dict[str, MetricConfig]:
        unknown = sorted(set(given) - set(METRICS))
        if unknown:
            raise ValueError(
                f"{', '.join(unknown)} is no metric → use {', '.join(METRICS)}"
            )
        return given

    @model_validator(mode="after")
    def _dates_are_ordered(self) -> Self:
        if self.last_date < self.first_date:
            raise ValueError(
                f"last_date {self.last_date} is before first_date {self.first_date}"
                " → swap them"
            )
        return self


def _merged(known: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the known values, replaced by the given ones at any depth."""
    merged = dict(known)
    for key, value in given.items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, dict):
            merged[key] = _merged(below, value)
        else:
            merged[key] = value
    return merged
