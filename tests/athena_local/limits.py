"""What Athena refuses and the Trino behind it would take."""

import csv
from functools import cache
from itertools import pairwise
from pathlib import Path

from athena_local.failures import MalformedStatementError, QueryFailedError
from athena_local.tokens import Token, code_tokens

LONGEST_QUERY = 262_144
"""Bytes of a query's text."""

OPEN_PARTITIONS = 100
"""Partitions that one CTAS, INSERT or MERGE may write."""

SESSION = {
    # one writer, so that its limit is the limit of the statement
    "task_min_writer_count": "1",
    "task_max_writer_count": "1",
    "iceberg.max_partitions_per_writer": str(OPEN_PARTITIONS),
}
"""Session properties by which Trino keeps Athena's limits itself."""

FUNCTIONS = Path(__file__).with_name("functions.csv")

NEWER_CLAUSES = (
    "create function",
    "create or replace function",
    "with function",
    "json_table (",
    "execute immediate",
    "group by auto",
    "union corresponding",
    "union all corresponding",
    "union distinct corresponding",
    "intersect corresponding",
    "except corresponding",
)
"""Clauses of Trino 476 that Athena's engine has not, or does not document."""


@cache
def functions() -> dict[str, str]:
    """Return the functions of the Trino behind, and what keeps Athena from each.

    Returns
    -------
    dict of str to str
        Name to reason; an empty reason means that Athena has the function.
    """
    with FUNCTIONS.open(newline="") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return {row["name"]: row["missing_because"] for row in rows}


def check_length(statement: str) -> None:
    """Refuse a statement that is longer than Athena takes."""
    if len(statement.encode()) > LONGEST_QUERY:
        raise MalformedStatementError(
            "1 validation error detected: Value at 'queryString' failed to satisfy "
            f"constraint: Member must have length less than or equal to {LONGEST_QUERY}"
        )


def check_functions(statement: str) -> None:
    """Refuse a call of a function that Athena has not."""
    for call in refused_calls(statement):
        line = statement.count("\n", 0, call.start) + 1
        column = call.start - statement.rfind("\n", 0, call.start)
        raise QueryFailedError(
            f"FUNCTION_NOT_FOUND: line {line}:{column}: Function '{call.text.lower()}' "
            f"not registered ({functions()[call.text.lower()]})"
        )


def refused_calls(statement: str) -> list[Token]:
    """Return the calls of functions that Athena has not, in order."""
    found = code_tokens(statement)
    return [
        token
        for token, after in pairwise(found)
        if token.kind == "word"
        and after.text == "("
        and functions().get(token.text.lower())
    ]


def check_clauses(statement: str) -> None:
    """Refuse a clause that Athena's documentation does not list."""
    words = [token.text.lower() for token in code_tokens(statement)]
    for clause in NEWER_CLAUSES:
        parts = clause.split()
        for start in range(len(words) - len(parts) + 1):
            if words[start : start + len(parts)] == parts:
                raise MalformedStatementError(
                    f"mismatched input '{parts[0]}': Athena has no {clause.upper()}"
                )
