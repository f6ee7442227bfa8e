"""A run is named after its data, options and code, and after nothing else."""

import sys
from pathlib import Path

import pandas as pd
import pytest
from pydantic import BaseModel

from python_jobs.jobs.fingerprints import (
    code_version,
    data_fingerprint,
    options_fingerprint,
)

FRAME = pd.DataFrame(
    {"server_id": ["a", "b", "z"], "usage_value": [0.1 + 0.2, 1e-12, float("nan")]}
)


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (FRAME.copy(), True),
        (FRAME.assign(usage_value=[0.3, 1e-12, float("nan")]), True),
        (FRAME.assign(usage_value=[0.3000001, 1e-12, float("nan")]), False),
        (FRAME.assign(usage_value=[0.3, 2e-12, float("nan")]), False),
        (FRAME.assign(usage_value=[0.3, 1e-12, 0.0]), False),
        (FRAME.assign(server_id=["a", "c", "z"]), False),
        (FRAME.rename(columns={"usage_value": "forecast_value"}), False),
        (FRAME.iloc[::-1].reset_index(drop=True), False),
    ],
)
def test_data_counts_to_nine_digits(other: pd.DataFrame, is_same: bool) -> None:
    """Noise of the last bits is the same data, a change of a value is not."""
    same = data_fingerprint({"feat_x": FRAME}) == data_fingerprint({"feat_x": other})
    assert same == is_same


def test_signs_and_neighbours_of_powers_of_two_do_not_split() -> None:
    """0.0 and -0.0, and one and the number just below it, are the same."""
    near = pd.DataFrame({"x": [-0.0, 1 - 2**-53, 2 - 2**-52]})
    plain = pd.DataFrame({"x": [0.0, 1.0, 2.0]})
    assert data_fingerprint({"f": near}) == data_fingerprint({"f": plain})


def test_options_are_canonical() -> None:
    """The order in which values were set does not matter."""

    class Options(BaseModel):
        b: int = 1
        a: str = "x"

    assert options_fingerprint(Options(a="y", b=2)) == '{"a": "y", "b": 2}'
    assert options_fingerprint(None) == ""


def test_the_code_version_follows_imports_inside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change in an imported module counts, one elsewhere does not."""
    package = tmp_path / "python_jobs_copy"
    package.mkdir()
    (package / "__init__.py").write_text("")
    job, helper = package / "job.py", package / "helper.py"
    helper.write_text("VALUE = 1\n")
    (package / "other.py").write_text("VALUE = 1\n")
    job.write_text("from python_jobs_copy import helper\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("python_jobs.jobs.fingerprints.PACKAGE", package.name)

    before = code_version("python_jobs_copy.job")
    assert before == code_version("python_jobs_copy.job")
    assert before.startswith("0.1.0+")
    (package / "other.py").write_text("VALUE = 2\n")
    assert code_version("python_jobs_copy.job") == before
    helper.write_text("VALUE = 2\n")
    assert code_version("python_jobs_copy.job") != before
    assert "python_jobs_copy.helper" not in sys.modules
