"""A forecast for any long frame: series in, quantiles out, no warehouse."""

from collections.abc import Mapping, Sequence

import pandas as pd

from python_jobs.forecasting.engine.panel_backtests import (
    Group,
    Panel,
    at_origins,
    groups,
)
from python_jobs.forecasting.engine.panel_candidates import AUTO
from python_jobs.forecasting.engine.panel_checks import Frequency, refuse_horizon
from python_jobs.forecasting.engine.panel_choice import best_means, the_named
from python_jobs.forecasting.engine.panel_daily import DailyPanel
from python_jobs.forecasting.engine.panel_forecasts import Forecasts
from python_jobs.forecasting.engine.panel_hourly import HourlyPanel
from python_jobs.forecasting.engine.panel_intervals import (
    PastErrors,
    quantiles_ahead,
    widths,
)
from python_jobs.forecasting.engine.panel_series import PanelSeries
from python_jobs.platform.errors import UsageError

LARGEST_ORIGINS = 5
"""Backtests of a series at most."""

_PANELS: Mapping[Frequency, type[DailyPanel] | type[HourlyPanel]] = {
    "D": DailyPanel,
    "h": HourlyPanel,
}


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
    refuse_horizon(series.newest_steps, horizon, frequency=frequency)
    panel = kind(series, horizon=horizon, processes=processes)
    names = list(panel.models) if model == AUTO else [model]
    found = Forecasts.none(series, horizon)
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
    found: Forecasts,
) -> None:
    """Forecast the series of one metric."""
    known = [at_origins(panel, names, group, most=origins) for group in of_metric]
    if len(names) > 1:
        chosen = best_means(names, known, naive=panel.naive)
    else:
        chosen = [the_named(names[0], at) for at in known]
    width = widths(
        [
            PastErrors(
                each.told[1:],
                [past.actual for past in at[1:]],
                [past.is_special for past in at[1:]],
            )
            for each, at in zip(chosen, known, strict=True)
        ]
    )
    for number, group in enumerate(of_metric):
        live, special = chosen[number].told[0], known[number][0].is_special
        around = quantiles_ahead(live, widths=width, number=number, is_special=special)
        found.keep(panel, group, live, around, labels=chosen[number].labels)
