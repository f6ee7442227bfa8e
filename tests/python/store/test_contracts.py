"""Frames are refused with table, column, key, rule and what to do."""

from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from python_jobs.platform.errors import InputError, RunError
from python_jobs.store.contracts import Column, FrameContract

CONTRACT = FrameContract(
    columns={
        "server_id": Column("string"),
        "metric_date": Column("date"),
        "origin_number": Column("integer", nullable=True, minimum=0),
        "usage_value": Column("number", nullable=True, minimum=0, maximum=100),
        "is_filled": Column("boolean"),
        "metric": Column("string", allowed=("cpu", "memory")),
    },
    key=("server_id", "metric_date"),
)
FRAME = pd.DataFrame(
    {
        "metric": ["cpu", "memory"],
        "server_id": ["b", "a"],
        "metric_date": [date(2025, 1, 2), date(2025, 1, 2)],
        "origin_number": [None, 3],
        "usage_value": [100, None],
        "is_filled": [True, False],
    }
)


def test_a_frame_comes_out_in_the_declared_shape() -> None:
    """Columns in order, dtypes as declared, rows sorted by key."""
    checked = CONTRACT.check(FRAME, table="feat_x")
    assert {name: str(dtype) for name, dtype in checked.dtypes.items()} == {
        "server_id": "str",
        "metric_date": "datetime64[us]",
        "origin_number": "Int64",
        "usage_value": "float64",
        "is_filled": "bool",
        "metric": "str",
    }
    assert checked["server_id"].tolist() == ["a", "b"]
    assert checked.index.tolist() == [0, 1]
    pd.testing.assert_frame_equal(CONTRACT.check(checked, table="feat_x"), checked)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"server_id": ["a", "a"]},
            "key at server_id a, metric_date 2025-01-02 is the",
        ),
        ({"server_id": ["b", None]}, "column server_id at server_id .*is null"),
        (
            {"usage_value": [50.0, -0.1]},
            r"usage_value at server_id a, .* is -0\.1; .*0",
        ),
        ({"usage_value": [100.5, 1.0]}, r"usage_value at server_id b, .* at most 100"),
        ({"usage_value": [1.0, np.inf]}, r"usage_value .* is inf; expected a finite"),
        ({"usage_value": ["1", "2"]}, "usage_value holds str values; expected number"),
        ({"origin_number": [1.5, 2.0]}, "origin_number holds float64 values; expecte"),
        ({"is_filled": [0, 1]}, "is_filled holds int64 values; expected boolean"),
        ({"is_filled": [True, None]}, "is_filled at server_id a, .* is null"),
        ({"metric": ["cpu", "gpu"]}, "metric at server_id a, .* is gpu; .*cpu, memo"),
        (
            {"metric_date": [datetime(2025, 1, 2), datetime(2025, 1, 2, 12)]},
            "metric_date at server_id a, .* expected a date without a time",
        ),
        ({"more": [1, 2]}, "column more is not in the contract"),
    ],
)
def test_a_broken_rule_is_named(change: dict[str, Any], message: str) -> None:
    """The first bad row is found by its key."""
    with pytest.raises(InputError, match=rf"^feat_x: .*{message}"):
        CONTRACT.check(FRAME.assign(**change), table="feat_x")


def test_what_to_do_depends_on_the_edge() -> None:
    """A bad feature is the build's fault, a bad output the job's."""
    lacking = FRAME.drop(columns="metric")
    with pytest.raises(InputError, match=r"metric is missing.* → .*`capacity build`"):
        CONTRACT.check(lacking, table="feat_x")
    with pytest.raises(RunError, match=r"metric is missing.* → nothing was published"):
        CONTRACT.check(lacking, table="ml.x", edge="written")


def test_an_empty_frame_needs_permission() -> None:
    """No rows is a fault unless the contract says otherwise; dtypes hold anyway."""
    with pytest.raises(InputError, match="feat_x: has no rows"):
        CONTRACT.check(FRAME.iloc[:0], table="feat_x")
    allowed = FrameContract(CONTRACT.columns, key=CONTRACT.key, may_be_empty=True)
    checked = allowed.check(FRAME.iloc[:0], table="feat_x")
    assert checked.empty
    assert str(checked["metric_date"].dtype) == "datetime64[us]"
