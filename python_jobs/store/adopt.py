"""Make a copied or moved warehouse one of its own: every path names its own folder.

Metadata, manifest lists and manifests are written anew beside the old ones, data files
stay as they are; then the views of DuckDB change, then the catalog, in one rename. Up
to that rename the warehouse is refused as before and the next attempt writes the same
files again, so a kill at any time is repaired by the same command.
"""

import json
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import duckdb
from pyiceberg.avro.file import AvroFile, AvroOutputFile
from pyiceberg.schema import Schema
from pyiceberg.serializers import FromInputFile, ToOutputFile
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.table.statistics import PartitionStatisticsFile, StatisticsFile
from pyiceberg.typedef import Record
from pyiceberg.types import NestedField, StructType

from python_jobs.platform.errors import PlatformError
from python_jobs.store.local_catalog import CATALOG_FILE, CATALOG_NAME
from python_jobs.store.own_files import OwnFileIO, own_file_properties
from python_jobs.store.place import (
    LAKE,
    folder_of,
    foreign_tables,
    local_path,
    named_folders,
    refuse_linked_lake,
)
from python_jobs.store.tables import TABLES
from python_jobs.store.views import show

# numbers of the fields by the Iceberg specification
_MANIFEST_PATH, _MANIFEST_LENGTH = 500, 501
_STATUS, _DATA_FILE, _CONTENT, _FILE_PATH = 0, 2, 134, 100
_DELETED = 2

_Statistics = TypeVar("_Statistics", StatisticsFile, PartitionStatisticsFile)


@dataclass(frozen=True)
class Adopted:
    """What became the warehouse's own.

    Attributes
    ----------
    folders
        Where the warehouse was before; empty when it is its own already.
    table_count, file_count
        Tables, and files of metadata that were written anew.
    """

    folders: str
    table_count: int
    file_count: int


def adopt(warehouse: Path) -> Adopted:
    """Let the tables of a copied or moved warehouse name the files of its own folder.

    Parameters
    ----------
    warehouse
        Folder that holds the copied catalog and lake; nothing outside is touched.

    Raises
    ------
    PlatformError
        If there is no warehouse, a file is missing in it, a table has delete files of
        another engine, or a program holds the database.
    """
    folder = warehouse.resolve()
    if not (folder / CATALOG_FILE).exists():
        raise PlatformError(f"there is no warehouse in {folder} → run `capacity init`")
    refuse_linked_lake(folder)
    foreign = foreign_tables(folder)
    if not foreign:
        return Adopted("", 0, 0)
    io = OwnFileIO(own_file_properties(f"{folder}/{LAKE}"))
    moves = {
        name: _Move(name, f"{folder_of(location)}/{LAKE}/", f"{folder}/{LAKE}/", io)
        for name, location in foreign.items()
    }
    locations = {name: moves[name].table(foreign[name]) for name in foreign}
    for database in sorted(folder.glob("*.duckdb")):
        _show_again(database, locations)
    _switch(folder / CATALOG_FILE, locations)
    outdated = {path for move in moves.values() for path in move.outdated}
    for path in outdated:
        io.delete(path)
    written = sum(len(move.written) for move in moves.values())
    return Adopted(named_folders(foreign.values()), len(foreign), written)


@dataclass(frozen=True)
class _Move:
    """One table's way from the lake that its files name to the one they are in.

    Attributes
    ----------
    name
        ``<schema>.<table>``, for messages.
    old, new
        Both lakes, with a slash at the end.
    io
        Files of the new lake.
    written
        New file of metadata by the one it stands for.
    outdated
        Files of this folder that nothing refers to when the catalog has changed.
    """

    name: str
    old: str
    new: str
    io: OwnFileIO
    written: dict[str, str] = field(default_factory=dict)
    outdated: set[str] = field(default_factory=set)

    def table(self, location: str) -> str:
        """Write a table's metadata anew, with all it refers to; return its location."""
        source = self._existing(location)
        metadata = FromInputFile.table_metadata(self.io.new_input(source))
        changed: dict[str, Any] = {
            "location": self._moved(metadata.location),
            "snapshots": [self._snapshot(each) for each in metadata.snapshots],
            # the metadata before this one names the other folder
            "metadata_log": [],
            "statistics": [self._statistics(each) for each in metadata.statistics],
            "partition_statistics": [
                self._statistics(each) for each in metadata.partition_statistics
            ],
        }
        number = Path(source).name.partition("-")[0]
        version = int(number) + 1 if number.isdigit() else 0
        target = self._named_anew(source, f"{version:05d}-", ".metadata.json")
        own: TableMetadata = metadata.model_copy(update=changed)
        ToOutputFile.table_metadata(own, self.io.new_output(target), overwrite=True)
        self.written[source] = target
        before = [self._moved(each.metadata_file) for each in metadata.metadata_log]
        self.outdated.update(path for path in before if Path(path).exists())
        self.outdated.add(source)
        return target

    def _snapshot(self, snapshot: Snapshot) -> Snapshot:
        source = self._existing(snapshot.manifest_list)
        target = self._named_anew(source, f"snap-{snapshot.snapshot_id}-0-", ".avro")
        self._rewrite(source, target, change=self._manifest)
        return snapshot.model_copy(update={"manifest_list": target})

    def _statistics(self, statistics: _Statistics) -> _Statistics:
        path = self._existing(statistics.statistics_path)
        return statistics.model_copy(update={"statistics_path": path})

    def _manifest(self, entry: Record, schema: Schema) -> None:
        """Write the manifest of an entry anew, and let the entry name it."""
        path = _position(schema.fields, _MANIFEST_PATH)
        source = self._existing(entry[path])
        if source not in self.written:
            target = self._named_anew(source, "", ".avro")
            self._rewrite(source, target, change=self._data_file)
        target = self.written[source]
        entry[path] = target
        entry[_position(schema.fields, _MANIFEST_LENGTH)] = Path(target).stat().st_size

    def _data_file(self, entry: Record, schema: Schema) -> None:
        """Let an entry of a manifest name the data file of this folder."""
        data_file = entry[_position(schema.fields, _DATA_FILE)]
        fields = cast("StructType", schema.find_type(_DATA_FILE)).fields
        if data_file[_position(fields, _CONTENT)]:
            raise PlatformError(
                f"table {self.name} has delete files of another engine, and they name"
                f" files in {self.old} → compact the table there and copy again, or"
                " load the data into a new warehouse folder (--warehouse)"
            )
        path = _position(fields, _FILE_PATH)
        # a file that this snapshot took out may be gone
        is_deleted = entry[_position(schema.fields, _STATUS)] == _DELETED
        place = self._moved if is_deleted else self._existing
        data_file[path] = place(data_file[path])

    def _rewrite(
        self, source: str, target: str, *, change: Callable[[Record, Schema], None]
    ) -> None:
        """Write an Avro file with changed records; all else stays as it is."""
        with AvroFile[Record](self.io.new_input(source)) as file:
            records = list(file)
        for record in records:
            change(record, file.schema)
        header = file.header.meta
        name = json.loads(header["avro.schema"])["name"]
        output = self.io.new_output(target)
        with AvroOutputFile[Record](output, file.schema, name, metadata=header) as own:
            own.write_block(records)
        self.written[source] = target
        self.outdated.add(source)

    def _named_anew(self, source: str, prefix: str, suffix: str) -> str:
        """Return a file beside the old one; the next attempt takes the same name."""
        unique = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.old} {source}")
        return str(Path(source).with_name(f"{prefix}{unique}{suffix}"))

    def _moved(self, location: str) -> str:
        """Return where a file of the other lake is in this one."""
        path = local_path(location)
        if not path.startswith(self.old):
            raise PlatformError(
                f"table {self.name} names {location}, which is not in {self.old} → load"
                " the data into a new warehouse folder (--warehouse)"
            )
        return self.new + path.removeprefix(self.old)

    def _existing(self, location: str) -> str:
        path = self._moved(location)
        if not Path(path).is_file():
            raise PlatformError(
                f"table {self.name}: {path} is missing, the copy is not whole → copy"
                " the warehouse again while no command runs in it, then adopt"
            )
        return path


def _position(fields: Iterable[NestedField], field_id: int) -> int:
    return [each.field_id for each in fields].index(field_id)


def _show_again(database: Path, locations: Mapping[str, str]) -> None:
    """Let the views of a DuckDB file read the tables of this folder."""
    for path in (database, database.with_name(f"{database.name}.wal")):
        _unshare(path)
    try:
        connection = duckdb.connect(str(database))
    except duckdb.IOException as error:
        raise PlatformError(
            f"{database} cannot be opened: {' '.join(str(error).split())}"
            " → close the program that holds it, then adopt again"
        ) from None
    with connection:
        found = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
        ).fetchall()
        for name in {each for (each,) in found} & set(locations) & set(TABLES):
            show(connection, locations[name], schema=TABLES[name])


def _unshare(path: Path) -> None:
    """Give the warehouse a file of its own where the copy is a link, hard or not."""
    if path.exists() and (path.is_symlink() or path.stat().st_nlink > 1):
        draft = path.with_name(f"{path.name}.adopting")
        shutil.copyfile(path, draft)
        draft.replace(path)


def _switch(catalog: Path, locations: Mapping[str, str]) -> None:
    """Let the catalog name new metadata, all tables at once, in a file of its own."""
    draft = catalog.with_name(f"{catalog.name}.adopting")
    # the journal of an attempt that was killed would be rolled back into the new file
    for path in (draft, draft.with_name(f"{draft.name}-journal")):
        path.unlink(missing_ok=True)
    rows = [
        (location, CATALOG_NAME, *name.split("."))
        for name, location in locations.items()
    ]
    with closing(sqlite3.connect(draft)) as own:
        with closing(sqlite3.connect(catalog)) as shared:
            shared.backup(own)
        with own:
            own.executemany(
                "update iceberg_tables"
                " set metadata_location = ?, previous_metadata_location = null"
                " where catalog_name = ? and table_namespace = ? and table_name = ?",
                rows,
            )
    draft.replace(catalog)
