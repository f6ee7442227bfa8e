"""Hourly panels: regression on hours and weekdays, and models of its residuals."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain

import numpy as np

from python_jobs.calendars.business_calendar import holiday_names
from python_jobs.calendars.forecast_design import (
    FLAT_DAYS,
    LARGEST_FILLED_SHARE,
    SILENT_DAYS,
)
from python_jobs.forecasting.core.arrays import (
    DAY_HOURS,
    BlockData,
    Booleans,
    Floats,
    Integers,
    ModelForecast,
    Transform,
)
from python_jobs.forecasting.core.origin import DTYPE
from python_jobs.forecasting.core.parallel import one_blas_thread, side_by_side
from python_jobs.forecasting.core.prior import weighted_levels
from python_jobs.forecasting.core.regression import (
    HOURLY_SHIFTS,
    SharedDesign,
    carry_levels,
    fit_regression,
)
from python_jobs.forecasting.core.series import blocks
from python_jobs.forecasting.panel.models import (
    HOURLY_MODELS,
    Panel,
    Prediction,
    Terms,
    Variant,
)
from python_jobs.forecasting.panel.series import PanelSeries

WEEK_HOURS = 168
WINDOW_HOURS = (96, 168, 336, 504, 672, 1008, 1344, 2016)
"""Windows, the longest that a series fills is used: twelve weeks follow a season."""

SHORTEST_OF_TERMS: Mapping[Terms, int] = {
    "hours": WINDOW_HOURS[0],
    "weekly": 2 * WEEK_HOURS,
    "week_hours": 4 * WEEK_HOURS,
}
"""Hours below which a window cannot tell the terms apart."""

LEVEL_ALPHA = 0.02
"""Hourly weight of the exponentially weighted level: half of it is 34 hours old."""

LARGEST_SILENT_HOURS = SILENT_DAYS * DAY_HOURS
"""A series last measured so many hours before the origin is not forecast."""

_SATURDAY = 5
_EPOCH_WEEKDAY = 3


@dataclass(frozen=True)
class _Block:
    """Rows of a group that share a calendar and a window."""

    rows: Integers
    calendar_id: str
    hours: int


class HourlyPanel(Panel):
    """The hourly series of a panel."""

    models = HOURLY_MODELS
    season = DAY_HOURS
    naive = "seasonal_naive_24"
    shortest = WINDOW_HOURS[0]
    flat_steps = FLAT_DAYS * DAY_HOURS

    def __init__(
        self, series: PanelSeries, *, horizon: int, processes: int | None
    ) -> None:
        super().__init__(series, horizon=horizon, processes=processes)
        self._holidays = _panel_holidays(series, horizon)

    def predict(
        self, names: Iterable[str], positions: Integers, *, step: int
    ) -> dict[str, Prediction]:
        """Forecast series that share an origin, by model."""
        by_variant = self.by_variant(names)

        def fitted(block: _Block) -> list[tuple[str, ModelForecast, BlockData]]:
            return [
                (name, self.models[name].fit(data), data)
                for variant, data in self._regressed(
                    block, by_variant, positions[block.rows], step=step
                )
                for name in by_variant[variant]
            ]

        found = {
            name: self.empty(name, positions)
            for name in chain.from_iterable(by_variant.values())
        }
        cut = list(self._blocks(positions, step=step))
        fits = side_by_side(fitted, cut, processes=self.processes)
        for block, of_block in zip(cut, fits, strict=True):
            for name, forecast, data in of_block:
                found[name].put(block.rows, forecast, data)
        return found

    def _blocks(self, positions: Integers, *, step: int) -> Iterator[_Block]:
        """Yield blocks of series that fill a window and are not constant in it."""
        series = self.series
        windows = np.zeros(len(positions), dtype=np.int64)
        for row, position in enumerate(positions):
            past = min(
                step - series.first_steps[position] + 1, series.lengths[position]
            )
            end = series.starts[position] + max(past, 0)
            newest = slice(max(end - LARGEST_SILENT_HOURS, end - past), end)
            if not np.isfinite(series.measured[newest]).any():
                continue
            for hours in WINDOW_HOURS:
                span = slice(end - hours, end)
                if (
                    hours <= past
                    and series.is_filled[span].mean() <= LARGEST_FILLED_SHARE
                    and np.ptp(series.values[span]) > 0.0
                ):
                    windows[row] = hours
        calendars = series.calendar_ids[positions]
        for calendar_id in sorted(set(calendars)):
            for hours in np.unique(windows[windows > 0]):
                alike = (windows == hours) & (calendars == calendar_id)
                for rows in blocks(np.flatnonzero(alike)):
                    yield _Block(rows, calendar_id, int(hours))

    def _regressed(
        self,
        block: _Block,
        variants: Iterable[Variant],
        positions: Integers,
        *,
        step: int,
    ) -> Iterator[tuple[Variant, BlockData]]:
        """Regress a block on the terms of each variant that its window identifies."""
        series = self.series
        last = series.starts[positions] + step - series.first_steps[positions]
        rows = last[:, None] + np.arange(1 - block.hours, 1)
        designs: dict[Terms, tuple[SharedDesign, Floats]] = {}
        for variant in variants:
            if block.hours < SHORTEST_OF_TERMS[variant.terms]:
                continue
            if variant.terms not in designs:
                terms = self._terms(block, variant.terms, step=step)
                with one_blas_thread():
                    used = np.flatnonzero(np.abs(terms[: block.hours]).any(axis=0))
                    design = SharedDesign.of(terms[: block.hours], used=list(used))
                designs[variant.terms] = design, terms[block.hours :]
            design, ahead = designs[variant.terms]
            transform = self.transforms[variant.has_logs].of(positions)
            data = _data(
                *(series.values[rows], series.is_filled[rows]),
                transform=transform,
                design=design,
                ahead=ahead,
            )
            yield variant, data

    def _terms(self, block: _Block, terms: Terms, *, step: int) -> Floats:
        """Return the terms of window and hours ahead, shape (hours, terms)."""
        hours = np.arange(step - block.hours + 1, step + self.horizon + 1)
        days = hours // DAY_HOURS
        weekday = (days + _EPOCH_WEEKDAY) % 7
        hour = hours % DAY_HOURS
        if terms == "week_hours":
            slots = [weekday * DAY_HOURS + hour == k for k in range(WEEK_HOURS)]
        else:
            slots = [hour == k for k in range(DAY_HOURS)]
        if terms == "weekly":
            slots += [weekday == k for k in range(1, 7)]
            is_weekend = weekday >= _SATURDAY
            slots += [is_weekend & (hour == k) for k in range(1, DAY_HOURS)]
        if terms != "hours":
            slots.append(np.isin(days, self._holidays[block.calendar_id]))
        return np.column_stack(slots).astype(np.float64)


def _data(
    values: Floats,
    is_filled: Booleans,
    *,
    transform: Transform,
    design: SharedDesign,
    ahead: Floats,
) -> BlockData:
    """Regress scaled values on a design and return residuals for the models."""
    scaled = transform.forward(values)
    with one_blas_thread():
        fit = fit_regression(
            scaled.astype(DTYPE),
            is_filled=is_filled,
            design=design,
            shifts=HOURLY_SHIFTS,
        )
    carry_levels(fit.residuals, is_filled)
    return BlockData(
        residuals=fit.residuals,
        explained=fit.coefficients @ ahead.T,
        usage=scaled,
        alphas=np.full(len(values), LEVEL_ALPHA),
        levels=weighted_levels(fit.residuals, LEVEL_ALPHA),
        spread=fit.spread,
    )


def _panel_holidays(series: PanelSeries, horizon: int) -> dict[str, Integers]:
    """Return the holidays of each calendar as days since 1970-01-01."""
    if not len(series):
        return {}
    first = np.datetime64(int(series.first_steps.min()) // DAY_HOURS, "D")
    last = int(series.newest_steps.max() + horizon) // DAY_HOURS
    found: dict[str, Integers] = {}
    for name in sorted(set(series.calendar_ids)):
        days: list[date] = list(
            holiday_names(
                name, first=first.item(), last=np.datetime64(last, "D").item()
            )
        )
        found[name] = np.array(days, dtype="datetime64[D]").astype(np.int64)
    return found
