"""Where a local warehouse is: its tables lie in its own folder, or it is refused.

The catalog and Iceberg's metadata name files by absolute paths. A copied folder would
write into the original and delete from it, a moved one would find nothing. So the paths
in the catalog are the record of where the warehouse was made: each way to open one
compares them with the folder, and no file outside of it is ever written or deleted.
"""

import os
import shlex
from collections.abc import Iterable
from pathlib import Path

from python_jobs.platform.errors import PlatformError
from python_jobs.store.local_catalog import CATALOG_FILE, metadata_locations

LAKE = "lake"
# <folder>/lake/<schema>/<table>/metadata/<file>
_LEVELS_TO_FOLDER = 4


def refuse_other_place(warehouse: Path) -> None:
    """Refuse a warehouse that was copied or moved; one without tables is anywhere.

    Raises
    ------
    PlatformError
        Naming both folders and the command that makes it a warehouse of its own.
    """
    folder = warehouse.resolve()
    refuse_linked_lake(folder)
    foreign = foreign_tables(folder)
    if foreign:
        command = f"capacity --warehouse {shlex.quote(str(folder))} adopt"
        raise PlatformError(
            f"the warehouse {folder} was copied or moved: its tables name files in"
            f" {named_folders(foreign.values())} → run `{command}` once to make it a"
            " warehouse of its own; nothing was changed"
        )


def refuse_linked_lake(folder: Path) -> None:
    """Refuse a lake that is a link: a copy of the warehouse would share its files.

    Raises
    ------
    PlatformError
        Naming the link and its target.
    """
    lake = folder / LAKE
    if lake.resolve() != lake:
        raise PlatformError(
            f"{lake} is a link to {lake.resolve()}, outside of the warehouse → put the"
            " files into the folder itself, or link the whole warehouse"
        )


def foreign_tables(folder: Path) -> dict[str, str]:
    """Return the metadata file of each table that another folder holds, by its name."""
    if not (folder / CATALOG_FILE).exists():
        return {}
    lake = str(folder / LAKE)
    return {
        name: location
        for name, location in metadata_locations(folder).items()
        if not is_below(location, lake=lake)
    }


def folder_of(metadata_location: str) -> Path:
    """Return the warehouse that a metadata file was written for."""
    above = Path(local_path(metadata_location)).parents
    return above[min(_LEVELS_TO_FOLDER, len(above) - 1)]


def named_folders(locations: Iterable[str]) -> str:
    """Return the warehouses of metadata files as text; most often it is one."""
    return " and ".join(sorted({str(folder_of(each)) for each in locations}))


def local_path(location: str) -> str:
    """Return a location as a path: other engines write file: before it."""
    if location.startswith("file:"):
        return "/" + location.removeprefix("file:").lstrip("/")
    return location


def is_below(location: str, *, lake: str) -> bool:
    """Return whether a file is below a lake, links followed."""
    own = f"{os.path.realpath(lake)}/"
    return os.path.realpath(local_path(location)).startswith(own)


def refuse_outside(location: str, *, lake: str) -> None:
    """Refuse a file that is not below the lake of the warehouse.

    Raises
    ------
    PlatformError
        Naming the file and the lake.
    """
    if not is_below(location, lake=lake):
        raise PlatformError(
            f"{location} is outside of {lake}: nothing is written or deleted there →"
            " the table names files of another place; load the data into a new"
            " warehouse folder (--warehouse)"
        )
