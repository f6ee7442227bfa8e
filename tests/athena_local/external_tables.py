"""CREATE EXTERNAL TABLE: a definition for Glue, that Trino reads from there."""

from typing import Any

from athena_local.names import hive_name, hive_table_name, texts
from athena_local.steps import CreateInGlue, Rewritten
from athena_local.tokens import Reader, split_list

_SERDES = {
    "parquet": (
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    ),
    "textfile": (
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    ),
}


def create_external_table(reader: Reader, database: str, _location: str) -> Rewritten:
    """Read CREATE EXTERNAL TABLE: it goes to Glue as it is, Trino reads it there."""
    reader.expect("create external table")
    if_not_exists = reader.accept("if not exists")
    table = hive_table_name(reader, database)
    columns = _glue_columns(reader.brackets())
    storage: dict[str, Any] = {}
    keys: list[dict[str, str]] = []
    parameters = {"EXTERNAL": "TRUE"}
    while reader.current.kind != "end":
        if reader.accept("partitioned by"):
            keys = _glue_columns(reader.brackets())
        elif reader.accept("location"):
            storage["Location"] = reader.string()
        elif reader.accept("tblproperties"):
            parameters |= texts(reader.brackets())
        else:
            storage |= _row_format(reader)
    if "Location" not in storage:
        raise reader.unexpected("location")
    definition = {
        "Name": table.name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": keys,
        "Parameters": parameters,
        "StorageDescriptor": _storage("textfile") | storage | {"Columns": columns},
    }
    create = CreateInGlue(table, definition, if_not_exists)
    return Rewritten("DDL", "CREATE_TABLE", (create,))


def _storage(kind: str, serde: str = "", **parameters: str) -> dict[str, Any]:
    library, reads, writes = _SERDES[kind]
    return {
        "InputFormat": reads,
        "OutputFormat": writes,
        "SerdeInfo": {
            "SerializationLibrary": serde or library,
            "Parameters": parameters,
        },
    }


def _row_format(reader: Reader) -> dict[str, Any]:
    if reader.accept("stored as"):
        return _storage(reader.name())
    if reader.accept("row format delimited fields terminated by"):
        return _storage("textfile", **{"field.delim": reader.string()})
    reader.expect("row format serde")
    serde = reader.string()
    given = texts(reader.brackets()) if reader.accept("with serdeproperties") else {}
    if reader.accept("stored as"):
        return _storage(reader.name(), serde, **given)
    return _storage("textfile", serde, **given)


def _glue_columns(brackets: str) -> list[dict[str, str]]:
    columns = []
    for item in split_list(brackets):
        column = Reader(item)
        name = hive_name(column)
        kind = column.rest().lower().partition(" comment ")[0]
        columns.append({"Name": name, "Type": kind})
    return columns
