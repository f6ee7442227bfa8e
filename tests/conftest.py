"""How tests are shared out, and where they write what they measured.

A file, or all that share a costly fixture, is on one core.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from parsed_project import FOLDER

SHARED = {
    "tests/python/default_fleet/": "default fleet",
    "tests/athena/project/test_project_commands.py": "golden fleet",
    "tests/athena/project/test_whole_project.py": "golden fleet",
    "tests/spark/": "session of Spark",
}
"""What the tests of a folder or file set up, and share."""


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder in which the workers of this run share what is made once."""
    if FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="capacity-tests-")
        folder = os.environ[FOLDER]
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.add_cleanup(lambda: os.environ.pop(FOLDER, None))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a core groups of tests; the marks of ``loadgroup`` need an older pytest."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - not there on Spark

    class GroupScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long groups first: those that share a set-up, and with a slow test."""
    groups = {item: group_of(item.nodeid) for item in items}
    slow = {
        group
        for item, group in groups.items()
        if group in SHARED.values() or item.get_closest_marker("slow")
    }
    items.sort(key=lambda item: groups[item] not in slow)


@pytest.fixture
def record_figure(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return a function of a name and a text: a figure of docs/reliability.md.

    It goes to ``target/reliability/NAME.json``, from where `make reliability` takes it.
    """
    project = request.config.rootpath
    marked = "-m long " if request.node.get_closest_marker("long") else ""
    file = Path(request.node.nodeid.split("::")[0]).as_posix()

    def record(name: str, figure: str) -> None:
        commit = subprocess.run(
            ["git", "-C", str(project), "describe", "--always", "--dirty"],  # noqa: S607
            check=False,
            capture_output=True,
            text=True,
        )
        content = {
            "figure": figure,
            "command": f".venv/bin/python -m pytest {marked}{file}",
            "commit": commit.stdout.strip() or "unknown",
        }
        folder = project / "target" / "reliability"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")

    return record


def group_of(nodeid: str) -> str:
    """Return what a test shares with others, else its file."""
    shared = (name for start, name in SHARED.items() if nodeid.startswith(start))
    return next(shared, nodeid.split("::", maxsplit=1)[0])
