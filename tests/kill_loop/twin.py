"""The end of the loop: held against a warehouse of the same files without a kill."""

import os
import time
from collections.abc import Iterator

import pandas as pd
from marts import assert_equal, read_layer

from kill_loop.checks import Fault, orphan_faults, row_faults
from kill_loop.loop import Plan, Progress, base_rows
from kill_loop.sessions import attempt

_OF_HISTORY = {"fct_forecast_drift", "rpt_forecast_drift"}
"""They compare with the run before, and the twin has only one."""
_DAYS_LATER = 10 * 86_400


def final_faults(plan: Plan, progress: Progress) -> Iterator[Fault]:
    """Build both from the same rows and compare; then delete what the kills left."""
    day = progress.deliveries.next_day.toordinal() - 2
    as_of = type(progress.first_day).fromordinal(day).isoformat()
    twin = plan.folder / "twin"
    files = [str(path) for path in plan.files]
    for warehouse, commands in (
        (plan.warehouse, [["run", "--as-of", as_of]]),
        (twin, [["generate"], ["load", *files], ["run", "--as-of", as_of]]),
    ):
        warehouse.mkdir(exist_ok=True)
        for arguments in commands:
            yield from _done(plan, arguments, warehouse=warehouse)
    yield from _differences(plan)
    for path in (plan.warehouse / "lake").rglob("*"):
        # as if they had lain there for ten days: no writer's any more
        os.utime(path, (time.time() - _DAYS_LATER,) * 2)
    yield from _done(plan, ["maintain", "--delete-orphans"], warehouse=plan.warehouse)
    yield from orphan_faults(plan.warehouse)
    yield from row_faults(plan.warehouse, base_rows(plan), plan.files)


def _done(plan: Plan, arguments: list[str], *, warehouse: object) -> Iterator[Fault]:
    ended = attempt(
        [*arguments, "--config", str(plan.config_path)],
        warehouse=warehouse,
        log=plan.folder / "attempt.log",
    )
    if ended.exit_code != 0:
        text = f"at the end {arguments[0]} ended with {ended.exit_code}: {ended.said}"
        yield Fault("failed", text)


def _differences(plan: Plan) -> Iterator[Fault]:
    sides = []
    for folder in (plan.warehouse, plan.folder / "twin"):
        marts: dict[str, pd.DataFrame] = read_layer(folder)
        sides.append(
            {
                name: rows.drop(columns="run_id", errors="ignore")
                for name, rows in marts.items()
                if name not in _OF_HISTORY
            }
        )
    try:
        assert_equal(*sides)
    except AssertionError as error:
        yield Fault("changed", f"marts differ from those without a kill: {error}")
