"""Options of the jobs that fit and cluster: section ``jobs`` of the configuration."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from python_jobs.platform.sections import Section

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

Engine = Literal["batched", "statsmodels"]

ALL_CANDIDATES: tuple[Candidate, ...] = get_args(Candidate)
"""Every model of the job, the simplest first."""

_OF_STATSMODELS: tuple[Candidate, ...] = (
    "simple_exponential_smoothing",
    "holt_winters",
    "sarima",
    "holt_winters_calendar",
    "sarima_calendar",
)
FITTED_BY: Mapping[Engine, tuple[Candidate, ...]] = {
    "batched": tuple(each for each in ALL_CANDIDATES if each != "sarima_seasonal"),
    "statsmodels": (*_OF_STATSMODELS, "sarima_seasonal"),
}
"""Candidates that an engine knows."""

DEFAULT_CANDIDATES: Mapping[Engine, tuple[Candidate, ...]] = {
    "batched": FITTED_BY["batched"],
    # the seasonal SARIMA takes seconds a series
    "statsmodels": _OF_STATSMODELS,
}
"""Candidates of an engine by default."""


def _without_repeats(
    candidates: tuple[Candidate, ...] | None,
) -> tuple[Candidate, ...] | None:
    if candidates and len(set(candidates)) < len(candidates):
        raise ValueError("a candidate is named more than once")
    return candidates


class JobsConfig(Section):
    """Options of `usage_forecasts` and `server_clusters`.

    Attributes
    ----------
    processes
        Cores that fit series side by side; None: all. It changes the time, never the
        result, so it is no part of a run's identity.
    engine
        Who fits the candidates. ``batched``: kernels over blocks of series, in seconds;
        ``statsmodels``: the literal ExponentialSmoothing and SARIMAX, series by series,
        about half a second a series and origin for all of them.
    candidates
        Models that are fitted; None: all that the engine has but the slow ones. The
        simplest that is as good as the best forecasts.
    fit_days
        Newest days of history that a model is fitted on behind the calendar. 728 hold
        two years, so eight quarter ends; more costs time and gains nothing measurable.
    maximum_iterations
        Steps after which a fit of statsmodels that has not converged is refused.
    cluster_count
        Number of clusters of servers.
    """

    processes: int | None = Field(default=None, ge=1, le=256, exclude=True)
    engine: Engine = "batched"
    candidates: Annotated[
        tuple[Candidate, ...] | None,
        Field(min_length=1),
        AfterValidator(_without_repeats),
    ] = None
    fit_days: int = Field(default=728, ge=91, le=3660)
    maximum_iterations: int = Field(default=200, ge=10, le=10_000)
    cluster_count: int = Field(default=4, ge=2, le=7)

    @model_validator(mode="after")
    def _candidates_are_of_the_engine(self) -> Self:
        known = FITTED_BY[self.engine]
        for each in self.candidates or ():
            if each not in known:
                raise ValueError(
                    f"candidate {each} is not fitted by engine {self.engine};"
                    f" expected some of {', '.join(known)}"
                )
        return self

    @property
    def models(self) -> tuple[Candidate, ...]:
        """Candidates that are fitted, the simplest first."""
        asked = self.candidates or DEFAULT_CANDIDATES[self.engine]
        return tuple(each for each in ALL_CANDIDATES if each in asked)
