"""What a statement of Athena's comes down to: steps on Trino, Glue and S3."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HIVE, ICEBERG = "awsdatacatalog", "iceberg"
"""Trino's two catalogs over the same Glue; the first redirects to the second."""


@dataclass(frozen=True)
class Table:
    """A table or view in Glue."""

    schema: str
    name: str

    def within(self, catalog: str) -> str:
        """Return its full name in a catalog of Trino's, quoted."""
        return f'"{catalog}"."{self.schema}"."{self.name}"'

    def __str__(self) -> str:
        """Return ``schema.name``."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Run:
    """Run SQL on Trino; its rows are the query's result if it is the last one."""

    sql: str
    session: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Alter:
    """Alter a table in the catalog that its format belongs to."""

    table: Table
    change: str


@dataclass(frozen=True)
class RequireIceberg:
    """Go on only if a table is Iceberg: Athena refuses the statement for others."""

    table: Table
    statement: str


@dataclass(frozen=True)
class CheckTypes:
    """Go on only if Athena can write the columns of a query as Iceberg."""

    query: str


@dataclass(frozen=True)
class RequireEmpty:
    """Go on only if nothing is at the location of a new Hive table."""

    table: Table
    location: str


@dataclass(frozen=True)
class CreateInGlue:
    """Write a Hive table's definition to Glue."""

    table: Table
    definition: Mapping[str, Any] = field(hash=False)
    if_not_exists: bool = False


@dataclass(frozen=True)
class SetProperties:
    """Set properties of a table: in Glue, or in an Iceberg table's metadata."""

    table: Table
    properties: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True)
class WriteViewColumns:
    """Write a view's real columns to Glue, where Trino keeps a dummy one."""

    view: Table


@dataclass(frozen=True)
class Vacuum:
    """Expire snapshots and remove orphans by the table's own properties."""

    table: Table


@dataclass(frozen=True)
class Unload:
    """Write a query's rows to files, and the list of them as a manifest."""

    query: str
    location: str
    file_format: str
    session: Mapping[str, str] = field(default_factory=dict, hash=False)


Step = (
    Run
    | Alter
    | RequireIceberg
    | CheckTypes
    | RequireEmpty
    | CreateInGlue
    | SetProperties
    | WriteViewColumns
    | Vacuum
    | Unload
)


@dataclass(frozen=True)
class Rewritten:
    """A statement of Athena's, ready to run.

    Attributes
    ----------
    statement_type, substatement_type
        As Athena reports them.
    steps
        In order; the first that fails ends the query.
    """

    statement_type: str
    substatement_type: str
    steps: tuple[Step, ...]

    @property
    def is_plain_text(self) -> bool:
        """Whether its result is lines of text: DDL, SHOW and DESCRIBE."""
        return self.statement_type in ("DDL", "UTILITY")

    @property
    def has_header(self) -> bool:
        """Whether the first row of its result names the columns."""
        return not self.is_plain_text and self.substatement_type != "EXPLAIN"

    @property
    def shows_rows(self) -> bool:
        """Whether it has rows to show; the others count the rows that they wrote."""
        return self.statement_type == "UTILITY" or self.substatement_type in (
            "SELECT",
            "EXPLAIN",
        )
