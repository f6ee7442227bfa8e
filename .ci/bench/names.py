"""What is measured: keys of models and calls, and what the report calls them."""

ENGINE = "sarima_calendar"
ARRAYS, CHOICES = "engine_arrays", "engine_choices"
PANEL, PANEL_AUTO, PANEL_OWN = "panel", "panel_auto", "panel_own_intervals"
NAIVE, TRUTH = "seasonal_naive_7", "truth"
TRUTH_LEVEL, WITHOUT_EOQ = "truth_level", "without_eoq"
RIVALS = {
    "statsforecast_holt_winters": "statsforecast HoltWinters(7)",
    "statsforecast_auto_ets": "statsforecast AutoETS(7)",
    "statsforecast_arima": "statsforecast ARIMA(1,1,1), log load, our terms",
    "prophet": "Prophet, plain",
    "prophet_regressors": "Prophet, log load, holidays and quarter ends",
    "statsmodels_holt_winters": "statsmodels ExponentialSmoothing, damped, 7",
    "statsmodels_sarimax": "statsmodels SARIMAX(1,1,1), weekdays",
}
"""Models of the peers' worker, and what they are called."""

CALLS = {
    ARRAYS: "ours, batched function on arrays",
    CHOICES: "the same, and what is chosen once for the fleet",
    PANEL_OWN: "`forecast_panel`, long frames, the model's own intervals",
    PANEL: "`forecast_panel`, long frames, intervals from five backtests",
}
"""Ways in that are timed, from the inmost to the outermost."""

OURS = {
    PANEL: "ours, sarima_calendar through `forecast_panel`",
    PANEL_AUTO: "ours, `forecast_panel`, which chooses",
    ENGINE: "ours, sarima_calendar",
    "holt_winters_calendar": "ours, holt_winters_calendar",
    "level_calendar": "ours, level_calendar",
    WITHOUT_EOQ: "ours, sarima_calendar without quarter-end terms",
    TRUTH_LEVEL: "the generator's truth given to sarima_calendar",
}
"""Models of our worker that are scored, and what they are called."""

LABELS = {**OURS, TRUTH: "the generator's truth as it is", NAIVE: "seasonal naive 7"}
LABELS |= RIVALS
