"""Daily series at one origin: the fleet's engine behind a scale and chosen terms."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from python_jobs.calendar_weights import FIRST_FULL_WINDOW_DAYS, TERMS
from python_jobs.calendars.calendar_terms import calendar_terms
from python_jobs.forecasting.calendar_fit import CalendarDesign
from python_jobs.forecasting.engine.backtests import side_by_side
from python_jobs.forecasting.engine.blocks import Block
from python_jobs.forecasting.engine.designs import Designs
from python_jobs.forecasting.engine.fleet import Booleans, Fleet, Integers
from python_jobs.forecasting.engine.model_forecasts import BlockData, ModelForecast
from python_jobs.forecasting.engine.origin import EngineOrigin
from python_jobs.forecasting.engine.panel_candidates import (
    DAILY_MODELS,
    PanelModel,
    Variant,
    scaled_data,
)
from python_jobs.forecasting.engine.panel_scales import (
    Scale,
    engine_usage,
    scale_of,
)
from python_jobs.forecasting.engine.panel_series import PanelSeries
from python_jobs.forecasting.engine.panel_told import Told
from python_jobs.forecasting.engine.threads import one_blas_thread
from python_jobs.forecasting.guards import FLAT_DAYS
from python_jobs.forecasting.series import WEEK_DAYS

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


class DailyPanel:
    """The daily series of a panel.

    Parameters
    ----------
    series
        All of them.
    horizon
        Days ahead.
    processes
        Cores to use; None: all.
    """

    models: Mapping[str, PanelModel] = DAILY_MODELS
    season = WEEK_DAYS
    naive = "seasonal_naive_7"
    shortest = SHORTEST_DAYS
    flat_steps = FLAT_DAYS

    def __init__(
        self, series: PanelSeries, *, horizon: int, processes: int | None
    ) -> None:
        self.series, self.horizon, self.processes = series, horizon, processes
        self._scaled: dict[bool, tuple[Fleet, Scale]] = {}
        self._solved: dict[tuple[str, int], Designs] = {}
        self._terms = self._calendars()

    def told(
        self, names: Iterable[str], positions: Integers, *, step: int
    ) -> dict[str, Told]:
        """Return what models say of series that share an origin.

        Parameters
        ----------
        names
            Of `models`.
        positions
            Of the series in the panel.
        step
            Last day that may be seen, as days since 1970-01-01.
        """
        by_variant: dict[Variant, list[str]] = {}
        for name in names:
            by_variant.setdefault(self.models[name].variant, []).append(name)
        found: dict[str, Told] = {}
        for variant, chosen in by_variant.items():
            found |= self._told(variant, chosen, positions, step=step)
        return found

    def is_special(self, positions: Integers, *, step: int) -> Booleans:
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

    def _told(
        self, variant: Variant, names: list[str], positions: Integers, *, step: int
    ) -> dict[str, Told]:
        whole, scale = self._on_scale(has_logs=variant.has_logs)
        fleet = _part(whole, positions)
        with one_blas_thread():
            origin = EngineOrigin(
                fleet,
                designs=self._designs(variant, step),
                day=step,
                fit_days=FIT_DAYS,
                is_full_live=fleet.lengths >= FIRST_FULL_WINDOW_DAYS,
            )
        told = {
            name: Told.nothing(
                scale.of(positions), count=len(positions), horizon=self.horizon
            )
            for name in names
        }

        def fitted(block: Block) -> tuple[Block, BlockData, list[ModelForecast]]:
            data = origin.fitted(block, horizon_days=self.horizon).data
            data = scaled_data(data, fleet.log_floors[block.series])
            fits = [self.models[name].fit(data) for name in names]
            return block, data, fits

        blocks = list(origin.blocks())
        for block, data, fits in side_by_side(fitted, blocks, processes=self.processes):
            for name, fit in zip(names, fits, strict=True):
                told[name].put(block.series, fit, data)
        return told

    def _on_scale(self, *, has_logs: bool) -> tuple[Fleet, Scale]:
        if has_logs not in self._scaled:
            scale = scale_of(self.series, has_logs=has_logs)
            self._scaled[has_logs] = _fleet(self.series, scale), scale
        return self._scaled[has_logs]

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


def _fleet(series: PanelSeries, scale: Scale) -> Fleet:
    usage, floors = engine_usage(series, scale)
    count = len(series)
    return Fleet(
        server_ids=series.unique_ids,
        metrics=series.metrics,
        calendar_ids=series.calendar_ids,
        starts=series.starts,
        lengths=series.lengths,
        first_days=series.first_steps,
        is_unbroken=np.ones(count, dtype=np.bool_),
        capacities=np.full(count, np.nan),
        ceilings=np.full(count, np.inf),
        log_floors=floors,
        usage=usage,
        measured=series.measured,
        is_filled=series.is_filled,
        is_eoq=series.is_filled,
        has_own_windows=True,
    )


def _part(fleet: Fleet, positions: Integers) -> Fleet:
    """Return some series of a fleet, on the same rows."""
    names = (
        "server_ids", "metrics", "calendar_ids", "starts", "lengths", "first_days",
        "is_unbroken", "capacities", "ceilings", "log_floors",
    )  # fmt: skip
    return replace(fleet, **{name: getattr(fleet, name)[positions] for name in names})
