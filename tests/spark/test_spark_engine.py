"""A fleet on Spark: the rows that chunks give, to the last bit."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from delete_files import delete_position
from pyiceberg.catalog import Catalog
from pyspark.sql import SparkSession
from scale_features import (
    AS_OF,
    METRICS,
    NAMESPACE,
    calendar_rows,
    store_features,
    stored,
)

from python_jobs.forecasting.config import JobsConfig
from python_jobs.forecasting.core.origin import Origin
from python_jobs.forecasting.core.regression import Designs, calendar_designs
from python_jobs.forecasting.scale.features import (
    CALENDAR,
    USAGE,
    DuckDBFeatures,
    FeatureSource,
    IcebergFeatures,
)
from python_jobs.forecasting.scale.job import (
    ChunkedEngine,
    ScaleEngine,
    ScaleOptions,
    ScaleResult,
    forecast_at_scale,
)
from python_jobs.forecasting.scale.part import FORECAST_COLUMNS, pooled_fit
from python_jobs.forecasting.scale.spark import SparkEngine, feature_rows, forecasts
from python_jobs.forecasting.scale.tables import FORECASTS
from python_jobs.platform.errors import InputError, PlatformError, UsageError
from python_jobs.platform.progress import NoProgress
from python_jobs.platform.settings import Settings
from python_jobs.store.catalog import open_catalog

TABLES = ("usage_forecasts", "forecast_backtests")
OPTIONS = ScaleOptions(
    jobs=JobsConfig(candidates=("sarima_calendar",), processes=1),
    horizon_days=20,
    has_backtests=True,
)


def run(
    catalog: Catalog,
    engine: ScaleEngine,
    *,
    namespace: str,
    source: FeatureSource | None = None,
    options: ScaleOptions = OPTIONS,
) -> ScaleResult:
    """Forecast the fleet into a namespace."""
    return forecast_at_scale(
        source or IcebergFeatures(catalog, NAMESPACE),
        engine=engine,
        catalog=catalog,
        namespace=namespace,
        options=options,
        progress=NoProgress(),
    )


def same(catalog: Catalog, namespace: str, *, other: str) -> bool:
    """Hold both tables of two namespaces against each other, to the last bit."""
    for name in TABLES:
        found, expected = (
            stored(catalog, name, namespace=each) for each in (namespace, other)
        )
        assert not expected.empty
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    return True


def file_count(catalog: Catalog, identifier: tuple[str, str]) -> int:
    """Return the data files of a table."""
    return len(list(catalog.load_table(identifier).scan().plan_files()))


def test_spark_gives_the_rows_of_the_chunks(
    catalog: Catalog, spark: SparkSession
) -> None:
    """Forecasts, backtests and the account of them: by chunks, one group and several.

    A group writes a file, so that one and many are seen in the table; and the session
    that was open stays open.
    """
    expected = run(catalog, ChunkedEngine(30), namespace="chunks")
    one = run(catalog, SparkEngine(group_series=10_000), namespace="one")
    several = run(catalog, SparkEngine(group_series=16), namespace="several")
    assert expected.series_count == 40 * len(METRICS)
    assert expected.reasons == {"ended": 6, "flat": 6, "too_short": 4}
    assert one == several == expected
    assert same(catalog, "one", other="chunks")
    assert same(catalog, "several", other="chunks")
    assert file_count(catalog, ("one", "usage_forecasts")) == 1
    assert file_count(catalog, ("several", "usage_forecasts")) > 1
    assert spark.range(3).count() == 3


def test_rows_of_a_server_come_together_from_several_files(
    catalog: Catalog, usage: pd.DataFrame
) -> None:
    """Every third day in a file of its own, in disorder, is the same fleet."""
    table = catalog.load_table((NAMESPACE, USAGE))
    schema = table.schema().as_arrow()
    catalog.create_namespace("shredded")
    shredded = catalog.create_table(("shredded", USAGE), schema=schema)
    for first in range(3):
        rows = usage.iloc[first::3].sample(frac=1.0, random_state=first)
        assert rows["server_id"].nunique() == 40
        shredded.append(pa.Table.from_pandas(rows, schema=schema, preserve_index=False))
    calendar = catalog.load_table((NAMESPACE, CALENDAR)).scan().to_arrow()
    catalog.create_table(("shredded", CALENDAR), schema=calendar.schema).append(
        calendar
    )
    assert file_count(catalog, ("shredded", USAGE)) == 3
    run(catalog, ChunkedEngine(), namespace="chunks")
    source = IcebergFeatures(catalog, "shredded")
    run(catalog, SparkEngine(group_series=16), namespace="spark", source=source)
    assert same(catalog, "spark", other="chunks")


def test_a_table_of_spark_gives_a_table_of_spark(
    catalog: Catalog, usage: pd.DataFrame, spark: SparkSession
) -> None:
    """Without Iceberg: rows in any order in, the forecasts of the chunks out."""
    run(catalog, ChunkedEngine(), namespace="chunks")
    designs = Designs(calendar_designs(calendar_rows()))
    origins = [
        Origin(k, np.datetime64(AS_OF) - 91 * k, 90 if k else OPTIONS.horizon_days)
        for k in range(3)
    ]
    with NoProgress().task("test") as task:
        pooled = pooled_fit(
            usage,
            designs=designs,
            origins=origins,
            options=OPTIONS.jobs,
            progress=task,
        )
    rows = pa.Table.from_pandas(
        usage.sample(frac=1.0, random_state=1), preserve_index=False
    )
    position = rows.column_names.index("metric_date")
    features = spark.createDataFrame(
        rows.set_column(position, "metric_date", rows["metric_date"].cast(pa.date32()))
    )
    rows = forecasts(features, pooled=pooled, groups=5).toArrow()
    found = rows.to_pandas().sort_values(
        [each for each in FORECASTS.key if each != "as_of_date"], ignore_index=True
    )
    expected = stored(catalog, "usage_forecasts", namespace="chunks")
    pd.testing.assert_frame_equal(
        found, expected[list(FORECAST_COLUMNS)], check_exact=True
    )


def test_delete_files_are_refused(catalog: Catalog, spark: SparkSession) -> None:
    """A row that another engine deleted would be there again: data files hold it."""
    table = catalog.load_table((NAMESPACE, USAGE))
    row_count = table.scan().to_arrow().num_rows
    assert feature_rows(spark, table).count() == row_count
    delete_position(table, position=0)
    assert table.refresh().scan().to_arrow().num_rows == row_count - 1
    with pytest.raises(
        PlatformError, match=rf"table {NAMESPACE}\.{USAGE} has delete files → compact"
    ):
        feature_rows(spark, table)


def test_a_workers_error_is_ours(tmp_path: Path, usage: pd.DataFrame) -> None:
    """A calendar without terms, in a server that is no sample, ends it with a reason.

    And nothing is published.
    """
    catalog = open_catalog(Settings(warehouse=tmp_path))
    is_strange = usage["server_id"] == "SRV-0020"
    strange = usage["calendar_id"].mask(is_strange, "elsewhere")
    store_features(catalog, usage.assign(calendar_id=strange))
    options = ScaleOptions(jobs=OPTIONS.jobs, horizon_days=5, sample_servers=2)
    with pytest.raises(InputError, match="calendar_id elsewhere has no terms"):
        run(catalog, SparkEngine(), namespace="spark", options=options)
    assert stored(catalog, "usage_forecasts", namespace="spark").empty


def test_a_duckdb_file_is_not_read_by_workers(catalog: Catalog, tmp_path: Path) -> None:
    """One process may hold it; the message says how its rows get to Iceberg."""
    task, servers = None, np.array(["SRV-0000"], dtype=object)
    with pytest.raises(UsageError, match="copy them by `as_iceberg`"):
        list(
            SparkEngine().outcomes(
                DuckDBFeatures(tmp_path / "capacity.duckdb"),
                servers=servers,
                series_per_server=2.0,
                task=task,  # type: ignore[arg-type] # refused before it is looked at
                progress=NoProgress(),
            )
        )
