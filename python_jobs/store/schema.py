"""Schema declaration of an Iceberg table: columns, key, partition."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pyarrow as pa
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import MonthTransform
from pyiceberg.types import (
    BooleanType,
    DateType,
    DoubleType,
    LongType,
    NestedField,
    PrimitiveType,
    StringType,
    TimestampType,
)

Kind = Literal["string", "integer", "number", "boolean", "date", "timestamp"]

ARROW_TYPES: Mapping[Kind, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
_ICEBERG_TYPES: Mapping[Kind, PrimitiveType] = {
    "string": StringType(),
    "integer": LongType(),
    "number": DoubleType(),
    "boolean": BooleanType(),
    "date": DateType(),
    "timestamp": TimestampType(),
}
DUCKDB_TYPES: Mapping[Kind, str] = {
    "string": "varchar",
    "integer": "bigint",
    "number": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
# partition fields are numbered from here on, by the Iceberg specification
_FIRST_PARTITION_FIELD_ID = 1000


@dataclass(frozen=True)
class TableColumn:
    """One column: its name, kind of value and what it means (with its unit)."""

    name: str
    kind: Kind
    comment: str


@dataclass(frozen=True)
class TableSchema:
    """One declared Iceberg table.

    Attributes
    ----------
    name
        ``<schema>.<table>``, the name everything in this project uses.
    comment
        One sentence: what one row is.
    columns
        Columns in order.
    key
        Columns that identify a row; they are never null.
    month_of
        Date or timestamp column whose month partitions the table.
    """

    name: str
    comment: str
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...]
    month_of: str | None = None

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def arrow_schema(self) -> pa.Schema:
        """The columns as pyarrow types; key columns are not nullable."""
        return pa.schema(
            pa.field(
                column.name,
                ARROW_TYPES[column.kind],
                nullable=column.name not in self.key,
            )
            for column in self.columns
        )

    @cached_property
    def iceberg_schema(self) -> Schema:
        """The columns as an Iceberg schema, numbered from 1, with their comments."""
        return Schema(
            *(
                NestedField(
                    field_id=number,
                    name=column.name,
                    field_type=_ICEBERG_TYPES[column.kind],
                    required=column.name in self.key,
                    doc=column.comment,
                )
                for number, column in enumerate(self.columns, start=1)
            )
        )

    @property
    def partition_spec(self) -> PartitionSpec:
        """Partition by month of one column, or not at all."""
        if self.month_of is None:
            return PartitionSpec()
        return PartitionSpec(
            PartitionField(
                source_id=self.column_names.index(self.month_of) + 1,
                field_id=_FIRST_PARTITION_FIELD_ID,
                transform=MonthTransform(),
                name=f"{self.month_of}_month",
            )
        )
