"""Write what pyiceberg only reads: a snapshot with a positional delete file."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestWriter,
    ManifestWriterV2,
)
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _FastAppendFiles

# field ids that the Iceberg specification reserves for positional deletes
_FIELD_IDS = {"file_path": b"2147483546", "pos": b"2147483545"}


class _DeleteManifestWriter(ManifestWriterV2):
    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


class _AddDeleteFiles(_FastAppendFiles):
    def new_manifest_writer(self, spec: PartitionSpec) -> ManifestWriter:
        return _DeleteManifestWriter(
            spec,
            self.schema(),
            self.new_manifest_output(),
            self._snapshot_id,
            self._compression,
        )


def delete_position(table: Table, *, position: int) -> None:
    """Commit the deletion of one row of the table's first data file.

    As Trino or Athena would by default: the data file stays as it is.
    """
    task = next(iter(table.scan().plan_files()))
    path = Path(task.file.file_path).with_name("deletes.parquet")
    fields = [
        pa.field("file_path", pa.string(), nullable=False),
        pa.field("pos", pa.int64(), nullable=False),
    ]
    schema = pa.schema(
        field.with_metadata({"PARQUET:field_id": _FIELD_IDS[field.name]})
        for field in fields
    )
    rows = pa.table([[task.file.file_path], [position]], schema=schema)
    pq.write_table(rows, path)
    deletes = DataFile.from_args(
        content=DataFileContent.POSITION_DELETES,
        file_path=str(path),
        file_format=FileFormat.PARQUET,
        partition=task.file.partition,
        record_count=1,
        file_size_in_bytes=path.stat().st_size,
    )
    deletes.spec_id = table.spec().spec_id
    with table.transaction() as transaction:
        producer = _AddDeleteFiles(Operation.DELETE, transaction, table.io)
        producer.append_data_file(deletes)
        producer.commit()
