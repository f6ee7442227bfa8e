"""Check that the tables of a warehouse are those that this version declares."""

from collections.abc import Mapping
from pathlib import Path

from python_jobs.platform.errors import PlatformError
from python_jobs.store.local_catalog import CATALOG_FILE, metadata_locations
from python_jobs.store.place import refuse_other_place
from python_jobs.store.schema import ICEBERG_TYPES, TableSchema
from python_jobs.store.snapshots import stored_types
from python_jobs.store.tables import TABLES


def refuse_other_version(
    found: Mapping[str, Mapping[str, str]], *, warehouse: str
) -> None:
    """Refuse a warehouse with a table of other columns than this version declares.

    Parameters
    ----------
    found
        Stored Iceberg type by column, by name of the declared tables that exist.
    warehouse
        Where they are, for the message.

    Raises
    ------
    PlatformError
        Naming the first such table, its differences and what to do.
    """
    differences = {
        name: text
        for name, schema in TABLES.items()
        if name in found and (text := _differences(schema, found[name]))
    }
    if not differences:
        return
    name, *others = differences
    more = f", so do {', '.join(others)}" if others else ""
    raise PlatformError(
        f"the warehouse {warehouse} was made by another version: table {name}"
        f" differs{more}; it {differences[name]} → use a new warehouse folder"
        " (--warehouse, CAPACITY_WAREHOUSE) and load the data again; nothing is"
        " migrated, nothing was changed"
    )


def check_local_warehouse(warehouse: Path) -> None:
    """Refuse a local warehouse of another place or version; one without tables is none.

    Raises
    ------
    PlatformError
        See `refuse_other_place` and `refuse_other_version`.
    """
    if not (warehouse / CATALOG_FILE).exists():
        return
    refuse_other_place(warehouse)
    locations = metadata_locations(warehouse)
    found = {
        name: stored_types(locations[name]) for name in TABLES if name in locations
    }
    refuse_other_version(found, warehouse=str(warehouse))


def _differences(declared: TableSchema, stored: Mapping[str, str]) -> str:
    """Return what a stored table has other than declared; empty: nothing."""
    expected = {each.name: ICEBERG_TYPES[each.kind] for each in declared.columns}
    parts = []
    if unknown := [name for name in stored if name not in expected]:
        parts.append(f"has unknown columns {', '.join(unknown)}")
    if missing := [name for name in expected if name not in stored]:
        parts.append(f"lacks columns {', '.join(missing)}")
    parts += [
        f"has column {name} as {stored[name]}, not {kind}"
        for name, kind in expected.items()
        if name in stored and stored[name] != kind
    ]
    if not parts and list(stored) != list(expected):
        parts.append("has its columns in another order")
    return " and ".join(parts)
