"""Which tables there are to look after, and what dbt left beside them."""

import re
from dataclasses import dataclass
from typing import Any

from pyiceberg.catalog import Catalog

from python_jobs.maintenance.files import plain
from python_jobs.platform.settings import Settings
from python_jobs.store.catalog import namespace
from python_jobs.store.tables import TABLES

_LEFTOVER = re.compile(r"__(?:dbt_tmp|ha|bkp|tmp_not_partitioned)")


@dataclass(frozen=True)
class KeptTables:
    """The tables of a target.

    Attributes
    ----------
    iceberg
        Catalog's name of each Iceberg table, by the name people know.
    leftovers
        Tables that a build of dbt's left when it was killed, ``database.table``.
    locations
        Folders of every table, leftovers included.
    databases
        Glue databases of the project; none on the local target.
    """

    iceberg: dict[str, tuple[str, str]]
    leftovers: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()


def kept_tables(catalog: Catalog, settings: Settings) -> KeptTables:
    """Return the store's tables and, on Athena, those of dbt."""
    own = {}
    for name in TABLES:
        schema, table = name.split(".")
        own[name] = (namespace(settings, schema), table)
    if settings.target != "athena":
        return KeptTables(iceberg=own)
    # the Glue catalog alone has a client of its own
    glue: Any = getattr(catalog, "glue")  # noqa: B009
    prefix = f"{settings.schema_prefix}_"
    pages = glue.get_paginator("get_databases").paginate()
    databases = sorted(
        each["Name"]
        for page in pages
        for each in page["DatabaseList"]
        if each["Name"].startswith(prefix)
    )
    iceberg, leftovers, locations = dict(own), [], []
    for database in databases:
        for found in _tables(glue, database):
            name = found["Name"]
            location = (found.get("StorageDescriptor") or {}).get("Location")
            locations += [plain(location)] if location else []
            kind = found.get("Parameters", {}).get("table_type", "")
            if _LEFTOVER.search(name):
                leftovers.append(f"{database}.{name}")
            elif kind.lower() == "iceberg":
                layer = database.removeprefix(prefix)
                iceberg[f"{layer}.{name}"] = (database, name)
    return KeptTables(iceberg, tuple(leftovers), tuple(locations), tuple(databases))


def _tables(glue: Any, database: str) -> list[dict[str, Any]]:
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
    return [table for page in pages for table in page["TableList"]]
