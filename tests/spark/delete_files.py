"""What pyiceberg cannot write and other engines do: a file of deleted positions."""

import uuid

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
from pyiceberg.typedef import Record


class _DeleteManifestWriter(ManifestWriterV2):
    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return super()._meta | {"content": "deletes"}


class _RowDelta(_FastAppendFiles):
    def new_manifest_writer(self, spec: PartitionSpec) -> ManifestWriter:
        return _DeleteManifestWriter(
            spec,
            self.schema(),
            self.new_manifest_output(),
            self._snapshot_id,
            self._compression,
        )


def delete_first_row(table: Table) -> None:
    """Delete the first row of a table's first data file, as merge-on-read does."""
    data_path = next(iter(table.scan().plan_files())).file.file_path
    path = f"{table.location()}/data/{uuid.uuid4()}-deletes.parquet"
    rows = pa.table(
        {"file_path": [data_path], "pos": [0]},
        schema=pa.schema(
            [
                # the field ids that Iceberg reserves for the two
                pa.field("file_path", pa.string(), False, {"PARQUET:field_id": str(n)})
                if kind is str
                else pa.field("pos", pa.int64(), False, {"PARQUET:field_id": str(n)})
                for kind, n in ((str, 2147483546), (int, 2147483545))
            ]
        ),
    )
    with table.io.new_output(path).create() as stream:
        pq.write_table(rows, stream)
    deletes = DataFile.from_args(
        content=DataFileContent.POSITION_DELETES,
        file_path=path,
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=1,
        file_size_in_bytes=len(table.io.new_input(path)),
    )
    deletes.spec_id = table.spec().spec_id
    with (
        table.transaction() as change,
        _RowDelta(
            operation=Operation.OVERWRITE, transaction=change, io=table.io
        ) as delta,
    ):
        delta.append_data_file(deletes)
