"""Backtests of every candidate on the whole fleet, and forecasts of the champions.

Two passes over the origins, oldest first, each on its in-sample days. The first scores
every candidate over 90 days. The second forecasts with each metric's champion as far as
there are actuals, for the errors that its live intervals need, and keeps its
forecasts.
An origin's intervals come from the errors of older origins; so the oldest has none, and
its candidates have their own.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from python_jobs.calendars.forecast_design import BACKTEST_DAYS, BANDS
from python_jobs.forecasting.config import Candidate, JobsConfig
from python_jobs.forecasting.core.arrays import (
    Booleans,
    Floats,
    Integers,
    ModelForecast,
    Reason,
    State,
)
from python_jobs.forecasting.core.guards import Bounds, rejections
from python_jobs.forecasting.core.intervals import (
    NO_QUANTILES,
    ErrorQuantiles,
    OriginErrors,
    error_quantiles,
    error_spread,
    usage_ahead,
)
from python_jobs.forecasting.core.origin import (
    FROM_ANOTHER_DAY,
    LIVE_ORIGIN,
    FleetOrigin,
    Origin,
)
from python_jobs.forecasting.core.parallel import side_by_side
from python_jobs.forecasting.core.regression import Designs
from python_jobs.forecasting.core.scoring import ERROR_TERMS, error_sums
from python_jobs.forecasting.core.selection import (
    NAIVE,
    Scores,
    beats_naive,
    champion,
)
from python_jobs.forecasting.core.series import Block, FittedBlock, Fleet
from python_jobs.forecasting.fleet.tables import backtest_frame
from python_jobs.forecasting.models import boosting, combination, literal
from python_jobs.forecasting.models.registry import BLOCK_MODELS, BlockModel
from python_jobs.platform.progress import Task


def block_models(options: JobsConfig) -> Mapping[str, BlockModel]:
    """Return the fit functions of the configured engine by candidate."""
    if options.engine == "statsmodels":
        return literal.block_models(
            steps=options.maximum_iterations, processes=options.processes
        )
    return BLOCK_MODELS


@dataclass(frozen=True)
class BlockPrediction:
    """Validated prediction of one block by one candidate at one origin.

    Attributes
    ----------
    series
        Positions in the fleet.
    forecast
        On the model's scale; only the rows of `is_valid` are forecasts.
    values, quantiles
        In the usage unit, shape (series, horizon) and (series, horizon, 9).
    reasons
        Why a series is rejected; None: it is not.
    spread
        Scale of standardised errors, on the model's scale, shape (series,).
    errors
        Standardised residuals of the days with actuals, shape (series, horizon).
    is_eoq_window
        Days ahead in an EOQ window, shape (horizon,).
    sums
        Of errors, see `error_sums`; of a rejected series all zero.
    """

    series: Integers
    forecast: ModelForecast
    values: Floats
    quantiles: Floats
    reasons: Sequence[Reason | None]
    spread: Floats
    errors: Floats
    is_eoq_window: Booleans
    sums: Floats

    @property
    def is_valid(self) -> Booleans:
        """Which series have a forecast, shape (series,)."""
        return np.array([each is None for each in self.reasons], dtype=np.bool_)

    def saved(self, fitted: FittedBlock) -> State:
        """Return the saved state of the forecasts by name, shape (series,)."""
        count = len(self.series)
        return {
            **self.forecast.state,
            "is_converged": self.forecast.is_converged.astype(np.float64),
            "error_spread": self.spread,
            "window_days": np.full(count, float(fitted.block.window_days)),
        }


@dataclass
class CalibrationErrors:
    """Calibration errors of conformal intervals by model, metric and origin.

    Attributes
    ----------
    spacing_days
        Days between two origins.
    """

    spacing_days: int
    _errors: dict[tuple[str, str], dict[int, list[OriginErrors]]] = field(
        default_factory=dict
    )

    def add(
        self, model: str, prediction: BlockPrediction, *, number: int, fleet: Fleet
    ) -> None:
        """Add the errors of a block at a backtest origin."""
        errors = prediction.errors[prediction.is_valid]
        kept = OriginErrors(
            errors, np.broadcast_to(prediction.is_eoq_window, errors.shape)
        )
        by_number = self._errors.setdefault(
            (model, fleet.metrics[prediction.series[0]]), {}
        )
        by_number.setdefault(number, []).append(kept)

    def quantiles(self, model: str, *, number: int) -> dict[str, ErrorQuantiles]:
        """Return by metric the error quantiles of the origins older than one.

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


def block_prediction(
    forecast: ModelForecast,
    *,
    fitted: FittedBlock,
    origin: FleetOrigin,
    quantiles: Mapping[str, ErrorQuantiles],
) -> BlockPrediction:
    """Validate a forecast, add predictive quantiles, and score it on the actuals."""
    fleet, series = origin.fleet, fitted.block.series
    horizon = forecast.centre.shape[1]
    bounds = _bounds(fleet, series, seen=fitted.data.usage)
    reasons = rejections(forecast, bounds)
    is_valid = np.array([each is None for each in reasons], dtype=np.bool_)
    is_eoq_window = origin.is_eoq_window_ahead(fitted.block.calendar_id, horizon)
    spread = error_spread(forecast, fitted.data.spread)
    values, around = usage_ahead(
        forecast,
        spread=spread,
        is_eoq_window=is_eoq_window,
        quantiles=quantiles.get(fitted.block.metric, NO_QUANTILES),
        ceilings=bounds.ceilings,
    )
    actuals = fleet.actuals(series, origins=origin.day, steps=horizon)
    actuals = np.where(is_valid[:, None], actuals, np.nan)
    floors = fleet.log_floors[series]
    scale = replace(forecast.transform, floor=floors)
    scored = min(horizon, BACKTEST_DAYS)
    return BlockPrediction(
        series=series,
        forecast=forecast,
        values=values,
        quantiles=around,
        reasons=reasons,
        spread=spread,
        errors=(scale.forward(actuals) - forecast.centre) / spread[:, None],
        is_eoq_window=is_eoq_window,
        sums=error_sums(
            values[:, :scored],
            around[:, :scored],
            measured=actuals[:, :scored],
            is_eoq_window=fleet.is_eoq_window_after(
                series, origin=origin.day, days=scored
            ),
        ),
    )


def _bounds(fleet: Fleet, series: Integers, *, seen: Floats) -> Bounds:
    return Bounds(
        lowest=seen.min(axis=1),
        highest=seen.max(axis=1),
        capacities=fleet.capacities[series],
        ceilings=fleet.ceilings[series],
    )


_ABSOLUTE = ERROR_TERMS.index("absolute_error_sum")
_DAYS = ERROR_TERMS.index("day_count")


@dataclass
class Backtests:
    """Backtest scores of every candidate: the first pass.

    Attributes
    ----------
    frames
        Rows of ``ml.forecast_backtests`` by candidate.
    errors, days
        By model: sums of absolute errors and scored days, shape (origins, series), the
        newest origin first.
    scales
        Mean weekly change of each series at each origin, same shape.
    rejections
        Origin number, model, series and reason.
    """

    frames: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    errors: dict[str, Floats] = field(default_factory=dict)
    days: dict[str, Floats] = field(default_factory=dict)
    scales: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    rejections: list[tuple[int, str, int, Reason]] = field(default_factory=list)
    _kept: dict[str, list[tuple[Integers, Floats]]] = field(default_factory=dict)

    def scores(self, fleet: Fleet, metric: str) -> dict[str, Scores]:
        """Return the scaled errors of a metric by model."""
        of_metric = fleet.metrics == metric
        return {
            name: Scores(
                absolute_errors=(errors / self.scales)[:, of_metric],
                day_counts=self.days[name][:, of_metric],
            )
            for name, errors in self.errors.items()
        }

    def prepare(self, models: Sequence[str], *, origins: int, series: int) -> None:
        """Allocate the error sums of the origins and series."""
        shape = (origins, series)
        self.scales = np.full(shape, np.nan)
        for name in models:
            self.errors[name], self.days[name] = np.zeros(shape), np.zeros(shape)
            self.frames[name] = []

    def keep(self, model: str, prediction: BlockPrediction, *, number: int) -> None:
        """Add the prediction of a block at a backtest origin."""
        row = number - 1
        sums = prediction.sums.sum(axis=(1, 2))
        self.errors[model][row, prediction.series] = sums[:, _ABSOLUTE]
        self.days[model][row, prediction.series] = sums[:, _DAYS]
        if model == NAIVE:
            return
        self._kept.setdefault(model, []).append((prediction.series, prediction.sums))
        self.rejections += [
            (number, model, int(series), reason)
            for series, reason in zip(
                prediction.series, prediction.reasons, strict=True
            )
            if reason is not None
        ]

    def frame(self, fleet: Fleet, *, number: int, day: int) -> None:
        """Append the rows of an origin, a frame a model."""
        for model, parts in self._kept.items():
            series, sums = (np.concatenate(each) for each in zip(*parts, strict=True))
            self.frames[model].append(
                backtest_frame(fleet, series, sums, model=model, number=number, day=day)
            )
        self._kept.clear()

    def weights(self, fleet: Fleet, *, older_than: int) -> combination.Weights:
        """Return the inverse of each model's mean scaled error, at older origins."""
        found: dict[str, dict[str, float]] = {}
        for metric in sorted(set(fleet.metrics)):
            for name, each in self.scores(fleet, metric).items():
                errors = each.absolute_errors[older_than:]
                is_known = np.isfinite(errors)
                days = each.day_counts[older_than:][is_known].sum()
                total = errors[is_known].sum()
                if days > 0.0 and total > 0.0:
                    found.setdefault(metric, {})[name] = float(days / total)
        return found


class FleetForecast:
    """Rolling-origin backtests and champion forecasts of a fleet.

    Parameters
    ----------
    fleet, designs
        Usage, and terms by calendar.
    origins
        The live one first, then the backtests back in time.
    options
        Candidates and how they are fitted.
    progress
        Advanced by one per series and origin.
    """

    def __init__(
        self,
        fleet: Fleet,
        *,
        designs: Designs,
        origins: Sequence[Origin],
        options: JobsConfig,
        progress: Task,
    ) -> None:
        self.fleet, self.options, self.progress = fleet, options, progress
        self.designs = designs
        self.origins = {each.number: each for each in origins}
        self.numbers = sorted((each for each in self.origins if each), reverse=True)
        last_days = [int(each.date.astype(np.int64)) for each in origins]
        fleet_origins = side_by_side(
            self._fleet_origin, last_days, processes=options.processes
        )
        self.fleet_origins = dict(
            zip((each.number for each in origins), fleet_origins, strict=True)
        )
        days = [self.fleet_origins[number].day for number in (*self.numbers, 0)]
        self.spacing_days = int(np.diff(days).min()) if len(days) > 1 else BACKTEST_DAYS
        # as far as the next origin, whose intervals are calibrated on the errors
        self.backtest_days = max(self.spacing_days, BACKTEST_DAYS)
        self.calibration = CalibrationErrors(self.spacing_days)
        self._boosters = boosting.Boosters(self.fleet_origins, options.processes)
        self._models = block_models(options)
        # statsmodels holds the interpreter: its blocks fit series in processes
        is_literal = options.engine == "statsmodels"
        self._threads = 1 if is_literal else options.processes

    def backtest(self) -> Backtests:
        """Score every candidate at every backtest origin."""
        found, calibration = Backtests(), CalibrationErrors(self.spacing_days)
        models = (*self.options.models, NAIVE)
        found.prepare(models, origins=len(self.numbers), series=len(self.fleet))
        if boosting.NAME in self.options.models:
            self._boosters.train(self.numbers)
        for number in self.numbers:
            fleet_origin = self.fleet_origins[number]
            found.scales[number - 1] = self.fleet.scales(fleet_origin.day)
            passed = self._passed(
                number,
                self.options.models,
                horizon_days=self.backtest_days,
                calibration=calibration,
                weights=found.weights(self.fleet, older_than=number),
            )
            for _, by_model in passed:
                for name, prediction in by_model.items():
                    found.keep(name, prediction, number=number)
                    calibration.add(name, prediction, number=number, fleet=self.fleet)
            found.frame(self.fleet, number=number, day=fleet_origin.day)
            self.progress.advance(
                len(self.fleet), detail=str(self.origins[number].date)
            )
        return found

    def forecasts(
        self, best: Mapping[str, Candidate], found: Backtests
    ) -> Iterator[tuple[int, FittedBlock, dict[str, BlockPrediction]]]:
        """Forecast with each metric's champion, oldest origin first, the live last.

        At a backtest origin as far ahead as there are actuals, so that the live
        intervals are calibrated on long horizons.
        """
        live = self.origins[LIVE_ORIGIN].horizon_days
        candidates = self._needed(set(best.values()))
        for number in (*self.numbers, LIVE_ORIGIN):
            horizon = min(live, number * self.spacing_days) if number else live
            passed = self._passed(
                number,
                candidates,
                horizon_days=max(horizon, self.backtest_days) if number else live,
                calibration=self.calibration,
                weights=found.weights(self.fleet, older_than=number),
            )
            for fitted, by_model in passed:
                for name in set(best.values()):
                    if name in by_model and number:
                        prediction = by_model[name]
                        self.calibration.add(
                            name, prediction, number=number, fleet=self.fleet
                        )
                yield number, fitted, by_model
            self.progress.advance(
                len(self.fleet), detail=str(self.origins[number].date)
            )

    def best(self, found: Backtests) -> dict[str, Candidate]:
        """Select the champion of each metric; without a backtest it has none."""
        chosen: dict[str, Candidate] = {}
        structural = [name for name in self.options.models if name != combination.NAME]
        for metric in sorted(set(self.fleet.metrics)) if self.numbers else []:
            scores = found.scores(self.fleet, metric)
            name = champion(scores, candidates=structural)
            has_mean = combination.NAME in self.options.models
            if has_mean and not beats_naive(scores, candidates=structural):
                name = "inverse_error_mean"
            if name is not None:
                chosen[metric] = name
        return chosen

    def live_quantiles(self, model: str) -> dict[str, ErrorQuantiles]:
        """Return by metric the error quantiles of the live intervals."""
        return self.calibration.quantiles(model, number=LIVE_ORIGIN)

    def champions_from(
        self, day: int, best: Mapping[str, Candidate], *, horizon_days: int
    ) -> Floats:
        """Forecast with each metric's champion from any day, in the usage unit.

        NaN for a series without a forecast. Shape (series, horizon).
        """
        values = np.full((len(self.fleet), horizon_days), np.nan)
        self.fleet_origins[FROM_ANOTHER_DAY] = self._fleet_origin(day)
        passed = self._passed(
            FROM_ANOTHER_DAY,
            self._needed(set(best.values())),
            horizon_days=horizon_days,
            calibration=CalibrationErrors(self.spacing_days),
            weights={},
        )
        for fitted, by_model in passed:
            name = best.get(fitted.block.metric)
            if name in by_model:
                prediction = by_model[name]
                values[prediction.series[prediction.is_valid]] = prediction.values[
                    prediction.is_valid
                ]
        return values

    def _fleet_origin(self, day: int) -> FleetOrigin:
        """Return the pooled fit of the fleet at a day."""
        return FleetOrigin(
            self.fleet,
            designs=self.designs,
            day=day,
            fit_days=self.options.fit_days,
        )

    def _needed(self, chosen: Set[Candidate]) -> Sequence[Candidate]:
        """Return the chosen models and, for a combination, its members."""
        if combination.NAME in chosen:
            return self.options.models
        return [each for each in self.options.models if each in chosen]

    def _passed(
        self,
        number: int,
        candidates: Sequence[Candidate],
        *,
        horizon_days: int,
        calibration: CalibrationErrors,
        weights: combination.Weights,
    ) -> Iterator[tuple[FittedBlock, dict[str, BlockPrediction]]]:
        """Yield the predictions of every block at one origin."""
        fleet_origin = self.fleet_origins[number]
        able = self._able(number, candidates)
        known: dict[str, Mapping[str, ErrorQuantiles]] = {
            name: calibration.quantiles(name, number=number) for name in able
        }

        def predicted(block: Block) -> tuple[FittedBlock, dict[str, BlockPrediction]]:
            fitted = fleet_origin.fitted(block, horizon_days=horizon_days)
            forecasts = self._fitted_models(number, fitted, able, weights=weights)
            return fitted, {
                name: block_prediction(
                    each,
                    fitted=fitted,
                    origin=fleet_origin,
                    quantiles=known.get(name, {}),
                )
                for name, each in forecasts.items()
            }

        blocks = list(fleet_origin.blocks())
        yield from side_by_side(predicted, blocks, processes=self._threads)

    def _able(self, number: int, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates that can forecast at an origin."""
        has_it = boosting.NAME in candidates
        is_trained = has_it and self._boosters.at(number) is not None
        return [each for each in candidates if each != boosting.NAME or is_trained]

    def _fitted_models(
        self,
        number: int,
        fitted: FittedBlock,
        candidates: Sequence[Candidate],
        *,
        weights: combination.Weights,
    ) -> dict[str, ModelForecast]:
        """Fit candidates and seasonal naive to a block, the combination last."""
        forecasts: dict[str, ModelForecast] = {}
        for name in candidates:
            if name in self._models:
                forecasts[name] = self._models[name](fitted.data)
            elif name == boosting.NAME and (boosted := self._boosters.at(number)):
                forecasts[name] = boosted.forecast(self.fleet_origins[number], fitted)
        naive = combination.naive_forecast(fitted.data)
        if combination.NAME in candidates:
            series = fitted.block.series
            forecasts[combination.NAME] = combination.inverse_error_mean(
                forecasts | {NAIVE: naive},
                data=fitted.data,
                metrics=self.fleet.metrics[series],
                weights=weights,
                floors=self.fleet.log_floors[series],
            )
        return forecasts | {NAIVE: naive}
