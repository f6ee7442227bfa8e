"""The loops behind `smoothing`, a series at a time.

The slopes that a step needs are differences between recursions that run side by side,
one parameter moved in each.
"""

import numpy as np
from numba import njit

ALPHA, BETA, PHI, GAMMA = 0, 1, 2, 3

SETTLING_DAYS = 14
"""First errors, which the start still shapes: none is summed."""

STEPS = 25
_FAST = {"reassoc", "contract", "arcp", "nsz"}
_MOVE = 1e-4
_LONGEST_STEP = 0.3
_TOLERANCE = 1e-3
_FLATTEST = 1e-4
_LOWEST = np.array([1e-4, 1e-4, 0.8, 1e-4])
_HIGHEST = np.array([0.9999, 0.9999, 0.998, 0.9999])
_STARTS = np.array(
    [
        [0.03, 0.01, 0.95, 0.03],
        [0.15, 0.05, 0.95, 0.1],
        [0.6, 0.05, 0.9, 0.1],
        [0.95, 0.01, 0.9, 0.01],
    ]
)


@njit(cache=True, fastmath=_FAST, nogil=True)
def _run(values, points, first_level, first_season, sums, state):  # type: ignore[no-untyped-def]
    """Run five recursions side by side; sums of products of their errors' differences.

    ``sums[k, l]`` with 0 the recursion of the point itself: errors squared, products
    with the differences of the others, products among these.
    """
    width = points.shape[0]
    level = np.full(width, first_level)
    trend = np.zeros(width)
    days = len(first_season)
    season = np.empty((days, width))
    error = np.zeros(width)
    for day in range(days):
        for k in range(width):
            season[day, k] = first_season[day]
    sums[:] = 0.0
    day = -1
    for t in range(len(values)):
        day = day + 1 if day + 1 < days else 0
        for k in range(width):
            before = level[k] + points[k, PHI] * trend[k]
            error[k] = values[t] - before - season[day, k]
            now = before + points[k, ALPHA] * error[k]
            trend[k] = (
                points[k, BETA] * (now - level[k])
                + (1.0 - points[k, BETA]) * points[k, PHI] * trend[k]
            )
            season[day, k] += points[k, GAMMA] * error[k]
            level[k] = now
        if t >= SETTLING_DAYS:
            sums[0, 0] += error[0] * error[0]
            for k in range(1, width):
                difference = error[k] - error[0]
                sums[0, k] += error[0] * difference
                for m in range(1, k + 1):
                    sums[m, k] += difference * (error[m] - error[0])
    state[0] = level[0]
    state[1] = trend[0]
    for day in range(days):
        state[2 + day] = season[day, 0]


@njit(cache=True, nogil=True)
def fill_fits(  # type: ignore[no-untyped-def]
    values, free, first_level, first_season, parameters, state, squares, is_converged
):
    """Take the best of the starts, then Levenberg-Marquardt steps."""
    count = len(values)
    places = np.flatnonzero(free)
    points = np.zeros((len(places) + 1, 4))
    sums = np.zeros((len(places) + 1, len(places) + 1))
    tried = np.zeros(state.shape[1])
    alone = np.zeros((1, 4))
    for i in range(count):
        best = np.inf
        start = np.zeros(4)
        for s in range(len(_STARTS)):
            for place in places:
                alone[0, place] = _STARTS[s, place]
            _run(values[i], alone, first_level[i], first_season[i], sums, tried)
            if sums[0, 0] < best:
                best = sums[0, 0]
                start[:] = alone[0]
        parameters[i] = start
        squares[i] = np.inf
        is_converged[i] = _search(
            *(values[i], places, points, first_level[i], first_season[i]),
            *(sums, tried, parameters[i], state[i], squares[i : i + 1]),
        )


@njit(cache=True, nogil=True)
def _search(  # type: ignore[no-untyped-def]
    values, places, points, first_level, first_season, sums, tried, best, state, squares
):
    """Walk to the minimum from ``best``, which keeps the best; say if it ended."""
    size = len(places)
    damping = 1e-3
    point = best.copy()
    slopes = np.zeros(size)
    cross = np.zeros((size, size))
    for _ in range(STEPS):
        for k in range(size + 1):
            points[k] = point
        for k in range(size):
            points[k + 1, places[k]] += _MOVE
        _run(values, points, first_level, first_season, sums, tried)
        if sums[0, 0] < squares[0]:
            is_small = squares[0] - sums[0, 0] <= _FLATTEST * sums[0, 0]
            squares[0] = sums[0, 0]
            best[:] = point
            state[:] = tried
            for k in range(size):
                slopes[k] = sums[0, k + 1] / _MOVE
                for m in range(k + 1):
                    cross[m, k] = sums[m + 1, k + 1] / (_MOVE * _MOVE)
                    cross[k, m] = cross[m, k]
            damping *= 0.2
            if is_small:
                return True
        else:
            damping = damping * 10.0 + 1e-3
            if damping > 1e6:
                return True
        damped = cross.copy()
        for k in range(size):
            damped[k, k] = cross[k, k] * (1.0 + damping) + 1e-12
        step = np.linalg.solve(damped, -slopes)
        moved = _move(point, best, step, places)
        if moved < _TOLERANCE:
            return True
    return False


@njit(cache=True, nogil=True)
def _move(point, best, step, places):  # type: ignore[no-untyped-def]
    """Take a step from ``best``, shortened and within bounds; return its length."""
    step = step * min(1.0, _LONGEST_STEP / max(np.abs(step).max(), 1e-300))
    moved = 0.0
    for k in range(len(places)):
        place = places[k]
        now = min(max(best[place] + step[k], _LOWEST[place]), _HIGHEST[place])
        moved = max(moved, abs(now - best[place]))
        point[place] = now
    # a season that took more would take from the level what it has just given
    point[GAMMA] = min(point[GAMMA], 1.0 - point[ALPHA])
    return moved
