#!/usr/bin/env bash
# Version    statsmodels 0.15.0, ExponentialSmoothing (Holt-Winters).
# Guess      The forecast one whole season ahead has the newest seasonal component, as the
#            forecasts of all other steps have.
# Behaviour  At 1, 2, … whole seasons ahead it has the component of the season before: what
#            the last observation said of the season is lost. With a fixed level and a season
#            that follows the data at once, a last value of 80 after three of 40 is forecast
#            as 40. Of daily data and a week it is every seventh day.
# Way out    Put level + season[-1] (and trend) at the steps m, 2m, …; the fitted parameters
#            and components are right.
# Source     github.com/statsmodels/statsmodels, issue 9538; mended on main by pull request
#            10230, after this release.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --only-binary :all: statsmodels==0.15.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from statsmodels.tsa.holtwinters import ExponentialSmoothing

SEASON = 4
usage = np.array([10.0, 20.0, 30.0, 40.0] * 3 + [10.0, 20.0, 30.0, 80.0])
model = ExponentialSmoothing(
    usage,
    seasonal="add",
    seasonal_periods=SEASON,
    initialization_method="known",
    initial_level=25.0,
    initial_seasonal=[-15.0, -5.0, 5.0, 15.0],
)
fit = model.fit(smoothing_level=0.0, smoothing_seasonal=1.0, optimized=False)
forecast = fit.forecast(2 * SEASON)
expected = np.tile(fit.level[-1] + fit.season[-SEASON:], 2)

print(f"statsmodels {version('statsmodels')}")
print("last two seasons", usage[-2 * SEASON :])
print("level + season  ", expected)
print("forecast        ", forecast)
differs = ~np.isclose(forecast, expected)
is_whole_season = (np.arange(2 * SEASON) + 1) % SEASON == 0
as_described = (differs == is_whole_season).all() and forecast[SEASON - 1] == 40.0
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PYTHON
