"""Series that are worked on together, before and after the calendar."""

from dataclasses import dataclass

from python_jobs.forecasting.engine.fleet import Integers
from python_jobs.forecasting.engine.model_forecasts import BlockData
from python_jobs.forecasting.series import Floats


@dataclass(frozen=True)
class Block:
    """Series that share a calendar, a window and a metric, few enough for the cache.

    Attributes
    ----------
    series
        Positions in the fleet.
    calendar_id, window_days, metric
        What they share.
    is_full
        Whether the window carries every term of the calendar.
    """

    series: Integers
    calendar_id: str
    window_days: int
    metric: str
    is_full: bool


@dataclass(frozen=True)
class FittedBlock:
    """A block after the calendar: what its models need, and what is kept of the fit.

    Attributes
    ----------
    block
        Which series.
    data
        Input of the models.
    coefficients
        Of the calendar's terms, shape (series, terms).
    shift_days
        Date of the newest level shift as days since 1970-01-01, -1 without.
    """

    block: Block
    data: BlockData
    coefficients: Floats
    shift_days: Integers
