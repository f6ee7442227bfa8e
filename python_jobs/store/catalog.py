"""Which catalog holds the tables: SQLite beside a local folder, or Glue over S3.

The choice follows the target, so that code above this module never asks. Names are
``<schema>.<table>`` everywhere; on Glue the database is ``<prefix>_<schema>``.
"""

from contextlib import suppress
from pathlib import Path

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import (
    NamespaceAlreadyExistsError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.table import Table

from python_jobs.platform.aws_errors import about
from python_jobs.platform.errors import PlatformError
from python_jobs.platform.settings import Settings
from python_jobs.store.local_catalog import (
    CATALOG_FILE,
    CATALOG_NAME,
    SQLITE_TIMEOUT_SECONDS,
)
from python_jobs.store.own_files import own_file_properties
from python_jobs.store.place import LAKE, refuse_other_place
from python_jobs.store.schema import TableSchema
from python_jobs.store.tables import TABLES, declared
from python_jobs.store.versions import refuse_other_version

TABLE_PROPERTIES = {
    "format-version": "2",
    # enough for 400 of 400 commits of 8 writers; the default of 4 is not
    "commit.retry.num-retries": "20",
}
LOCAL_PROPERTIES = {
    # else a metadata file that leaves the log, after 100 commits, stays for ever
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
}


def open_catalog(settings: Settings) -> Catalog:
    """Open the catalog of the target."""
    if settings.target == "athena":
        return _glue_catalog(settings)
    return _local_catalog(settings.warehouse)


def _local_catalog(warehouse: Path) -> Catalog:
    """Open the SQLite catalog of a warehouse folder, creating both if missing.

    Parameters
    ----------
    warehouse
        Folder of all local state; tables are stored under its ``lake/``.

    Raises
    ------
    PlatformError
        If the warehouse was copied or moved here.
    """
    folder = warehouse.resolve()
    refuse_other_place(folder)
    lake = folder / LAKE
    lake.mkdir(parents=True, exist_ok=True)
    return SqlCatalog(
        CATALOG_NAME,
        uri=f"sqlite:///{folder}/{CATALOG_FILE}?timeout={SQLITE_TIMEOUT_SECONDS}",
        # a plain path: a file:// address breaks on a folder name with # or a blank
        warehouse=str(lake),
        **own_file_properties(str(lake)),
    )


def namespace(settings: Settings, schema: str) -> str:
    """Return the catalog's name of a schema: prefixed on Glue, plain locally."""
    if settings.target == "athena":
        return f"{settings.schema_prefix}_{schema}"
    return schema


def create_tables(catalog: Catalog, *, settings: Settings) -> list[str]:
    """Create every declared table that is missing, and return the names of these.

    Raises
    ------
    PlatformError
        If a table exists with other columns than this version declares; then none is
        created.
    """
    found = check_tables(catalog, settings=settings)
    for schema_name in sorted({name.split(".")[0] for name in TABLES}):
        database = namespace(settings, schema_name)
        try:
            with about(f"database {database}"):
                catalog.create_namespace(database)
        except NamespaceAlreadyExistsError:
            continue
    return [
        schema.name
        for schema in TABLES.values()
        if schema.name not in found and _is_created(catalog, schema, settings=settings)
    ]


def check_tables(catalog: Catalog, *, settings: Settings) -> set[str]:
    """Refuse tables of another version; return the declared ones that exist.

    Raises
    ------
    PlatformError
        If a table has other columns than this version declares.
    """
    found = {}
    for schema in TABLES.values():
        with about(f"table {schema.name}"), suppress(NoSuchTableError):
            table = catalog.load_table(_identifier(schema, settings=settings))
            fields = table.schema().fields
            found[schema.name] = {each.name: str(each.field_type) for each in fields}
    is_local = settings.target == "duckdb"
    where = str(settings.warehouse) if is_local else settings.s3_warehouse
    refuse_other_version(found, warehouse=where)
    return set(found)


def load_table(catalog: Catalog, name: str, *, settings: Settings) -> Table:
    """Load the current state of a declared table.

    Raises
    ------
    PlatformError
        If it does not exist yet.
    """
    identifier = _identifier(declared(name), settings=settings)
    try:
        return catalog.load_table(identifier)
    except NoSuchTableError:
        raise PlatformError(
            f"table {name} does not exist in the {settings.target} catalog"
            " → run `capacity init`"
        ) from None


def _identifier(schema: TableSchema, *, settings: Settings) -> tuple[str, str]:
    schema_name, table_name = schema.name.split(".")
    return namespace(settings, schema_name), table_name


def _is_created(catalog: Catalog, schema: TableSchema, *, settings: Settings) -> bool:
    """Create a table; return False when another process was faster."""
    own = LOCAL_PROPERTIES if settings.target == "duckdb" else {}
    try:
        with about(f"table {schema.name}"):
            catalog.create_table(
                _identifier(schema, settings=settings),
                schema=schema.iceberg_schema,
                partition_spec=schema.partition_spec,
                properties=TABLE_PROPERTIES | own,
            )
    except TableAlreadyExistsError:
        return False
    return True


def _glue_catalog(settings: Settings) -> Catalog:
    # boto3 and the Glue model take a second to import: only where they are used
    from python_jobs.platform.aws import client, file_properties  # noqa: PLC0415
    from python_jobs.store.glue import SafeGlueCatalog  # noqa: PLC0415

    catalog = SafeGlueCatalog(
        CATALOG_NAME,
        client=client(settings, "glue"),
        # versions of Glue tables are limited; Iceberg keeps its own history
        **{"warehouse": settings.s3_warehouse.rstrip("/"), "glue.skip-archive": "true"},
    )
    catalog.file_properties = lambda: file_properties(settings)
    return catalog
