"""Forecast a part of a fleet: the one function that every engine runs.

The answer for a series does not depend on the part it came in, to the last bit: blocks
hold one metric, calendar and window, and all have the same number of rows of 64 bits,
so that each product of matrices adds its terms in the same order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from python_jobs.forecasting.engine.backtests import (
    CandidateBlock,
    candidate_block,
    side_by_side,
)
from python_jobs.forecasting.engine.blocks import Block
from python_jobs.forecasting.engine.designs import Designs
from python_jobs.forecasting.engine.fleet import (
    BLOCK_SERIES,
    Fleet,
    Integers,
)
from python_jobs.forecasting.engine.models import BLOCK_MODELS
from python_jobs.forecasting.engine.origin import EngineOrigin
from python_jobs.forecasting.engine.tables import backtest_frame, stacked
from python_jobs.forecasting.forecasts import QUANTILES
from python_jobs.forecasting.guards import Reason
from python_jobs.forecasting.scale.lessons import Lessons, OriginLessons
from python_jobs.forecasting.series import Floats
from python_jobs.platform.errors import InputError

FORECAST_COLUMNS = (
    *("server_id", "metric", "target_date", "model", "reason", "forecast_value"),
    *QUANTILES,
)


@dataclass(frozen=True)
class PartForecast:
    """Forecasts of the series of a part.

    Attributes
    ----------
    fleet
        The series.
    models, reasons
        Model of each series, or why it has no forecast, shape (series,).
    first_day
        First day ahead, as days since 1970-01-01.
    values, quantiles
        Usage unit, NaN without a forecast, shape (series, horizon) and (.., 9).
    """

    fleet: Fleet
    models: NDArray[np.object_]
    reasons: NDArray[np.object_]
    first_day: int
    values: Floats
    quantiles: Floats

    def frame(self) -> pd.DataFrame:
        """Return one row per series and day ahead; texts as categories."""
        horizon = self.values.shape[1]
        days = np.tile(np.arange(horizon) + self.first_day, len(self.fleet))
        texts = {
            "server_id": self.fleet.server_ids,
            "metric": self.fleet.metrics,
            "model": self.models,
            "reason": self.reasons,
        }
        around = self.quantiles.reshape(-1, len(QUANTILES)).T
        columns: dict[str, Any] = {
            **{name: _repeated(each, horizon) for name, each in texts.items()},
            "target_date": days.astype("datetime64[D]").astype("datetime64[us]"),
            "forecast_value": self.values.ravel(),
            **dict(zip(QUANTILES, around, strict=True)),
        }
        return pd.DataFrame({name: columns[name] for name in FORECAST_COLUMNS})


def sorted_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of ``feat_usage_forecasts`` by server, metric and date.

    Sorted by one integer a row, and only when they are not in that order already.
    """
    servers, metrics = (_sorted_codes(rows[name]) for name in ("server_id", "metric"))
    days = rows["metric_date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    order = (servers * 256 + metrics) * (1 << 24) + days
    if (np.diff(order) >= 0).all():
        return rows
    return rows.take(np.argsort(order, kind="stable")).reset_index(drop=True)


def _sorted_codes(texts: "pd.Series[str]") -> NDArray[np.int64]:
    """Return the place of each text among all of them."""
    found = texts.astype("category").cat
    ordered = found.reorder_categories(sorted(found.categories))
    return ordered.cat.codes.to_numpy().astype(np.int64)


def forecast_part(
    rows: pd.DataFrame,
    *,
    designs: Designs,
    lessons: Lessons,
    processes: int | None = None,
) -> PartForecast:
    """Forecast each series of a part with the champion of its metric.

    Parameters
    ----------
    rows
        All rows of some servers of ``feat_usage_forecasts``, sorted.
    designs
        Terms by calendar.
    lessons
        What the fleet taught.
    processes
        Cores; None: all.
    """
    fleet, known = Fleet.of(rows), lessons.live
    origin = _engine(fleet, known, designs=designs, lessons=lessons)
    shape = (len(fleet), known.origin.horizon_days)
    values, quantiles = np.full(shape, np.nan), np.full((*shape, 9), np.nan)
    models = np.full(len(fleet), None, dtype=object)
    reasons = np.array(origin.reasons, dtype=object)
    has_model = np.isin(fleet.metrics.astype(str), list(lessons.champions))
    reasons[~has_model & (origin.windows > 0)] = Reason.NOT_BACKTESTED
    for told in _told(origin, known, lessons=lessons, processes=processes):
        # a block is filled up with its last series: told twice, and the same
        is_valid = told.is_valid
        series = told.series[is_valid]
        values[series], quantiles[series] = (
            told.values[is_valid],
            told.quantiles[is_valid],
        )
        models[series] = lessons.champions[fleet.metrics[told.series[0]]]
        reasons[told.series] = np.array(told.reasons, dtype=object)
    return PartForecast(
        fleet=fleet,
        models=models,
        reasons=reasons,
        first_day=origin.day + 1,
        values=values,
        quantiles=quantiles,
    )


def backtest_part(
    rows: pd.DataFrame,
    *,
    designs: Designs,
    lessons: Lessons,
    processes: int | None = None,
) -> pd.DataFrame:
    """Return the sums of errors of the champions at every backtest origin.

    Parameters are those of `forecast_part`; the rows those of
    ``ml.forecast_backtests``.
    """
    fleet = Fleet.of(rows)
    frames = []
    for number, known in sorted(lessons.origins.items()):
        if number == lessons.live.origin.number:
            continue
        origin = _engine(fleet, known, designs=designs, lessons=lessons)
        for told in _told(origin, known, lessons=lessons, processes=processes):
            model = lessons.champions[fleet.metrics[told.series[0]]]
            count = len(np.unique(told.series))
            frames.append(
                backtest_frame(
                    *(fleet, told.series[:count], told.sums[:count]),
                    model=model,
                    number=number,
                    day=origin.day,
                )
            )
    return stacked(frames, list(frames[0].columns) if frames else [])


def _engine(
    fleet: Fleet, known: OriginLessons, *, designs: Designs, lessons: Lessons
) -> EngineOrigin:
    unknown = set(fleet.calendar_ids) - set(designs.first_days)
    if unknown:
        raise InputError(
            f"feat_usage_forecasts: calendar_id {min(unknown)} has no terms; expected"
            f" one of {', '.join(designs.first_days)} → add its holidays to the seed"
        )
    return EngineOrigin(
        fleet,
        designs=designs,
        day=int(known.origin.date.astype(np.int64)),
        fit_days=lessons.fit_days,
        learned=known.learned,
        dtype=np.float64,
    )


def _told(
    origin: EngineOrigin,
    known: OriginLessons,
    *,
    lessons: Lessons,
    processes: int | None,
) -> Iterator[CandidateBlock]:
    def told(block: Block) -> CandidateBlock:
        model = lessons.champions[block.metric]
        fitted = origin.fitted(block, horizon_days=known.origin.horizon_days)
        return candidate_block(
            BLOCK_MODELS[model](fitted.data),
            fitted=fitted,
            origin=origin,
            quantiles=known.quantiles.get(model, {}),
        )

    whole = list(_whole_blocks(origin, has_model=set(lessons.champions)))
    yield from side_by_side(told, whole, processes=processes)


def _whole_blocks(origin: EngineOrigin, *, has_model: set[str]) -> Iterator[Block]:
    """Yield blocks that have a model, filled up to the same size."""
    for block in origin.blocks():
        if block.metric in has_model:
            yield replace(block, series=_filled_up(block.series))


def _filled_up(series: Integers) -> Integers:
    missing = BLOCK_SERIES - len(series)
    return np.append(series, np.full(missing, series[-1]))


def _repeated(texts: NDArray[np.object_], count: int) -> Any:
    codes, names = pd.factorize(texts)
    return pd.Categorical.from_codes(np.repeat(codes, count), pd.Index(names))
