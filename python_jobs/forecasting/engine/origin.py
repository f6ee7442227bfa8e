"""All series at one origin: who is forecast, from which window, under which prior."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from python_jobs.calendar_weights import FIRST_FULL_WINDOW_DAYS, TERMS
from python_jobs.forecasting.engine.blocks import Block, FittedBlock
from python_jobs.forecasting.engine.designs import Designs
from python_jobs.forecasting.engine.filled_steps import carry_levels
from python_jobs.forecasting.engine.fleet import Fleet, Integers, blocks
from python_jobs.forecasting.engine.model_forecasts import BlockData
from python_jobs.forecasting.engine.prior import (
    MetricPrior,
    metric_prior,
    shrink,
    weighted_levels,
)
from python_jobs.forecasting.engine.regression import (
    RegressionFit,
    SharedDesign,
    fit_regression,
)
from python_jobs.forecasting.engine.shrinkage import Shrinkage
from python_jobs.forecasting.engine.tuning import (
    SHORTEST_FULL_DAYS,
    Choices,
    Sample,
    tuned,
)
from python_jobs.forecasting.guards import Reason
from python_jobs.forecasting.series import Floats

SAMPLE_SERIES = 2000
"""Series of a metric that priors, choices and intervals are estimated from at most."""

DTYPE = np.float32
"""Floats of logs and residuals: seven digits, in half the memory and time."""

Learned = Mapping[bool, tuple[Choices, Mapping[str, MetricPrior]]]
"""Choices and priors by metric, of windows under two years and of the longer ones."""

_NOTHING_LEARNED: tuple[Choices, Mapping[str, MetricPrior]] = (Choices.default(), {})
_NO_PRIOR = MetricPrior.flat(len(TERMS))


class EngineOrigin:
    """The fleet as it is known on one day.

    Parameters
    ----------
    fleet, designs
        Usage, and terms by calendar.
    day
        Last day that may be seen, as days since 1970-01-01.
    fit_days
        Newest days that the models behind the calendar are fitted on.
    learned
        What a fleet that this one is a part of taught at the same origin; None: this
        fleet teaches.
    is_full_live
        Series whose windows carry every term at the live origin, shape (series,): at
        an older one theirs do so as well if they are a year long, or a model would be
        judged by what it is not. None: every origin is for itself, as in SQL.
    dtype
        Floats of logs and residuals. In 32 bits a product rounds a row by its place
        among the others (OpenBLAS on Haswell and Zen), in 64 bits it does not.
    """

    def __init__(
        self,
        fleet: Fleet,
        *,
        designs: Designs,
        day: int,
        fit_days: int,
        learned: Learned | None = None,
        is_full_live: NDArray[np.bool_] | None = None,
        dtype: type[np.floating[Any]] = DTYPE,
    ) -> None:
        self.fleet, self.designs, self.dtype = fleet, designs, dtype
        self.day, self.fit_days = day, fit_days
        windows, reasons = fleet.look_back(day, first_days=designs.first_days)
        self.windows: Integers = windows
        self.reasons: list[Reason | None] = reasons
        self.is_full: NDArray[np.bool_] = windows >= FIRST_FULL_WINDOW_DAYS
        if is_full_live is not None:
            self.is_full |= is_full_live & (windows >= SHORTEST_FULL_DAYS)
        self.learned: Learned = self._learned() if learned is None else learned
        self._shrinkages: dict[tuple[str, str, int, bool], Shrinkage] = {}

    def blocks(self) -> Iterator[Block]:
        """Yield the series that can be fitted, in blocks of those that are alike."""
        usable = np.flatnonzero(self.windows > 0)
        kinds: dict[tuple[str, int, str, bool], list[int]] = {}
        for series in usable.tolist():
            key = (
                str(self.fleet.calendar_ids[series]),
                int(self.windows[series]),
                str(self.fleet.metrics[series]),
                bool(self.is_full[series]),
            )
            kinds.setdefault(key, []).append(series)
        for key, alike in sorted(kinds.items()):
            for rows in blocks(np.array(alike)):
                yield Block(rows, *key)

    def fitted(self, block: Block, *, horizon_days: int) -> FittedBlock:
        """Explain a block by its calendar, so many days ahead."""
        choices, _ = self.learned.get(block.is_full, _NOTHING_LEARNED)
        fit, usage, is_filled = self._regression(block, harmonics=choices.harmonics)
        ahead = self.designs.terms(
            block.calendar_id, first_day=self.day + 1, days=horizon_days
        )
        design = self._design(block, harmonics=choices.harmonics)
        coefficients, residuals = shrink(
            fit, design=design, shrinkage=self._shrinkage(block, design)
        )
        carry_levels(residuals, is_filled)
        alpha = self._prior(block).alpha
        data = BlockData(
            residuals=residuals[:, -self.fit_days :],
            explained=coefficients @ ahead.T,
            usage=usage[:, -self.fit_days :],
            alphas=np.full(len(usage), alpha),
            levels=weighted_levels(residuals, alpha),
            spread=fit.spread,
        )
        first = self.day - block.window_days + 1
        shifts = np.where(fit.shift_day >= 0, fit.shift_day + first, -1)
        return FittedBlock(block, data, coefficients, shifts)

    def is_eoq_ahead(self, calendar_id: str, horizon_days: int) -> NDArray[np.bool_]:
        """Return which of the days ahead lie in an EOQ window, shape (horizon,)."""
        terms = self.designs.terms(
            calendar_id, first_day=self.day + 1, days=horizon_days
        )
        is_eoq: NDArray[np.bool_] = terms[:, TERMS.index("eoq_window")] > 0.0
        return is_eoq

    def _prior(self, block: Block) -> MetricPrior:
        """Return what is known of the block's metric at windows such as its own."""
        _, priors = self.learned.get(block.is_full, _NOTHING_LEARNED)
        return priors.get(block.metric, _NO_PRIOR)

    def _shrinkage(self, block: Block, design: SharedDesign) -> Shrinkage:
        """Return the prior over a block's design; made when first asked for."""
        key = (block.metric, block.calendar_id, block.window_days, block.is_full)
        if key not in self._shrinkages:
            self._shrinkages[key] = self._prior(block).over(design)
        return self._shrinkages[key]

    def _design(self, block: Block, *, harmonics: int) -> SharedDesign:
        return self.designs.solved(
            block.calendar_id,
            last_day=self.day,
            window_days=block.window_days,
            is_full=block.is_full,
            harmonics=harmonics,
        )

    def _regression(
        self, block: Block, *, harmonics: int
    ) -> tuple[RegressionFit, Floats, NDArray[np.bool_]]:
        usage, is_filled = self.fleet.gather(
            block.series, last_day=self.day, days=block.window_days
        )
        floors = self.fleet.log_floors[block.series][:, None]
        logs = np.maximum(usage, floors, dtype=self.dtype)
        np.log(logs, out=logs)
        design = self._design(block, harmonics=harmonics)
        fit = fit_regression(logs, is_filled=is_filled, design=design)
        return fit, usage, is_filled

    def _learned(self) -> Learned:
        samples = {kind: self._sample(is_full=kind) for kind in (False, True)}
        return {
            kind: self._estimated(sample)
            for kind, sample in samples.items()
            if sample is not None
        }

    def _sample(self, *, is_full: bool) -> Sample | None:
        """Return series of a kind and its commonest calendar that fill one window.

        The window that holds most days of theirs; longer ones are cut to it.
        """
        usable: NDArray[np.bool_] = (self.is_full == is_full) & (self.windows > 0)
        if not usable.any():
            return None
        names, counts = np.unique(self.fleet.calendar_ids[usable], return_counts=True)
        name = str(names[np.argmax(counts)])
        alike = usable & (self.fleet.calendar_ids == name)
        lengths, counts = np.unique(self.windows[alike], return_counts=True)
        held_days = lengths * counts[::-1].cumsum()[::-1]
        days = int(lengths[np.argmax(held_days)])
        alike &= self.windows >= days
        by_metric = {
            metric: _spaced(np.flatnonzero(alike & (self.fleet.metrics == metric)))
            for metric in sorted(set(self.fleet.metrics[alike]))
        }
        return Sample(name, days, by_metric, is_full)

    def _estimated(self, sample: Sample) -> tuple[Choices, dict[str, MetricPrior]]:
        """Choose, and estimate the prior of every metric that the sample has."""
        choices = tuned(
            self.fleet,
            sample,
            origin_day=self.day,
            designs=self.designs,
            dtype=self.dtype,
        )
        priors = {}
        for metric, series in sample.by_metric.items():
            kind = (sample.calendar_id, sample.window_days, metric, sample.is_full)
            block = Block(series, *kind)
            fit, _, _ = self._regression(block, harmonics=choices.harmonics)
            design = self._design(block, harmonics=choices.harmonics)
            alpha = choices.alphas[metric]
            priors[metric] = metric_prior(fit, design=design, alpha=alpha)
        return choices, priors


def _spaced(series: Integers) -> Integers:
    """Return at most `SAMPLE_SERIES` positions, evenly spaced."""
    if len(series) <= SAMPLE_SERIES:
        return series
    return series[np.linspace(0, len(series) - 1, SAMPLE_SERIES).astype(np.int64)]
