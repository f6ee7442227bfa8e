"""The command line as a user has it: a process of its own, real files, real engine."""

import os
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

from parsed_project import give_parse

Ended = subprocess.CompletedProcess[str]
Capacity = Callable[..., Ended]
_PARSING = {"build", "query", "run"}


def program(name: str = "capacity") -> str:
    """Return the path of an installed command."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def environment(warehouse: Path, **variables: str) -> dict[str, str]:
    """Return an environment that knows no warehouse but this one."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CAPACITY_", "DBT_", "AWS_"))
    }
    return kept | {"CAPACITY_WAREHOUSE": str(warehouse)} | variables


def run_capacity(*arguments: object, warehouse: Path, **variables: str) -> Ended:
    """Run ``capacity`` with its warehouse in a folder of the test."""
    if _PARSING & set(arguments) and variables.get("CAPACITY_TARGET") != "athena":
        give_parse(warehouse / "capacity.build.duckdb")
    return subprocess.run(
        [program(), *(str(each) for each in arguments)],
        env=environment(warehouse, **variables),
        cwd=warehouse,
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
