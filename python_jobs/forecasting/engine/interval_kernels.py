"""The loop behind the intervals: quantiles of each day from those of its kind."""

from numba import njit


@njit(cache=True, nogil=True)
def fill_around(values, steps, kinds, is_ratio, ceilings, around):  # type: ignore[no-untyped-def]
    """Fill the quantiles of each day ahead, cut at 0 and at the series' ceiling.

    ``steps`` holds by series and kind of day how far each quantile is from the value:
    a ratio or a difference.
    """
    for i in range(around.shape[0]):
        for t in range(around.shape[1]):
            value, kind = values[i, t], kinds[t]
            for k in range(around.shape[2]):
                step = steps[i, kind, k]
                quantile = value * step if is_ratio else value + step
                around[i, t, k] = min(max(quantile, 0.0), ceilings[i])
