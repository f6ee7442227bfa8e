"""Forecasts of any long frame: series in, quantiles out, no warehouse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from python_jobs.calendars.forecast_design import QUANTILES
from python_jobs.forecasting.core.arrays import Floats, Integers, Strings
from python_jobs.forecasting.core.intervals import forecast_columns
from python_jobs.forecasting.panel.backtests import (
    Group,
    at_origins,
    best_means,
    groups,
    only,
)
from python_jobs.forecasting.panel.daily import DailyPanel
from python_jobs.forecasting.panel.fallbacks import fallback
from python_jobs.forecasting.panel.hourly import HourlyPanel
from python_jobs.forecasting.panel.intervals import (
    PastErrors,
    calibration,
    quantiles_ahead,
)
from python_jobs.forecasting.panel.models import AUTO, Panel, Prediction
from python_jobs.forecasting.panel.series import Frequency, PanelSeries, check_horizon
from python_jobs.platform.errors import UsageError

ALL_MISSING = "all_missing"
"""Reason of a series without a single value: nothing is forecast."""

_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class PanelForecasts:
    """Forecasts of each series of a panel, in its own unit.

    Attributes
    ----------
    models, reasons
        Shape (series,), None for nothing.
    values, quantiles
        Shape (series, horizon) and (series, horizon, 9).
    """

    models: Strings
    reasons: Strings
    values: Floats
    quantiles: Floats

    @classmethod
    def none(cls, series: PanelSeries, horizon: int) -> "PanelForecasts":
        """Return the forecasts of series without any value."""
        count = len(series)
        return cls(
            models=np.full(count, None, dtype=object),
            reasons=np.full(count, ALL_MISSING, dtype=object),
            values=np.full((count, horizon), np.nan),
            quantiles=np.full((count, horizon, len(QUANTILES)), np.nan),
        )

    def keep(
        self,
        panel: Panel,
        group: Group,
        live: Prediction,
        around: Floats,
        *,
        labels: Strings,
    ) -> None:
        """Keep a group's forecasts, and fallbacks where there is none.

        Parameters
        ----------
        panel, group
            Which series.
        live, around
            Prediction of the steps ahead, and its quantiles.
        labels
            Name of the model of each series of the group.
        """
        series, values = panel.series, live.values
        for row, position in enumerate(group.positions):
            kept: tuple[str, str | None, Floats, Floats]
            seen = series.values_of(position)
            if live.is_valid[row]:
                near = _within_reach(around[row], values[row], seen=seen)
                kept = labels[row], None, values[row], near
            else:
                kept = fallback(panel, position)
            self.models[position], self.reasons[position] = kept[:2]
            lowest = 0.0 if seen.min() >= 0.0 else -np.inf
            self.values[position] = np.maximum(kept[2], lowest)
            self.quantiles[position] = np.maximum(kept[3], lowest)

    def frame(self, series: PanelSeries, *, frequency: Frequency) -> pd.DataFrame:
        """Return one row per series and step ahead, in the unit of the frame."""
        horizon = self.values.shape[1]
        steps = series.newest_steps[:, None] + np.arange(1, horizon + 1)
        columns = {
            "unique_id": np.repeat(series.unique_ids, horizon),
            "ds": steps.ravel().astype(f"datetime64[{frequency}]").astype("M8[us]"),
            "model": np.repeat(self.models, horizon),
            "reason": np.repeat(self.reasons, horizon),
            **forecast_columns(
                _in_unit(self.values, series.exponents[:, None]),
                _in_unit(self.quantiles, series.exponents[:, None, None]),
            ),
        }
        return pd.DataFrame(columns)


def _within_reach(quantiles: Floats, values: Floats, *, seen: Floats) -> Floats:
    """Bound quantiles to one observed range beyond observed or expected values.

    A logarithm that is off by a few units is a value off by powers of ten.

    Parameters
    ----------
    quantiles, values
        Of one series, shape (horizon, 9) and (horizon,).
    seen
        Its history, shape (steps,).
    """
    reach = np.ptp(seen)
    lowest = np.minimum(values, seen.min()) - reach
    highest = np.maximum(values, seen.max()) + reach
    near: Floats = np.clip(quantiles, lowest[:, None], highest[:, None])
    return near


def _in_unit(values: Floats, exponents: Integers) -> Floats:
    """Return values as the frame had them, changed in place."""
    with np.errstate(over="ignore", under="ignore"):
        found = np.ldexp(values, exponents, out=values)
    return np.clip(found, -_LARGEST, _LARGEST, out=found)


LARGEST_ORIGINS = 5
"""Backtests of a series at most."""

_PANELS: Mapping[Frequency, type[Panel]] = {"D": DailyPanel, "h": HourlyPanel}


def forecast_panel(
    frame: pd.DataFrame,
    *,
    horizon: int,
    frequency: Frequency = "D",
    model: str = AUTO,
    calendar: str = "us_bank",
    origins: int = LARGEST_ORIGINS,
    processes: int | None = None,
) -> pd.DataFrame:
    """Forecast every series of a long frame from its own newest step.

    Parameters
    ----------
    frame
        unique_id, ds (naive datetimes) and y (any unit, NaN for missing), rows in any
        order, some may be missing. Optional: metric (series of one metric are pooled)
        and calendar_id (instead of ``calendar``).
    horizon
        Steps ahead.
    frequency
        Length of a step: a day or an hour.
    model
        A candidate, or ``auto``: backtests choose for each series.
    calendar
        Calendar of holidays and quarter ends.
    origins
        Backtests at most, a horizon apart; 0: none, so a named model's own intervals.
    processes
        Cores to use; None: all. It changes the time, never the result.

    Returns
    -------
    pandas.DataFrame
        One row per series and step ahead of its newest ds, sorted: unique_id, ds,
        model, reason (why a fallback or nothing forecasts, null when the model asked
        for does), forecast_value and the nine quantiles.

    Raises
    ------
    InputError
        If a column or key of the frame is missing, a key comes twice, or a calendar is
        unknown.
    UsageError
        If model or frequency is unknown, or the horizon is not positive, no whole
        number, or ends later than the calendars.
    """
    if not horizon >= 1:
        raise UsageError(f"horizon {horizon} → at least one step")
    kind = _PANELS.get(frequency)
    if kind is None:
        raise UsageError(f"frequency '{frequency}' is unknown → {', '.join(_PANELS)}")
    if model != AUTO and model not in kind.models:
        raise UsageError(
            f"model '{model}' is unknown → {', '.join([AUTO, *kind.models])}"
        )
    series = PanelSeries.cut(frame, frequency=frequency, calendar=calendar)
    check_horizon(series.newest_steps, horizon, frequency=frequency)
    panel = kind(series, horizon=horizon, processes=processes)
    names = list(panel.models) if model == AUTO else [model]
    found = PanelForecasts.none(series, horizon)
    by_metric: dict[str, list[Group]] = {}
    for group in groups(series):
        by_metric.setdefault(group.metric, []).append(group)
    for of_metric in by_metric.values():
        _forecast(panel, names, of_metric, origins=origins, found=found)
    rows = found.frame(series, frequency=frequency)
    return rows.astype({"unique_id": frame["unique_id"].dtype})


def _forecast(
    panel: Panel,
    names: Sequence[str],
    of_metric: Sequence[Group],
    *,
    origins: int,
    found: PanelForecasts,
) -> None:
    """Forecast the series of one metric."""
    past = [at_origins(panel, names, group, most=origins) for group in of_metric]
    if len(names) > 1:
        selected = best_means(names, past, naive=panel.naive)
    else:
        selected = [only(names[0], at) for at in past]
    pooled = calibration(
        [
            PastErrors(
                each.predictions[1:],
                [origin.actuals for origin in at[1:]],
                [origin.is_eoq_window for origin in at[1:]],
            )
            for each, at in zip(selected, past, strict=True)
        ]
    )
    for number, group in enumerate(of_metric):
        live = selected[number].predictions[0]
        around = quantiles_ahead(
            live,
            calibration=pooled,
            number=number,
            is_eoq_window=past[number][0].is_eoq_window,
        )
        found.keep(panel, group, live, around, labels=selected[number].labels)
