"""What must hold, and what this run says of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from names import (
    ARRAYS,
    ENGINE,
    LABELS,
    NAIVE,
    PANEL_OWN,
    TRUTH_LEVEL,
    WITHOUT_EOQ,
)
from peers import Measured
from scoring import LEVELS, figures, ratio

FLEET = "spikes off"
LEAST_SPEED = 15_000.0
LEAST_SPEED_RATIOS = {
    "statsforecast_holt_winters": 2000.0,
    "prophet_regressors": 3000.0,
}
LARGEST_ERROR_RATIOS = {
    NAIVE: 0.40,
    "statsforecast_holt_winters": 0.65,
    "prophet_regressors": 0.98,
    "statsforecast_arima": 1.01,
    TRUTH_LEVEL: 1.04,
}
LARGEST_EOQ_RATIO = 0.62
COVERAGE_RANGES = {80: (78.0, 82.0), 95: (94.0, 96.0)}
_CALLS = {ARRAYS: "on arrays", PANEL_OWN: "through `forecast_panel`"}


@dataclass(frozen=True)
class Check:
    """One figure that must hold.

    Attributes
    ----------
    figure, asked, found
        As the report shows them.
    holds
        Whether it does.
    """

    figure: str
    asked: str
    found: str
    holds: bool


def checks(measured: Measured) -> list[Check]:
    """Hold every target against what was measured."""
    return [*_speeds(measured), *_errors(measured), *_coverages(measured)]


def _speeds(measured: Measured) -> Iterator[Check]:
    for call, way in _CALLS.items():
        speed = measured.our_speed(call)
        yield Check(
            figure=f"series/s, fit + 90 days with intervals, {way}",
            asked=f"≥ {LEAST_SPEED:,.0f}",
            found=f"{speed:,.0f}",
            holds=speed >= LEAST_SPEED,
        )
        for model, least in LEAST_SPEED_RATIOS.items():
            times = measured.times_faster(model, call)
            yield Check(
                figure=f"times the series/s of {LABELS[model]}, {way}",
                asked=f"≥ {least:,.0f}",
                found=f"{times:,.0f}",
                holds=times >= least,
            )


def _errors(measured: Measured) -> Iterator[Check]:
    ours = measured.scored[FLEET, ENGINE]
    for model, most in LARGEST_ERROR_RATIOS.items():
        found = ratio(ours, measured.scored[FLEET, model])
        yield Check(
            figure=f"MAE by that of: {LABELS[model]}",
            asked=f"≤ {most:.2f}",
            found=f"{found.value:.3f} ± {found.standard_error:.3f}",
            holds=found.value <= most,
        )
    found = ratio(ours, measured.scored[FLEET, WITHOUT_EOQ], eoq_only=True)
    yield Check(
        figure="quarter-end MAE by that without quarter-end terms",
        asked=f"≤ {LARGEST_EOQ_RATIO:.2f}",
        found=f"{found.value:.3f} ± {found.standard_error:.3f}",
        holds=found.value <= LARGEST_EOQ_RATIO,
    )


def _coverages(measured: Measured) -> Iterator[Check]:
    found = figures(measured.scored[FLEET, ENGINE])
    for prefix, days in (("", "all days"), ("eoq_", "quarter ends")):
        for level in LEVELS:
            low, high = COVERAGE_RANGES[level]
            coverage = found[f"{prefix}coverage_{level}"]
            yield Check(
                figure=f"coverage of the {level} % interval, {days}",
                asked=f"{low:.0f}-{high:.0f} %",
                found=f"{coverage:.1f} %",
                holds=low <= coverage <= high,
            )
