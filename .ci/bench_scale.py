"""Measure the forecast at scale: `make bench-scale SCALE_ARGS="500000 --days 728"`.

The fleet is made in chunks as it is asked for, so that its size is not that of a disk,
or, with ``--stored``, read from an Iceberg table that it is written to before the clock
starts. The forecasts are written to Iceberg. Prints seconds and peak memory as one JSON
line.
"""

import argparse
import json
import resource
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from multiprocessing import Process
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyiceberg.catalog import Catalog

from python_jobs.calendars.calendar_terms import calendar_terms
from python_jobs.calendars.forecast_design import TERMS
from python_jobs.forecasting.config import JobsConfig
from python_jobs.forecasting.scale.features import (
    CALENDAR,
    USAGE,
    FeatureSource,
    IcebergFeatures,
)
from python_jobs.forecasting.scale.job import (
    CHUNK_SERIES,
    ChunkedEngine,
    ScaleOptions,
    forecast_at_scale,
)
from python_jobs.forecasting.scale.part import MODELS
from python_jobs.forecasting.scale.tables import Servers
from python_jobs.platform.progress import open_progress
from python_jobs.platform.settings import Settings
from python_jobs.store.catalog import open_catalog

AS_OF = date(2025, 12, 31)
METRICS = ("cpu", "disk", "memory", "network_in", "network_out")
HORIZON_DAYS = 90
_FEATURES = "features"
_GIB = 1 << 20  # ru_maxrss counts KiB


@dataclass(frozen=True)
class MadeFleet:
    """Servers with five metrics each, a function of their numbers."""

    series_count: int
    days: int

    @cached_property
    def _terms(self) -> Any:
        first = AS_OF - timedelta(days=self.days - 1)
        last = AS_OF + timedelta(days=400)
        return calendar_terms("us_bank", first=first, last=last)

    def calendar(self) -> pd.DataFrame:
        """Return ``feat_calendar_weights``: eight backtest origins, where they fit."""
        first = np.datetime64(AS_OF) - (self.days - 1)
        dates = first + np.arange(len(self._terms))
        numbers = (np.datetime64(AS_OF) - dates).astype(np.int64) / 91
        is_origin = np.isin(numbers, np.arange(9)) & (numbers * 91 < self.days - 91)
        return pd.DataFrame(
            {
                "calendar_id": "us_bank",
                "calendar_date": dates.astype("datetime64[us]"),
                **{f"x_{term}": self._terms[:, k] for k, term in enumerate(TERMS)},
                "origin_number": np.where(is_origin, numbers, np.nan),
            }
        )

    def servers(self) -> Servers:
        """Return every server, ascending."""
        count = -(-self.series_count // len(METRICS))
        return np.array([f"SRV-{k:07d}" for k in range(count)], dtype=object)

    def between(self, first: str, last: str) -> pd.DataFrame:
        """Return the rows of the servers from one to another, both included."""
        return self._rows(np.arange(int(first[4:]), int(last[4:]) + 1))

    def only(self, servers: Servers) -> pd.DataFrame:
        """Return the rows of some servers."""
        return self._rows(np.array([int(each[4:]) for each in servers]))

    def _rows(self, numbers: Any) -> pd.DataFrame:
        random = np.random.default_rng(int(numbers[0]))
        count, days = len(numbers) * len(METRICS), self.days
        terms = self._terms[:days].astype(np.float32)
        sizes = np.where(np.array(TERMS) == "trend", 0.05, 0.08).astype(np.float32)
        sizes[0] = 0.0
        noise = random.standard_normal((count, days), dtype=np.float32) * 0.1
        noise[:, 1:] += 0.5 * noise[:, :-1]
        effects = random.standard_normal((count, len(TERMS)), dtype=np.float32) * sizes
        noise += effects @ terms.T
        noise += random.uniform(2.3, 4.0, size=(count, 1)).astype(np.float32)
        usage = np.clip(np.exp(noise), 0.0, 100.0).astype(np.float64).round(3).ravel()
        dates = np.datetime64(AS_OF) - np.arange(days)[::-1]
        rows = count * days
        names = [f"SRV-{k:07d}" for k in numbers]
        return pd.DataFrame(
            {
                "server_id": _texts(names, each=len(METRICS) * days, times=1),
                "metric": _texts(METRICS, each=days, times=len(numbers)),
                "metric_date": np.tile(dates.astype("datetime64[s]"), count),
                "calendar_id": _texts(["us_bank"], each=rows, times=1),
                "usage_unit": _texts(["percent"], each=rows, times=1),
                "capacity_value": np.broadcast_to(100.0, rows),
                "log_floor": np.broadcast_to(0.1, rows),
                "usage_value": usage,
                "measured_value": usage,
                "is_filled": np.zeros(rows, dtype=np.bool_),
                "is_eoq_window": np.tile(
                    self._terms[:days, TERMS.index("eoq_window")] > 0.0, count
                ),
            }
        )


def _stored(fleet: MadeFleet, warehouse: Path, *, chunk_series: int) -> IcebergFeatures:
    """Write a fleet to Iceberg in a process of its own: its memory is not counted."""
    writer = Process(target=_store, args=(fleet, warehouse, chunk_series))
    writer.start()
    writer.join()
    if writer.exitcode:
        raise SystemExit(writer.exitcode)
    return IcebergFeatures(open_catalog(Settings(warehouse=warehouse)), _FEATURES)


def _store(fleet: MadeFleet, warehouse: Path, chunk_series: int) -> None:
    """Write a data file a chunk."""
    catalog = open_catalog(Settings(warehouse=warehouse))
    catalog.create_namespace(_FEATURES)
    servers = fleet.servers()
    step = max(1, chunk_series // len(METRICS))
    _append(catalog, f"{_FEATURES}.{CALENDAR}", fleet.calendar())
    for first in range(0, len(servers), step):
        part = servers[first : first + step]
        rows = fleet.between(part[0], part[-1])
        texts = rows.select_dtypes("category").columns
        rows = rows.astype(dict.fromkeys(texts, "str"))
        _append(catalog, f"{_FEATURES}.{USAGE}", rows)


def _append(catalog: Catalog, name: str, rows: pd.DataFrame) -> None:
    # Iceberg knows microseconds
    days = dict.fromkeys(rows.select_dtypes("datetime").columns, "datetime64[us]")
    added = pa.Table.from_pandas(rows.astype(days), preserve_index=False)
    catalog.create_table_if_not_exists(name, schema=added.schema).append(added)


def main() -> None:
    """Forecast the made fleet, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("series", type=int, help="series of the fleet")
    parser.add_argument("--days", type=int, default=1461)
    parser.add_argument("--model", default=None, help="one candidate; default: choose")
    parser.add_argument("--backtests", action="store_true")
    parser.add_argument("--stored", action="store_true", help="read from Iceberg")
    parser.add_argument("--chunk-series", type=int, default=CHUNK_SERIES)
    parser.add_argument("--processes", type=int, default=None)
    asked = parser.parse_args()
    made = MadeFleet(asked.series, asked.days)
    candidates = (asked.model,) if asked.model else MODELS
    jobs = {"candidates": candidates, "processes": asked.processes}
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Path(folder)
        source: FeatureSource = made
        if asked.stored:
            source = _stored(made, warehouse, chunk_series=asked.chunk_series)
        started, cpu = time.monotonic(), time.process_time()
        result = forecast_at_scale(
            source,
            engine=ChunkedEngine(asked.chunk_series),
            catalog=open_catalog(Settings(warehouse=warehouse)),
            options=ScaleOptions(
                jobs=JobsConfig.model_validate(jobs),
                horizon_days=HORIZON_DAYS,
                has_backtests=asked.backtests,
            ),
            progress=open_progress(),
        )
        seconds, cpu_seconds = time.monotonic() - started, time.process_time() - cpu
    result_row = {
        "series": result.series_count,
        "days": asked.days,
        "read_from": "iceberg" if asked.stored else "memory",
        "rows": result.series_count * asked.days,
        "champions": sorted(set(result.champions.values())),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu_seconds, 1),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _GIB, 2),
        "reasons": result.reasons,
    }
    print(json.dumps(result_row))  # noqa: T201 - the result


def _texts(names: Any, *, each: int, times: int) -> Any:
    codes = np.tile(np.repeat(np.arange(len(names), dtype=np.int32), each), times)
    return pd.Categorical.from_codes(codes, pd.Index(list(names), dtype="str"))


if __name__ == "__main__":
    main()
