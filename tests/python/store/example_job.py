"""A job for the tests: every server in one cluster, its distance the level read.

Reads
-----
feat_server_clusters
    One row per server: its ``level``.
ml.server_clusters
    The last published run, whose distances are added.

Writes
------
ml.server_clusters
    One row per server.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from python_jobs.store.contracts import Column, FrameContract

NAME = "example_job"
_CLUSTERS = FrameContract(
    columns={
        "server_id": Column("string"),
        "cluster_number": Column("integer", nullable=True, minimum=0),
        "cluster_name": Column("string", allowed=("steady", "not_clustered")),
        "centroid_distance": Column("number", minimum=0),
        "driver": Column("string", nullable=True),
        **{f"silhouette_{k}": Column("number", nullable=True) for k in range(2, 8)},
    },
    key=("server_id",),
)
READS = {
    "feat_server_clusters": FrameContract(
        columns={"server_id": Column("string"), "level": Column("number", minimum=0)},
        key=("server_id",),
    ),
    "ml.server_clusters": _CLUSTERS,
}
WRITES = {"ml.server_clusters": _CLUSTERS}


def run(
    frames: Mapping[str, pd.DataFrame],
    *,
    as_of_date: date,
    options: Any,
    progress: Any,
) -> Mapping[str, pd.DataFrame]:
    """Return one row per server; option ``fault`` breaks the output."""
    del as_of_date
    servers = frames["feat_server_clusters"]
    before = frames["ml.server_clusters"].set_index("server_id")["centroid_distance"]
    progress.set_total(len(servers))
    distance = servers["level"] + servers["server_id"].map(before).fillna(0.0)
    rows = pd.DataFrame(
        {
            "server_id": servers["server_id"],
            "cluster_number": pd.array([0] * len(servers), dtype="Int64"),
            "cluster_name": "steady",
            "centroid_distance": distance,
            "driver": None,
            **{f"silhouette_{k}": float("nan") for k in range(2, 8)},
        }
    )
    progress.advance(len(servers))
    if options is not None and options.fault:
        rows.loc[0, "centroid_distance"] = float("nan")
    return {"ml.server_clusters": rows}
