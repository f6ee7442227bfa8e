"""Forecast origins, and the pooled fit of a fleet at one origin.

Holds which series are forecast, from which window, under which prior. The number of
annual harmonics and the smoothing parameters are tuned by a backtest on the days before
the origin.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from python_jobs.calendars.calendar_terms import HARMONICS
from python_jobs.calendars.forecast_design import (
    BACKTEST_DAYS,
    DEFAULT_SMOOTHING_PARAMETER,
    FIRST_FULL_WINDOW_DAYS,
    TERMS,
)
from python_jobs.forecasting.core.arrays import (
    ONE_DAY,
    AnyFloats,
    BlockData,
    Booleans,
    Floats,
    Integers,
    Reason,
    evenly_spaced,
)
from python_jobs.forecasting.core.prior import (
    ALPHAS,
    MetricPrior,
    Shrinkage,
    error_variance,
    metric_prior,
    weighted_levels,
)
from python_jobs.forecasting.core.regression import (
    Designs,
    RegressionFit,
    SharedDesign,
    carry_levels,
    fit_regression,
)
from python_jobs.forecasting.core.series import Block, FittedBlock, Fleet, blocks
from python_jobs.platform.errors import InputError

LIVE_ORIGIN = 0
FROM_ANOTHER_DAY = -1
"""Number of an origin that is neither live nor a backtest."""


@dataclass(frozen=True)
class Origin:
    """Forecast origin: last day in sample, and horizon.

    Attributes
    ----------
    number
        0: live; 1 and up: backtests, back in time.
    date
        Last day in sample.
    horizon_days
        Days ahead that are forecast.
    """

    number: int
    date: np.datetime64
    horizon_days: int


def forecast_origins(calendar_rows: pd.DataFrame, *, as_of_date: date) -> list[Origin]:
    """Return the live origin, then the backtest origins back in time.

    Parameters
    ----------
    calendar_rows
        Rows of ``feat_calendar_weights``; the last date ends the live horizon.
    as_of_date
        Newest day in sample.

    Raises
    ------
    InputError
        If the rows were built for another as-of date.
    """
    starts = calendar_rows.dropna(subset="origin_number")
    days = starts["calendar_date"].to_numpy().astype("datetime64[D]")
    by_number = dict(zip(starts["origin_number"], days, strict=True))
    as_of = np.datetime64(as_of_date, "D")
    if by_number.get(LIVE_ORIGIN) != as_of:
        raise InputError(
            f"feat_calendar_weights: origin 0 is {by_number.get(LIVE_ORIGIN)}; expected"
            f" the as-of date {as_of_date} → build the features again with"
            f" `capacity build --as-of {as_of_date}`"
        )
    end = calendar_rows["calendar_date"].to_numpy().max().astype("datetime64[D]")
    live_days = int((end - as_of) / ONE_DAY)
    return [
        Origin(
            number=int(number),
            date=by_number[number],
            horizon_days=live_days if number == LIVE_ORIGIN else BACKTEST_DAYS,
        )
        for number in sorted(by_number)
    ]


CUTS = (91, 182)
"""Days before the origin at which tuning validates on the 91 days that follow."""

AHEAD_DAYS = 91
SHORTEST_DAYS = 91
SHORTEST_FULL_DAYS = 364
"""Fewest days before a cut; with every term: a year."""


@dataclass(frozen=True)
class Sample:
    """Sample of series of one calendar and window for the pooled fit at an origin.

    Attributes
    ----------
    calendar_id, window_days
        Of all of them.
    by_metric
        Positions in the fleet.
    is_full
        Whether the window carries every term; its cuts then carry them as well.
    """

    calendar_id: str
    window_days: int
    by_metric: Mapping[str, Integers]
    is_full: bool


@dataclass(frozen=True)
class Choices:
    """Tuned parameters: annual harmonics, and smoothing parameter by metric."""

    harmonics: int
    alphas: Mapping[str, float]

    @classmethod
    def default(cls, metrics: Iterable[str] = ()) -> "Choices":
        """Return the parameters where no day is left to validate on."""
        return cls(HARMONICS[1], dict.fromkeys(metrics, DEFAULT_SMOOTHING_PARAMETER))


def tuned(
    fleet: Fleet, sample: Sample, *, origin_day: int, designs: Designs, dtype: type
) -> Choices:
    """Tune harmonics and smoothing parameters by mean absolute log error at the cuts.

    Parameters
    ----------
    fleet, sample
        Series to validate on.
    origin_day
        Last day in sample: every validated day lies before it.
    designs, dtype
        Terms by calendar; floats of the regression.
    """
    shortest = SHORTEST_FULL_DAYS if sample.is_full else SHORTEST_DAYS
    cuts = [cut for cut in CUTS if sample.window_days - cut >= shortest]
    if not cuts:
        return Choices.default(sample.by_metric)
    days = sample.window_days - max(cuts)
    errors: dict[str, Floats] = {
        metric: np.sum(
            [
                _errors(
                    *(fleet, sample, positions),
                    last_day=origin_day - cut,
                    days=days,
                    designs=designs,
                    dtype=dtype,
                )
                * len(positions)
                for cut in cuts
            ],
            axis=0,
        )
        for metric, positions in sample.by_metric.items()
    }
    least_by_wave = np.sum([each.min(axis=1) for each in errors.values()], axis=0)
    wave = int(np.argmin(least_by_wave.round(9)))
    alphas = {
        metric: ALPHAS[int(np.argmin(each[wave].round(9)))]
        for metric, each in errors.items()
    }
    return Choices(HARMONICS[wave], alphas)


def _errors(
    fleet: Fleet,
    sample: Sample,
    positions: Integers,
    *,
    last_day: int,
    days: int,
    designs: Designs,
    dtype: type,
) -> Floats:
    """Return the mean absolute log error, shape (harmonics, alphas)."""
    usage, is_filled = fleet.gather(positions, last_day=last_day, days=days)
    floors = fleet.log_floors[positions][:, None]
    logs: AnyFloats = np.log(np.maximum(usage, floors)).astype(dtype)
    actuals, _ = fleet.gather(
        positions, last_day=last_day + AHEAD_DAYS, days=AHEAD_DAYS
    )
    log_actuals = np.log(np.maximum(actuals, floors))
    ahead = designs.terms(sample.calendar_id, first_day=last_day + 1, days=AHEAD_DAYS).T
    rows: list[list[float]] = []
    for harmonics in HARMONICS:
        design = designs.solved(
            sample.calendar_id,
            last_day=last_day,
            window_days=days,
            is_full=sample.is_full,
            harmonics=harmonics,
        )
        fit = fit_regression(logs, is_filled=is_filled, design=design)
        prior = metric_prior(
            *(fit.coefficients, fit.residuals),
            projection=design.projection,
            alpha=DEFAULT_SMOOTHING_PARAMETER,
        )
        coefficients, residuals = _shrunk(
            fit,
            design=design,
            shrinkage=prior.over(design.terms, is_used=design.is_used),
        )
        carry_levels(residuals, is_filled)
        missed = log_actuals - coefficients @ ahead
        rows.append(
            [
                float(
                    np.abs(missed - weighted_levels(residuals, alpha)[:, None]).mean()
                )
                for alpha in ALPHAS
            ]
        )
    return np.array(rows)


SAMPLE_SERIES = 2000
"""Series of a metric that priors, choices and intervals are estimated from at most."""

DTYPE = np.float32
"""Floats of logs and residuals: seven digits, in half the memory and time."""

PooledEstimates = Mapping[bool, tuple[Choices, Mapping[str, MetricPrior]]]
"""Choices and priors by metric, of windows under two years and of the longer ones."""

_NO_ESTIMATES: tuple[Choices, Mapping[str, MetricPrior]] = (Choices.default(), {})

_NO_PRIOR = MetricPrior.flat(len(TERMS))


class FleetOrigin:
    """Pooled fit of a fleet at one origin, and calendar fits of its blocks.

    Parameters
    ----------
    fleet, designs
        Usage, and terms by calendar.
    day
        Last day in sample, as days since 1970-01-01.
    fit_days
        Newest days that the models behind the calendar are fitted on.
    estimates
        Pooled fit at the same origin of a fleet that this one is a part of; None: it is
        estimated from this fleet.
    is_full_live
        Series whose windows carry every term at the live origin, shape (series,): at
        an older one theirs do so as well if they are a year long, so that the same
        model is backtested. None: every origin is for itself, as in SQL.
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
        estimates: PooledEstimates | None = None,
        is_full_live: Booleans | None = None,
        dtype: type[np.floating[Any]] = DTYPE,
    ) -> None:
        self.fleet, self.designs, self.dtype = fleet, designs, dtype
        self.day, self.fit_days = day, fit_days
        windows, reasons = fleet.look_back(day, first_days=designs.first_days)
        self.windows: Integers = windows
        self.reasons: list[Reason | None] = reasons
        self.is_full: Booleans = windows >= FIRST_FULL_WINDOW_DAYS
        if is_full_live is not None:
            self.is_full |= is_full_live & (windows >= SHORTEST_FULL_DAYS)
        self.estimates: PooledEstimates = (
            self._estimates() if estimates is None else estimates
        )
        self._shrinkages: dict[tuple[str, str, int, bool], Shrinkage] = {}

    def blocks(self) -> Iterator[Block]:
        """Yield the usable series in blocks of one calendar, window and metric."""
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
        """Fit the shrunk calendar regression of a block and extrapolate it."""
        choices, _ = self.estimates.get(block.is_full, _NO_ESTIMATES)
        fit, usage, is_filled = self._regression(block, harmonics=choices.harmonics)
        ahead = self.designs.terms(
            block.calendar_id, first_day=self.day + 1, days=horizon_days
        )
        design = self._design(block, harmonics=choices.harmonics)
        coefficients, residuals = _shrunk(
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

    def is_eoq_window_ahead(self, calendar_id: str, horizon_days: int) -> Booleans:
        """Flag the days ahead in an EOQ window, shape (horizon,)."""
        terms = self.designs.terms(
            calendar_id, first_day=self.day + 1, days=horizon_days
        )
        is_eoq_window: Booleans = terms[:, TERMS.index("eoq_window")] > 0.0
        return is_eoq_window

    def _prior(self, block: Block) -> MetricPrior:
        """Return the prior of the block's metric at windows such as its own."""
        _, priors = self.estimates.get(block.is_full, _NO_ESTIMATES)
        return priors.get(block.metric, _NO_PRIOR)

    def _shrinkage(self, block: Block, design: SharedDesign) -> Shrinkage:
        """Return the shrinkage of a block's design, cached."""
        key = (block.metric, block.calendar_id, block.window_days, block.is_full)
        if key not in self._shrinkages:
            prior = self._prior(block)
            self._shrinkages[key] = prior.over(design.terms, is_used=design.is_used)
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
    ) -> tuple[RegressionFit, Floats, Booleans]:
        usage, is_filled = self.fleet.gather(
            block.series, last_day=self.day, days=block.window_days
        )
        floors = self.fleet.log_floors[block.series][:, None]
        logs = np.maximum(usage, floors, dtype=self.dtype)
        np.log(logs, out=logs)
        design = self._design(block, harmonics=harmonics)
        fit = fit_regression(logs, is_filled=is_filled, design=design)
        return fit, usage, is_filled

    def _estimates(self) -> PooledEstimates:
        samples = {kind: self._sample(is_full=kind) for kind in (False, True)}
        return {
            kind: self._estimated(sample)
            for kind, sample in samples.items()
            if sample is not None
        }

    def _sample(self, *, is_full: bool) -> Sample | None:
        """Sample series of the commonest calendar that fill one window.

        The window that holds most days of theirs; longer ones are cut to it.
        """
        usable: Booleans = (self.is_full == is_full) & (self.windows > 0)
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
            metric: evenly_spaced(
                np.flatnonzero(alike & (self.fleet.metrics == metric)),
                count=SAMPLE_SERIES,
            )
            for metric in sorted(set(self.fleet.metrics[alike]))
        }
        return Sample(name, days, by_metric, is_full)

    def _estimated(self, sample: Sample) -> tuple[Choices, dict[str, MetricPrior]]:
        """Tune the parameters and estimate the prior of every metric of the sample."""
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
            priors[metric] = metric_prior(
                *(fit.coefficients, fit.residuals),
                projection=design.projection,
                alpha=alpha,
            )
        return choices, priors


def _shrunk(
    fit: RegressionFit, *, design: SharedDesign, shrinkage: Shrinkage
) -> tuple[Floats, AnyFloats]:
    """Shrink the coefficients of series of one metric; return them and residuals."""
    variance = error_variance(fit.residuals)
    coefficients = shrinkage.applied(fit.coefficients, variance=variance)
    kind = fit.residuals.dtype
    change = (fit.coefficients - coefficients).astype(kind)
    residuals = fit.residuals + change @ design.terms.T.astype(kind)
    return coefficients, residuals
