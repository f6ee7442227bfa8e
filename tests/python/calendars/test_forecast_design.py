"""The seed of the forecast design is the one home of what Python goes by."""

import csv
import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from python_jobs.calendars import forecast_design
from python_jobs.forecasting.core import scoring, series
from python_jobs.forecasting.core.arrays import Reason

ROWS = list(csv.DictReader(forecast_design.SEED.read_text("utf-8").splitlines()))
PARAMETERS = sorted({row["parameter"] for row in ROWS})
OF_SQL = {"log_floor_ratio"}
"""Python gets the floors with the features."""


def imported(folder: Path, rows: list[dict[str, str]]) -> ModuleType:
    """Import the module beside a seed of its own."""
    module = folder / "python_jobs" / "calendars" / "forecast_design.py"
    seed = folder / "seeds" / "forecast_design.csv"
    for path in (module, seed):
        path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(forecast_design.__file__, module)
    with seed.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(ROWS[0]))
        writer.writeheader()
        writer.writerows(rows)
    spec = importlib.util.spec_from_file_location("moved_design", module)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def constants(module: ModuleType) -> dict[str, object]:
    """Return what a module says, its paths and private names left out."""
    names = [each for each in vars(module) if each.isupper() and each[0] != "_"]
    return {name: getattr(module, name) for name in names if name != "SEED"}


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_each_value_of_the_seed_moves_a_constant(
    parameter: str, tmp_path: Path
) -> None:
    """Each row twice as large, or a term with another name, is seen in Python."""
    rows = [dict(row) for row in ROWS]
    for row in rows:
        if row["parameter"] == parameter == "term":
            row["item"] += "_moved"
        elif row["parameter"] == parameter:
            row["value"] = str(2 * float(row["value"]))
    before, after = constants(forecast_design), constants(imported(tmp_path, rows))
    assert (before == after) == (parameter in OF_SQL)


def sparse() -> series.Fleet:
    """Return a year of one series, last measured sixteen days ago."""
    days = 365
    usage = 40.0 + np.arange(days) % 7
    measured = usage.copy()
    measured[-15:] = np.nan
    one = np.zeros(1, np.int64)
    return series.Fleet(
        metrics=np.array(["cpu"], object),
        calendar_ids=np.array(["us_bank"], object),
        starts=one,
        lengths=one + days,
        first_steps=one,
        measured=measured,
        values=usage,
        is_filled=np.isnan(measured),
        server_ids=np.array(["a"], object),
        is_unbroken=np.ones(1, np.bool_),
        capacities=np.full(1, 100.0),
        ceilings=np.full(1, 100.0),
        log_floors=np.full(1, 0.1),
        is_eoq_window=np.zeros(days, np.bool_),
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"SILENT_DAYS": 14}, (0, Reason.SILENT)),
        ({"SILENT_DAYS": 16}, (365, None)),
        ({"SILENT_DAYS": 16, "WINDOW_DAYS": (400,)}, (0, Reason.TOO_SHORT)),
        ({"SILENT_DAYS": 16, "LARGEST_FILLED_SHARE": 0.01}, (0, Reason.TOO_SHORT)),
    ],
)
def test_compiled_loops_follow_the_design(
    changed: dict[str, object],
    expected: tuple[int, Reason | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A cached loop would keep the value that it was compiled with."""
    for name, value in changed.items():
        monkeypatch.setattr(series, name, value)
    windows, reasons = sparse().look_back(364, first_days={"us_bank": 0})
    assert (windows[0], reasons[0]) == expected


def test_blocks_of_the_horizon_follow_the_design(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Thirty days are three blocks of ten, or two of fifteen."""
    days = np.ones((1, 30))
    for block_days, blocks in ((10, 3), (15, 2)):
        monkeypatch.setattr(scoring, "BLOCK_DAYS", block_days)
        sums = scoring.error_sums(
            days,
            np.ones((1, 30, 9)),
            measured=days,
            is_eoq_window=np.zeros((1, 30), np.bool_),
        )
        assert sums[0, :, 0, 0].tolist() == [block_days] * blocks
