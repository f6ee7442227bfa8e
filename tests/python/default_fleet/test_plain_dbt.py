"""`dbt build` alone, as CI and analysts call it, over what `capacity run` left."""

import json
import subprocess
from pathlib import Path

from capacity_process import environment, program

PROJECT = Path(__file__).resolve().parents[3]


def dbt_build(warehouse: Path) -> list[dict[str, str]]:
    """Run the whole project and return dbt's results."""
    ended = subprocess.run(
        [
            program("dbt"),
            "build",
            *("--project-dir", str(PROJECT), "--profiles-dir", str(warehouse)),
            *("--target-path", str(warehouse / "plain")),
        ],
        env=environment(warehouse),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-4000:]
    results = json.loads((warehouse / "plain" / "run_results.json").read_text())
    return list(results["results"])


def test_plain_build_is_green(default_fleet: Path) -> None:
    """Models, data tests and unit tests all pass, right after a run built them."""
    results = dbt_build(default_fleet)
    found = {each["unique_id"].split(".")[0] for each in results}
    assert {"model", "seed", "test", "unit_test"} <= found
    assert {each["status"] for each in results} <= {"success", "pass", "no-op"}
