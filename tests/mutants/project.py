"""The project as dbt compiled it: models, their unit tests, the data tests of each."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

GIVEN = "__dbt__cte__"
"""What dbt puts before the name of a unit test's input."""


@dataclass(frozen=True)
class UnitTest:
    """A unit test: its inputs, the model over them, and what is expected of it.

    Attributes
    ----------
    statement
        The model, which reads its inputs from schema ``GIVEN`` under their names.
    """

    name: str
    statement: exp.Expression
    inputs: dict[str, str]
    expected: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """A model's statement, and all that is asked of what it delivers.

    Attributes
    ----------
    reads
        Relation of each model, seed and source that the statement names.
    """

    name: str
    layer: str
    relation: str
    is_view: bool
    statement: exp.Expression
    reads: dict[str, str]
    unit_tests: list[UnitTest] = field(default_factory=list)
    data_tests: dict[str, str] = field(default_factory=dict)


def models(target: Path) -> list[Model]:
    """Read dbt's artifacts: those of `dbt compile`, and of a run of the unit tests."""
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    nodes = manifest["nodes"]
    unit_tests: dict[str, list[UnitTest]] = defaultdict(list)
    for test in manifest["unit_tests"].values():
        run = target / "run" / "capacity_forecaster" / test["original_file_path"]
        text = next(run.rglob(f"{test['name']}.sql")).read_text("utf-8")
        unit_tests[test["depends_on"]["nodes"][0]].append(unit_test(test["name"], text))
    data_tests: dict[str, dict[str, str]] = defaultdict(dict)
    for node in nodes.values():
        if node["resource_type"] == "test" and _is_strict(node):
            text = Path(node["compiled_path"]).read_text("utf-8")
            for parent in node["depends_on"]["nodes"]:
                data_tests[parent][node["name"]] = text
    return [
        _model(node, unit_tests[unique_id], data_tests[unique_id])
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model"
    ]


def unit_test(name: str, text: str) -> UnitTest:
    """Take dbt's statement of a unit test apart."""
    whole = _parsed(text)
    actual, expected = (cte.this for cte in whole.args["with_"].expressions)
    statement = actual.args["from_"].this.this
    inputs: dict[str, str] = {}
    with_ = statement.args["with_"]
    for cte in list(with_.expressions):
        if cte.alias.startswith(GIVEN):
            inputs[cte.alias.removeprefix(GIVEN)] = cte.this.sql(dialect="duckdb")
            cte.pop()
    if not with_.expressions:
        statement.set("with_", None)
    columns = tuple(each.alias_or_name for each in actual.expressions[:-1])
    wanted = expected.args["from_"].this.this.sql(dialect="duckdb")
    return UnitTest(name, _placed(statement), inputs, wanted, columns)


def _model(
    node: dict[str, Any], unit_tests: list[UnitTest], data_tests: dict[str, str]
) -> Model:
    statement = _parsed(Path(node["compiled_path"]).read_text("utf-8"))
    reads = {
        table.name: exp.table_(
            table.this, table.args["db"], table.args["catalog"]
        ).sql()
        for table in statement.find_all(exp.Table)
        if table.db
    }
    return Model(
        name=node["name"],
        layer=node["fqn"][1],
        relation=node["relation_name"],
        is_view=node["config"]["materialized"] == "view",
        statement=_placed(statement),
        reads=reads,
        unit_tests=unit_tests,
        data_tests=data_tests,
    )


def placed(statement: exp.Expression, schema: str | dict[str, str]) -> str:
    """Return a statement's text, its inputs in a schema or each where it is."""
    copied = statement.copy()
    for table in copied.find_all(exp.Table):
        if table.db == GIVEN:
            if isinstance(schema, str):
                table.set("db", exp.to_identifier(schema))
            else:
                found = exp.to_table(schema[table.name], dialect="duckdb")
                for part in ("this", "db", "catalog"):
                    table.set(part, found.args.get(part))
    return copied.sql(dialect="duckdb", comments=False)


def _parsed(text: str) -> exp.Expression:
    return sqlglot.parse_one(text, read="duckdb")


def _placed(statement: exp.Expression) -> exp.Expression:
    """Name what a statement reads alike in a model and in its unit tests."""
    for table in list(statement.find_all(exp.Table)):
        if table.db or table.name.startswith(GIVEN):
            name = exp.to_identifier(table.name.removeprefix(GIVEN), quoted=True)
            # in this order, too: a place is the same number in both
            given = exp.Table(this=name, db=exp.to_identifier(GIVEN))
            given.set("alias", table.args.get("alias"))
            table.replace(given)
    return statement


def _is_strict(node: dict[str, dict[str, str]]) -> bool:
    return node["config"]["severity"].lower() == "error"
