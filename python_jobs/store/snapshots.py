"""Current snapshots of a local warehouse, read without importing the writer.

The writer and what it is made of take a second to import. Which files make up a
snapshot is told without: the catalog is a SQLite file, metadata are JSON and manifests
Avro.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import fastavro

from python_jobs.store.place import local_path

_DELETED = 2
"""Status of a manifest's entry: the file is no longer part of the table."""

_DELETES = 1
"""Content of a manifest: files of deleted rows."""


@dataclass(frozen=True)
class Snapshot:
    """What a table held after one commit.

    Attributes
    ----------
    description
        As the metadata file has it.
    """

    description: Mapping[str, Any]

    @property
    def snapshot_id(self) -> int:
        """Id of the snapshot."""
        number: int = self.description["snapshot-id"]
        return number

    @property
    def row_count(self) -> int | None:
        """Rows by the summary; None: that does not tell."""
        return row_count(self.description.get("summary", {}))

    @cached_property
    def data_files(self) -> list[str]:
        """Paths of the data files."""
        return sorted(self._files(are_deletes=False))

    @property
    def has_deletes(self) -> bool:
        """Whether files name rows of the data files that are deleted."""
        return any(self._files(are_deletes=True))

    def _files(self, *, are_deletes: bool) -> Iterator[str]:
        for manifest in self._manifests:
            if (manifest.get("content", 0) == _DELETES) == are_deletes:
                for entry in _avro_rows(manifest["manifest_path"]):
                    if entry["status"] != _DELETED:
                        yield entry["data_file"]["file_path"]

    @cached_property
    def _manifests(self) -> list[dict[str, Any]]:
        return list(_avro_rows(self.description["manifest-list"]))


def current_snapshot(metadata_location: str) -> Snapshot | None:
    """Return a table's current snapshot; None before the first write."""
    metadata = _metadata(metadata_location)
    current = metadata.get("current-snapshot-id")
    for each in metadata.get("snapshots", []):
        if each["snapshot-id"] == current:
            return Snapshot(each)
    return None


def row_count(summary: Mapping[str, str]) -> int | None:
    """Return the rows of a snapshot by its summary; None: that does not tell."""
    total = summary.get("total-records")
    deleted = (
        summary.get(f"total-{kind}-deletes") for kind in ("position", "equality")
    )
    if total is None or any(int(each or 0) for each in deleted):
        return None
    return int(total)


def stored_types(metadata_location: str) -> dict[str, str]:
    """Return the Iceberg type of each column of a table, in order."""
    metadata = _metadata(metadata_location)
    (schema,) = (
        each
        for each in metadata["schemas"]
        if each["schema-id"] == metadata["current-schema-id"]
    )
    return {field["name"]: str(field["type"]) for field in schema["fields"]}


def _metadata(location: str) -> dict[str, Any]:
    content = _path(location).read_bytes()
    if location.endswith(".gz.metadata.json"):
        content = gzip.decompress(content)
    metadata: dict[str, Any] = json.loads(content)
    return metadata


def _avro_rows(location: str) -> Iterator[dict[str, Any]]:
    with _path(location).open("rb") as file:
        rows: Iterator[Any] = fastavro.reader(file)
        yield from rows


def _path(location: str) -> Path:
    return Path(local_path(location))
