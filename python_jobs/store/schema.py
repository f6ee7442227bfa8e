"""Schema declaration of an Iceberg table: columns, key, partition."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema

Kind = Literal["string", "integer", "number", "boolean", "date", "timestamp"]

ICEBERG_TYPES: Mapping[Kind, str] = {
    "string": "string",
    "integer": "long",
    "number": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
DUCKDB_TYPES: Mapping[Kind, str] = {
    "string": "varchar",
    "integer": "bigint",
    "number": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
# by pyarrow's own names of its types
_ARROW_NAMES: Mapping[Kind, str] = {
    "string": "string",
    "integer": "int64",
    "number": "float64",
    "boolean": "bool",
    "date": "date32",
    "timestamp": "timestamp[us]",
}
# partition fields are numbered from here on, by the Iceberg specification
_FIRST_PARTITION_FIELD_ID = 1000


def arrow_type(kind: Kind) -> "pa.DataType":
    """Return the pyarrow type of a kind of value."""
    import pyarrow as pa  # noqa: PLC0415 - slow import

    return pa.type_for_alias(_ARROW_NAMES[kind])


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
    def arrow_schema(self) -> "pa.Schema":
        """The columns as pyarrow types; key columns are not nullable."""
        import pyarrow as pa  # noqa: PLC0415 - slow import

        return pa.schema(
            pa.field(
                column.name,
                arrow_type(column.kind),
                nullable=column.name not in self.key,
            )
            for column in self.columns
        )

    @cached_property
    def iceberg_schema(self) -> "Schema":
        """The columns as an Iceberg schema, numbered from 1, with their comments."""
        from pyiceberg.schema import Schema  # noqa: PLC0415 - slow import
        from pyiceberg.types import NestedField  # noqa: PLC0415 - slow import

        return Schema(
            *(
                NestedField(
                    field_id=number,
                    name=column.name,
                    field_type=ICEBERG_TYPES[column.kind],
                    required=column.name in self.key,
                    doc=column.comment,
                )
                for number, column in enumerate(self.columns, start=1)
            )
        )

    @property
    def partition_spec(self) -> "PartitionSpec":
        """Partition by month of one column, or not at all."""
        from pyiceberg.partitioning import (  # noqa: PLC0415 - slow import
            PartitionField,
            PartitionSpec,
        )
        from pyiceberg.transforms import MonthTransform  # noqa: PLC0415 - slow import

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
