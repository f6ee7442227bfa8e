"""Options of the jobs that fit and cluster: section ``jobs`` of the configuration."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Candidate = Literal[
    "simple_exponential_smoothing",
    "holt_winters",
    "sarima",
    "level_calendar",
    "holt_winters_calendar",
    "sarima_calendar",
    "sarima_seasonal",
    "gradient_boosting",
    "inverse_error_mean",
]

ALL_CANDIDATES: tuple[Candidate, ...] = get_args(Candidate)
"""Every model of the job, the simplest first."""

STATSMODELS_CANDIDATES: tuple[Candidate, ...] = (
    "simple_exponential_smoothing",
    "holt_winters",
    "sarima",
    "holt_winters_calendar",
    "sarima_calendar",
    "sarima_seasonal",
)
"""What the engine ``statsmodels`` fits."""

DEFAULT_CANDIDATES: tuple[Candidate, ...] = tuple(
    each for each in ALL_CANDIDATES if each != "sarima_seasonal"
)
"""All but the one that takes seconds a series."""


def _without_repeats(candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    if len(set(candidates)) < len(candidates):
        raise ValueError("a candidate is named more than once")
    return candidates


class JobsConfig(BaseModel):
    """Options of `load_forecasts` and `server_clusters`.

    Attributes
    ----------
    processes
        Processes that fit series side by side; None: one per core. It changes the
        time, never the result, so it is no part of a run's identity.
    candidates
        Models that are fitted. An earlier one wins a tie, so the simpler come first.
    fit_days
        Newest days of history that a model is fitted on. 728 hold two years, so eight
        quarter ends; more costs time and gains nothing measurable.
    maximum_iterations
        Steps after which a fit that has not converged is refused.
    cluster_count
        Number of clusters of servers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    processes: int | None = Field(default=None, ge=1, le=256, exclude=True)
    candidates: Annotated[
        tuple[Candidate, ...], Field(min_length=1), AfterValidator(_without_repeats)
    ] = ALL_CANDIDATES
    fit_days: int = Field(default=728, ge=91, le=3660)
    maximum_iterations: int = Field(default=200, ge=10, le=10_000)
    cluster_count: int = Field(default=4, ge=2, le=7)
