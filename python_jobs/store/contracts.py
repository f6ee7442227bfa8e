"""Contracts of the frames that enter and leave a job.

A job refuses what SQL should have filled: a missing column, a null, a value out of
bounds, a key twice. Each message names table, column, key of the first bad row, the
rule, and what to do.
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from python_jobs.platform.errors import CapacityError, InputError, RunError

Dtype = Literal["string", "integer", "number", "boolean", "date"]
Edge = Literal["read", "written"]

_PANDAS_DTYPES: dict[tuple[Dtype, bool], str] = {
    ("string", False): "str",
    ("string", True): "str",
    ("integer", False): "int64",
    ("integer", True): "Int64",
    ("number", False): "float64",
    ("number", True): "float64",
    ("boolean", False): "bool",
    ("boolean", True): "boolean",
    ("date", False): "datetime64[us]",
    ("date", True): "datetime64[us]",
}


@dataclass(frozen=True)
class Column:
    """What a column may hold.

    Attributes
    ----------
    dtype
        Kind of value. A number is always finite; a date has no time of day.
    nullable
        Whether a value may be missing.
    minimum, maximum
        Inclusive bounds of integers and numbers, in the column's unit.
    allowed
        The only values of a string column; empty: any.
    """

    dtype: Dtype
    _: KW_ONLY
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class FrameContract:
    """Columns, key and rules of one frame.

    Attributes
    ----------
    columns
        Every column by name, in order; a frame has these and no other.
    key
        Columns that identify a row; unique together, never null.
    may_be_empty
        Whether a frame without rows is fine.
    """

    columns: Mapping[str, Column]
    key: tuple[str, ...]
    may_be_empty: bool = False

    def check(
        self, frame: pd.DataFrame, *, table: str, edge: Edge = "read"
    ) -> pd.DataFrame:
        """Return the frame in the declared shape: columns, dtypes, sorted by key.

        Parameters
        ----------
        frame
            Rows as they came; columns in any order.
        table
            Name that messages use.
        edge
            ``read``: a breach is an `InputError` (what feeds the job is wrong);
            ``written``: a `RunError` (the job is wrong).

        Raises
        ------
        InputError, RunError
            If a column is missing or unknown, a value breaks its rule, a key is
            repeated, or there are no rows.
        """
        check = _Check(contract=self, table=table, edge=edge)
        return check.conformed(frame)


@dataclass(frozen=True)
class _Check:
    """One frame against one contract."""

    contract: FrameContract
    table: str
    edge: Edge

    def conformed(self, frame: pd.DataFrame) -> pd.DataFrame:
        self._check_columns(frame)
        shaped = pd.DataFrame(
            {
                name: self._shaped(frame, name=name, column=column)
                for name, column in self.contract.columns.items()
            }
        )
        if shaped.empty and not self.contract.may_be_empty:
            raise self._breach("has no rows", expected="at least one row")
        for name, column in self.contract.columns.items():
            self._check_values(shaped, name=name, column=column)
        self._check_key(shaped)
        key = list(self.contract.key)
        return shaped.sort_values(key, kind="stable", ignore_index=True)

    def _check_columns(self, frame: pd.DataFrame) -> None:
        missing = [name for name in self.contract.columns if name not in frame]
        if missing:
            raise self._breach(
                f"column {', '.join(missing)} is missing",
                expected=f"the columns {', '.join(self.contract.columns)}",
            )
        unknown = [str(name) for name in frame if name not in self.contract.columns]
        if unknown:
            raise self._breach(
                f"column {', '.join(unknown)} is not in the contract",
                expected=f"the columns {', '.join(self.contract.columns)}",
            )

    def _shaped(
        self, frame: pd.DataFrame, *, name: str, column: Column
    ) -> "pd.Series[Any]":
        values = frame[name].reset_index(drop=True)
        required = not column.nullable or name in self.contract.key
        if required and values.isna().any():
            raise self._breach(
                f"column {name}{self._at(frame, values.isna())} is null",
                expected="a value in every row",
            )
        dtype = _PANDAS_DTYPES[column.dtype, not required]
        try:
            return _converted(values, dtype=dtype)
        except (TypeError, ValueError, OverflowError):
            raise self._breach(
                f"column {name} holds {values.dtype} values", expected=column.dtype
            ) from None

    def _check_values(self, frame: pd.DataFrame, *, name: str, column: Column) -> None:
        values = frame[name]
        present = values.notna()
        if column.dtype == "number":
            self._refuse(frame, name, np.isinf(values), expected="a finite number")
        if column.dtype == "date":
            has_time = present & (values != values.dt.normalize())
            self._refuse(frame, name, has_time, expected="a date without a time")
        if column.minimum is not None:
            below = (present & (values < column.minimum)).fillna(False)
            self._refuse(frame, name, below, expected=f"at least {column.minimum:g}")
        if column.maximum is not None:
            above = (present & (values > column.maximum)).fillna(False)
            self._refuse(frame, name, above, expected=f"at most {column.maximum:g}")
        if column.allowed:
            other = present & ~values.isin(column.allowed)
            expected = f"one of {', '.join(column.allowed)}"
            self._refuse(frame, name, other, expected=expected)

    def _check_key(self, frame: pd.DataFrame) -> None:
        key = list(self.contract.key)
        repeated = frame.duplicated(subset=key)
        if repeated.any():
            raise self._breach(
                f"key{self._at(frame, repeated)} is there more than once",
                expected=f"unique {', '.join(key)}",
            )

    def _refuse(
        self, frame: pd.DataFrame, name: str, is_bad: "pd.Series[bool]", expected: str
    ) -> None:
        if is_bad.any():
            value = frame.loc[is_bad.to_numpy(), name].iloc[0]
            raise self._breach(
                f"column {name}{self._at(frame, is_bad)} is {value}", expected=expected
            )

    def _at(self, frame: pd.DataFrame, is_bad: "pd.Series[bool]") -> str:
        """Name the first bad row by its key."""
        row = frame.loc[is_bad.to_numpy(), list(self.contract.key)].iloc[0]
        named = ", ".join(f"{name} {_plain(row[name])}" for name in self.contract.key)
        return f" at {named}"

    def _breach(self, found: str, *, expected: str) -> CapacityError:
        if self.edge == "read":
            return InputError(
                f"{self.table}: {found}; expected {expected}"
                " → build the features again with `capacity build`"
            )
        return RunError(
            f"{self.table}: {found}; expected {expected}"
            " → nothing was published; the job that writes the table has a fault"
        )


def _plain(value: object) -> str:
    """Return a key value as a reader writes it: a date without its midnight."""
    if isinstance(value, pd.Timestamp) and value == value.normalize():
        return str(value.date())
    return str(value)


def _converted(values: "pd.Series[Any]", *, dtype: Any) -> "pd.Series[Any]":
    """Convert without guessing: text never becomes a number, 1.5 never an integer."""
    kind = pd.api.types.infer_dtype(values, skipna=True)
    accepted = {
        "str": {"string", "empty", "categorical"},
        "int64": {"integer", "empty"},
        "Int64": {"integer", "integer-na", "floating", "empty"},
        "float64": {"floating", "integer", "mixed-integer-float", "decimal", "empty"},
        "bool": {"boolean", "empty"},
        "boolean": {"boolean", "empty"},
        "datetime64[us]": {"date", "datetime", "datetime64", "empty"},
    }[dtype]
    if kind not in accepted:
        raise TypeError(kind)
    if dtype == "datetime64[us]":
        return pd.to_datetime(values).astype(dtype)
    return values.astype(dtype)
