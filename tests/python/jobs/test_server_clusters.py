"""The clustering job: groups, their numbers and names, and who stays without one."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fleet_frames import AS_OF

from python_jobs import server_clusters
from python_jobs.clustering.groups import aligned_numbers, drivers, find_groups
from python_jobs.clustering.names import group_name
from python_jobs.clustering.profiles import (
    BEHAVIOURS,
    FEATURES,
    METRICS,
    RATIOS,
    columns_of,
    scaled_profiles,
)
from python_jobs.forecasting.config import JobsConfig
from python_jobs.platform.errors import InputError
from python_jobs.platform.progress import NoProgress
from python_jobs.store import TABLES

FEATURE = "feat_server_clusters"
WRITTEN = "ml.server_clusters"


def profile(
    level: float, *, growth: float = 1.0, spread: float = 0.2, peak: float | None = None
) -> dict[str, float]:
    """Return one server's profile, every metric alike."""
    numbers = {
        "p95_level_pct": level,
        "peak_pct": 1.2 * level if peak is None else peak,
        **dict.fromkeys(RATIOS, 1.0),
        "growth_ratio_year": growth,
        "spread_ratio": spread,
        "persistence": 0.4,
    }
    return {
        f"{metric}_{number}": value
        for metric in METRICS
        for number, value in numbers.items()
    }


def fleet(*kinds: dict[str, float], servers_each: int = 5) -> pd.DataFrame:
    """Return profiles of some servers of each kind, a little apart from each other."""
    random = np.random.default_rng(1)
    rows = [
        {name: value * random.uniform(0.98, 1.02) for name, value in kind.items()}
        for kind in kinds
        for _ in range(servers_each)
    ]
    servers = [f"s{number:02d}" for number in range(len(rows))]
    return pd.DataFrame(rows).assign(server_id=servers)


FOUR_KINDS = (
    profile(75.0),
    profile(5.0),
    profile(45.0, growth=1.4),
    profile(45.0, spread=0.6),
)


def run(
    profiles: pd.DataFrame, *, last: pd.DataFrame | None = None, cluster_count: int = 4
) -> pd.DataFrame:
    """Run the job between its checks, as the runner does."""
    contract = server_clusters.READS[FEATURE]
    empty = pd.DataFrame(columns=list(server_clusters.WRITES[WRITTEN].columns))
    previous = replace(server_clusters.READS[WRITTEN], may_be_empty=True)
    with NoProgress().task("test") as task:
        returned = server_clusters.run(
            {
                FEATURE: contract.check(profiles, table=FEATURE),
                WRITTEN: previous.check(empty if last is None else last, table=WRITTEN),
            },
            as_of_date=AS_OF,
            options=JobsConfig(cluster_count=cluster_count),
            progress=task,
        )
    written = server_clusters.WRITES[WRITTEN]
    return written.check(returned[WRITTEN], table=WRITTEN, edge="written")


def test_contract_covers_the_table() -> None:
    """Every column of the table but the runner's two is declared, and no other."""
    declared = {column.name for column in TABLES[WRITTEN].columns}
    contract = server_clusters.WRITES[WRITTEN]
    assert set(contract.columns) == declared - {"run_id", "as_of_date"}


def test_kinds_of_servers_are_found_and_named() -> None:
    """Four kinds of five servers are four clusters, the highest level first."""
    clusters = run(fleet(*FOUR_KINDS))
    names = clusters.groupby("cluster_number")["cluster_name"].agg(list).to_dict()
    assert names[1] == ["hot"] * 5
    assert names[4] == ["idle"] * 5
    assert {names[2][0], names[3][0]} == {"growing", "bursty"}
    assert clusters["centroid_distance"].min() > 0.0
    best = clusters.filter(like="silhouette_").mean().idxmax()
    assert best == "silhouette_4"
    drivers_of = clusters.groupby("cluster_name")["driver"].first()
    assert drivers_of["bursty"] in columns_of("spread_ratio")
    assert drivers_of["growing"] in columns_of("growth_ratio_year")


def test_same_profiles_same_clusters() -> None:
    """A second run returns the same rows, digit by digit."""
    profiles = fleet(*FOUR_KINDS)
    pd.testing.assert_frame_equal(run(profiles), run(profiles), check_exact=True)


@pytest.mark.parametrize("shift", [1, 2, 3])
def test_numbers_of_the_last_run_are_kept(shift: int) -> None:
    """However the last run numbered the clusters, they keep these numbers.

    One server has moved since, and one is new.
    """
    first = run(fleet(*FOUR_KINDS))
    last = first.assign(cluster_number=(first["cluster_number"] + shift - 1) % 4 + 1)
    kept = last.set_index("server_id")["cluster_number"].copy()
    last.loc[0, "cluster_number"] = last.loc[7, "cluster_number"]
    again = run(fleet(*FOUR_KINDS), last=last.drop(index=19))
    assert again.set_index("server_id")["cluster_number"].equals(kept)


def test_alignment_by_hand() -> None:
    """Group 0 shares two servers with 3, group 1 one with 3 and one with 7.

    Two and one stay most: 0 keeps 3, 1 keeps 7; group 2 is new and gets the smallest
    number left, 1.
    """
    numbers = aligned_numbers(
        np.array([0, 0, 1, 1, 2]),
        np.array([3, 3, 3, 7, 0]),
        order=np.array([2, 1, 0]),
    )
    assert numbers.tolist() == [3, 7, 1]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_first_run_numbers_in_order(order: list[int]) -> None:
    """Without a last run the first of the order is 1, the next 2."""
    numbers = aligned_numbers(
        np.array([0, 1, 2]), np.zeros(3, dtype=np.int64), order=np.array(order)
    )
    assert numbers[order].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("members", "name"),
    [
        (profile(50.0, peak=80.0, growth=1.5, spread=0.9), "hot"),
        (profile(50.0, peak=79.9), "steady"),
        (profile(29.9, growth=1.5, spread=0.9), "idle"),
        (profile(30.0), "steady"),
        (profile(50.0, growth=1.1, spread=0.9), "growing"),
        (profile(50.0, growth=1.09), "steady"),
        # the fleet's middle spread is 0.2
        (profile(50.0, spread=0.25), "bursty"),
        (profile(50.0, spread=0.249), "steady"),
    ],
)
def test_names_by_rule(members: dict[str, float], name: str) -> None:
    """Each rule at its limit, and risk before savings."""
    group = pd.DataFrame([members] * 3)
    everyone = pd.DataFrame([profile(50.0)] * 9)
    assert group_name(group, fleet=everyone) == name


def test_server_without_a_level_is_not_clustered() -> None:
    """A metric without a level leaves its server out and the others as they were."""
    profiles = fleet(*FOUR_KINDS)
    profiles.loc[3, "network_in_p95_level_pct"] = np.nan
    clusters = run(profiles).set_index("server_id")
    alone = clusters.loc["s03"]
    assert alone["cluster_name"] == "not_clustered"
    assert alone.drop("cluster_name").isna().all()
    assert clusters.drop(index="s03")["cluster_number"].notna().all()


@pytest.mark.parametrize(
    "profiles",
    [
        fleet(*FOUR_KINDS, servers_each=1),
        pd.DataFrame([profile(50.0)] * 12).assign(
            server_id=[f"s{number:02d}" for number in range(12)]
        ),
    ],
)
def test_few_or_equal_servers_are_not_clustered(profiles: pd.DataFrame) -> None:
    """Under eight different profiles nothing is grouped, and every server is there."""
    clusters = run(profiles)
    assert list(clusters["server_id"]) == list(profiles["server_id"])
    assert set(clusters["cluster_name"]) == {"not_clustered"}
    assert clusters["cluster_number"].isna().all()


def test_eight_servers_are_clustered() -> None:
    """Eight different profiles are enough, for seven groups too."""
    clusters = run(fleet(*FOUR_KINDS, servers_each=2), cluster_count=7)
    assert clusters["cluster_number"].nunique() == 7
    assert clusters["silhouette_7"].notna().all()


def test_points_by_hand() -> None:
    """Half and twice the middle level are equally far, and the far end is clipped.

    Levels 25, 50, 100 and again in logarithms: -ln 2, 0, ln 2 around the median; the
    quartiles are half of that away, so scores are -1, 0, 1; a level counts sqrt(6 / 2).
    """
    profiles = pd.DataFrame([profile(level) for level in (25.0, 50.0, 100.0)])
    points = scaled_profiles(profiles)
    level = FEATURES.index("cpu_p95_level_pct")
    np.testing.assert_allclose(points[:, level], np.sqrt(3) * np.array([-1, 0, 1]))
    outlier = [profile(50.0 * 1.01**step) for step in range(-4, 5)]
    outlier.append(profile(0.1))
    assert scaled_profiles(pd.DataFrame(outlier))[-1, level] == -5 * np.sqrt(3)
    assert len(BEHAVIOURS) == 6


def test_driver_by_hand() -> None:
    """Group 0 differs by 3 in column 1 and by 1 in column 0; group 1 likewise."""
    points = np.array([[0.0, 3.0], [0.0, 3.0], [1.0, 0.0], [1.0, 0.0]])
    groups = find_groups(points, count=2)
    assert groups.distances.tolist() == [0.0] * 4
    assert drivers(points, np.array([0, 0, 1, 1])).tolist() == [1, 1]


def test_contract_refuses_a_missing_behaviour() -> None:
    """Only a level may be missing: SQL fills in behaviours."""
    profiles = fleet(*FOUR_KINDS)
    profiles.loc[2, "cpu_persistence"] = np.nan
    with pytest.raises(InputError, match="column cpu_persistence at server_id s02"):
        server_clusters.READS[FEATURE].check(profiles, table=FEATURE)
