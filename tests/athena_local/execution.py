"""Runs the steps of one statement on Trino, Glue and S3."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Any

from athena_local import steps
from athena_local.column_types import glue_type, refused_by_iceberg
from athena_local.failures import DDL_ERROR, USER, QueryFailedError
from athena_local.glue_tables import GlueTables
from athena_local.objects import Objects
from athena_local.steps import HIVE, ICEBERG, Rewritten, Run
from athena_local.trino_client import Answer, TrinoClient

VACUUM_AGE_SECONDS = 432_000
"""Age at which VACUUM expires snapshots and removes orphans: five days."""


@dataclass(frozen=True)
class Services:
    """What queries run on."""

    trino: TrinoClient
    glue: GlueTables
    objects: Objects


@dataclass
class Execution:
    """One statement on its way.

    Attributes
    ----------
    services
        What it runs on.
    database
        Schema of the names that have none.
    watch
        Asked with the bytes scanned so far; a text cancels the query.
    manifest_location
        Where UNLOAD writes the list of its files.
    answer
        Trino's last answer that is the query's result.
    scanned_bytes, trino_sql
        What it read, and the statements that reached Trino.
    manifest
        Where the list of files is, if there is one.
    """

    services: Services
    database: str
    watch: Callable[[int], str | None]
    manifest_location: str
    answer: Answer = field(default_factory=Answer)
    scanned_bytes: int = 0
    trino_sql: list[str] = field(default_factory=list)
    manifest: str | None = None

    def run(self, rewritten: Rewritten) -> None:
        """Do every step, in order."""
        for step in rewritten.steps:
            self._do(step)

    def _trino(self, sql: str, session: Any = None) -> Answer:
        self.trino_sql.append(sql)
        before = self.scanned_bytes

        def watch(scanned: int) -> str | None:
            self.scanned_bytes = before + scanned
            return self.watch(self.scanned_bytes)

        return self.services.trino.run(
            sql, schema=self.database, session=session, watch=watch
        )

    def _columns(self, query: str) -> list[dict[str, Any]]:
        sql = f"select * from (\n{query}\n) where false"  # noqa: S608 (SQL is the input)
        return self._trino(sql).columns

    @singledispatchmethod
    def _do(self, step: Any) -> None:
        raise TypeError(step)

    @_do.register
    def _(self, step: Run) -> None:
        self.answer = self._trino(step.sql, step.session)

    @_do.register
    def _(self, step: steps.Alter) -> None:
        catalog = self.services.glue.catalog_of(step.table)
        self._trino(f"alter table {step.table.within(catalog)} {step.change}")

    @_do.register
    def _(self, step: steps.RequireIceberg) -> None:
        if not self.services.glue.is_iceberg(step.table):
            raise QueryFailedError(
                f"NOT_SUPPORTED: {step.statement} is not supported for table "
                f"{step.table}: it is not an Iceberg table"
            )

    @_do.register
    def _(self, step: steps.CheckTypes) -> None:
        for column in self._columns(step.query):
            if reason := refused_by_iceberg(column["typeSignature"]):
                raise QueryFailedError(f"NOT_SUPPORTED: {reason}")

    @_do.register
    def _(self, step: steps.RequireEmpty) -> None:
        if self.services.objects.below(step.location):
            raise QueryFailedError(
                "HIVE_PATH_ALREADY_EXISTS: Target directory for table "
                f"'{step.table}' already exists: {step.location}"
            )

    @_do.register
    def _(self, step: steps.CreateInGlue) -> None:
        try:
            self.services.glue.create(step.table, step.definition)
        except QueryFailedError as error:
            exists = "already exists" in error.reason
            if not (step.if_not_exists and exists):
                raise

    @_do.register
    def _(self, step: steps.SetProperties) -> None:
        self.services.glue.set_properties(step.table, step.properties)

    @_do.register
    def _(self, step: steps.WriteViewColumns) -> None:
        columns = self._columns(f"table {step.view.within(HIVE)}")
        storage = dict(self.services.glue.find(step.view)["StorageDescriptor"])
        storage["Columns"] = [
            {"Name": column["name"], "Type": glue_type(column["typeSignature"])}
            for column in columns
        ]
        self.services.glue.update(step.view, StorageDescriptor=storage)

    @_do.register
    def _(self, step: steps.Vacuum) -> None:
        properties = self.services.glue.iceberg_properties(step.table)
        name = "vacuum_max_snapshot_age_seconds"
        age = f"{int(properties.get(name, VACUUM_AGE_SECONDS))}s"
        table = step.table.within(ICEBERG)
        for procedure in ("expire_snapshots", "remove_orphan_files"):
            self._trino(
                f"alter table {table} execute {procedure}"
                f"(retention_threshold => '{age}')",
                {f"{ICEBERG}.{procedure}_min_retention": "0s"},
            )

    @_do.register
    def _(self, step: steps.Unload) -> None:
        if step.file_format not in ("PARQUET", "ORC", "AVRO", "JSON", "TEXTFILE"):
            raise QueryFailedError("INVALID_TABLE_PROPERTY: UNLOAD needs a format")
        if self.services.objects.below(step.location):
            raise QueryFailedError(
                "HIVE_PATH_ALREADY_EXISTS: Target directory for table already exists: "
                f"{step.location}",
                USER,
                DDL_ERROR,
            )
        table = steps.Table(self.database, f"unload_{uuid.uuid4().hex}")
        self._trino(self._unloading(step, table), step.session)
        self._trino(f"drop table {table.within(HIVE)}")
        self.manifest = self.manifest_location
        files = self.services.objects.below(step.location)
        self.services.objects.write(self.manifest, "\n".join(files).encode())
        self.answer = Answer()

    def _unloading(self, step: steps.Unload, table: steps.Table) -> str:
        # Hive keeps milliseconds: Athena's UNLOAD cuts timestamps down to them
        shown = []
        for column in self._columns(step.query):
            name = '"' + column["name"].replace('"', '""') + '"'
            is_timestamp = column["typeSignature"]["rawType"] == "timestamp"
            shown.append(
                f"cast({name} as timestamp(3)) as {name}" if is_timestamp else name
            )
        place = f"external_location = '{step.location.rstrip('/')}'"
        settings = f"format = '{step.file_format}', {place}"
        query = f"select {', '.join(shown)} from (\n{step.query}\n)"  # noqa: S608
        return f"create table {table.within(HIVE)} with ({settings}) as {query}"
