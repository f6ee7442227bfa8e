"""Group servers by how high their usage is and how it behaves.

K-Means over the profiles of all servers. A group keeps its number from run to run as
long as its servers stay together, and is named by rule.

Reads
-----
feat_server_clusters
    One row per server in service: one column per metric and number of its profile.
ml.server_clusters
    The job's last published run: the numbers that are kept.

Writes
------
ml.server_clusters
    One row per server: its cluster, or ``not_clustered`` for a server with a metric
    that has no level, and for all of a fleet with under eight different profiles.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from python_jobs.clustering.groups import (
    SILHOUETTE_COUNTS,
    aligned_numbers,
    drivers,
    find_groups,
    silhouettes,
)
from python_jobs.clustering.names import NAMES, NOT_CLUSTERED, group_name
from python_jobs.clustering.profiles import (
    BEHAVIOURS,
    FEATURES,
    LEVELS,
    METRICS,
    columns_of,
    scaled_profiles,
)
from python_jobs.forecasting.config import JobsConfig
from python_jobs.platform.progress import Task
from python_jobs.store.contracts import Column, FrameContract

NAME = "server_clusters"
UNIT = "servers"

FEWEST_PROFILES = 8
"""Seven groups, the most that are tried, need eight different servers."""

_SILHOUETTES = [f"silhouette_{count}" for count in SILHOUETTE_COUNTS]

WRITES = {
    "ml.server_clusters": FrameContract(
        columns={
            "server_id": Column("string"),
            "cluster_number": Column("integer", nullable=True, minimum=1),
            "cluster_name": Column("string", allowed=(*NAMES, NOT_CLUSTERED)),
            "centroid_distance": Column("number", nullable=True, minimum=0.0),
            "driver": Column("string", nullable=True, allowed=tuple(FEATURES)),
            **{
                name: Column("number", nullable=True, minimum=-1.0, maximum=1.0)
                for name in _SILHOUETTES
            },
        },
        key=("server_id",),
    )
}
READS = {
    "feat_server_clusters": FrameContract(
        columns={
            "server_id": Column("string"),
            **{
                f"{metric}_{number}": Column("number", nullable=number in LEVELS)
                for metric in METRICS
                for number in (*LEVELS, *BEHAVIOURS)
            },
        },
        key=("server_id",),
    ),
    "ml.server_clusters": WRITES["ml.server_clusters"],
}


def run(
    frames: Mapping[str, pd.DataFrame],
    *,
    as_of_date: date,  # noqa: ARG001 - the features are of that day
    options: JobsConfig,
    progress: Task,
) -> dict[str, pd.DataFrame]:
    """Group the servers.

    Parameters
    ----------
    frames
        ``feat_server_clusters``, and the last run's ``ml.server_clusters``, which may
        have no rows.
    as_of_date
        Not used.
    options
        Number of clusters.
    progress
        Counts servers.

    Returns
    -------
    dict
        ``ml.server_clusters``: every server of the features.
    """
    profiles = frames["feat_server_clusters"].set_index("server_id")
    progress.set_total(len(profiles))
    complete = profiles.dropna(subset=columns_of(*LEVELS))
    clusters = pd.DataFrame(
        {
            "cluster_number": pd.Series(pd.NA, index=profiles.index, dtype="Int64"),
            "cluster_name": NOT_CLUSTERED,
            "centroid_distance": np.nan,
            "driver": pd.Series(None, index=profiles.index, dtype="str"),
            **dict.fromkeys(_SILHOUETTES, np.nan),
        },
        index=profiles.index,
    )
    if len(complete.drop_duplicates()) >= FEWEST_PROFILES:
        last = frames["ml.server_clusters"].set_index("server_id")["cluster_number"]
        previous = last.reindex(complete.index).fillna(0).to_numpy(dtype=np.int64)
        grouped = _grouped(complete, previous=previous, count=options.cluster_count)
        clusters.loc[grouped.index, grouped.columns] = grouped
    progress.advance(len(profiles))
    return {"ml.server_clusters": clusters.reset_index()}


def _grouped(
    profiles: pd.DataFrame, *, previous: NDArray[np.int64], count: int
) -> pd.DataFrame:
    """Return number, name, distance, driver and silhouettes of complete profiles."""
    points = scaled_profiles(profiles)
    groups = find_groups(points, count=count)
    level = profiles[columns_of("p95_level_pct")].mean(axis=1).to_numpy()
    heights = [level[groups.labels == label].mean() for label in range(count)]
    numbers = aligned_numbers(groups.labels, previous, order=np.argsort(heights)[::-1])
    names = np.array(
        [
            group_name(profiles[groups.labels == label], fleet=profiles)
            for label in range(count)
        ],
        dtype=object,
    )
    features = np.array(FEATURES, dtype=object)[drivers(points, groups.labels)]
    return pd.DataFrame(
        {
            "cluster_number": numbers[groups.labels],
            "cluster_name": names[groups.labels],
            "centroid_distance": groups.distances,
            "driver": features[groups.labels],
            **{
                f"silhouette_{tried}": values
                for tried, values in silhouettes(points).items()
            },
        },
        index=profiles.index,
    )
