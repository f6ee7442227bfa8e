"""The truth agrees with what is delivered, and is complete."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from python_jobs.generator import GeneratedFleet, small_fleet

COLUMNS = {
    "cpu": "cpu_p95",
    "memory": "mem_p95",
    "disk": "disk_p95",
    "network_in": "net_in_p95",
    "network_out": "net_out_p95",
}


def test_the_default_tables_have_their_size(default_fleet: GeneratedFleet) -> None:
    """120 servers and 1,461 days; the truth has 5 metrics and 400 days more."""
    assert default_fleet.server_metrics.num_rows == 120 * 1461 == 175_320
    assert default_fleet.generator_truth.num_rows == 120 * 5 * (1461 + 400)
    keys = default_fleet.server_metrics.select(["server_id", "timestamp"]).to_pandas()
    assert not keys.duplicated().any()
    assert keys["timestamp"].min().date() == date(2022, 1, 1)
    assert keys["timestamp"].max().date() == date(2025, 12, 31)


@pytest.mark.parametrize(("metric", "column"), COLUMNS.items())
def test_observed_values_are_the_delivered_ones(
    metric_rows: pd.DataFrame, truth: pd.DataFrame, metric: str, column: str
) -> None:
    """Equal where a value was measured, null where none was."""
    rows = metric_rows.sort_values(["server_id", "timestamp"])[column].to_numpy()
    known = truth[truth["metric"] == metric].sort_values(["server_id", "date"])
    observed = known[known["date"] <= date(2025, 12, 31)]["observed_value"].to_numpy()
    np.testing.assert_array_equal(rows, observed)


def test_bounds(truth: pd.DataFrame) -> None:
    """Percent ends at 0 and 100, in the mean as well; nothing is negative."""
    percent = truth[truth["metric"].isin(["cpu", "memory", "disk"])]
    for column in ("true_mean", "observed_value"):
        assert percent[column].max() == 100
        assert truth[column].min() >= 0


def test_the_future_is_seen_whole(truth: pd.DataFrame) -> None:
    """After the last observed day a server in service has no gap."""
    future = truth[truth["date"] > date(2025, 12, 31)]
    missing = future["observed_value"].isna().groupby(future["server_id"]).mean()
    assert set(missing) == {0.0, 1.0}
    assert (missing == 1).sum() == round(0.025 * 120)
    assert future["date"].max() == date(2025, 12, 31) + timedelta(days=400)


def test_one_percent_is_missing(truth: pd.DataFrame) -> None:
    """Of the days in service, where the truth has a mean, about 1 % have no value."""
    past = truth[(truth["date"] <= date(2025, 12, 31)) & truth["true_mean"].notna()]
    assert past["observed_value"].isna().mean() == pytest.approx(0.01, abs=0.004)


def test_outages_are_consecutive() -> None:
    """With outages alone each gap is two to six days long, or two that touch."""
    fleet = small_fleet(
        gaps={"missing_rate": 0, "metric_missing_rate": 0, "outages_per_year": 3},
        events={"commissioned_share": 0, "decommissioned_share": 0},
    )
    rows = fleet.server_metrics.to_pandas()
    is_gap = rows["cpu_p95"].isna()
    run = (is_gap != is_gap.shift()).cumsum()
    lengths = is_gap.groupby([rows["server_id"], run]).sum()
    lengths = lengths[lengths > 0]
    assert 10 <= len(lengths) <= 40
    assert lengths.min() >= 2
    assert lengths.median() <= 6


def test_labelled_anomalies(truth: pd.DataFrame) -> None:
    """Half a percent: spikes lie near 1.6 times the mean, dips near 0.4 times."""
    observed = truth[truth["observed_value"].notna()]
    assert observed["is_anomaly"].mean() == pytest.approx(0.005, rel=0.1)
    assert (observed["is_anomaly"] == observed["anomaly_kind"].notna()).all()
    free = observed[observed["metric"].eq("network_in") & (observed["true_mean"] > 20)]
    ratio = free["observed_value"] / free["true_mean"]
    kinds = ratio.groupby(free["anomaly_kind"]).median()
    assert kinds["spike"] == pytest.approx(1.6, rel=0.1)
    assert kinds["dip"] == pytest.approx(0.4, rel=0.1)
    assert not truth.loc[truth["observed_value"].isna(), "is_anomaly"].any()


def test_extra_work_is_not_labelled() -> None:
    """Without anomalies the archetypes' spikes remain, and no label."""
    fleet = small_fleet(switches={"anomalies": False})
    truth = fleet.generator_truth.to_pandas()
    cpu = truth[truth["metric"] == "cpu"]
    assert not truth["is_anomaly"].any()
    assert (cpu["observed_value"] > 1.5 * cpu["true_mean"]).mean() > 0.01


def test_sizes(truth: pd.DataFrame, metric_rows: pd.DataFrame) -> None:
    """15 % oversized, half of them four times; 5 % idle; their loads say so."""
    sizes = truth.drop_duplicates("server_id").set_index("server_id")["true_size"]
    assert sizes.value_counts().to_dict() == {
        "right": 96,
        "oversized_2": 9,
        "oversized_4": 9,
        "idle": 6,
    }
    typical = metric_rows.groupby("server_id")[["cpu_p95", "mem_p95"]].mean()
    level = typical.groupby(sizes).median()
    for size, factor in {"oversized_2": 2, "oversized_4": 4}.items():
        expected = level.loc["right"] / factor
        assert level.loc[size].to_list() == pytest.approx(expected.to_list(), rel=0.35)
    assert level.loc["idle", "cpu_p95"] < 10


def test_some_servers_run_out_and_most_do_not(truth: pd.DataFrame) -> None:
    """Sustained load above 80 % within 400 days: a fifth to two thirds of servers."""
    future = truth[truth["date"] > date(2025, 12, 31)]
    future = future[future["metric"].isin(["cpu", "memory", "disk"])]
    above = (future["observed_value"] > 80).groupby(
        [future["server_id"], future["metric"]]
    )
    sustained = above.rolling(10).sum().groupby(level=[0, 1]).max() >= 3
    assert 0.2 <= sustained.groupby(level=0).any().mean() <= 0.66
    assert sustained.mean() <= 0.33
