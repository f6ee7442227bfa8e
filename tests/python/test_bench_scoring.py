"""The benchmark's scoring: figures that can be worked out by hand."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

BENCH = Path(__file__).resolve().parents[2] / ".ci" / "bench"
DAYS = pd.date_range("2025-03-28", periods=4)


@pytest.fixture
def scoring(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the module from where it lies: the benchmark is no package."""
    spec = importlib.util.spec_from_file_location("bench_scoring", BENCH / "scoring.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # a dataclass looks its module up by name
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def actuals(
    unique_id: str,
    measured: list[float],
    *,
    capacity: float = 100.0,
    unit: str = "percent",
) -> pd.DataFrame:
    """Return four days; the last two lie in a quarter end."""
    return pd.DataFrame(
        {
            "unique_id": unique_id,
            "ds": DAYS,
            "measured_value": measured,
            "capacity_value": capacity,
            "usage_unit": unit,
            "is_eoq_window": [False, False, True, True],
        }
    )


def forecast(
    unique_id: str, mean: list[float], *, half_width: float | None = None
) -> pd.DataFrame:
    """Return a forecast; its 95 % interval is twice as wide as its 80 % one."""
    prediction = pd.DataFrame({"unique_id": unique_id, "ds": DAYS, "mean": mean})
    if half_width is None:
        return prediction
    return prediction.assign(
        low_80=prediction["mean"] - half_width,
        high_80=prediction["mean"] + half_width,
        low_95=prediction["mean"] - 2 * half_width,
        high_95=prediction["mean"] + 2 * half_width,
    )


def test_errors_are_percent_of_capacity(scoring: ModuleType) -> None:
    """Errors 1, 3, 4, 8 of 200 Mbps are 0.5, 1.5, 2, 4 %: mean 2, quarter end 3."""
    actual = actuals("A", [10, 10, 10, 10], capacity=200.0, unit="mbps")
    scored = scoring.scores(forecast("A", [11, 7, 14, 18]), actual, origin=1)
    found = scoring.figures(scored)
    assert found["mae"] == pytest.approx(2.0)
    assert found["eoq_mae"] == pytest.approx(3.0)
    assert found["pair_count"] == 1
    assert np.isnan(found["coverage_80"])


def test_days_without_a_measurement_are_not_scored(scoring: ModuleType) -> None:
    """Errors 2 and 4 remain of four days: mean 3, one of them in the quarter end."""
    actual = actuals("A", [50, np.nan, 50, np.nan])
    scored = scoring.scores(forecast("A", [52, 0, 54, 0]), actual, origin=1)
    assert scored["day_count"].tolist() == [1, 1]
    found = scoring.figures(scored)
    assert (found["mae"], found["eoq_mae"]) == pytest.approx((3.0, 4.0))


def test_a_percentage_is_cut_at_its_range(scoring: ModuleType) -> None:
    """130 counts as 100 and -20 as 0: errors 1, 2, 0, 0."""
    actual = actuals("A", [99, 2, 100, 0])
    scored = scoring.scores(forecast("A", [130, -20, 130, -20]), actual, origin=1)
    assert scoring.figures(scored)["mae"] == pytest.approx(0.75)


def test_coverage_counts_days_inside_the_interval(scoring: ModuleType) -> None:
    """Within 5: 3 of 4 days, 1 of 2 in the quarter end; within 10: all four."""
    actual = actuals("A", [50, 55, 50, 58])
    prediction = forecast("A", [50, 50, 50, 50], half_width=5.0)
    found = scoring.figures(scoring.scores(prediction, actual, origin=1))
    assert found["coverage_80"] == pytest.approx(75.0)
    assert found["eoq_coverage_80"] == pytest.approx(50.0)
    assert found["coverage_95"] == pytest.approx(100.0)
    assert found["eoq_coverage_95"] == pytest.approx(100.0)


def test_a_ratio_compares_common_pairs_only(scoring: ModuleType) -> None:
    """On series A, 1 against 4; series B, which one model lacks, does not count."""
    actual = pd.concat([actuals("A", [50.0] * 4), actuals("B", [50.0] * 4)])
    both = pd.concat([forecast("A", [51.0] * 4), forecast("B", [90.0] * 4)])
    ours = scoring.scores(both, actual, origin=1)
    theirs = scoring.scores(forecast("A", [54.0] * 4), actual, origin=1)
    assert scoring.ratio(ours, theirs).value == pytest.approx(0.25)
    assert scoring.ratio(theirs, ours).value == pytest.approx(4.0)
    assert scoring.ratio(ours, theirs).pair_count == 1


def test_the_standard_error_of_a_ratio_is_over_series(scoring: ModuleType) -> None:
    """Error sums 4 and 12 against 8 and 8: ratio 1, left -4 and 4, error sqrt(64)/16.

    The sum of squares 32 times 2 / (2 - 1) is 64, its root 8, by the sum 16 one half.
    """
    actual = pd.concat([actuals("A", [50.0] * 4), actuals("B", [50.0] * 4)])
    ours = pd.concat([forecast("A", [51.0] * 4), forecast("B", [53.0] * 4)])
    theirs = pd.concat([forecast("A", [52.0] * 4), forecast("B", [52.0] * 4)])
    found = scoring.ratio(
        *(scoring.scores(each, actual, origin=1) for each in (ours, theirs))
    )
    assert (found.value, found.standard_error) == pytest.approx((1.0, 0.5))


def test_coverage_is_that_of_the_newest_origins(scoring: ModuleType) -> None:
    """Origin 6 is scored for its error, 10, and not for its interval, which misses."""
    prediction = forecast("A", [50.0] * 4, half_width=1.0)
    scored = pd.concat(
        [
            scoring.scores(prediction, actuals("A", [50.0] * 4), origin=1),
            scoring.scores(prediction, actuals("A", [60.0] * 4), origin=6),
        ]
    )
    found = scoring.figures(scored)
    assert (found["mae"], found["coverage_80"]) == pytest.approx((5.0, 100.0))


def test_a_series_that_is_not_finite_is_left_out(scoring: ModuleType) -> None:
    """One day without a number takes its series out, not the others."""
    actual = pd.concat([actuals("A", [50.0] * 4), actuals("B", [50.0] * 4)])
    prediction = pd.concat(
        [forecast("A", [51, np.nan, 51, 51]), forecast("B", [52.0] * 4)]
    )
    scored = scoring.scores(prediction, actual, origin=1)
    assert set(scored["unique_id"]) == {"B"}
    assert scoring.figures(scored)["mae"] == pytest.approx(2.0)
