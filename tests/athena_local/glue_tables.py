"""Tables in Glue, as far as statements need to know or change them."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from pyiceberg.catalog.glue import GlueCatalog

from athena_local.failures import DDL_ERROR, SYSTEM, USER, QueryFailedError
from athena_local.steps import HIVE, ICEBERG, Table

_INPUT = (
    "Name",
    "Description",
    "Owner",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
)


def client(service: str, aws_url: str) -> Any:
    """Return a client of the local AWS, whatever the environment says."""
    return boto3.client(
        service,
        endpoint_url=aws_url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 (what moto takes)
        config=Config(proxies={}),
    )


class GlueTables:
    """The tables of the local Glue."""

    def __init__(self, aws_url: str) -> None:
        self._aws_url = aws_url
        self._glue = client("glue", aws_url)

    def find(self, table: Table) -> dict[str, Any]:
        """Return a table's entry, or fail as Athena does when there is none."""
        try:
            found = self._glue.get_table(DatabaseName=table.schema, Name=table.name)
        except ClientError as error:
            raise self._failure(error, table) from error
        return dict(found["Table"])

    def schemas(self) -> list[str]:
        """Return the names of all schemas."""
        pages = self._glue.get_paginator("get_databases").paginate()
        return [found["Name"] for page in pages for found in page["DatabaseList"]]

    def tables(self, schema: str) -> list[dict[str, Any]]:
        """Return the entries of a schema's tables and views."""
        pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=schema)
        return [found for page in pages for found in page["TableList"]]

    def is_iceberg(self, table: Table) -> bool:
        """Tell whether a table is Iceberg."""
        kind = self.find(table).get("Parameters", {}).get("table_type", "")
        return str(kind).upper() == "ICEBERG"

    def catalog_of(self, table: Table) -> str:
        """Return the catalog of Trino's that a table belongs to."""
        return ICEBERG if self.is_iceberg(table) else HIVE

    def create(self, table: Table, definition: Mapping[str, Any]) -> None:
        """Write a new table's entry."""
        try:
            self._glue.create_table(DatabaseName=table.schema, TableInput=definition)
        except ClientError as error:
            raise self._failure(error, table) from error

    def update(self, table: Table, **changes: Any) -> None:
        """Change parts of a table's entry."""
        found = self.find(table)
        kept = {name: found[name] for name in _INPUT if name in found}
        try:
            self._glue.update_table(
                DatabaseName=table.schema, TableInput=kept | changes, SkipArchive=True
            )
        except ClientError as error:
            raise self._failure(error, table) from error

    def set_properties(self, table: Table, properties: Mapping[str, str]) -> None:
        """Set properties where the table's format keeps them."""
        if self.is_iceberg(table):
            changes = self._iceberg(table).transaction()
            changes.set_properties(**properties).commit_transaction()
            return
        parameters = self.find(table).get("Parameters", {}) | properties
        self.update(table, Parameters=parameters)

    def iceberg_properties(self, table: Table) -> dict[str, str]:
        """Return the properties of an Iceberg table's metadata."""
        return dict(self._iceberg(table).properties)

    def _iceberg(self, table: Table) -> Any:
        settings = {
            "client.region": "us-east-1",
            "client.access-key-id": "testing",
            "client.secret-access-key": "testing",
            "s3.endpoint": self._aws_url,
        }
        catalog = GlueCatalog("athena", client=self._glue, **settings)
        return catalog.load_table((table.schema, table.name))

    @staticmethod
    def _failure(error: ClientError, table: Table) -> QueryFailedError:
        code = error.response["Error"]["Code"]
        if code == "EntityNotFoundException":
            return QueryFailedError(f"TABLE_NOT_FOUND: Table {table} does not exist")
        if code == "AlreadyExistsException":
            return QueryFailedError(
                f"FAILED: SemanticException Table already exists: {table}",
                USER,
                DDL_ERROR,
            )
        return QueryFailedError(f"HIVE_METASTORE_ERROR: {error}", SYSTEM, DDL_ERROR)
