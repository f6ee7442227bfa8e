"""Daily panels: the fleet's engine behind a transform and chosen terms."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from python_jobs.calendars.calendar_terms import calendar_terms
from python_jobs.calendars.forecast_design import (
    FIRST_FULL_WINDOW_DAYS,
    FLAT_DAYS,
    TERMS,
)
from python_jobs.forecasting.core.arrays import (
    WEEK_DAYS,
    BlockData,
    Booleans,
    Integers,
    ModelForecast,
    Transform,
)
from python_jobs.forecasting.core.origin import FleetOrigin
from python_jobs.forecasting.core.parallel import one_blas_thread, side_by_side
from python_jobs.forecasting.core.regression import CalendarDesign, Designs
from python_jobs.forecasting.core.series import Block, Fleet
from python_jobs.forecasting.panel.models import (
    DAILY_MODELS,
    Panel,
    Prediction,
    Variant,
    scaled_data,
)
from python_jobs.forecasting.panel.series import (
    PanelSeries,
    engine_usage,
)

SHORTEST_DAYS = 28
"""History that a backtest leaves at least."""

FIT_DAYS = 728
"""Newest days that the models behind the calendar are fitted on, as the job does."""

_BUSINESS_TERMS = (
    "eoq_window",
    "eoq_progress",
    "quarter_last_5",
    "quarter_last_10",
    "first_five",
    "month_end",
)


_KEPT_DESIGNS = 24


class DailyPanel(Panel):
    """The daily series of a panel, forecast by the fleet's engine."""

    models = DAILY_MODELS
    season = WEEK_DAYS
    naive = "seasonal_naive_7"
    shortest = SHORTEST_DAYS
    flat_steps = FLAT_DAYS

    def __init__(
        self, series: PanelSeries, *, horizon: int, processes: int | None
    ) -> None:
        super().__init__(series, horizon=horizon, processes=processes)
        self._fleets: dict[bool, Fleet] = {}
        self._solved: dict[tuple[str, int], Designs] = {}
        self._terms = self._calendars()

    def predict(
        self, names: Iterable[str], positions: Integers, *, step: int
    ) -> dict[str, Prediction]:
        """Forecast series that share an origin, by model."""
        found: dict[str, Prediction] = {}
        for variant, chosen in self.by_variant(names).items():
            found |= self._predicted(variant, chosen, positions, step=step)
        return found

    def is_eoq_window(self, positions: Integers, *, step: int) -> Booleans:
        """Return which days ahead lie in an EOQ window, shape (series, horizon)."""
        first = np.datetime64(step + 1, "D")
        column = TERMS.index("eoq_window")
        by_calendar = {
            name: design.rows(first, day_count=self.horizon)[:, column] > 0.0
            for name, design in self._terms.items()
        }
        return np.array(
            [by_calendar[name] for name in self.series.calendar_ids[positions]]
        )

    def _predicted(
        self, variant: Variant, names: list[str], positions: Integers, *, step: int
    ) -> dict[str, Prediction]:
        """Forecast by the models that come after one regression."""
        if variant.has_logs not in self._fleets:
            transform = self.transforms[variant.has_logs]
            self._fleets[variant.has_logs] = _fleet(self.series, transform)
        fleet = _part(self._fleets[variant.has_logs], positions)
        with one_blas_thread():
            origin = FleetOrigin(
                fleet,
                designs=self._designs(variant, step),
                day=step,
                fit_days=FIT_DAYS,
                is_full_live=fleet.lengths >= FIRST_FULL_WINDOW_DAYS,
            )

        def fitted(block: Block) -> tuple[Block, BlockData, list[ModelForecast]]:
            data = origin.fitted(block, horizon_days=self.horizon).data
            data = scaled_data(data, fleet.log_floors[block.series])
            return block, data, [self.models[name].fit(data) for name in names]

        found = {name: self.empty(name, positions) for name in names}
        blocks = list(origin.blocks())
        for block, data, fits in side_by_side(fitted, blocks, processes=self.processes):
            for name, fit in zip(names, fits, strict=True):
                found[name].put(block.series, fit, data)
        return found

    def _designs(self, variant: Variant, step: int) -> Designs:
        """Return solved designs, which groups that end together share."""
        key = (variant.terms, step)
        if key not in self._solved:
            if len(self._solved) >= _KEPT_DESIGNS:
                self._solved.clear()
            self._solved[key] = Designs(
                {
                    name: _without_business_terms(design)
                    if variant.terms == "weekly"
                    else design
                    for name, design in self._terms.items()
                }
            )
        return self._solved[key]

    def _calendars(self) -> dict[str, CalendarDesign]:
        """Return the terms of every day that a series has or is forecast for."""
        series = self.series
        designs = {}
        for name in sorted(set(series.calendar_ids)):
            own = np.flatnonzero(series.calendar_ids == name)
            first = np.datetime64(int(series.first_steps[own].min()), "D")
            last = np.datetime64(int(series.newest_steps[own].max()), "D")
            last += self.horizon
            designs[name] = CalendarDesign(
                days=np.arange(first, last + 1),
                terms=calendar_terms(name, first=first.item(), last=last.item()),
            )
        return designs


def _without_business_terms(design: CalendarDesign) -> CalendarDesign:
    terms = design.terms.copy()
    terms[:, [TERMS.index(name) for name in _BUSINESS_TERMS]] = 0.0
    return replace(design, terms=terms)


def _fleet(series: PanelSeries, transform: Transform) -> Fleet:
    usage, floors = engine_usage(series, transform)
    count = len(series)
    return Fleet(
        server_ids=series.unique_ids,
        metrics=series.metrics,
        calendar_ids=series.calendar_ids,
        starts=series.starts,
        lengths=series.lengths,
        first_steps=series.first_steps,
        is_unbroken=np.ones(count, dtype=np.bool_),
        capacities=np.full(count, np.nan),
        ceilings=np.full(count, np.inf),
        log_floors=floors,
        values=usage,
        measured=series.measured,
        is_filled=series.is_filled,
        is_eoq_window=series.is_filled,
        has_own_windows=True,
    )


def _part(fleet: Fleet, positions: Integers) -> Fleet:
    """Return some series of a fleet, on the same rows."""
    names = (
        "server_ids", "metrics", "calendar_ids", "starts", "lengths", "first_steps",
        "is_unbroken", "capacities", "ceilings", "log_floors",
    )  # fmt: skip
    return replace(fleet, **{name: getattr(fleet, name)[positions] for name in names})
