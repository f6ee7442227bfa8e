"""Row filters for the store: the comparisons this project needs, with Python values.

A date may be compared with a date or a timestamp column; there it is its midnight.
"""

from datetime import date, datetime, time
from typing import Any

from pyiceberg.expressions import (
    AlwaysTrue,
    And,
    BooleanExpression,
    EqualTo,
    GreaterThanOrEqual,
    In,
    LessThan,
    LessThanOrEqual,
    NotEqualTo,
)

Value = str | int | float | bool | date | datetime


def equal_to(column: str, value: Value) -> BooleanExpression:
    """Rows whose column equals the value."""
    return _comparison(EqualTo, column, value)


def not_equal_to(column: str, value: Value) -> BooleanExpression:
    """Rows whose column has another value."""
    return _comparison(NotEqualTo, column, value)


def at_least(column: str, value: Value) -> BooleanExpression:
    """Rows whose column is the value or more."""
    return _comparison(GreaterThanOrEqual, column, value)


def at_most(column: str, value: Value) -> BooleanExpression:
    """Rows whose column is the value or less."""
    return _comparison(LessThanOrEqual, column, value)


def less_than(column: str, value: Value) -> BooleanExpression:
    """Rows whose column is less than the value; of dates: before it."""
    return _comparison(LessThan, column, value)


def one_of(column: str, values: list[str]) -> BooleanExpression:
    """Rows whose column is one of the texts."""
    expression: Any = In
    return expression(column, values)  # type: ignore[no-any-return] # see _comparison


def all_of(*filters: BooleanExpression) -> BooleanExpression:
    """Rows that match every filter."""
    matching: BooleanExpression = AlwaysTrue()
    for condition in filters:
        matching = And(matching, condition)
    return matching


def _comparison(expression: Any, column: str, value: Value) -> BooleanExpression:
    """Build an expression; its type hides that it takes two positional arguments."""
    if isinstance(value, date) and not isinstance(value, datetime):
        # pyiceberg turns a timestamp into a date where it must, never the reverse
        literal: Value = datetime.combine(value, time.min)
    else:
        literal = value
    return expression(column, literal)  # type: ignore[no-any-return]
