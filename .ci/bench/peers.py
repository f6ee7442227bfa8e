"""Our engine and its peers on the same series, in turns on one core."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from fleets import PROJECT, Fleet, built_fleet, stratified
from names import (
    ARIMA_ARRAYS,
    ARRAYS,
    CALLS,
    CHOICES,
    NAIVE,
    OURS,
    PANEL,
    PANEL_AUTO,
    PANEL_OWN,
    RIVALS,
    TRUTH,
    TRUTH_LEVEL,
)
from references import seasonal_naive, truth
from scoring import scores
from workers import Worker

REPEATS = {ARRAYS: 5, ARIMA_ARRAYS: 5, CHOICES: 3, PANEL_OWN: 1, PANEL: 1}
"""Calls of ours in one turn: the quick ones more often."""


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes
    ----------
    per_metric
        Series of each metric that the peers forecast.
    rounds
        Origins that they forecast from, by fleet.
    origins
        Origins that ours, the naive and the truth are scored at, by fleet.
    """

    per_metric: int
    rounds: dict[str, tuple[int, ...]]
    origins: dict[str, tuple[int, ...]]


FULL = Plan(
    per_metric=4,
    rounds={"spikes off": (1,), "spikes on": (1,)},
    origins={"spikes off": tuple(range(8, 0, -1)), "spikes on": (5, 4, 3, 2, 1)},
)
QUICK = Plan(
    per_metric=2,
    rounds={"spikes off": (1,), "spikes on": (1,)},
    origins={"spikes off": (4, 1), "spikes on": (1,)},
)


@dataclass(frozen=True)
class Timing:
    """Series per second of a call, and of ours right before and after it.

    Attributes
    ----------
    model
        Key of `RIVALS`.
    series_per_second
        Its own.
    ours
        By key of `CALLS`, the mean of the two.
    """

    model: str
    series_per_second: float
    ours: dict[str, float]


@dataclass
class Measured:
    """All that one run measured.

    Attributes
    ----------
    fleets, samples
        By name: the fleet, and the series that the peers forecast.
    scored
        By fleet and model: rows of `scoring.scores`.
    timings
        Of every round.
    """

    fleets: dict[str, Fleet] = field(default_factory=dict)
    samples: dict[str, list[str]] = field(default_factory=dict)
    scored: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict)
    timings: list[Timing] = field(default_factory=list)

    def of(self, model: str) -> list[Timing]:
        """Return the timings of a peer."""
        return [each for each in self.timings if each.model == model]

    def our_speed(self, call: str) -> float:
        """Return our series per second, the median of all turns."""
        return float(np.median([each.ours[call] for each in self.timings]))

    def times_faster(self, model: str, call: str) -> float:
        """Return our series per second by a peer's, the median of the rounds."""
        return float(
            np.median([x.ours[call] / x.series_per_second for x in self.of(model)])
        )


def measure(plan: Plan, *, folder: Path) -> Measured:
    """Build the fleets, then forecast them with every model.

    Parameters
    ----------
    plan
        How much.
    folder
        Keeps the fleets, and the frames that the workers exchange.
    """
    measured = Measured()
    with ExitStack() as stack:
        ours, rivals = (
            stack.enter_context(Worker(python, script, folder=folder))
            for python, script in (
                (PROJECT / ".venv/bin/python", "ours"),
                (PROJECT / ".venv-bench/bin/python", "rivals"),
            )
        )
        for name, rounds in plan.rounds.items():
            fleet = built_fleet(name, folder=folder)
            sample = stratified(fleet, per_metric=plan.per_metric)
            measured.fleets[name], measured.samples[name] = fleet, sample
            parts = defaultdict(list)
            for origin in plan.origins[name]:
                models = [x for x in OURS if x != PANEL_AUTO or origin in rounds]
                for model, part in _ours(fleet, models, origin=origin, worker=ours):
                    parts[model].append(part)
            for origin in rounds:
                turns = Turns(fleet, origin, sample, ours=ours, rivals=rivals)
                for model, part, timing in turns.taken():
                    parts[model].append(part)
                    measured.timings.append(timing)
            for model, scored in parts.items():
                measured.scored[name, model] = pd.concat(scored, ignore_index=True)
    return measured


def _ours(
    fleet: Fleet, models: Sequence[str], *, origin: int, worker: Worker
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the scores of all that is cheap enough for every series and origin."""
    _say(f"{fleet.name}, origin {origin}: ours on every series")
    actuals, series = fleet.actuals(origin), fleet.series()
    known = fleet.known(origin, series)
    yield NAIVE, scores(seasonal_naive(known), actuals, origin=origin)
    yield TRUTH, scores(truth(fleet, origin=origin), actuals, origin=origin)
    worker.give(known, fleet.ahead(origin, series))
    for model in models:
        if model == TRUTH_LEVEL:
            worker.give(*fleet.with_truth(origin))
        prediction = worker.call(model).forecast
        yield model, scores(prediction, actuals, origin=origin)


class Turns:
    """One round: ours, a peer, ours, the next peer, and so on.

    Parameters
    ----------
    fleet, origin, sample
        What is forecast: ours all series, the peers the sample.
    ours, rivals
        Workers.
    """

    def __init__(
        self,
        fleet: Fleet,
        origin: int,
        sample: list[str],
        *,
        ours: Worker,
        rivals: Worker,
    ) -> None:
        self._fleet, self._origin, self._sample = fleet, origin, sample
        self._ours, self._rivals = ours, rivals

    def taken(self) -> Iterator[tuple[str, pd.DataFrame, Timing]]:
        """Take the turns; yield each peer, its scores and its time."""
        actuals = self._fleet.actuals(self._origin)
        self._warm_up()
        self._give(self._ours, self._fleet.series())
        self._give(self._rivals, self._sample)
        before = self._our_speed()
        for model, label in RIVALS.items():
            _say(f"{self._fleet.name}, origin {self._origin}: {label}")
            prediction = self._rivals.call(model)
            after = self._our_speed()
            timing = Timing(
                model=model,
                series_per_second=len(self._sample) / prediction.seconds[0],
                ours={call: (before[call] + after[call]) / 2.0 for call in CALLS},
            )
            yield (
                model,
                scores(prediction.forecast, actuals, origin=self._origin),
                timing,
            )
            before = after

    def _our_speed(self) -> dict[str, float]:
        """Return our series per second by call, the median of its repeats."""
        count = len(self._fleet.series())
        timed = {
            call: self._ours.call(call, repeats=repeats).seconds
            for call, repeats in REPEATS.items()
        }
        return {call: count / float(np.median(timed[call])) for call in CALLS}

    def _warm_up(self) -> None:
        """Let every model load and compile before it is timed."""
        self._give(self._ours, self._fleet.series())
        self._give(self._rivals, self._sample[:1])
        for call in CALLS:
            self._ours.call(call)
        for model in RIVALS:
            self._rivals.call(model)

    def _give(self, worker: Worker, series: list[str]) -> None:
        worker.give(
            self._fleet.known(self._origin, series),
            self._fleet.ahead(self._origin, series),
        )


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - progress of minutes
