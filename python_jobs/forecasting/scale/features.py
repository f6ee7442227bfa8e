"""Features by servers: what is read at once is bounded, however large the fleet is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.table import Table

from python_jobs.forecasting.features import FEATURES
from python_jobs.forecasting.scale.tables import Servers, sorted_rows
from python_jobs.platform.errors import InputError, UsageError
from python_jobs.platform.settings import Settings
from python_jobs.store.catalog import namespace, open_catalog
from python_jobs.store.filters import all_of, at_least, at_most, one_of
from python_jobs.store.versions import check_local_warehouse

USAGE = "feat_usage_forecasts"
CALENDAR = "feat_calendar_weights"
TEXTS = ("server_id", "metric", "calendar_id", "usage_unit")
COLUMNS = tuple(FEATURES[USAGE].columns)
COPIED_ROWS = 1_000_000
"""Rows of a batch on the way from DuckDB to Iceberg."""


class FeatureSource(Protocol):
    """Where the features are; rows come sorted by server, metric and date."""

    def calendar(self) -> pd.DataFrame:
        """Return ``feat_calendar_weights`` by calendar and date."""

    def servers(self) -> Servers:
        """Return every server, ascending."""

    def between(self, first: str, last: str) -> pd.DataFrame:
        """Return the rows of the servers from one to another, both included."""

    def only(self, servers: Servers) -> pd.DataFrame:
        """Return the rows of some servers."""


def open_source(settings: Settings, *, features: str | None) -> FeatureSource:
    """Open the features that dbt built.

    Parameters
    ----------
    settings
        Target and locations.
    features
        Namespace of the Iceberg catalog that holds the two feature tables; None: where
        the target's dbt builds them, which is the DuckDB file or Glue.

    Raises
    ------
    PlatformError
        If a local warehouse was made by another version.
    """
    if settings.target == "duckdb":
        check_local_warehouse(settings.warehouse)
    if features is None and settings.target == "duckdb":
        return DuckDBFeatures(settings.database)
    schema = features or namespace(settings, "features")
    return IcebergFeatures(open_catalog(settings), schema)


def as_iceberg(
    source: FeatureSource, catalog: Catalog, *, schema: str
) -> "IcebergFeatures":
    """Return features as Iceberg tables, copied from a DuckDB file when they are not.

    The copy replaces the one before in one commit, and never holds more than
    `COPIED_ROWS`.
    """
    if isinstance(source, IcebergFeatures):
        return source
    if not isinstance(source, DuckDBFeatures):
        raise UsageError("only features of DuckDB are copied to Iceberg")
    catalog.create_namespace_if_not_exists(schema)
    for name, batches in source.batches():
        table = catalog.create_table_if_not_exists(
            (schema, name), schema=batches.schema
        )
        with table.transaction() as change:
            change.delete(AlwaysTrue())
            for batch in batches:
                change.append(pa.Table.from_batches([batch]))
    return IcebergFeatures(catalog, schema)


@dataclass(frozen=True)
class DuckDBFeatures:
    """The schema ``features`` of a DuckDB file."""

    path: Path

    def calendar(self) -> pd.DataFrame:
        """Return ``feat_calendar_weights`` by calendar and date."""
        return _calendar(self._rows("select * from features.feat_calendar_weights"))

    def servers(self) -> Servers:
        """Return every server, ascending."""
        rows = self._rows(
            "select distinct server_id from features.feat_usage_forecasts order by 1"
        )
        return _texts(rows["server_id"])

    def between(self, first: str, last: str) -> pd.DataFrame:
        """Return the rows of the servers from one to another, both included."""
        return _usage(self._usage("server_id between ? and ?", [first, last]))

    def only(self, servers: Servers) -> pd.DataFrame:
        """Return the rows of some servers."""
        return _usage(self._usage("list_contains(?, server_id)", [list(servers)]))

    def batches(self) -> Iterator[tuple[str, pa.RecordBatchReader]]:
        """Yield name and rows of both tables, in batches."""
        with self._connection() as connection:
            for name, columns in ((USAGE, ", ".join(COLUMNS)), (CALENDAR, "*")):
                query = f"select {columns} from features.{name}"  # noqa: S608 - ours
                yield name, connection.sql(query).to_arrow_reader(COPIED_ROWS)

    def _usage(self, where: str, parameters: list[Any]) -> pa.Table:
        columns = ", ".join(COLUMNS)
        return self._rows(
            f"select {columns} from features.{USAGE} where {where}",  # noqa: S608 - ours
            parameters,
        )

    def _rows(self, query: str, parameters: list[Any] | None = None) -> pa.Table:
        with self._connection() as connection:
            return connection.sql(query, params=parameters).to_arrow_table()

    @contextmanager
    def _connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        if not self.path.exists():
            raise _not_built(USAGE, where=str(self.path))
        with duckdb.connect(str(self.path), read_only=True) as connection:
            try:
                yield connection
            except duckdb.CatalogException:
                raise _not_built(USAGE, where=str(self.path)) from None


@dataclass(frozen=True)
class IcebergFeatures:
    """The feature tables in a namespace of an Iceberg catalog."""

    catalog: Catalog
    schema: str

    def calendar(self) -> pd.DataFrame:
        """Return ``feat_calendar_weights`` by calendar and date."""
        return _calendar(self.table(CALENDAR).scan().to_arrow())

    def servers(self) -> Servers:
        """Return every server, ascending."""
        name = "server_id"
        scan = self.table(USAGE).scan(selected_fields=(name,))
        found: set[str] = set()
        # the scan's own reader reads all files at once: as many rows as the fleet has
        reader = ArrowScan(
            *(scan.table_metadata, scan.io, scan.projection(), AlwaysTrue()),
            dictionary_columns=(name,),
        )
        for task in scan.plan_files():
            found.update(pc.unique(reader.to_table([task])[name]).to_pylist())
        return np.array(sorted(found), dtype=object)

    def between(self, first: str, last: str) -> pd.DataFrame:
        """Return the rows of the servers from one to another, both included."""
        servers = all_of(at_least("server_id", first), at_most("server_id", last))
        return _usage(self._rows(servers))

    def only(self, servers: Servers) -> pd.DataFrame:
        """Return the rows of some servers."""
        return _usage(self._rows(one_of("server_id", [str(each) for each in servers])))

    def table(self, name: str) -> Table:
        """Return one of the tables as it is now."""
        try:
            return self.catalog.load_table((self.schema, name))
        except NoSuchTableError:
            raise _not_built(name, where=f"namespace {self.schema}") from None

    def _rows(self, where: BooleanExpression | None = None) -> pa.Table:
        scan = self.table(USAGE).scan(where or AlwaysTrue(), selected_fields=COLUMNS)
        return scan.to_arrow(dictionary_columns=TEXTS)


def _usage(rows: pa.Table) -> pd.DataFrame:
    """Return rows in order, texts as categories: a tenth of the memory of objects."""
    for name in TEXTS:
        position = rows.column_names.index(name)
        rows = rows.set_column(position, name, _as_codes(rows[name]))
    frame: pd.DataFrame = rows.select(COLUMNS).to_pandas(
        date_as_object=False, self_destruct=True, split_blocks=True
    )
    return sorted_rows(frame)


def _as_codes(column: pa.ChunkedArray) -> pa.Array:
    """Return texts as codes; Iceberg's come as such, with a dictionary a file."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return column.unify_dictionaries().combine_chunks()


def _calendar(rows: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = rows.to_pandas(date_as_object=False)
    return frame.sort_values(["calendar_id", "calendar_date"], ignore_index=True)


def _texts(column: pa.ChunkedArray) -> Servers:
    return np.array(column.to_pylist(), dtype=object)


def _not_built(model: str, *, where: str) -> InputError:
    return InputError(
        f"features.{model} was not built yet (looked in {where}) → run `capacity build`"
    )
