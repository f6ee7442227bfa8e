"""A generated fleet as files: the flat file, its summary and a sample to look at."""

import gzip
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from python_jobs.generator.fleet import GeneratedFleet, flat_file_name
from python_jobs.generator.metrics import METRICS, RAW_COLUMNS
from python_jobs.generator.streams import uniforms
from python_jobs.platform.folders import make_private

FileFormat = Literal["parquet", "csv.gz"]

OWN_COLUMNS = ("load_id", "loaded_at")
"""What a load adds; a delivered file does not have them."""
SAMPLE_SERVERS = 5
SAMPLE_TIMES = 31


def write_files(
    fleet: GeneratedFleet, folder: Path, *, file_format: FileFormat = "parquet"
) -> tuple[Path, ...]:
    """Write the flat file, ``*_summary.json`` and ``*_sample.csv`` into a folder.

    The same fleet gives the same bytes.

    Parameters
    ----------
    fleet
        What to write.
    folder
        Made when it does not exist; files of the same names are replaced.
    file_format
        Of the flat file. It has the columns of a delivered extract, and delivers some
        rows twice when the configuration says so.

    Returns
    -------
    tuple of Path
        Flat file, summary, sample.
    """
    make_private(folder)
    stem = flat_file_name(fleet.config).removesuffix(".parquet")
    rows = fleet.server_metrics.drop_columns(list(OWN_COLUMNS))
    delivered = _with_duplicates(rows, fleet)
    flat = folder / f"{stem}.{file_format}"
    if file_format == "parquet":
        pq.write_table(delivered, flat, compression="zstd")
    else:
        _write_csv_gz(delivered, flat)
    summary = folder / f"{stem}_summary.json"
    text = json.dumps(summarise(fleet), indent=2, ensure_ascii=False)
    summary.write_text(text + "\n", encoding="utf-8", newline="\n")
    sample = folder / f"{stem}_sample.csv"
    pa.csv.write_csv(_readable(_sample(rows)), sample)
    return flat, summary, sample


def summarise(fleet: GeneratedFleet) -> dict[str, Any]:
    """Return what a reader wants to know of a fleet, ready for JSON."""
    metrics = fleet.server_metrics
    truth = fleet.generator_truth
    sizes = truth.group_by("server_id").aggregate([("true_size", "min")])
    figures = {
        metric: {
            "mean": _rounded(pc.mean(metrics[column])),
            "sd": _rounded(pc.stddev(metrics[column])),
            "lowest": _rounded(pc.min(metrics[column])),
            "highest": _rounded(pc.max(metrics[column])),
            "missing_count": metrics[column].null_count,
        }
        for metric, column in zip(METRICS, RAW_COLUMNS, strict=True)
    }
    return {
        "load_id": fleet.load_id,
        "row_count": metrics.num_rows,
        "metrics": figures,
        "servers": {
            "archetype": _counts(_newest_rows(fleet.servers)["server_type"]),
            "business_unit": _counts(_newest_rows(fleet.servers)["business_unit"]),
            "true_size": _counts(sizes["true_size_min"]),
            "inventory_row_count": fleet.servers.num_rows,
        },
        "labelled_anomaly_count": pc.sum(truth["is_anomaly"]).as_py() or 0,
        "gates": {gate.name: round(gate.value, 6) for gate in fleet.gates},
        "config": fleet.config.model_dump(mode="json"),
    }


def _newest_rows(servers: pa.Table) -> pa.Table:
    """Return the last inventory row of each server; the rows are sorted."""
    ids = servers["server_id"].to_numpy()
    return servers.filter(pa.array(np.append(ids[1:] != ids[:-1], True)))


def _counts(names: pa.ChunkedArray) -> dict[str, int]:
    counted = {row["values"]: row["counts"] for row in names.value_counts().to_pylist()}
    return dict(sorted(counted.items()))


def _rounded(value: pa.Scalar) -> float | None:
    number = value.as_py()
    return None if number is None else round(number, 6)


def _with_duplicates(rows: pa.Table, fleet: GeneratedFleet) -> pa.Table:
    """Return the rows, some of them twice, as a careless delivery has them."""
    config = fleet.config
    servers = config.server_count
    draws = uniforms(
        config.seed,
        purpose="duplicates",
        servers=servers,
        shape=(rows.num_rows // servers,),
    )
    is_repeated = draws.ravel() < config.deliveries.duplicate_rate
    return pa.concat_tables([rows, rows.filter(pa.array(is_repeated))])


def _sample(rows: pa.Table) -> pa.Table:
    """Return the newest rows of the first servers."""
    servers = pc.unique(rows["server_id"])[:SAMPLE_SERVERS]
    times = pc.unique(rows["timestamp"]).sort()[-SAMPLE_TIMES:]
    is_sample = pc.and_(
        pc.is_in(rows["server_id"], value_set=servers),
        pc.is_in(rows["timestamp"], value_set=times),
    )
    return rows.filter(is_sample)


def _readable(rows: pa.Table) -> pa.Table:
    """Return the rows with timestamps as ``2025-12-31 00:00:00``."""
    seconds = rows["timestamp"].cast(pa.timestamp("s"))
    text = pc.strftime(seconds, format="%Y-%m-%d %H:%M:%S")
    return rows.set_column(rows.schema.get_field_index("timestamp"), "timestamp", text)


def _write_csv_gz(rows: pa.Table, path: Path) -> None:
    """Write a gzip file without time and name in its header: same rows, same bytes."""
    with (
        path.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed,
    ):
        pa.csv.write_csv(_readable(rows), packed)
