"""Forecast a fleet on Spark: the same function by `applyInPandas`, groups of servers.

Iceberg is read and written by pyiceberg on the workers, so that the session needs no
runtime jar and finds the tables in the project's own catalog: the driver plans the data
files, workers read them, Spark brings the rows of a server together, and the driver
commits the files that the groups wrote.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io import load_file_io
from pyiceberg.table import Table
from pyspark.errors import PythonException
from pyspark.sql import DataFrame, GroupedData, SparkSession
from pyspark.sql import functions as sql

from python_jobs.calendars.forecast_design import QUANTILES
from python_jobs.forecasting.features import FEATURES
from python_jobs.forecasting.scale.features import (
    COLUMNS,
    USAGE,
    FeatureSource,
    IcebergFeatures,
)
from python_jobs.forecasting.scale.part import (
    Outcome,
    PartTask,
    PooledFit,
    forecast_part,
)
from python_jobs.forecasting.scale.tables import Servers, sorted_rows
from python_jobs.platform.errors import CapacityError, PlatformError, UsageError
from python_jobs.platform.progress import Progress
from python_jobs.store.contracts import Dtype

GROUP_SERIES = 1000
"""Series of a group, about: what one worker holds at once."""

_TYPES: dict[Dtype, tuple[str, pa.DataType]] = {
    "string": ("string", pa.string()),
    "number": ("double", pa.float64()),
    "boolean": ("boolean", pa.bool_()),
    "date": ("date", pa.date32()),
}
_KINDS = {name: _TYPES[FEATURES[USAGE].columns[name].dtype] for name in COLUMNS}
_ROWS = ", ".join(f"{name} {kind}" for name, (kind, _) in _KINDS.items())
_ARROW_ROWS = pa.schema([(name, kind) for name, (_, kind) in _KINDS.items()])
_FORECASTS = (
    "server_id string, metric string, target_date date, model string, reason string,"
    f" forecast_value double, {', '.join(f'{name} double' for name in QUANTILES)}"
)
_OUTCOMES = (
    "forecast_path string, backtest_path string, series_count long, reasons string"
)
_GROUP = "part_number"


@dataclass(frozen=True)
class SparkEngine:
    """Groups of servers side by side on the workers of a Spark master.

    Attributes
    ----------
    master
        ``local[*]``, ``yarn``, ``spark://…``.
    group_series
        Series of a group, about.
    """

    master: str = "local[*]"
    group_series: int = GROUP_SERIES

    def outcomes(
        self,
        source: FeatureSource,
        *,
        servers: Servers,
        series_per_server: float,
        task: PartTask,
        progress: Progress,
    ) -> Iterator[Outcome]:
        """Forecast and write every group; see `ScaleEngine`."""
        if not isinstance(source, IcebergFeatures):
            raise UsageError(
                "Spark reads the features from Iceberg → copy them by `as_iceberg`"
            )
        groups = max(1, round(len(servers) * series_per_server / self.group_series))
        # Spark runs a worker per core: threads of its own would only fight over them
        alone = replace(task, processes=1)

        def run(rows: pd.DataFrame) -> pd.DataFrame:
            outcome = vars(alone.run(rows.drop(columns=_GROUP)))
            reasons = json.dumps(outcome["reasons"])
            return pd.DataFrame([outcome | {"reasons": reasons}])

        with (
            session(self.master) as spark,
            progress.task("forecasts", total=len(servers), unit="servers") as counted,
        ):
            features = feature_rows(spark, source.table(USAGE))
            try:
                grouped = _grouped(features, groups)
                rows = grouped.applyInPandas(run, _OUTCOMES).collect()
            except PythonException as error:
                raise _worker_error(error) or error from None
            for row in rows:
                yield Outcome(**row.asDict() | {"reasons": json.loads(row["reasons"])})
            counted.advance(len(servers))


def forecasts(features: DataFrame, *, pooled: PooledFit, groups: int) -> DataFrame:
    """Return forecasts as a Spark table: for a catalog of Spark's own.

    Parameters
    ----------
    features
        Rows of ``feat_usage_forecasts`` in any order.
    pooled
        Fit of the fleet.
    groups
        Parts that the servers are hashed into.

    Returns
    -------
    pyspark.sql.DataFrame
        One row per series and day ahead.
    """

    def forecast(rows: pd.DataFrame) -> pd.DataFrame:
        part = sorted_rows(rows.drop(columns=_GROUP))
        return forecast_part(part, pooled=pooled, processes=1).frame()

    return _grouped(features, groups).applyInPandas(forecast, _FORECASTS)


def feature_rows(spark: SparkSession, table: Table) -> DataFrame:
    """Return the rows of an Iceberg table's current snapshot, read by the workers.

    Raises
    ------
    PlatformError
        If the snapshot has delete files: then its data files alone are not its rows.
    """
    planned = list(table.scan(selected_fields=COLUMNS).plan_files())
    if any(each.delete_files for each in planned):
        raise PlatformError(
            f"table {'.'.join(table.name())} has delete files → compact it first"
        )
    properties, folder = dict(table.io.properties), table.location()
    schema = _ARROW_ROWS

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        files = load_file_io(properties, folder)
        for batch in batches:
            for path in batch["path"].to_pylist():
                with files.new_input(path).open() as stream:
                    file = pq.ParquetFile(stream)
                    for rows in file.iter_batches(columns=schema.names):
                        yield rows.select(schema.names).cast(schema)

    paths = [(each.file.file_path,) for each in planned]
    found = spark.createDataFrame(paths, "path string")
    return found.repartition(max(1, len(paths)), "path").mapInArrow(read, _ROWS)


@contextmanager
def session(master: str) -> Iterator[SparkSession]:
    """Open a session whose workers run this interpreter, or use the one that is open.

    Only a session that was opened here is closed again.
    """
    opened = SparkSession.getActiveSession()
    if opened is not None:
        yield opened
        return
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("capacity-forecaster").master(master)
    for name, value in (
        ("spark.ui.enabled", "false"),
        ("spark.sql.session.timeZone", "UTC"),
        # each Python worker is one core; threads of its own would only fight over them
        ("spark.executorEnv.OMP_NUM_THREADS", "1"),
        ("spark.executorEnv.OPENBLAS_NUM_THREADS", "1"),
    ):
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()


def _worker_error(error: PythonException) -> CapacityError | None:
    """Return the project's own error that ended a worker, if it was one."""
    own = {each.__name__: each for each in CapacityError.__subclasses__()}
    pattern = rf"^{re.escape(CapacityError.__module__)}\.(\w+): (.*)$"
    found = re.findall(pattern, str(error), re.MULTILINE)
    if not found or found[-1][0] not in own:
        return None
    name, message = found[-1]
    return own[name](message)


def _grouped(features: DataFrame, groups: int) -> GroupedData:
    part = sql.pmod(sql.xxhash64("server_id"), sql.lit(groups))
    return features.withColumn(_GROUP, part).groupBy(_GROUP)
