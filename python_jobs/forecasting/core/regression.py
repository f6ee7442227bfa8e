"""Robust calendar regression of the log usage of a block.

All series of a block share one design, so least squares is one product for them all.
Residuals far from the fit are winsorised and the fit is made again (Huber 1964); a
level shift is found by the exact gain of a step beside the design (Frisch and Waugh
1933) and taken out. Steps without a measurement are imputed by the level before them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import NDArray

from python_jobs.calendars.calendar_terms import projection, used_terms
from python_jobs.calendars.forecast_design import MEAN_DEVIATION_SD, TERMS
from python_jobs.forecasting.core.arrays import (
    FAST_MATH,
    ONE_DAY,
    AnyFloats,
    Booleans,
    Floats,
    Integers,
)
from python_jobs.forecasting.core.parallel import one_blas_thread
from python_jobs.platform.errors import InputError

WINSOR_DEVIATES = 3.5
"""Robust standard deviations beyond which a residual is winsorised."""

SHIFT_DEVIATES = 4.5
"""Standard errors that a step must be away from none: it is the largest of many."""

_AUTOCORRELATION_FACTOR = 3.0
"""Variance of a mean of days that follow each other, over that of independent ones."""

_NO_SHIFT = -1
_SHIFT_SQUARES = _AUTOCORRELATION_FACTOR * SHIFT_DEVIATES**2
# what comes here is finite: a series that is not has been rejected
_FASTER = {*FAST_MATH, "nnan"}


@dataclass(frozen=True)
class ShiftRule:
    """Test of a step for a level shift.

    Attributes
    ----------
    old_steps, new_steps
        Steps that the level must have lasted before and since; a newer one is seen in
        part, as no residual is beyond `WINSOR_DEVIATES`.
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
    """Design matrix of consecutive days with its pseudo-inverse, solved once.

    Attributes
    ----------
    terms
        Shape (days, terms).
    projection
        Pseudo-inverse, shape (terms, days); rows of unused terms are 0.
    step_squares
        Squared norm of the residual of a step that ends at each day, regressed on the
        design, shape (days,).
    """

    terms: Floats
    projection: Floats
    step_squares: Floats

    @classmethod
    def of(cls, terms: Floats, *, used: list[int]) -> "SharedDesign":
        """Compute the pseudo-inverse of the used terms."""
        weights = projection(terms, used=used)
        sums = np.cumsum(terms, axis=0)
        days = np.arange(1, len(terms) + 1)
        squares = days - np.einsum(
            "tk,tk->t", sums, np.cumsum(weights.T, axis=0), optimize=True
        )
        return cls(terms=terms, projection=weights, step_squares=squares)

    @property
    def is_used(self) -> Booleans:
        """Which terms the design has, shape (terms,)."""
        used: Booleans = np.abs(self.projection).sum(axis=1) > 0.0
        return used


@dataclass(frozen=True)
class RegressionFit:
    """Coefficients and winsorised residuals of a block.

    Attributes
    ----------
    coefficients
        Shape (series, terms).
    residuals
        Log usage less fit, winsorised, shape (series, days).
    spread
        Robust standard deviation of the residuals, shape (series,).
    shift_day
        First day of the newest level, counted from the window's first; -1 without.
    """

    coefficients: Floats
    residuals: AnyFloats
    spread: Floats
    shift_day: Integers


def fit_regression(
    log_usage: AnyFloats,
    *,
    is_filled: Booleans,
    design: SharedDesign,
    shifts: ShiftRule = DAILY_SHIFTS,
) -> RegressionFit:
    """Fit the winsorised calendar regression of a block by least squares.

    Parameters
    ----------
    log_usage
        Shape (series, days).
    is_filled
        Days without a measurement: they take the fit, shape (series, days).
    design
        Of the same days.
    shifts
        Rule for a step to be a level shift.
    """
    kind = log_usage.dtype
    weights: AnyFloats = design.projection.T.astype(kind)
    terms: AnyFloats = design.terms.T.astype(kind)
    levelled = log_usage.copy()
    spread = np.empty(len(log_usage))
    shift_day = np.full(len(log_usage), _NO_SHIFT)
    rule = (shifts.old_steps, shifts.new_steps, shifts.least_gain)
    squares = design.step_squares
    fitted: AnyFloats = (log_usage @ weights) @ terms
    winsorised, residuals = np.empty_like(fitted), np.empty_like(fitted)
    for is_last_round in (False, False, True):
        _winsorise(levelled, fitted, is_filled, MEAN_DEVIATION_SD, winsorised, spread)
        coefficients: AnyFloats = winsorised @ weights
        fitted = coefficients @ terms
        np.subtract(winsorised, fitted, out=residuals)
        if is_last_round:
            break
        if _level_shifts(residuals, squares, rule, levelled, winsorised, shift_day):
            # the whole block: a product of fewer rows may round them otherwise
            fitted = (winsorised @ weights) @ terms
    return RegressionFit(
        coefficients=coefficients.astype(np.float64),
        residuals=residuals,
        spread=spread,
        shift_day=shift_day,
    )


@njit(cache=True, fastmath=_FASTER, nogil=True)
def _winsorise(values, fitted, is_filled, mean_deviation_sd, winsorised, spread):  # type: ignore[no-untyped-def]
    """Winsorise residuals at `WINSOR_DEVIATES` robust standard deviations."""
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
        deviation = kind(mean_deviation_sd) * total / kind(days)
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
        limit = kind(WINSOR_DEVIATES) * deviation
        for t in range(days):
            winsorised[i, t] = fitted[i, t] + min(max(away[t], -limit), limit)


@njit(cache=True, nogil=True)
def _level_shifts(residuals, step_squares, rule, levelled, winsorised, shift_day):  # type: ignore[no-untyped-def]
    """Remove the level shift of largest gain where it suffices; return if any.

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
                winsorised[i, t] -= size
            shift_day[i] = max(shift_day[i], at)
            has_moved = True
    return has_moved


LEVEL_ALPHA = 0.1
"""Smoothing parameter of the level that imputes unmeasured steps."""


def carry_levels(residuals: AnyFloats, is_filled: Booleans) -> None:
    """Impute residuals of unmeasured steps by the exponentially weighted level.

    A residual of 0 would say that the usage was back at its mean of years.

    Parameters
    ----------
    residuals
        Shape (series, steps); written to.
    is_filled
        Steps without a measurement, shape (series, steps).
    """
    if is_filled.any():
        _carry_levels(residuals, is_filled, LEVEL_ALPHA)


@njit(cache=True, nogil=True)
def _carry_levels(residuals, is_filled, alpha):  # type: ignore[no-untyped-def]
    count, steps = residuals.shape
    for i in range(count):
        level = 0.0
        for t in range(steps):
            if is_filled[i, t]:
                residuals[i, t] = level
            else:
                level += alpha * (residuals[i, t] - level)


@dataclass(frozen=True)
class CalendarDesign:
    """Design matrix of one calendar, one row a day.

    Attributes
    ----------
    days
        Consecutive dates, from the fleet's first measured day to the horizon's end.
    terms
        Shape (days, terms), in the order of `TERMS`.
    """

    days: NDArray[np.datetime64]
    terms: Floats

    def rows(self, first: np.datetime64, *, day_count: int) -> Floats:
        """Return the terms of `day_count` days from `first` on."""
        start = int((first - self.days[0]) / ONE_DAY)
        return self.terms[start : start + day_count]


def calendar_designs(feature_rows: pd.DataFrame) -> dict[str, CalendarDesign]:
    """Read the design of each calendar from ``feat_calendar_weights``.

    Raises
    ------
    InputError
        If a calendar lacks a day between its first and its last.
    """
    columns = [f"x_{term}" for term in TERMS]
    designs: dict[str, CalendarDesign] = {}
    for calendar_id, rows in feature_rows.groupby("calendar_id", sort=True):
        days = rows["calendar_date"].to_numpy().astype("datetime64[D]")
        late = np.flatnonzero(np.diff(days) != ONE_DAY)
        if len(late):
            raise InputError(
                f"feat_calendar_weights: calendar_id {calendar_id} has no day after"
                f" {days[late[0]]}; expected consecutive dates → build the features"
                " again with `capacity build`"
            )
        designs[str(calendar_id)] = CalendarDesign(
            days=days, terms=rows[columns].to_numpy(dtype=np.float64)
        )
    return designs


class Designs:
    """Cache of solved designs by calendar, last day, window and harmonics.

    Parameters
    ----------
    calendars
        Terms of each calendar, day by day.
    """

    def __init__(self, calendars: Mapping[str, CalendarDesign]) -> None:
        self._calendars = calendars
        self._solved: dict[tuple[str, int, int, bool, int], SharedDesign] = {}

    @property
    def first_days(self) -> dict[str, int]:
        """First day of each calendar, as days since 1970-01-01."""
        return {
            name: int(design.days[0].astype(np.int64))
            for name, design in self._calendars.items()
        }

    def solved(
        self,
        calendar_id: str,
        *,
        last_day: int,
        window_days: int,
        is_full: bool,
        harmonics: int,
    ) -> SharedDesign:
        """Return the solved design of a window, cached."""
        key = (calendar_id, last_day, window_days, is_full, harmonics)
        if key not in self._solved:
            terms = self.terms(
                calendar_id, first_day=last_day - window_days + 1, days=window_days
            )
            used = used_terms(is_full=is_full, harmonics=harmonics)
            with one_blas_thread():
                self._solved[key] = SharedDesign.of(terms, used=used)
        return self._solved[key]

    def terms(self, calendar_id: str, *, first_day: int, days: int) -> Floats:
        """Return the terms of consecutive days, shape (days, terms)."""
        first = np.datetime64(first_day, "D")
        return self._calendars[calendar_id].rows(first, day_count=days)
