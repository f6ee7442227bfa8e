"""What is measured: keys of models and calls, and what the report calls them."""

ENGINE = "level_calendar"
"""What the project forecasts the default fleet with: its backtests choose it."""

ARIMA = "sarima_calendar"
ARRAYS, CHOICES, ARIMA_ARRAYS = "engine_arrays", "engine_choices", "arima_arrays"
PANEL, PANEL_AUTO, PANEL_OWN = "panel", "panel_auto", "panel_own_intervals"
NAIVE, TRUTH = "seasonal_naive_7", "truth"
TRUTH_LEVEL, WITHOUT_EOQ = "truth_level", "without_eoq"
RIVALS = {
    "statsforecast_holt_winters": "statsforecast HoltWinters(7)",
    "statsforecast_auto_ets": "statsforecast AutoETS(7)",
    "statsforecast_arima": "statsforecast ARIMA(1,1,1), log usage, our terms",
    "prophet": "Prophet, plain",
    "prophet_regressors": "Prophet, log usage, holidays and quarter ends",
    "statsmodels_holt_winters": "statsmodels ExponentialSmoothing, damped, 7",
    "statsmodels_sarimax": "statsmodels SARIMAX(1,1,1), weekdays",
}
"""Models of the peers' worker, and what they are called."""

CALLS = {
    ARRAYS: "ours, batched function on arrays",
    ARIMA_ARRAYS: f"the same with {ARIMA}",
    CHOICES: "the first, and what is chosen once for the fleet",
    PANEL_OWN: "`forecast_panel`, long frames, the model's own intervals",
    PANEL: "`forecast_panel`, long frames, intervals from five backtests",
}
"""Ways in that are timed, from the inmost to the outermost."""

OURS = {
    PANEL: f"ours, {ENGINE} through `forecast_panel`",
    PANEL_AUTO: "ours, `forecast_panel`, which chooses",
    ENGINE: f"ours, {ENGINE}",
    ARIMA: f"ours, {ARIMA}",
    "holt_winters_calendar": "ours, holt_winters_calendar",
    WITHOUT_EOQ: f"ours, {ENGINE} without quarter-end terms",
    TRUTH_LEVEL: f"the generator's truth given to {ENGINE}",
}
"""Models of our worker that are scored, and what they are called."""

LABELS = {**OURS, TRUTH: "the generator's truth as it is", NAIVE: "seasonal naive 7"}
LABELS |= RIVALS
