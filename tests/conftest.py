"""How tests are shared out: a file, or all that share a costly fixture, on one core."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
WHOLE_FOLDERS = (
    FOLDER / "python" / "default_fleet",
    FOLDER / "athena" / "project",
    FOLDER / "spark",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests for ``pytest -n``, the longest groups first.

    Before the plugin that shares them out looks for the groups.
    """
    groups = {item: group_of(item.path) for item in items}
    slow = {
        group
        for item, group in groups.items()
        if group.is_dir() or item.get_closest_marker("slow")
    }
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(str(group.relative_to(FOLDER))))
    items.sort(key=lambda item: groups[item] not in slow)


def group_of(path: Path) -> Path:
    """Return the file, or the folder whose tests share what they set up."""
    return next((each for each in WHOLE_FOLDERS if each in path.parents), path)
