"""Every Iceberg table of the project, declared in one place."""

from python_jobs.platform.errors import UsageError
from python_jobs.store.ml_tables import ML_TABLES
from python_jobs.store.raw_tables import RAW_TABLES
from python_jobs.store.schema import TableSchema

TABLES: dict[str, TableSchema] = {
    schema.name: schema for schema in (*RAW_TABLES, *ML_TABLES)
}


def declared(name: str) -> TableSchema:
    """Return the schema of a declared table.

    Raises
    ------
    UsageError
        If no table has that name.
    """
    if name not in TABLES:
        raise UsageError(
            f"table '{name}' is not declared → use one of {', '.join(TABLES)}"
        )
    return TABLES[name]
