"""dbt-duckdb plugin: local Iceberg tables as views, and a limit to DuckDB's memory.

A view is made again only when its table has a new snapshot, because dbt may open the
database many times in one run.
"""

import os
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError
from duckdb import DuckDBPyConnection

from python_jobs.platform.errors import CapacityError
from python_jobs.platform.memory import VARIABLE, memory_limit_mb
from python_jobs.store.local_catalog import CATALOG_FILE, metadata_locations
from python_jobs.store.tables import TABLES
from python_jobs.store.versions import check_local_warehouse
from python_jobs.store.views import show


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
        config: dict[str, Any],
    ) -> None:
        """Refuse a warehouse that is missing or old, before DuckDB makes a file there.

        Sets the memory limit, unless the profile's ``config_options`` do.

        Raises
        ------
        DbtRuntimeError
            If the folder holds no catalog, or the tables of another version; or if the
            limit is no number.
        """
        if not (self._warehouse / CATALOG_FILE).exists():
            raise DbtRuntimeError(
                f"there is no warehouse in {self._warehouse} → run `capacity init`"
            )
        try:
            check_local_warehouse(self._warehouse)
            limit = memory_limit_mb(os.environ.get(VARIABLE))
        except CapacityError as error:
            raise DbtRuntimeError(str(error)) from None
        config.setdefault("memory_limit", f"{limit}MB")

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
