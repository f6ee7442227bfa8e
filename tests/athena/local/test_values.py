"""Values and types as Athena writes them, hand-made signatures of Trino's."""

from typing import Any

import pytest
from athena_local.column_types import (
    column_info,
    glue_type,
    refused_by_iceberg,
    trino_type,
)
from athena_local.results import Result, csv_file, page, text_file
from athena_local.values import text


def kind(raw: str, *arguments: Any) -> dict[str, Any]:
    """Return a type signature as Trino's JSON has it."""
    return {
        "rawType": raw,
        "arguments": [{"kind": "X", "value": value} for value in arguments],
    }


def named(name: str, signature: dict[str, Any]) -> dict[str, Any]:
    """Return a field of a row."""
    return {"fieldName": {"name": name}, "typeSignature": signature}


INTEGER, DOUBLE = kind("integer"), kind("double")
VARCHAR = kind("varchar", 2147483647)
PAIR = kind("row", named("a", INTEGER), {"typeSignature": VARCHAR})


@pytest.mark.parametrize(
    ("value", "signature", "shown"),
    [
        (None, INTEGER, None),
        (7, INTEGER, "7"),
        ("1.0E10", DOUBLE, "1.0E10"),
        ("NaN", DOUBLE, "NaN"),
        (True, kind("boolean"), "true"),
        ("Yf8=", kind("varbinary"), "61 ff"),
        ([1, None], kind("array", INTEGER), "[1, null]"),
        ({"k": 1}, kind("map", VARCHAR, INTEGER), "{k=1}"),
        ([1, "x"], PAIR, "{a=1, field1=x}"),
        ("1.50", kind("decimal", 3, 2), "1.50"),
    ],
)
def test_values_are_written_as_athena_does(
    value: Any, signature: dict[str, Any], shown: str | None
) -> None:
    """One of each kind."""
    assert text(value, signature) == shown


@pytest.mark.parametrize(
    ("signature", "glue"),
    [
        (INTEGER, "int"),
        (VARCHAR, "string"),
        (kind("varchar", 5), "varchar(5)"),
        (kind("real"), "float"),
        (kind("timestamp", 6), "timestamp"),
        (kind("decimal", 10, 2), "decimal(10,2)"),
        (kind("array", VARCHAR), "array<string>"),
        (kind("map", VARCHAR, DOUBLE), "map<string,double>"),
        (PAIR, "struct<a:int,field1:string>"),
    ],
)
def test_views_show_glues_types(signature: dict[str, Any], glue: str) -> None:
    """What dbt's catalog reads."""
    assert glue_type(signature) == glue


@pytest.mark.parametrize(
    ("hive", "trino"),
    [
        ("string", "varchar"),
        ("INT", "integer"),
        ("timestamp", "timestamp(6)"),
        ("decimal(10, 2)", "decimal(10, 2)"),
        ("array<map<string,int>>", "array(map(varchar, integer))"),
        ("struct<a:string,b:int>", 'row("a" varchar, "b" integer)'),
    ],
)
def test_hive_types_become_trinos(hive: str, trino: str) -> None:
    """Nested ones as well."""
    assert trino_type(hive) == trino


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (kind("timestamp", 6), None),
        (
            kind("timestamp", 3),
            'Timestamp precision (3) not supported for Iceberg. Use "timestamp(6)" '
            "instead.",
        ),
        (
            kind("timestamp with time zone", 3),
            "Timestamp precision (3) not supported for Iceberg. "
            'Use "timestamp(6) with time zone" instead.',
        ),
        (kind("smallint"), "Type not supported for Iceberg: smallint"),
        (kind("array", kind("tinyint")), "Type not supported for Iceberg: tinyint"),
        (
            kind("row", named("a", kind("time", 3))),
            'Time precision (3) not supported for Iceberg. Use "time(6)" instead.',
        ),
        (VARCHAR, None),
    ],
)
def test_types_that_athena_cannot_write_to_iceberg(
    signature: dict[str, Any], reason: str | None
) -> None:
    """Trino 476 would round timestamps and widen integers instead."""
    assert refused_by_iceberg(signature) == reason


def test_columns_are_described_with_precision_and_scale() -> None:
    """A decimal has both."""
    described = column_info({"name": "x", "typeSignature": kind("decimal", 10, 2)})
    assert (described["Type"], described["Precision"], described["Scale"]) == (
        "decimal",
        10,
        2,
    )


SHOWN = Result(
    [column_info({"name": "a", "typeSignature": VARCHAR})],
    [['say "hi"'], [""], [None]],
    has_header=True,
)


def test_a_null_is_nothing_and_an_empty_text_is_quotes() -> None:
    """Else the two would read the same."""
    assert csv_file(SHOWN) == b'"a"\n"say ""hi"""\n""\n\n'


def test_plain_text_has_neither_quotes_nor_header() -> None:
    """SHOW and DESCRIBE."""
    assert text_file(Result(SHOWN.columns, [["x"], [None]])) == b"x\n\n"


def test_pages_count_the_header_and_name_the_next() -> None:
    """Two rows a page: the header and one, then two."""
    first = page(SHOWN, token=None, limit=2)
    assert [row["Data"] for row in first["ResultSet"]["Rows"]] == [
        [{"VarCharValue": "a"}],
        [{"VarCharValue": 'say "hi"'}],
    ]
    second = page(SHOWN, token=first["NextToken"], limit=2)
    assert [row["Data"] for row in second["ResultSet"]["Rows"]] == [
        [{"VarCharValue": ""}],
        [{}],
    ]
    assert "NextToken" not in second
