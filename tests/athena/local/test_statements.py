"""Each of Athena's statements becomes known steps, without any server."""

import pytest
from athena_local.failures import (
    ApiError,
    MalformedStatementError,
    QueryFailedError,
    UnsupportedStatementError,
)
from athena_local.statements import rewritten
from athena_local.steps import (
    Alter,
    CheckTypes,
    RequireEmpty,
    RequireIceberg,
    Run,
    SetProperties,
    Table,
    Unload,
    Vacuum,
    WriteViewColumns,
)

T = Table("s", "t")
COMMENT = '-- /* {"app": "dbt", "node_id": "model.p.m"} */\n'

AS_WRITTEN = [
    ("select  1, 'a;b' from \"S\".x -- why", "SELECT"),
    ("with a as (select 1)\nselect * from a", "SELECT"),
    ("values 1", "SELECT"),
    ("(select 1)", "SELECT"),
    ("explain select 1", "EXPLAIN"),
    ('insert into "c"."s"."t" ("a") (select 1)', "INSERT"),
]


@pytest.mark.parametrize(("sql", "kind"), AS_WRITTEN)
def test_queries_reach_trino_as_written(sql: str, kind: str) -> None:
    """Only dbt's comment before, and what follows the last token, is left out."""
    found = rewritten(COMMENT + sql + ";")
    assert (found.statement_type, found.substatement_type) == ("DML", kind)
    assert found.steps == (Run(sql.removesuffix(" -- why")),)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("merge into", "MERGE"),
        ("update", "UPDATE"),
        ("delete from", "DELETE"),
    ],
)
def test_row_changes_need_iceberg_and_stay_as_written(head: str, kind: str) -> None:
    """MERGE, UPDATE and DELETE are looked up by their target's name."""
    sql = f'{head} "awsdatacatalog"."s"."t" as x where true'
    found = rewritten(sql)
    assert found.substatement_type == kind
    assert found.steps == (RequireIceberg(T, head.upper()), Run(sql))


STATEMENTS = [
    (
        "create schema if not exists `s`",
        "CREATE_DATABASE",
        (Run('create schema if not exists "awsdatacatalog"."s"'),),
    ),
    (
        "create database s location 's3://b/s/'",
        "CREATE_DATABASE",
        (Run('create schema "awsdatacatalog"."s" with (location = \'s3://b/s/\')'),),
    ),
    (
        "drop schema if exists `s` cascade",
        "DROP_DATABASE",
        (Run('drop schema if exists "awsdatacatalog"."s" cascade'),),
    ),
    (
        "drop table if exists `s`.`T`",
        "DROP_TABLE",
        (Run('drop table if exists "awsdatacatalog"."s"."t"'),),
    ),
    (
        "drop view s.v",
        "DROP_VIEW",
        (Run('drop view "awsdatacatalog"."s"."v"'),),
    ),
    (
        "alter table `s`.`t` rename to `s`.`t__bkp`",
        "ALTER_TABLE_RENAME_TO",
        (
            RequireIceberg(T, "ALTER TABLE RENAME TO"),
            Run('alter table "iceberg"."s"."t" rename to "iceberg"."s"."t__bkp"'),
        ),
    ),
    (
        "alter table `s`.`t` add columns (`a` double, b array<string>)",
        "ALTER_TABLE_ADD_COLUMNS",
        (Alter(T, 'add column "a" double'), Alter(T, 'add column "b" array(varchar)')),
    ),
    (
        "alter table `s`.`t` drop column `a`",
        "ALTER_TABLE_DROP_COLUMN",
        (
            RequireIceberg(T, "ALTER TABLE DROP COLUMN"),
            Alter(T, 'drop column "a"'),
        ),
    ),
    (
        "alter table `s`.`t` change column a b bigint",
        "ALTER_TABLE_CHANGE_COLUMN",
        (
            RequireIceberg(T, "ALTER TABLE CHANGE COLUMN"),
            Alter(T, 'rename column "a" to "b"'),
            Alter(T, 'alter column "b" set data type bigint'),
        ),
    ),
    (
        "alter table `s`.`t` set tblproperties ('classification' = 'parquet')",
        "ALTER_TABLE_SET_TBLPROPERTIES",
        (SetProperties(T, {"classification": "parquet"}),),
    ),
    (
        "optimize awsdatacatalog.s.t rewrite data using bin_pack "
        "where d > date '2024-01-01'",
        "OPTIMIZE",
        (
            RequireIceberg(T, "OPTIMIZE"),
            Run(
                'alter table "iceberg"."s"."t" execute optimize '
                "where d > date '2024-01-01'"
            ),
        ),
    ),
    ("vacuum s.t", "VACUUM", (RequireIceberg(T, "VACUUM"), Vacuum(T))),
    (
        'create or replace view "awsdatacatalog"."s"."t" as select 1 as a',
        "CREATE_VIEW",
        (
            Run('create or replace view "awsdatacatalog"."s"."t" as select 1 as a'),
            WriteViewColumns(T),
        ),
    ),
    (
        "unload (select 1 as a) to 's3://b/u/' with (format = 'PARQUET')",
        "UNLOAD",
        (
            Unload(
                "select 1 as a",
                "s3://b/u/",
                "PARQUET",
                {"awsdatacatalog.compression_codec": "GZIP"},
            ),
        ),
    ),
]


@pytest.mark.parametrize(("sql", "kind", "steps"), STATEMENTS)
def test_statements_become_steps(sql: str, kind: str, steps: tuple) -> None:
    """The table of DDL and maintenance: Athena's words, then the steps."""
    found = rewritten(COMMENT + sql)
    assert (found.substatement_type, found.steps) == (kind, steps)


def test_an_iceberg_ctas_is_checked_then_created() -> None:
    """Athena's properties become Trino's; its own go to the table's metadata."""
    found = rewritten(
        'create table "awsdatacatalog"."s"."t" with (table_type=\'iceberg\', '
        "is_external=false,location='s3://b/t', "
        "partitioning=ARRAY['month(d)', 'bucket(16, id)'], format='parquet', "
        "write_compression='zstd', vacuum_max_snapshot_age_seconds='60') as select 1"
    )
    assert (found.statement_type, found.substatement_type) == (
        "DDL",
        "CREATE_TABLE_AS_SELECT",
    )
    assert found.steps == (
        CheckTypes("select 1"),
        Run(
            'create table "iceberg"."s"."t" with (format = \'PARQUET\', '
            "location = 's3://b/t', "
            "partitioning = ARRAY['month(d)', 'bucket(id, 16)']) as select 1",
            {"iceberg.compression_codec": "ZSTD"},
        ),
        SetProperties(T, {"vacuum_max_snapshot_age_seconds": "60"}),
    )


def test_a_hive_ctas_needs_an_empty_folder() -> None:
    """Without a location it writes where the workgroup says."""
    found = rewritten(
        'create table "s"."t" with (table_type=\'hive\', is_external=true, '
        "partitioned_by=ARRAY['k'], format='orc') as select 1 as a, 2 as k",
        tables_location="s3://b/results/tables/q",
    )
    assert found.steps == (
        RequireEmpty(T, "s3://b/results/tables/q/t"),
        Run(
            'create table "awsdatacatalog"."s"."t" with (format = \'ORC\', '
            "external_location = 's3://b/results/tables/q/t', "
            "partitioned_by = ARRAY['k']) as select 1 as a, 2 as k"
        ),
    )


def test_the_types_of_an_empty_ctas_are_those_of_its_query() -> None:
    """WITH NO DATA belongs to the CTAS, not to the query that is checked."""
    found = rewritten(
        "create table s.t with (table_type='iceberg', is_external=false, "
        "location='s3://b/t') as select 1 as a with no data"
    )
    assert found.steps[0] == CheckTypes("select 1 as a ")
    assert found.steps[1].sql.endswith("as select 1 as a with no data")


def test_an_external_table_goes_to_glue_as_it_is() -> None:
    """The seed's CSV table of dbt, serde and skipped header included."""
    found = rewritten(
        "create external table `s`.`t` (`a` string, `b` string) "
        "row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde' "
        "location 's3://b/seed/' tblproperties ('skip.header.line.count'='1')"
    )
    (create,) = found.steps
    storage = create.definition["StorageDescriptor"]
    assert create.table == T
    assert storage["Columns"] == [
        {"Name": "a", "Type": "string"},
        {"Name": "b", "Type": "string"},
    ]
    assert storage["Location"] == "s3://b/seed/"
    assert storage["SerdeInfo"]["SerializationLibrary"].endswith("OpenCSVSerde")
    assert create.definition["Parameters"]["skip.header.line.count"] == "1"


def test_an_empty_iceberg_table_is_created_by_hive_ddl() -> None:
    """Hive's types and backquotes become Trino's."""
    found = rewritten(
        "create table s.t (`id` bigint, at timestamp, tags map<string,int>) "
        "partitioned by (day(at), bucket(4, `id`)) location 's3://b/t' "
        "tblproperties ('table_type'='ICEBERG', 'format'='parquet')"
    )
    assert found.steps == (
        Run(
            'create table "iceberg"."s"."t" ("id" bigint, "at" timestamp(6), '
            "\"tags\" map(varchar, integer)) with (format = 'PARQUET', "
            "location = 's3://b/t', partitioning = ARRAY['day(at)', 'bucket(id, 4)'])"
        ),
    )


def test_names_without_a_schema_are_of_the_querys_database() -> None:
    """As the query's context says."""
    assert rewritten("vacuum t", database="d").steps[1] == Vacuum(Table("d", "t"))


def test_parameters_take_the_place_of_question_marks() -> None:
    """In order; a question mark within a string is no parameter."""
    found = rewritten("select '?', ?-?", parameters=("'a'", "-5"))
    assert found.steps == (Run("select '?',  'a' - -5"),)
    with pytest.raises(ApiError, match="expected 1 but found 2"):
        rewritten("select ?", parameters=("1", "2"))


@pytest.mark.parametrize(
    "sql",
    [
        "call system.runtime.kill_query('x')",
        "set session a = 1",
        "create materialized view v as select 1",
        "create table t like u",
        "truncate table t",
        "grant select on t to x",
        "alter table s.t touch",
        "show grants",
        "start transaction",
    ],
)
def test_what_athena_has_not_is_refused_before_it_is_a_query(sql: str) -> None:
    """With the words of Athena."""
    with pytest.raises(
        UnsupportedStatementError, match="of this type are not supported"
    ):
        rewritten(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "-- nothing",
        'drop table "s"."t"',
        'alter table "s"."t" drop column a',
        "alter table s.t rename to u extra",
        "optimize s.t",
        "optimize s.t rewrite data using bin_pack order by 1",
        "vacuum",
        "create external table s.t (a string)",
        "unload (select 1)",
        "create table t with (format) as select 1",
    ],
)
def test_malformed_statements_are_refused(sql: str) -> None:
    """Hive's DDL takes no double quotes, and nothing is guessed."""
    with pytest.raises(MalformedStatementError, match="mismatched input"):
        rewritten(sql)


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ("is_external=true, location='s3://b/t'", "is_external must be false"),
        ("is_external=false", "location is required"),
        ("is_external=false, location='s3://b/t', sorted_by=ARRAY['a']", "sorted_by"),
    ],
)
def test_properties_that_athena_has_not_fail_the_query(
    properties: str, message: str
) -> None:
    """Trino's own properties among them."""
    with pytest.raises(QueryFailedError, match=f"INVALID_TABLE_PROPERTY.*{message}"):
        rewritten(
            f"create table t with (table_type='iceberg', {properties}) as select 1"
        )
