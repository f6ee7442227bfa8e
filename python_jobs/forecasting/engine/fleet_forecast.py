"""Backtest every candidate on the whole fleet, choose, and forecast with the chosen.

Two passes over the origins, oldest first. The first scores every candidate over 90
days. The second runs each metric's champion again as far ahead as days were lived, for
the errors that its live intervals need, and keeps its forecasts.
"""

from collections.abc import Iterator, Mapping, Sequence, Set

import numpy as np

from python_jobs.forecasting.backtest import BACKTEST_DAYS
from python_jobs.forecasting.config import Candidate, JobsConfig
from python_jobs.forecasting.engine import boosting, ensemble
from python_jobs.forecasting.engine.backtests import (
    CandidateBlock,
    ErrorMemory,
    candidate_block,
    side_by_side,
)
from python_jobs.forecasting.engine.blocks import Block, FittedBlock
from python_jobs.forecasting.engine.champion import NAIVE, beats_naive, champion
from python_jobs.forecasting.engine.conformal import ErrorQuantiles
from python_jobs.forecasting.engine.designs import Designs
from python_jobs.forecasting.engine.fleet import Fleet
from python_jobs.forecasting.engine.model_forecasts import ModelForecast
from python_jobs.forecasting.engine.models import BLOCK_MODELS
from python_jobs.forecasting.engine.origin import EngineOrigin
from python_jobs.forecasting.engine.results import Backtests
from python_jobs.forecasting.origins import FROM_ANOTHER_DAY, LIVE_ORIGIN, Origin
from python_jobs.forecasting.series import Floats
from python_jobs.platform.progress import Task


class FleetForecast:
    """The fleet over all origins.

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
        engines = side_by_side(self._engine, last_days, processes=options.processes)
        self.engines = dict(
            zip((each.number for each in origins), engines, strict=True)
        )
        days = [self.engines[number].day for number in (*self.numbers, 0)]
        self.spacing_days = int(np.diff(days).min()) if len(days) > 1 else BACKTEST_DAYS
        # as far as the next origin, whose intervals know the errors
        self.backtest_days = max(self.spacing_days, BACKTEST_DAYS)
        self.memory = ErrorMemory(self.spacing_days)
        self._boosters = boosting.Boosters(self.engines, options.processes)

    def backtest(self) -> Backtests:
        """Score every candidate at every backtest origin."""
        found, memory = Backtests(), ErrorMemory(self.spacing_days)
        models = (*self.options.models, NAIVE)
        found.prepare(models, origins=len(self.numbers), series=len(self.fleet))
        if boosting.NAME in self.options.models:
            self._boosters.train(self.numbers)
        for number in self.numbers:
            engine = self.engines[number]
            found.scales[number - 1] = self.fleet.scales(engine.day)
            passed = self._passed(
                number,
                self.options.models,
                horizon_days=self.backtest_days,
                memory=memory,
                weights=found.weights(self.fleet, older_than=number),
            )
            for _, by_model in passed:
                for name, told in by_model.items():
                    found.keep(name, told, number=number)
                    memory.add(name, told, number=number, fleet=self.fleet)
            found.frame(self.fleet, number=number, day=engine.day)
            self.progress.advance(
                len(self.fleet), detail=str(self.origins[number].date)
            )
        return found

    def forecasts(
        self, best: Mapping[str, Candidate], found: Backtests
    ) -> Iterator[tuple[int, FittedBlock, dict[str, CandidateBlock]]]:
        """Yield what each metric's champion says, oldest origin first, the live last.

        At a backtest origin as far ahead as days were lived since, so that the live
        intervals know the errors of long horizons.
        """
        live = self.origins[LIVE_ORIGIN].horizon_days
        candidates = self._needed(set(best.values()))
        for number in (*self.numbers, LIVE_ORIGIN):
            horizon = min(live, number * self.spacing_days) if number else live
            passed = self._passed(
                number,
                candidates,
                horizon_days=max(horizon, self.backtest_days) if number else live,
                memory=self.memory,
                weights=found.weights(self.fleet, older_than=number),
            )
            for fitted, by_model in passed:
                for name in set(best.values()):
                    if name in by_model and number:
                        told = by_model[name]
                        self.memory.add(name, told, number=number, fleet=self.fleet)
                yield number, fitted, by_model
            self.progress.advance(
                len(self.fleet), detail=str(self.origins[number].date)
            )

    def best(self, found: Backtests) -> dict[str, Candidate]:
        """Return the champion of each metric; without a backtest it has none."""
        chosen: dict[str, Candidate] = {}
        structural = [name for name in self.options.models if name != ensemble.NAME]
        for metric in sorted(set(self.fleet.metrics)) if self.numbers else []:
            scores = found.scores(self.fleet, metric)
            name = champion(scores, candidates=structural)
            has_mean = ensemble.NAME in self.options.models
            if has_mean and not beats_naive(scores, candidates=structural):
                name = "inverse_error_mean"
            if name is not None:
                chosen[metric] = name
        return chosen

    def live_quantiles(self, model: str) -> dict[str, ErrorQuantiles]:
        """Return by metric the errors that the live intervals were made of."""
        return self.memory.quantiles(model, number=LIVE_ORIGIN)

    def champions_from(
        self, day: int, best: Mapping[str, Candidate], *, horizon_days: int
    ) -> Floats:
        """Return what each metric's champion says from any day, the usage unit.

        NaN for a series without a forecast. Shape (series, horizon).
        """
        values = np.full((len(self.fleet), horizon_days), np.nan)
        self.engines[FROM_ANOTHER_DAY] = self._engine(day)
        passed = self._passed(
            FROM_ANOTHER_DAY,
            self._needed(set(best.values())),
            horizon_days=horizon_days,
            memory=ErrorMemory(self.spacing_days),
            weights={},
        )
        for fitted, by_model in passed:
            name = best.get(fitted.block.metric)
            if name in by_model:
                told = by_model[name]
                values[told.series[told.is_valid]] = told.values[told.is_valid]
        return values

    def _engine(self, day: int) -> EngineOrigin:
        """Return the fleet as it is known on a day."""
        return EngineOrigin(
            self.fleet,
            designs=self.designs,
            day=day,
            fit_days=self.options.fit_days,
        )

    def _needed(self, chosen: Set[Candidate]) -> Sequence[Candidate]:
        """Return the chosen models, and the members of a mean of them."""
        if ensemble.NAME in chosen:
            return self.options.models
        return [each for each in self.options.models if each in chosen]

    def _passed(
        self,
        number: int,
        candidates: Sequence[Candidate],
        *,
        horizon_days: int,
        memory: ErrorMemory,
        weights: ensemble.Weights,
    ) -> Iterator[tuple[FittedBlock, dict[str, CandidateBlock]]]:
        """Yield what the candidates say of every block at one origin."""
        engine = self.engines[number]
        able = self._able(number, candidates)
        known: dict[str, Mapping[str, ErrorQuantiles]] = {
            name: memory.quantiles(name, number=number) for name in able
        }

        def told(block: Block) -> tuple[FittedBlock, dict[str, CandidateBlock]]:
            fitted = engine.fitted(block, horizon_days=horizon_days)
            forecasts = self._fitted_models(number, fitted, able, weights=weights)
            return fitted, {
                name: candidate_block(
                    each,
                    fitted=fitted,
                    origin=engine,
                    quantiles=known.get(name, {}),
                )
                for name, each in forecasts.items()
            }

        blocks = list(engine.blocks())
        yield from side_by_side(told, blocks, processes=self.options.processes)

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
        weights: ensemble.Weights,
    ) -> dict[str, ModelForecast]:
        """Fit candidates to a block, and the naive beside them; the mean comes last."""
        forecasts: dict[str, ModelForecast] = {}
        for name in candidates:
            if name in BLOCK_MODELS:
                forecasts[name] = BLOCK_MODELS[name](fitted.data)
            elif name == boosting.NAME and (boosted := self._boosters.at(number)):
                forecasts[name] = boosted.forecast(self.engines[number], fitted)
        naive = ensemble.naive_forecast(fitted.data)
        if ensemble.NAME in candidates:
            series = fitted.block.series
            forecasts[ensemble.NAME] = ensemble.inverse_error_mean(
                forecasts | {NAIVE: naive},
                data=fitted.data,
                metrics=self.fleet.metrics[series],
                weights=weights,
                floors=self.fleet.log_floors[series],
            )
        return forecasts | {NAIVE: naive}
