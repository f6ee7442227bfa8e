"""The rows of features in order, and the tables that forecasts at scale are written to.

Files come first, then one commit. Whoever forecasts a part writes its data file, on any
machine that reaches the table's folder; the driver commits all files at once in place
of the rows of the same as-of date. So a reader sees a whole run or the one before, and
a killed run leaves but orphans.
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.io import load_file_io
from pyiceberg.table import Table

from python_jobs.store.commits import commit
from python_jobs.store.filters import equal_to
from python_jobs.store.forecast_tables import FORECAST_BACKTESTS, USAGE_FORECASTS
from python_jobs.store.ml_columns import AS_OF_DATE, column
from python_jobs.store.schema import TableSchema

Servers = NDArray[np.object_]

FORECASTS = TableSchema(
    name="usage_forecasts",
    comment=(
        "One row per as-of date, server, metric and target date. Every series is there:"
        " it has a forecast or a reason."
    ),
    columns=(
        AS_OF_DATE,
        *(
            each
            for each in USAGE_FORECASTS.columns
            if each.name in {"server_id", "metric", "target_date"}
        ),
        column("model", "string", "Model that forecasts it; null: none."),
        column("reason", "string", "Why no model forecasts it; null: one does."),
        *(
            each
            for each in USAGE_FORECASTS.columns
            if each.name.startswith("forecast_")
        ),
    ),
    key=("as_of_date", "server_id", "metric", "target_date"),
)

BACKTESTS = TableSchema(
    name="forecast_backtests",
    comment=(
        "One row per as-of date, series, origin, ten-day block of the horizon, and"
        " whether the days are in an EOQ window: sums of errors of the series' model."
    ),
    columns=tuple(each for each in FORECAST_BACKTESTS.columns if each.name != "run_id"),
    key=(
        *("as_of_date", "server_id", "metric", "model"),
        *("origin_number", "horizon_block", "is_eoq_window"),
    ),
)


@dataclass(frozen=True)
class PartWriter:
    """Writes data files of one table; small enough to travel to a worker.

    Attributes
    ----------
    schema
        Columns.
    folder
        Folder of the table's data.
    file_properties
        How the folder is reached.
    as_of_date
        Of every row.
    """

    schema: TableSchema
    folder: str
    file_properties: Mapping[str, str]
    as_of_date: date

    def write(self, frame: pd.DataFrame) -> str:
        """Write rows as one data file, and return its path; no reader sees it yet."""
        stamped = frame.assign(as_of_date=self.as_of_date)
        rows = pa.Table.from_pandas(
            stamped[list(self.schema.column_names)],
            schema=self.schema.arrow_schema,
            preserve_index=False,
        )
        path = f"{self.folder}/{uuid.uuid4()}.parquet"
        files = load_file_io(dict(self.file_properties), self.folder)
        with files.new_output(path).create() as stream:
            # pandas' and arrow's own notes stay out: the catalog knows the columns
            pq.write_table(rows, stream, compression="zstd", store_schema=False)
        return path


@dataclass(frozen=True)
class ScaleTable:
    """One of the tables, created when it is missing."""

    table: Table
    schema: TableSchema

    @classmethod
    def open(
        cls, catalog: Catalog, schema: TableSchema, *, namespace: str
    ) -> "ScaleTable":
        """Open a table of a namespace of a catalog."""
        catalog.create_namespace_if_not_exists(namespace)
        identifier = (namespace, schema.name)
        try:
            return cls(catalog.load_table(identifier), schema)
        except NoSuchTableError:
            table = catalog.create_table(
                identifier,
                schema=schema.iceberg_schema,
                properties={"format-version": "2"},
            )
            return cls(table, schema)

    def writer(self, as_of_date: date) -> PartWriter:
        """Return what writes data files of this table."""
        return PartWriter(
            schema=self.schema,
            folder=f"{self.table.location()}/data",
            file_properties=dict(self.table.io.properties),
            as_of_date=as_of_date,
        )

    def publish(self, paths: Sequence[str], *, as_of_date: date) -> None:
        """Put files in place of the rows of an as-of date, in one commit."""

        def replaced(current: Table) -> None:
            with current.transaction() as change:
                change.delete(equal_to("as_of_date", as_of_date))
                if paths:
                    change.add_files(list(paths), check_duplicate_files=False)

        commit(self.table.refresh, replaced, clock=time.time)


def sorted_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of ``feat_usage_forecasts`` by server, metric and date.

    Sorted by one integer a row, and only when they are not in that order already.
    """
    servers, metrics = (_sorted_codes(rows[name]) for name in ("server_id", "metric"))
    days = rows["metric_date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    order = (servers * 256 + metrics) * (1 << 24) + days
    if (np.diff(order) >= 0).all():
        return rows
    return rows.take(np.argsort(order, kind="stable")).reset_index(drop=True)


def _sorted_codes(texts: "pd.Series[str]") -> NDArray[np.int64]:
    """Return the place of each text among all of them."""
    found = texts.astype("category").cat
    ordered = found.reorder_categories(sorted(found.categories))
    return ordered.cat.codes.to_numpy().astype(np.int64)
