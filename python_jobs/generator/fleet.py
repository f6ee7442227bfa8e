"""`generate`: configuration in, the rows of four raw tables out. No clock, no files."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from python_jobs.generator import tables
from python_jobs.generator.config import GeneratorConfig
from python_jobs.generator.gates import Gate, check_gates
from python_jobs.generator.simulation import Simulation, simulate
from python_jobs.generator.streams import Flags, uniforms

LOAD_PREFIX = "generated-"
"""Load ids of the generator begin with this; those of delivered files do not."""
INTERVALS = {"daily": ("daily_p95", 86_400), "hourly": ("hourly_p95", 3_600)}


@dataclass(frozen=True)
class GeneratedFleet:
    """The rows of a generated fleet, in the declared shapes and sorted by key.

    Attributes
    ----------
    config
        What it was made from.
    load_id
        Hash of configuration and values: the same fleet has the same.
    server_metrics, servers, loads, generator_truth
        Rows of the raw tables of these names.
    gates
        Quality gates, all passed.
    """

    config: GeneratorConfig
    load_id: str
    server_metrics: pa.Table
    servers: pa.Table
    loads: pa.Table
    generator_truth: pa.Table
    gates: tuple[Gate, ...]


def generate(config: GeneratorConfig) -> GeneratedFleet:
    """Generate a fleet; the same configuration gives the same bytes on every machine.

    Raises
    ------
    RunError
        If the result misses a quality gate; the message names each.
    """
    simulation = simulate(config)
    fingerprint = _fingerprint(simulation)
    load_id = f"{LOAD_PREFIX}{fingerprint[:16]}"
    loaded_at = datetime.combine(config.last_date, datetime.min.time())
    loaded_at += timedelta(days=1)
    is_late = _late_rows(simulation)
    loads = _load_columns(load_id, loaded_at, is_late=is_late, config=config)
    metrics = tables.metric_rows(simulation, loads=loads)
    gates = check_gates(simulation, row_count=metrics.num_rows)
    return GeneratedFleet(
        config=config,
        load_id=load_id,
        server_metrics=metrics,
        servers=tables.servers_table(
            simulation, load_columns={"load_id": load_id, "loaded_at": loaded_at}
        ),
        loads=_loads_table(metrics, fingerprint=fingerprint, config=config),
        generator_truth=tables.truth_table(simulation),
        gates=gates,
    )


def small_fleet(**changes: Any) -> GeneratedFleet:
    """Generate eight servers over one year, or as the given keys say; for tests."""
    defaults = {"server_count": 8, "first_date": "2025-01-01", "truth_days_ahead": 30}
    return generate(GeneratorConfig.model_validate({**defaults, **changes}))


def flat_file_name(config: GeneratorConfig) -> str:
    """Return the name of the flat file."""
    return f"raw_server_metrics_{config.first_date}_to_{config.last_date}.parquet"


def _fingerprint(simulation: Simulation) -> str:
    digest = hashlib.sha256(simulation.config.model_dump_json().encode())
    for values in (simulation.samples, simulation.observed_value, simulation.true_mean):
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _late_rows(simulation: Simulation) -> Flags:
    """Return which metric rows come with the second load."""
    config = simulation.config
    rows = uniforms(
        config.seed,
        purpose="late",
        servers=len(simulation.traits),
        shape=(len(simulation.timestamps),),
    )
    return np.asarray(rows.ravel() < config.deliveries.late_rate, dtype=np.bool_)


def _load_columns(
    load_id: str, loaded_at: datetime, *, is_late: Flags, config: GeneratorConfig
) -> dict[str, pa.Array]:
    """Return load_id and loaded_at of each metric row."""
    second = pa.array(is_late.astype(np.int8))
    late_at = loaded_at + timedelta(days=config.deliveries.late_days)
    times = pa.array([loaded_at, late_at], pa.timestamp("us"))
    return {
        "load_id": pa.array([load_id, f"{load_id}-late"]).take(second),
        "loaded_at": times.take(second),
    }


def _loads_table(
    metrics: pa.Table, *, fingerprint: str, config: GeneratorConfig
) -> pa.Table:
    """Return raw.loads: one row per delivery."""
    statistic, interval_seconds = INTERVALS[config.granularity]
    grouped = metrics.group_by(["load_id", "loaded_at"]).aggregate(
        [("timestamp", "min"), ("timestamp", "max"), ([], "count_all")]
    )
    rows = [
        {
            "load_id": load["load_id"],
            "file_name": flat_file_name(config),
            "file_sha256": fingerprint,
            "file_kind": "generated",
            "statistic": statistic,
            "interval_seconds": interval_seconds,
            "rows_read": load["count_all"],
            "rows_accepted": load["count_all"],
            "rows_rejected": 0,
            "first_date": load["timestamp_min"].date(),
            "last_date": load["timestamp_max"].date(),
            "status": "loaded",
            "loaded_at": load["loaded_at"],
        }
        for load in sorted(grouped.to_pylist(), key=_load_order)
    ]
    return tables.declared_rows("raw.loads", rows)


def _load_order(load: Mapping[str, Any]) -> str:
    return str(load["load_id"])
