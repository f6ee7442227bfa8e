"""Batched ARIMA(1,1,1) by Levenberg-Marquardt on the conditional sum of squares.

Source: Box and Jenkins (1970), Time Series Analysis, chapter 7: the sum of squares
given that the first innovation is zero; Levenberg (1944) and Marquardt (1963) for the
damping; Brockwell and Davis (1991), Time Series: Theory and Methods, section 5.3, for
the last innovation, which forgets the start late where the MA is near -1.
"""

from dataclasses import dataclass, fields

import numpy as np
from numba import njit

from python_jobs.forecasting.core.arrays import (
    FAST_MATH,
    LINEAR,
    LOG,
    WEEK_DAYS,
    AnyFloats,
    BlockData,
    Booleans,
    Family,
    Floats,
    ModelForecast,
    State,
    repeated,
)

START = (0.3, -0.8)
"""AR and MA of a daily usage that reverts within days: where the search begins."""

SETTLING_DAYS = 20
"""Burn-in: first innovations, left out of the sum of squares."""

STEPS = 12
"""Gauss-Newton steps at most; most series need five."""

_AR_BOUNDS = (-0.95, 0.97)
_MA_BOUNDS = (-0.998, 0.95)
_LONGEST_STEP = 0.5
_TOLERANCE = 1e-3
_FLATTEST = 1e-5


@dataclass(frozen=True)
class ArimaFit:
    """Parameters and last state of each series of a block.

    Attributes
    ----------
    ar, ma
        Parameters phi and theta of
        ``d[t] = phi d[t-1] + e[t] + theta e[t-1]`` with ``d`` the first difference.
    variance
        Mean square of the innovations.
    level, difference, innovation
        Last value, its difference to the one before, last innovation: all that a
        forecast needs. Each array has shape (series,).
    is_converged
        Whether the search came to an end within its steps.
    """

    ar: Floats
    ma: Floats
    variance: Floats
    level: Floats
    difference: Floats
    innovation: Floats
    is_converged: Booleans


def fit_arima(values: AnyFloats) -> ArimaFit:
    """Fit ARIMA(1,1,1) to each series of a block.

    Parameters
    ----------
    values
        Consecutive days without gaps, shape (series, days), more days than
        `SETTLING_DAYS`.
    """
    count = len(values)
    found = np.empty((5, count))
    is_converged = np.zeros(count, dtype=np.bool_)
    _fill_fits(np.ascontiguousarray(values), found, is_converged)
    return ArimaFit(
        ar=found[0],
        ma=found[1],
        variance=found[2] / max(values.shape[1] - SETTLING_DAYS, 1),
        level=values[:, -1].astype(np.float64),
        difference=found[3],
        innovation=found[4],
        is_converged=is_converged,
    )


def forecast_arima(fit: ArimaFit, horizon_days: int) -> tuple[Floats, Floats]:
    """Forecast mean and standard deviation, each of shape (series, horizon)."""
    shape = (len(fit.ar), horizon_days)
    mean, sd = np.empty(shape), np.empty(shape)
    _fill_forecasts(
        *(fit.ar, fit.ma, fit.variance),
        *(fit.level, fit.difference, fit.innovation),
        *(mean, sd),
    )
    return mean, sd


def sarima_calendar(data: BlockData) -> ModelForecast:
    """Forecast the calendar regression with ARIMA(1,1,1) errors."""
    fit = fit_arima(data.residuals)
    return ARIMA.forecast(_state(fit), data.explained, is_converged=fit.is_converged)


def sarima(data: BlockData) -> ModelForecast:
    """Forecast weekday means with ARIMA(1,1,1) errors on the usage."""
    days = data.usage.shape[1]
    weekdays = np.arange(days) % WEEK_DAYS
    # contiguous, so that the order of a sum does not depend on the rows beside it
    own = [np.ascontiguousarray(data.usage[:, weekdays == k]) for k in range(WEEK_DAYS)]
    means = np.column_stack([usage.mean(axis=1) for usage in own])
    fit = fit_arima(data.usage - means[:, weekdays])
    ahead = np.roll(means, -(days % WEEK_DAYS), axis=1)
    state = _state(fit) | {f"season_{day}": ahead[:, day] for day in range(WEEK_DAYS)}
    return SARIMA.forecast(state, data.explained, is_converged=fit.is_converged)


def _state(fit: ArimaFit) -> State:
    return {field.name: getattr(fit, field.name) for field in fields(ArimaFit)[:-1]}


def _from_state(state: State, horizon: int) -> tuple[Floats, Floats]:
    known = {field.name: state[field.name] for field in fields(ArimaFit)[:-1]}
    ended = np.ones(len(state["ar"]), dtype=np.bool_)
    return forecast_arima(ArimaFit(**known, is_converged=ended), horizon)


def _with_weekdays(state: State, horizon: int) -> tuple[Floats, Floats]:
    mean, sd = _from_state(state, horizon)
    season = np.column_stack([state[f"season_{day}"] for day in range(WEEK_DAYS)])
    return mean + repeated(season, horizon), sd


ARIMA = Family(_from_state, LOG)
SARIMA = Family(_with_weekdays, LINEAR)


@njit(cache=True, fastmath=FAST_MATH, nogil=True)
def _sums(differences, ar, ma):  # type: ignore[no-untyped-def]
    """Return the normal equations of a Gauss-Newton step.

    Sum of squared innovations, its gradient by ar and ma, and the three elements of the
    approximate Hessian.
    """
    none = differences.dtype.type(0.0)
    e, by_ar, by_ma = none, none, none
    squares, slope_ar, slope_ma = none, none, none
    ar_ar, ar_ma, ma_ma = none, none, none
    for t in range(1, len(differences)):
        before = differences[t - 1]
        by_ar = -before - ma * by_ar
        by_ma = -e - ma * by_ma
        e = differences[t] - ar * before - ma * e
        if t >= SETTLING_DAYS:
            squares += e * e
            slope_ar += e * by_ar
            slope_ma += e * by_ma
            ar_ar += by_ar * by_ar
            ar_ma += by_ar * by_ma
            ma_ma += by_ma * by_ma
    return squares, slope_ar, slope_ma, ar_ar, ar_ma, ma_ma


@njit(cache=True, fastmath=FAST_MATH, nogil=True)
def _bounded(value, bounds):  # type: ignore[no-untyped-def]
    return min(max(value, bounds[0]), bounds[1])


@njit(cache=True, fastmath=FAST_MATH, nogil=True)
def _fill_fits(values, found, is_converged):  # type: ignore[no-untyped-def]
    """Fit every series of a block.

    Rows of ``found``: ar, ma, squares, last difference, last innovation.
    """
    count, days = values.shape
    differences = np.empty(days - 1, values.dtype)
    for i in range(count):
        for t in range(days - 1):
            differences[t] = values[i, t + 1] - values[i, t]
        ar, ma, squares, has_ended = _fit(differences)
        found[0, i] = ar
        found[1, i] = ma
        found[2, i] = squares
        found[3, i] = differences[days - 2]
        found[4, i] = _last_innovation(differences, ar, ma)
        is_converged[i] = has_ended


@njit(cache=True, fastmath=FAST_MATH, nogil=True)
def _fit(differences):  # type: ignore[no-untyped-def]
    """Minimise from `START`; return ar, ma, squares, and whether it converged."""
    kind = differences.dtype.type
    ar, ma = START
    best_ar, best_ma, damping = ar, ma, 1e-3
    best = (np.inf, 0.0, 0.0, 0.0, 0.0, 0.0)
    has_ended = False
    for _ in range(STEPS + 1):
        q, g, h, gg, gh, hh = _sums(differences, kind(ar), kind(ma))
        if q < best[0]:
            has_ended = best[0] - q <= _FLATTEST * q
            best = (float(q), float(g), float(h), float(gg), float(gh), float(hh))
            best_ar, best_ma = ar, ma
            damping *= 0.2
        else:
            damping = damping * 10.0 + 1e-3
            has_ended = damping > 1e6
        if has_ended:
            break
        step_ar, step_ma = _step(best, damping)
        ar = _bounded(best_ar + step_ar, _AR_BOUNDS)
        ma = _bounded(best_ma + step_ma, _MA_BOUNDS)
        if abs(ar - best_ar) + abs(ma - best_ma) < _TOLERANCE:
            has_ended = True
            break
    return best_ar, best_ma, best[0], has_ended


@njit(cache=True, fastmath=FAST_MATH, nogil=True)
def _step(sums, damping):  # type: ignore[no-untyped-def]
    """Return the Levenberg-Marquardt step of ar and ma, bounded in length."""
    a = sums[3] * (1.0 + damping) + 1e-30
    b = sums[5] * (1.0 + damping) + 1e-30
    c = sums[4]
    determinant = max(a * b - c * c, 1e-30)
    step_ar = -(b * sums[1] - c * sums[2]) / determinant
    step_ma = -(a * sums[2] - c * sums[1]) / determinant
    longest = max(abs(step_ar), abs(step_ma))
    scale = 1.0 if longest <= _LONGEST_STEP else _LONGEST_STEP / longest
    return scale * step_ar, scale * step_ma


@njit(cache=True, fastmath=FAST_MATH, nogil=True)
def _last_innovation(differences, ar, ma):  # type: ignore[no-untyped-def]
    """Return the last innovation by the exact filter, from an unknown start.

    ``ratio`` is the variance of a day's prediction over that of an innovation: large
    on the first day, 1 when the start is forgotten.
    """
    growth = ar + ma
    ratio = 1.0 + growth * growth / (1.0 - ar * ar)
    gain, before = 0.0, 0.0
    for t in range(len(differences)):
        now = float(differences[t])
        share = 1.0 / ratio
        gain = (now - ar * before - ma * gain) * share
        ratio = 1.0 + ma * ma * (1.0 - share)
        before = now
    return gain


@njit(cache=True, nogil=True)
def _fill_forecasts(ar, ma, variance, level, difference, innovation, mean, sd):  # type: ignore[no-untyped-def]
    """Fill mean and sd by the psi weights of the integrated process."""
    count, horizon = mean.shape
    for i in range(count):
        step = ar[i] * difference[i] + ma[i] * innovation[i]
        value = level[i]
        weight = 1.0
        growth = ar[i] + ma[i]
        squares = 0.0
        for k in range(horizon):
            value += step
            step *= ar[i]
            squares += weight * weight
            weight += growth
            growth *= ar[i]
            mean[i, k] = value
            sd[i, k] = np.sqrt(variance[i] * squares)
