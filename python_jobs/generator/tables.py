"""The simulated fleet as the rows of the raw tables, in arrow."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from python_jobs.generator.inventory import inventory_rows
from python_jobs.generator.measurements import ANOMALY_KINDS, NO_ANOMALY
from python_jobs.generator.metrics import METRICS, RAW_COLUMNS
from python_jobs.generator.simulation import Simulation
from python_jobs.generator.streams import Floats
from python_jobs.store import TABLES


def metric_rows(simulation: Simulation, *, loads: Mapping[str, pa.Array]) -> pa.Table:
    """Return raw.server_metrics, sorted by its key.

    Parameters
    ----------
    simulation
        The fleet.
    loads
        load_id and loaded_at of each row.
    """
    traits, samples = simulation.traits, simulation.samples
    times = samples.shape[2]
    timestamps = simulation.timestamps.astype("datetime64[us]")
    columns = {
        **loads,
        "server_id": _repeated(traits.server_id, times),
        "timestamp": pa.array(np.tile(timestamps, len(traits)), pa.timestamp("us")),
        "business_unit": _repeated(traits.business_unit, times),
        "region": _repeated(traits.region, times),
        "criticality": _repeated(traits.criticality, times),
    }
    for position, name in enumerate(RAW_COLUMNS):
        columns[name] = _numbers(samples[:, position])
    return _declared("raw.server_metrics", columns)


def truth_table(simulation: Simulation) -> pa.Table:
    """Return raw.generator_truth, sorted by its key."""
    servers, metrics, days = simulation.true_mean.shape
    per_server = metrics * days
    order = np.argsort(METRICS)
    kind = simulation.anomaly_kind[:, order].ravel()
    metric_names = np.array(METRICS)[order]
    metric = _dictionary(np.tile(np.repeat(np.arange(metrics), days), servers))
    columns = {
        "server_id": _repeated(simulation.traits.server_id, per_server),
        "metric": pa.array(metric_names).take(metric),
        "date": pa.array(np.tile(simulation.days.date, servers * metrics)),
        "true_mean": _numbers(simulation.true_mean[:, order]),
        "observed_value": _numbers(simulation.observed_value[:, order]),
        "is_anomaly": pa.array(kind != NO_ANOMALY),
        "anomaly_kind": pa.array(ANOMALY_KINDS, pa.string()).take(_dictionary(kind)),
        "true_size": _repeated(simulation.traits.true_size, per_server),
    }
    return _declared("raw.generator_truth", columns)


def servers_table(
    simulation: Simulation, *, load_columns: Mapping[str, object]
) -> pa.Table:
    """Return raw.servers: the inventory, delivered by one load."""
    rows = [{**row, **load_columns} for row in inventory_rows(simulation)]
    return declared_rows("raw.servers", rows)


def declared_rows(name: str, rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Return rows in the shape of a declared table."""
    return pa.Table.from_pylist(list(rows), schema=TABLES[name].arrow_schema)


def _declared(name: str, columns: Mapping[str, pa.Array]) -> pa.Table:
    schema = TABLES[name].arrow_schema
    return pa.Table.from_arrays([columns[each] for each in schema.names], schema=schema)


def _repeated(names: NDArray[np.str_], times: int) -> pa.Array:
    """Return each name as many times in a row."""
    return pa.array(names).take(_dictionary(np.repeat(np.arange(len(names)), times)))


def _dictionary(positions: NDArray[np.integer]) -> pa.Array:
    return pa.array(positions.astype(np.int32))


def _numbers(values: Floats) -> pa.Array:
    """Return a column in which NaN is null."""
    return pa.array(np.ascontiguousarray(values).ravel(), from_pandas=True)
