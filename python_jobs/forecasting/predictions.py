"""What a model says of the days ahead, and whether its fit came to an end."""

from dataclasses import dataclass
from typing import Any

from python_jobs.forecasting.series import Floats


@dataclass(frozen=True)
class Prediction:
    """A model's forecast of the days ahead.

    Attributes
    ----------
    mean, sd
        Expected value, and standard deviation of the error, shape (horizon,).
    """

    mean: Floats
    sd: Floats


def is_converged(fit: Any) -> bool:
    """Return whether the optimiser of a statsmodels fit came to an end.

    The two families name it differently; an outcome that says neither did not.
    """
    outcome = fit.mle_retvals
    return bool(outcome.get("converged", outcome.get("success", False)))
