"""What the calendar explains of the log usage of a block, robustly and shrunk.

All series of a block share one design, so least squares is one product for them all.
Days far from the fit are pulled in and the fit is made again (Huber 1964); a level
shift is found by the exact gain of a step beside the design (Frisch and Waugh 1933) and
taken out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from python_jobs.forecasting.series import Floats

Block = NDArray[np.floating[Any]]
"""Floats of 32 or 64 bits."""
Booleans = NDArray[np.bool_]

LIMIT = 3.5
"""Robust standard deviations beyond which a residual is pulled in."""

SHIFT_DEVIATES = 4.5
"""Standard errors that a step must be away from none: it is the largest of many."""

_AUTOCORRELATION_FACTOR = 3.0
"""Variance of a mean of days that follow each other, over that of independent ones."""

_RELATIVE_CUTOFF = 1e-10
_NO_SHIFT = -1
_SHIFT_SQUARES = _AUTOCORRELATION_FACTOR * SHIFT_DEVIATES**2
_FAST = {"reassoc", "contract", "arcp", "nsz"}
# what comes here is finite: a series that is not has been refused
_FASTER = {*_FAST, "nnan"}


@dataclass(frozen=True)
class ShiftRule:
    """What makes a step a level shift.

    Attributes
    ----------
    old_steps, new_steps
        Steps that the level must have lasted before and since; a newer one is seen in
        part, as no residual is beyond `LIMIT`.
    least_gain
        Share of the squared residuals that the step must explain.
    """

    old_steps: int
    new_steps: int
    least_gain: float


DAILY_SHIFTS = ShiftRule(old_steps=28, new_steps=14, least_gain=0.1)
"""Two weeks: longer than the days before a quarter end, which short windows do not
explain."""
HOURLY_SHIFTS = ShiftRule(old_steps=28, new_steps=28, least_gain=0.3)
"""Hours of a day depend on each other: a step that explains less is a busy day."""


@dataclass(frozen=True)
class SharedDesign:
    """A design of consecutive days with its projection, solved once for a block.

    Attributes
    ----------
    terms
        Shape (days, terms).
    projection
        Pseudo-inverse, shape (terms, days); rows of unused terms are 0.
    step_squares
        Squared length of what the design leaves of a step that ends at each day,
        shape (days,).
    """

    terms: Floats
    projection: Floats
    step_squares: Floats

    @classmethod
    def of(cls, terms: Floats, *, used: list[int]) -> "SharedDesign":
        """Solve the design of the used terms."""
        projection = np.zeros(terms.shape[::-1])
        projection[used] = np.linalg.pinv(terms[:, used], rcond=_RELATIVE_CUTOFF)
        sums = np.cumsum(terms, axis=0)
        days = np.arange(1, len(terms) + 1)
        squares = days - np.einsum(
            "tk,tk->t", sums, np.cumsum(projection.T, axis=0), optimize=True
        )
        return cls(terms=terms, projection=projection, step_squares=squares)


@dataclass(frozen=True)
class RegressionFit:
    """Coefficients of a block, and what they leave.

    Attributes
    ----------
    coefficients
        Shape (series, terms).
    residuals
        Log usage less fit, outliers pulled in, shape (series, days).
    spread
        Robust standard deviation of the residuals, shape (series,).
    shift_day
        First day of the newest level, counted from the window's first; -1 without.
    """

    coefficients: Floats
    residuals: Block
    spread: Floats
    shift_day: NDArray[np.int64]


def fit_regression(
    log_usage: Block,
    *,
    is_filled: Booleans,
    design: SharedDesign,
    shifts: ShiftRule = DAILY_SHIFTS,
) -> RegressionFit:
    """Fit the design to each row.

    Parameters
    ----------
    log_usage
        Shape (series, days).
    is_filled
        Days without a measurement: they take the fit, shape (series, days).
    design
        Of the same days.
    shifts
        What makes a step a level shift.
    """
    kind = log_usage.dtype
    projection: Block = design.projection.T.astype(kind)
    terms: Block = design.terms.T.astype(kind)
    levelled = log_usage.copy()
    spread = np.empty(len(log_usage))
    shift_day = np.full(len(log_usage), _NO_SHIFT)
    rule = (shifts.old_steps, shifts.new_steps, shifts.least_gain)
    squares = design.step_squares
    fitted: Block = (log_usage @ projection) @ terms
    pulled, residuals = np.empty_like(fitted), np.empty_like(fitted)
    for is_last_round in (False, False, True):
        _pull_in(levelled, fitted, is_filled, pulled, spread)
        coefficients: Block = pulled @ projection
        fitted = coefficients @ terms
        np.subtract(pulled, fitted, out=residuals)
        if is_last_round:
            break
        if _level_shifts(residuals, squares, rule, levelled, pulled, shift_day):
            # the whole block: a product of fewer rows may round them otherwise
            fitted = (pulled @ projection) @ terms
    return RegressionFit(
        coefficients=coefficients.astype(np.float64),
        residuals=residuals,
        spread=spread,
        shift_day=shift_day,
    )


@njit(cache=True, fastmath=_FASTER, nogil=True)
def _pull_in(values, fitted, is_filled, pulled, spread):  # type: ignore[no-untyped-def]
    """Clip residuals at `LIMIT` spreads; the spread is that of the central ones."""
    count, days = values.shape
    kind = values.dtype.type
    none, one = kind(0.0), kind(1.0)
    away = np.empty(days, values.dtype)
    for i in range(count):
        total, filled = none, none
        for t in range(days):
            residual = values[i, t] - fitted[i, t]
            total += abs(residual)
            filled += one if is_filled[i, t] else none
            away[t] = none if is_filled[i, t] else residual
        deviation = kind(1.2533) * total / kind(days)
        for _ in range(2):
            limit = kind(2.5) * deviation
            # a filled day is no measurement, and 0 away: it is inside
            squares, inside = none, -filled
            for t in range(days):
                is_inside = abs(away[t]) <= limit
                squares += away[t] * away[t] if is_inside else none
                inside += one if is_inside else none
            deviation = kind(1.04) * np.sqrt(squares / max(inside, one))
        spread[i] = deviation
        limit = kind(LIMIT) * deviation
        for t in range(days):
            pulled[i, t] = fitted[i, t] + min(max(away[t], -limit), limit)


@njit(cache=True, nogil=True)
def _level_shifts(residuals, step_squares, rule, levelled, pulled, shift_day):  # type: ignore[no-untyped-def]
    """Take out the one step that explains most, where it explains enough; say if any.

    Residuals are at right angles to the design, so the product of a step with them is
    their running sum, and the gain of the step its square over `step_squares`.
    """
    count, days = residuals.shape
    old_steps, new_steps, least_gain = rule
    least = max(least_gain, _SHIFT_SQUARES / days)
    has_moved = False
    for i in range(count):
        squares, running, most, at, size = 0.0, 0.0, 0.0, -1, 0.0
        for t in range(days):
            squares += residuals[i, t] * residuals[i, t]
            running += residuals[i, t]
            if old_steps <= t + 1 <= days - new_steps:
                length = step_squares[t]
                if length > 1.0 and running * running > most * length:
                    most = running * running / length
                    at = t + 1
                    size = running / length
        if at >= 0 and most > least * (squares - most):
            for t in range(at):
                levelled[i, t] -= size
                pulled[i, t] -= size
            shift_day[i] = max(shift_day[i], at)
            has_moved = True
    return has_moved
