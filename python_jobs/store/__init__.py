"""The Iceberg tables: their declared schemas, and the one way to read and write."""

from typing import TYPE_CHECKING, Any

from python_jobs.store.schema import TableSchema
from python_jobs.store.tables import TABLES

if TYPE_CHECKING:
    from python_jobs.store.store import Store

__all__ = ["TABLES", "Store", "TableSchema"]


def __getattr__(name: str) -> Any:
    """Load the store when it is first asked for: the dbt plugin does without it."""
    if name == "Store":
        from python_jobs.store.store import Store  # noqa: PLC0415 - slow import

        return Store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
