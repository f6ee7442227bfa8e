"""What the project promises of its forecasts, read where a user reads it."""

from collections.abc import Callable

import pandas as pd
import pytest

Query = Callable[[str], pd.DataFrame]

EVALUATIONS = ("cross_validation", "holdout")
NAIVE_MODELS = ("seasonal_naive_7", "seasonal_naive_364")
CLASSICAL_MODELS = (
    "holt_winters",
    "holt_winters_calendar",
    "sarima",
    "sarima_calendar",
    "simple_exponential_smoothing",
)


@pytest.fixture(scope="session")
def accuracy(query: Query) -> pd.DataFrame:
    """Return the accuracy over all metrics and the whole horizon."""
    return query(
        "select * from marts.rpt_forecast_accuracy"
        " where metric = 'all' and horizon_block = 'all'"
    ).set_index(["forecast_model", "evaluation", "segment_type", "segment"])


def test_raw_rows_are_one_per_server_and_day(query: Query) -> None:
    """120 servers over 1,461 days are 175,320 rows, none of them twice."""
    counted = query(
        "select count(*) as row_count, count(distinct (server_id, timestamp)) as keys"
        " from raw.server_metrics"
    )
    assert counted["row_count"].item() == counted["keys"].item() == 175_320


@pytest.mark.parametrize("evaluation", EVALUATIONS)
def test_error_is_at_most_half_of_the_naive(
    accuracy: pd.DataFrame, evaluation: str
) -> None:
    """The SQL forecast halves the error of repeating the last week."""
    row = accuracy.loc[("sql_forecast", evaluation, "all", "all")]
    assert row["relative_mae"] <= 0.50
    assert row["series_count"] >= 570


def test_error_is_within_three_percent_of_the_classical_models(
    accuracy: pd.DataFrame,
) -> None:
    """On the pairs that all candidates have, no smoothing or ARIMA is 3 % better."""
    shared = accuracy.xs(("shared", "all", "all"), level=[1, 2, 3])["mae_pct"]
    fitted = shared[list(CLASSICAL_MODELS)]
    assert shared["sql_forecast"] <= 1.03 * fitted.min()


def test_error_of_the_champions_is_the_least(accuracy: pd.DataFrame) -> None:
    """The level behind the shrunk calendar is ahead of every rival, the SQL's, too."""
    shared = accuracy.xs(("shared", "all", "all"), level=[1, 2, 3])["mae_pct"]
    rivals = shared.drop(labels=["level_calendar", "champion"])
    assert len(rivals) >= 9
    assert shared["level_calendar"] < rivals.min()
    assert shared["level_calendar"] <= 0.44 * shared["seasonal_naive_7"]
    assert shared["level_calendar"] <= 0.65 * shared["holt_winters"]


@pytest.mark.parametrize("segment", ["all", "eoq_window", "other_days"])
@pytest.mark.parametrize("evaluation", EVALUATIONS)
def test_intervals_cover_what_they_promise(
    accuracy: pd.DataFrame, evaluation: str, segment: str
) -> None:
    """Coverage holds at the calibrated origins, quarter ends apart."""
    kind = "all" if segment == "all" else "eoq"
    row = accuracy.loc[("sql_forecast", evaluation, kind, segment)]
    assert 0.76 <= row["coverage_80"] <= 0.84
    assert 0.93 <= row["coverage_95"] <= 0.97


def test_holdout_confirms_the_cross_validation(accuracy: pd.DataFrame) -> None:
    """Errors of the held-out origins are within 10 % of those that chose the model."""
    errors = accuracy.xs(("sql_forecast", "all", "all"), level=[0, 2, 3])["mae_pct"]
    assert errors["holdout"] == pytest.approx(errors["cross_validation"], rel=0.10)


@pytest.mark.parametrize(
    ("check_name", "brier_limit", "calibration_limit"),
    [("breach_probability", 0.85, 0.03), ("any_day_probability", 0.60, 0.04)],
)
def test_past_probabilities_were_good(
    query: Query, check_name: str, brier_limit: float, calibration_limit: float
) -> None:
    """The promises of five origins beat thresholding the mean, and are calibrated."""
    cards = query(
        "select * from marts.rpt_scorecard"
        " where metric = 'all' and threshold_kind = 'high'"
    )
    card = cards.set_index("check_name").loc[check_name]
    assert card["event_count"] >= 100
    assert card["brier_score"] <= brier_limit * card["mean_brier_score"]
    assert card["calibration_error"] <= calibration_limit


def test_champions_are_what_the_forecasts_say(query: Query) -> None:
    """Every metric has one champion, and the live forecasts are the champion's."""
    champions = query(
        "select metric, forecast_model from marts.rpt_forecast_accuracy"
        " where is_champion and forecast_model != 'champion' and evaluation = 'shared'"
        " and segment_type = 'all' and horizon_block = 'all' and metric != 'all'"
    ).set_index("metric")["forecast_model"]
    served = query(
        "select metric, forecast_model, count(*) as day_count"
        " from marts.fct_usage_forecasts where fallback_reason is null"
        " group by metric, forecast_model"
    )
    assert sorted(champions.index) == sorted(served["metric"].unique())
    for row in served.itertuples():
        assert row.forecast_model == champions[row.metric]
