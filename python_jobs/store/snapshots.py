"""Current snapshots of a local warehouse, read without importing the writer.

dbt starts a process for every command, and each would pay two seconds for SQLAlchemy,
pyarrow's data sets and pandas. To read which files make up a snapshot takes none of
them: the catalog is a SQLite file, metadata and manifests are small local files.
"""

from io import BytesIO
from pathlib import Path
from typing import Never, cast

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask, StaticTable
from pyiceberg.table.snapshots import Snapshot


def planned_files(metadata_location: str) -> list[FileScanTask]:
    """Return the data files of a table's current snapshot, with their delete files."""
    return list(static_table(metadata_location).scan().plan_files())


def row_count(snapshot: Snapshot | None) -> int | None:
    """Return the rows of a snapshot by its summary; None: that does not tell."""
    if snapshot is None:
        return 0
    summary = snapshot.summary
    if summary is None or summary["total-records"] is None:
        return None
    deleted = (summary[f"total-{kind}-deletes"] for kind in ("position", "equality"))
    return (
        None
        if any(int(each or 0) for each in deleted)
        else int(summary["total-records"])
    )


def stored_schema(metadata_location: str) -> Schema:
    """Return the current schema of a table."""
    return static_table(metadata_location).schema()


def static_table(metadata_location: str) -> StaticTable:
    """Return a table as one metadata file describes it, to read."""
    reader = f"{LocalFileIO.__module__}.{LocalFileIO.__qualname__}"
    return StaticTable.from_metadata(metadata_location, {"py-io-impl": reader})


class _LocalInput(InputFile):
    """A local file to read."""

    def __len__(self) -> int:
        return Path(self.location).stat().st_size

    def exists(self) -> bool:
        return Path(self.location).exists()

    def open(self, seekable: bool = True) -> InputStream:
        del seekable
        return cast("InputStream", BytesIO(Path(self.location).read_bytes()))


class LocalFileIO(FileIO):
    """Reads local files; pyiceberg loads it by name, for planning only."""

    def new_input(self, location: str) -> InputFile:
        """Return a file to read."""
        return _LocalInput(location)

    def new_output(self, location: str) -> OutputFile:
        """Refuse to write."""
        self._refuse(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Refuse to delete."""
        self._refuse(str(location))

    def _refuse(self, location: str) -> Never:
        raise PermissionError(f"{location}: this reader neither writes nor deletes")
