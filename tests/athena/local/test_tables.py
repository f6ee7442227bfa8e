"""DDL and maintenance on the real Trino, Glue and S3: what is there afterwards."""

import time

from athena_session import Session


def test_rename_keeps_an_iceberg_tables_rows(athena: Session) -> None:
    """The two renames by which dbt swaps a table."""
    athena.iceberg("swap", "select 1 as a")
    athena.iceberg("swap__ha", "select 2 as a")
    schema = athena.schema
    for old, new in (("swap", "swap__bkp"), ("swap__ha", "swap")):
        sql = f"alter table `{schema}`.`{old}` rename to `{schema}`.`{new}`"
        assert athena.run(sql)["Status"]["State"] == "SUCCEEDED"
    assert athena.rows("select a from swap")[1:] == [("2",)]
    assert athena.rows("select a from swap__bkp")[1:] == [("1",)]


def test_columns_are_added_changed_and_dropped(athena: Session) -> None:
    """Hive's types in, Iceberg's out; the rows stay."""
    athena.iceberg("evolved", "select 1 as a, 2 as b")
    table = f"alter table `{athena.schema}`.`evolved`"
    for change in (
        "add columns (`c` string, `at` timestamp)",
        "change column a aa bigint",
        "drop column b",
    ):
        assert athena.run(f"{table} {change}")["Status"]["State"] == "SUCCEEDED"
    assert [row[0].split() for row in athena.rows("describe evolved")] == [
        ["aa", "bigint"],
        ["c", "varchar"],
        ["at", "timestamp(6)"],
    ]
    assert athena.rows("select * from evolved")[1:] == [("1", None, None)]


def test_a_view_has_its_real_columns_in_glue(athena: Session) -> None:
    """Athena keeps them there, and dbt's docs read them; the view still works."""
    athena.run(
        "create or replace view seen as "
        "select 1 as a, 'x' as b, date '2024-01-01' as d, row(1.5e0, true) as r"
    )
    entry = athena.glue.get_table(DatabaseName=athena.schema, Name="seen")["Table"]
    assert entry["TableType"] == "VIRTUAL_VIEW"
    columns = entry["StorageDescriptor"]["Columns"]
    assert [(each["Name"], each["Type"]) for each in columns] == [
        ("a", "int"),
        ("b", "varchar(1)"),
        ("d", "date"),
        ("r", "struct<field0:double,field1:boolean>"),
    ]
    assert athena.rows("select a, b from seen")[1:] == [("1", "x")]
    assert athena.rows("show views") == [("seen",)]
    schema = athena.schema
    assert athena.run(f"drop view if exists `{schema}`.`seen`")["Status"]["State"] == (
        "SUCCEEDED"
    )


def test_a_seed_is_read_from_its_csv(athena: Session) -> None:
    """The external table of dbt: the header is skipped, quotes hold commas."""
    bucket, _, folder = f"{athena.location}seed/"[5:].partition("/")
    athena.s3.put_object(
        Bucket=bucket, Key=f"{folder}seed.csv", Body=b'a,b\n1,"x,y"\n2,\n'
    )
    athena.run(
        f"create external table `{athena.schema}`.`seed` (`a` string, `b` string) "
        "row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde' "
        f"location '{athena.location}seed/' "
        "tblproperties ('skip.header.line.count'='1')"
    )
    assert athena.rows("select a, b from seed order by a")[1:] == [
        ("1", "x,y"),
        ("2", ""),
    ]
    dropped = athena.run(f"drop table if exists `{athena.schema}`.`seed`")
    assert dropped["Status"]["State"] == "SUCCEEDED"
    assert len(athena.objects("seed/")) == 1


def test_properties_are_set_where_the_format_keeps_them(athena: Session) -> None:
    """Hive's in Glue, Iceberg's in its metadata."""
    athena.run(
        f"create table hive with (external_location = '{athena.location}hive') "
        "as select 1 as a"
    )
    schema = athena.schema
    athena.run(
        f"alter table `{schema}`.`hive` set tblproperties ('classification'='parquet')"
    )
    entry = athena.glue.get_table(DatabaseName=schema, Name="hive")["Table"]
    assert entry["Parameters"]["classification"] == "parquet"
    athena.iceberg("kept", "select 1 as a", "vacuum_max_snapshot_age_seconds = '60'")
    properties = athena.rows('select key, value from "kept$properties"')
    assert ("vacuum_max_snapshot_age_seconds", "60") in properties


def test_optimize_joins_files_and_vacuum_drops_old_ones(athena: Session) -> None:
    """VACUUM keeps five days, or what the table's property says."""
    athena.iceberg("grown", "select 0 as a")
    for number in range(1, 4):
        athena.run(f"insert into grown select {number}")
    assert athena.rows('select count(*) from "grown$files"')[1:] == [("4",)]
    done = athena.run(f"optimize {athena.schema}.grown rewrite data using bin_pack")
    assert done["Status"]["State"] == "SUCCEEDED"
    assert athena.rows('select count(*) from "grown$files"')[1:] == [("1",)]
    assert athena.run(f"vacuum {athena.schema}.grown")["Status"]["State"] == "SUCCEEDED"
    snapshots = 'select count(*) from "grown$snapshots"'
    assert int(athena.rows(snapshots)[1][0] or 0) >= 5
    files = len(athena.objects("grown/data/"))
    athena.run(
        f"alter table `{athena.schema}`.`grown` "
        "set tblproperties ('vacuum_max_snapshot_age_seconds'='1')"
    )
    time.sleep(1.5)
    assert athena.run(f"vacuum {athena.schema}.grown")["Status"]["State"] == "SUCCEEDED"
    assert athena.rows(snapshots)[1:] == [("1",)]
    assert len(athena.objects("grown/data/")) < files
    assert athena.rows("select a from grown order by a")[1:] == [
        ("0",),
        ("1",),
        ("2",),
        ("3",),
    ]


def test_unload_writes_files_and_their_list(athena: Session) -> None:
    """The manifest is found by the query's statistics; no table stays behind."""
    found = athena.run(
        "unload (select 1 as a, timestamp '2024-01-01 00:00:00.123456' as at) "
        f"to '{athena.location}unloaded/' with (format = 'PARQUET')"
    )
    assert found["SubstatementType"] == "UNLOAD"
    manifest = found["Statistics"]["DataManifestLocation"]
    bucket, _, key = manifest[5:].partition("/")
    listed = athena.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert listed.splitlines() == [
        f"s3://{bucket}/{each}" for each in athena.objects("unloaded/")
    ]
    assert not any(name.startswith("unload") for (name,) in athena.rows("show tables"))
    again = f"unload (select 1 as a) to '{athena.location}unloaded/' "
    assert athena.reason(f"{again} with (format = 'PARQUET')").startswith(
        "HIVE_PATH_ALREADY_EXISTS"
    )


def test_empty_iceberg_tables_are_created_by_hive_ddl(athena: Session) -> None:
    """Athena's own CREATE TABLE, partitioned, with properties."""
    athena.run(
        f"create table {athena.schema}.empty (id bigint, at timestamp) "
        f"partitioned by (month(at)) location '{athena.location}empty' "
        "tblproperties ('table_type'='ICEBERG', 'format'='parquet', "
        "'vacuum_max_snapshot_age_seconds'='60')"
    )
    athena.run("insert into empty select 1, timestamp '2024-01-01 00:00:00.000001'")
    assert athena.rows("select at from empty")[1:] == [("2024-01-01 00:00:00.000001",)]
