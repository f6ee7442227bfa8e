"""The Iceberg tables: their declared schemas, and the one way to read and write."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from python_jobs.store.schema import TableSchema
    from python_jobs.store.store import Store
    from python_jobs.store.tables import TABLES

__all__ = ["TABLES", "Store", "TableSchema"]

_MODULES = {"TABLES": "tables", "Store": "store", "TableSchema": "schema"}


def __getattr__(name: str) -> Any:
    """Load each when it is first asked for: the dbt plugin and queries do with less."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
