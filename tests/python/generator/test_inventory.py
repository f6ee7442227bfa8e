"""The inventory and its history."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from python_jobs.generator import GeneratedFleet, GeneratorConfig, generate


@pytest.fixture(scope="module")
def servers(default_fleet: GeneratedFleet) -> pd.DataFrame:
    """Inventory rows of the default fleet."""
    return default_fleet.servers.to_pandas()


@pytest.mark.parametrize(
    ("column", "counts"),
    [
        ("server_type", {"web": 42, "database": 18, "application": 48, "batch": 12}),
        ("criticality", {"High": 24, "Medium": 60, "Low": 36}),
        (
            "business_unit",
            {"Retail": 42, "Investment": 30, "Wealth": 24, "Corporate": 24},
        ),
        ("environment", {"production": 96, "staging": 14, "development": 10}),
    ],
)
def test_each_category_has_its_share(
    servers: pd.DataFrame, column: str, counts: dict[str, int]
) -> None:
    """Of 120 servers, exactly as the weights say."""
    newest = servers.drop_duplicates("server_id", keep="last")
    assert newest[column].value_counts().to_dict() == counts


def test_every_server_has_its_first_row_when_it_is_commissioned(
    servers: pd.DataFrame,
) -> None:
    """Keys are unique and sorted; the history begins with the server."""
    keys = servers[["server_id", "valid_from"]]
    assert not keys.duplicated().any()
    assert keys.sort_values(["server_id", "valid_from"]).equals(keys)
    first = servers.drop_duplicates("server_id")
    assert (first["valid_from"] == first["commissioned_date"]).all()
    assert len(first) == 120


def test_metadata_agrees_with_the_metric_rows(
    servers: pd.DataFrame, metric_rows: pd.DataFrame
) -> None:
    """Unit, region and criticality are the same in both tables."""
    columns = ["server_id", "business_unit", "region", "criticality"]
    inventory = servers[columns].drop_duplicates().reset_index(drop=True)
    delivered = metric_rows[columns].drop_duplicates().reset_index(drop=True)
    pd.testing.assert_frame_equal(inventory, delivered)


def test_a_resize_doubles_or_halves_the_size_and_moves_the_percent(
    servers: pd.DataFrame, metric_rows: pd.DataFrame
) -> None:
    """A twice larger server has half the percent from that day on; Mbps stay."""
    columns = ["vcpu_count", "memory_gib", "disk_gib"]
    sizes = servers.groupby("server_id")[columns]
    change = (servers[columns] / sizes.shift())["vcpu_count"]
    resized = servers[change.notna() & (change != 1)]
    assert 1 <= len(resized) <= 6
    for row in resized.itertuples():
        factor = change[row.Index]
        assert factor in (0.5, 2.0)
        rows = metric_rows[metric_rows["server_id"] == row.server_id]
        day = pd.Timestamp(row.valid_from)
        around = rows[(rows["timestamp"] - day).abs() < pd.Timedelta(days=28)]
        median = around.groupby(around["timestamp"] >= day)[
            ["mem_p95", "disk_p95", "net_in_p95"]
        ].median()
        moved = median.loc[False] / median.loc[True]
        assert moved["mem_p95"] == pytest.approx(factor, rel=0.15)
        assert moved["disk_p95"] == pytest.approx(factor, rel=0.15)
        assert moved["net_in_p95"] == pytest.approx(1, rel=0.3)


def test_nothing_is_measured_out_of_service(
    servers: pd.DataFrame, metric_rows: pd.DataFrame
) -> None:
    """Before the first and after the last day in service all metrics are null."""
    newest = servers.drop_duplicates("server_id", keep="last").set_index("server_id")
    day = metric_rows["timestamp"].dt.date
    begins = metric_rows["server_id"].map(newest["commissioned_date"])
    ends = metric_rows["server_id"].map(newest["decommissioned_date"])
    is_out = (day < begins) | (day > ends.fillna(date.max))
    assert is_out.any()
    assert metric_rows.loc[is_out, "cpu_p95"].isna().all()
    is_measured = metric_rows["cpu_p95"].notna().groupby(metric_rows["server_id"]).sum()
    assert is_measured.min() > 100
    assert newest["decommissioned_date"].notna().sum() == 3
    assert (newest["commissioned_date"] > date(2022, 1, 1)).sum() >= 2


def test_failover_twins_are_pairs_of_a_kind(servers: pd.DataFrame) -> None:
    """Critical servers of one unit, archetype and region stand in for each other."""
    paired = servers.drop_duplicates("server_id").dropna(subset="failover_group")
    groups = paired.groupby("failover_group")
    assert set(groups.size()) == {2}
    alike = groups[["business_unit", "server_type", "region"]].nunique()
    assert (alike == 1).to_numpy().all()
    assert set(paired["criticality"]) == {"High"}


def test_bandwidth(servers: pd.DataFrame) -> None:
    """500 to 1,000 Mbps in steps of 50."""
    assert servers["network_mbps"].between(500, 1000).all()
    assert (servers["network_mbps"] % 50 == 0).all()


def test_shares_of_zero_leave_a_fleet_without_events() -> None:
    """No resize, nobody comes or goes: one row per server, all of the right size."""
    config = GeneratorConfig.model_validate(
        {
            "server_count": 30,
            "first_date": "2025-01-01",
            "truth_days_ahead": 0,
            "sizes": {"oversized_share": 0, "idle_share": 0},
            "events": {
                "resize_share": 0,
                "commissioned_share": 0,
                "decommissioned_share": 0,
            },
        }
    )
    fleet = generate(config)
    assert fleet.servers.num_rows == 30
    sizes = fleet.generator_truth["true_size"].to_numpy(zero_copy_only=False)
    assert np.array_equal(np.unique(sizes), ["right"])
