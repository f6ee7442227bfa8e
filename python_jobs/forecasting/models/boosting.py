"""Global gradient boosting: one model of lags and calendar for the whole fleet.

A histogram gradient boosting (scikit-learn) on the usage's lags, rolling means and the
calendar, trained on what followed older days and asked for the days ahead. Its target
is the log usage relative to the mean of the last four weeks, so that one model serves
usage of any size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from python_jobs.calendars.forecast_design import TERMS
from python_jobs.forecasting.core.arrays import (
    LOG,
    WEEK_DAYS,
    Floats,
    Integers,
    ModelForecast,
    path_state,
)
from python_jobs.forecasting.core.parallel import side_by_side
from python_jobs.forecasting.core.regression import Designs
from python_jobs.forecasting.core.series import FittedBlock, Fleet

NAME = "gradient_boosting"
TRAINING_CUTS = (91, 182, 273, 364)
"""Days before the origin that training looks ahead from."""

TRAINING_ROWS = 60_000
ITERATIONS = 40
LEAVES = 31
LEARNING_RATE = 0.2
PAST_DAYS = 56
"""Newest days that the features of a row are made of."""

YEAR_DAYS = 364

_AHEAD_DAYS = 91
_SEED = 7
_LEFT_OUT = ("constant", "trend")
_CALENDAR = [k for k, term in enumerate(TERMS) if term not in _LEFT_OUT]


class TrainingOrigin(Protocol):
    """Part of a `FleetOrigin` that training and forecasting read."""

    fleet: Fleet
    designs: Designs
    day: int
    windows: Integers


@dataclass(frozen=True)
class BoostedFleet:
    """Trained regressor with its metric codes."""

    regressor: HistGradientBoostingRegressor
    metric_codes: dict[str, int]

    def forecast(self, origin: TrainingOrigin, fitted: FittedBlock) -> ModelForecast:
        """Forecast the days ahead of a block."""
        series, horizon = fitted.block.series, fitted.data.explained.shape[1]
        rows, centre = _rows(
            *(origin, series, fitted.block.calendar_id),
            day=origin.day,
            ahead=np.arange(1, horizon + 1),
            metric_codes=self.metric_codes,
        )
        predicted = self.regressor.predict(rows).reshape(len(series), horizon)
        log_usage = predicted + centre[:, None]
        return ModelForecast(
            centre=log_usage,
            sd=np.repeat(fitted.data.spread[:, None], horizon, axis=1),
            transform=LOG,
            is_converged=np.ones(len(series), dtype=np.bool_),
            state=path_state(log_usage),
        )


@dataclass
class Boosters:
    """Regressors by origin, trained on first use.

    Attributes
    ----------
    fleet_origins
        By origin number.
    processes
        Origins that are trained side by side; None: one a core.
    """

    fleet_origins: Mapping[int, TrainingOrigin]
    processes: int | None
    _trained: dict[int, BoostedFleet | None] = field(default_factory=dict, init=False)

    def train(self, numbers: Sequence[int]) -> None:
        """Train at every origin that has no model yet."""
        missing = [each for each in numbers if each not in self._trained]
        trained = side_by_side(
            lambda number: train(self.fleet_origins[number]),
            missing,
            processes=self.processes,
        )
        self._trained.update(zip(missing, trained, strict=True))

    def at(self, number: int) -> BoostedFleet | None:
        """Return the model of an origin; None without enough history."""
        if number not in self._trained:
            self.train([number])
        return self._trained[number]


def train(origin: TrainingOrigin) -> BoostedFleet | None:
    """Train on the in-sample days of an origin; None without enough history.

    Rows are spaced evenly over series and days, so the same data train the same model.
    """
    fleet = origin.fleet
    metric_codes = {name: k for k, name in enumerate(sorted(set(fleet.metrics)))}
    rows, targets = [], []
    for cut in TRAINING_CUTS:
        enough = origin.windows >= cut + PAST_DAYS
        for calendar_id in sorted(set(fleet.calendar_ids[enough])):
            series = np.flatnonzero(enough & (fleet.calendar_ids == calendar_id))
            ahead, series = _spaced(series)
            day = origin.day - cut
            some, centre = _rows(
                *(origin, series, calendar_id),
                day=day,
                ahead=ahead,
                metric_codes=metric_codes,
            )
            later, _ = fleet.gather(
                series, last_day=day + _AHEAD_DAYS, days=_AHEAD_DAYS
            )
            logs = _logs(fleet, series, later)[:, ahead - 1]
            rows.append(some)
            targets.append((logs - centre[:, None]).ravel())
    if not rows:
        return None
    regressor = HistGradientBoostingRegressor(
        loss="squared_error",
        learning_rate=LEARNING_RATE,
        max_iter=ITERATIONS,
        max_leaf_nodes=LEAVES,
        early_stopping=False,
        random_state=_SEED,
    )
    features = np.concatenate(rows)
    # the trainer fails on a column without one value, as last year's in a young fleet
    features[:, np.logical_not(np.isfinite(features).any(axis=0))] = 0.0
    with threadpool_limits(limits=1):
        regressor.fit(features, np.concatenate(targets))
    return BoostedFleet(regressor, metric_codes)


def _spaced(series: Integers) -> tuple[Integers, Integers]:
    """Thin out days ahead and series of a cut to its share of the training rows."""
    share = TRAINING_ROWS // len(TRAINING_CUTS)
    step = max(1, -(-len(series) * _AHEAD_DAYS // share))
    if step <= _AHEAD_DAYS // 6:
        return np.arange(1, _AHEAD_DAYS + 1, step), series
    ahead = np.arange(1, _AHEAD_DAYS + 1, _AHEAD_DAYS // 6)
    every = max(1, len(series) * len(ahead) // share)
    return ahead, series[::every]


def _rows(
    origin: TrainingOrigin,
    series: Integers,
    calendar_id: str,
    *,
    day: int,
    ahead: Integers,
    metric_codes: dict[str, int],
) -> tuple[NDArray[np.float32], Floats]:
    """Return the feature matrix of every series and day ahead, and its base level.

    Shapes (series x days, features) and (series,).
    """
    fleet = origin.fleet
    days = np.minimum(PAST_DAYS, day - fleet.first_steps[series] + 1).min()
    usage, _ = fleet.gather(series, last_day=day, days=int(days))
    logs = _logs(fleet, series, usage)
    centre = logs[:, -28:].mean(axis=1)
    relative = logs - centre[:, None]
    still = [relative[:, -span:].mean(axis=1) for span in (1, 7, 14)]
    still += [relative[:, :-28].mean(axis=1) if days > 28 else np.zeros(len(series))]
    still += [relative[:, -span:].std(axis=1) for span in (7, 28)]
    still += [np.array([metric_codes[each] for each in fleet.metrics[series]], float)]
    weekday = (ahead - 1) % WEEK_DAYS
    weeks = relative[:, -28:].reshape(len(series), -1, WEEK_DAYS)
    by_weekday = weeks.mean(axis=1)[:, weekday]
    last_week = relative[:, -WEEK_DAYS:][:, weekday]
    terms = origin.designs.terms(calendar_id, first_day=day + 1, days=int(ahead[-1]))
    calendar = terms[ahead - 1][:, _CALENDAR]
    year = _year_before(fleet, series, day=day, ahead=ahead, centre=centre)
    shape = (len(series), len(ahead))
    columns = [np.broadcast_to(each[:, None], shape) for each in still]
    columns += [by_weekday, last_week, year]
    columns += [np.broadcast_to(each, shape) for each in (ahead, *calendar.T)]
    stacked = np.stack(columns, axis=-1).astype(np.float32)
    return stacked.reshape(-1, stacked.shape[-1]), centre


def _year_before(
    fleet: Fleet, series: Integers, *, day: int, ahead: Integers, centre: Floats
) -> Floats:
    """Return the log usage of 52 weeks before, relative; NaN where there is none."""
    weeks = -(-ahead // YEAR_DAYS) * YEAR_DAYS
    start = fleet.starts[series] - fleet.first_steps[series]
    rows = start[:, None] + day + (ahead - weeks)
    is_known = rows >= fleet.starts[series][:, None]
    usage = fleet.values[np.maximum(rows, 0)]
    relative = _logs(fleet, series, usage) - centre[:, None]
    return np.where(is_known, relative, np.nan)


def _logs(fleet: Fleet, series: Integers, usage: Floats) -> Floats:
    logs: Floats = np.log(np.maximum(usage, fleet.log_floors[series][:, None]))
    return logs
