"""Every candidate at every backtest origin: oldest first, each with what it knew.

An origin's intervals come from the errors of older origins; so the oldest has none, and
its candidates say their own. Blocks are fitted side by side by threads: the engine's
loops release the interpreter, and the arrays are shared.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from joblib import Parallel, cpu_count, delayed
from numpy.typing import NDArray

from python_jobs.forecasting.backtest import BACKTEST_DAYS
from python_jobs.forecasting.engine.blocks import FittedBlock
from python_jobs.forecasting.engine.candidates import (
    Bounds,
    error_spread,
    refusals,
    usage_ahead,
)
from python_jobs.forecasting.engine.conformal import (
    BANDS,
    NO_QUANTILES,
    ErrorQuantiles,
    KnownErrors,
    error_quantiles,
)
from python_jobs.forecasting.engine.fleet import Fleet, Integers
from python_jobs.forecasting.engine.model_forecasts import ModelForecast
from python_jobs.forecasting.engine.origin import EngineOrigin
from python_jobs.forecasting.engine.scoring import error_sums
from python_jobs.forecasting.engine.threads import one_blas_thread
from python_jobs.forecasting.guards import Reason
from python_jobs.forecasting.origins import LIVE_ORIGIN
from python_jobs.forecasting.series import Floats

Floats4 = NDArray[np.float64]
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class CandidateBlock:
    """What one candidate said of one block at one origin.

    Attributes
    ----------
    series
        Positions in the fleet.
    forecast
        On the model's scale; `is_valid` rows only are to be believed.
    values, quantiles
        In the usage unit, shape (series, horizon) and (series, horizon, 9).
    reasons
        Why a series is refused; None: it is not.
    spread
        What errors are standardised by, on the model's scale, shape (series,).
    errors
        Standardised, of the days that were lived, shape (series, horizon).
    is_eoq
        Days ahead in an EOQ window, shape (horizon,).
    sums
        Of errors, see `error_sums`; of a refused series all zero.
    """

    series: Integers
    forecast: ModelForecast
    values: Floats
    quantiles: Floats
    reasons: Sequence[Reason | None]
    spread: Floats
    errors: Floats
    is_eoq: NDArray[np.bool_]
    sums: Floats4

    @property
    def is_valid(self) -> NDArray[np.bool_]:
        """Which series have a forecast, shape (series,)."""
        return np.array([each is None for each in self.reasons], dtype=np.bool_)


@dataclass
class ErrorMemory:
    """Standardised errors by model and metric, origin after origin.

    Attributes
    ----------
    spacing_days
        Days between two origins.
    """

    spacing_days: int
    _errors: dict[tuple[str, str], dict[int, list[KnownErrors]]] = field(
        default_factory=dict
    )

    def add(
        self, model: str, told: CandidateBlock, *, number: int, fleet: Fleet
    ) -> None:
        """Keep the errors of a block at a backtest origin."""
        errors = told.errors[told.is_valid]
        kept = KnownErrors(errors, np.broadcast_to(told.is_eoq, errors.shape))
        by_number = self._errors.setdefault((model, fleet.metrics[told.series[0]]), {})
        by_number.setdefault(number, []).append(kept)

    def quantiles(self, model: str, *, number: int) -> dict[str, ErrorQuantiles]:
        """Return by metric what an origin knows of the errors of older ones.

        A backtest is scored over 90 days: errors of longer horizons are for live
        forecasts alone, as in SQL.
        """
        longest = self.spacing_days if number > LIVE_ORIGIN else max(BANDS)
        found = {}
        for (name, metric), by_number in self._errors.items():
            if name == model:
                older = [
                    (errors, min((each - number) * self.spacing_days, longest))
                    for each in sorted(by_number)
                    if each > number
                    for errors in by_number[each]
                ]
                found[metric] = error_quantiles(
                    [errors for errors, _ in older], [days for _, days in older]
                )
        return found


def candidate_block(
    forecast: ModelForecast,
    *,
    fitted: FittedBlock,
    origin: EngineOrigin,
    quantiles: Mapping[str, ErrorQuantiles],
) -> CandidateBlock:
    """Guard a forecast, put its interval around it, and hold it against what came."""
    fleet, series = origin.fleet, fitted.block.series
    horizon = forecast.centre.shape[1]
    bounds = _bounds(fleet, series, seen=fitted.data.usage)
    reasons = refusals(forecast, bounds)
    is_valid = np.array([each is None for each in reasons], dtype=np.bool_)
    is_eoq = origin.is_eoq_ahead(fitted.block.calendar_id, horizon)
    spread = error_spread(forecast, fitted.data.spread)
    values, around = usage_ahead(
        forecast,
        spread=spread,
        is_eoq=is_eoq,
        quantiles=quantiles.get(fitted.block.metric, NO_QUANTILES),
        ceilings=bounds.ceilings,
    )
    measured, was_eoq = fleet.lived(series, origin_day=origin.day, days=horizon)
    measured = np.where(is_valid[:, None], measured, np.nan)
    floors = fleet.log_floors[series]
    actual = measured
    if forecast.is_log:
        actual = np.log(np.maximum(measured, floors[:, None]))
    scored = min(horizon, BACKTEST_DAYS)
    return CandidateBlock(
        series=series,
        forecast=forecast,
        values=values,
        quantiles=around,
        reasons=reasons,
        spread=spread,
        errors=(actual - forecast.centre) / spread[:, None],
        is_eoq=is_eoq,
        sums=error_sums(
            values[:, :scored],
            around[:, :scored],
            measured=measured[:, :scored],
            is_eoq=was_eoq[:, :scored],
            log_floors=floors,
        ),
    )


def side_by_side(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    processes: int | None,
) -> Iterator[Result]:
    """Yield a function's results over blocks or origins, in order, made by threads.

    One thread per core that this process may use, or ``processes``; each with one BLAS
    thread, which would only fight over the cores.
    """
    workers = max(1, min(processes or cpu_count(), len(items)))
    with one_blas_thread():
        if workers == 1:
            yield from (function(item) for item in items)
            return
        yield from Parallel(n_jobs=workers, backend="threading", return_as="generator")(
            delayed(function)(item) for item in items
        )


def _bounds(fleet: Fleet, series: Integers, *, seen: Floats) -> Bounds:
    return Bounds(
        lowest=seen.min(axis=1),
        highest=seen.max(axis=1),
        capacities=fleet.capacities[series],
        ceilings=fleet.ceilings[series],
    )
