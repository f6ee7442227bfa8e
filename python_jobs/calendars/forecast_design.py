"""The forecast design as constants: what the seed ``forecast_design`` says.

SQL and Python go by the same seed, so that neither can drift from the other. A compiled
loop gets these values as arguments: numba's cache does not see a constant change.
"""

import csv
from collections import defaultdict
from pathlib import Path

SEED = Path(__file__).resolve().parents[2] / "seeds" / "forecast_design.csv"


def read_design(path: Path) -> dict[str, dict[str, float]]:
    """Return the values of a seed by parameter and item, in the order of its rows."""
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[row["parameter"]][row["item"]] = float(row["value"])
    return dict(found)


_DESIGN = read_design(SEED)


def _days(parameter: str) -> tuple[int, ...]:
    return tuple(int(value) for value in _DESIGN[parameter].values())


def _one(parameter: str) -> float:
    return _DESIGN[parameter]["all"]


TERMS = tuple(_DESIGN["term"])
"""Terms of the calendar design, in their order."""

LEVEL_TERMS = tuple(
    term for term in TERMS if term in ("constant", "holiday") or term[:7] == "weekday"
)
"""Terms of a window that has seen no year twice."""

FIRST_TREND_DAY = int(_one("trend_first_day"))
"""Day on which trend and annual waves are 0, as days since 1970-01-01."""

YEAR_DAYS = _one("year_days")
EOQ_BUSINESS_DAYS = int(_one("eoq_business_days"))

WINDOW_DAYS = _days("history_window_days")
FIRST_FULL_WINDOW_DAYS = int(_one("full_window_days"))
LARGEST_FILLED_SHARE = _one("filled_ratio")
"""With more filled days a window says little: the next shorter one is used."""

SMOOTHING_PARAMETERS = tuple(_DESIGN["smoothing_parameter"].values())
DEFAULT_SMOOTHING_PARAMETER = _one("default_smoothing_parameter")
"""Daily weights of an exponentially weighted level; the one where no error is known."""

MEAN_DEVIATION_SD = _one("mean_deviation_sd")
"""Standard deviation of a normal variable over its mean absolute deviation."""

SILENT_DAYS = int(_one("silent_days"))
"""A series with no measurement on so many days up to an origin is not forecast."""

FLAT_DAYS = 28
"""A series that did not move in so many days has no day-to-day behaviour to learn."""

BACKTEST_DAYS = int(_one("scored_days"))
BLOCK_DAYS = int(_one("block_days"))
SCALE_DAYS = int(_one("scale_days"))

CANDIDATE_COVERAGE = _one("candidate_coverage")
"""Share of a metric's series that a model must reach to be its champion."""

BANDS = _days("horizon_band_days")
EOQ_BANDS = _days("eoq_band_days")
"""Days ahead that end a band of the horizon, within which errors are alike."""

FEWEST_ERRORS = int(_one("fewest_errors"))
"""Errors that a calibration group needs for quantiles of its own."""

QUANTILES = {f"forecast_{name}": value for name, value in _DESIGN["quantile"].items()}
"""Published quantiles: column and probability, ascending."""

LOWER, UPPER = _DESIGN["interval_lower"], _DESIGN["interval_upper"]
"""Probabilities of the ends of the published intervals, by their coverage."""
