"""What the passes over the origins found, before it becomes rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from python_jobs.forecasting.backtest import ERROR_TERMS
from python_jobs.forecasting.engine.backtests import CandidateBlock, Floats4
from python_jobs.forecasting.engine.champion import NAIVE, Scores
from python_jobs.forecasting.engine.ensemble import Weights
from python_jobs.forecasting.engine.fleet import Fleet, Integers
from python_jobs.forecasting.engine.tables import backtest_frame
from python_jobs.forecasting.guards import Reason
from python_jobs.forecasting.series import Floats

_ABSOLUTE = ERROR_TERMS.index("absolute_error_sum")
_DAYS = ERROR_TERMS.index("day_count")


@dataclass
class Backtests:
    """What the first pass found.

    Attributes
    ----------
    frames
        Rows of ``ml.forecast_backtests`` by candidate.
    errors, days
        By model: sums of absolute errors and scored days, shape (origins, series), the
        newest origin first.
    scales
        Mean weekly change of each series at each origin, same shape.
    refusals
        Origin number, model, series and reason.
    """

    frames: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    errors: dict[str, Floats] = field(default_factory=dict)
    days: dict[str, Floats] = field(default_factory=dict)
    scales: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    refusals: list[tuple[int, str, int, Reason]] = field(default_factory=list)
    _kept: dict[str, list[tuple[Integers, Floats4]]] = field(default_factory=dict)

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
        """Make room for the errors of so many origins and series."""
        shape = (origins, series)
        self.scales = np.full(shape, np.nan)
        for name in models:
            self.errors[name], self.days[name] = np.zeros(shape), np.zeros(shape)
            self.frames[name] = []

    def keep(self, model: str, told: CandidateBlock, *, number: int) -> None:
        """Add what a model said of a block at a backtest origin."""
        row = number - 1
        sums = told.sums.sum(axis=(1, 2))
        self.errors[model][row, told.series] = sums[:, _ABSOLUTE]
        self.days[model][row, told.series] = sums[:, _DAYS]
        if model == NAIVE:
            return
        self._kept.setdefault(model, []).append((told.series, told.sums))
        self.refusals += [
            (number, model, int(series), reason)
            for series, reason in zip(told.series, told.reasons, strict=True)
            if reason is not None
        ]

    def frame(self, fleet: Fleet, *, number: int, day: int) -> None:
        """Turn what was kept of an origin into rows, a frame a model."""
        for model, parts in self._kept.items():
            series, sums = (np.concatenate(each) for each in zip(*parts, strict=True))
            self.frames[model].append(
                backtest_frame(fleet, series, sums, model=model, number=number, day=day)
            )
        self._kept.clear()

    def weights(self, fleet: Fleet, *, older_than: int) -> Weights:
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
