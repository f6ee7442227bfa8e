"""How tests are shared out: a file, or all that share a costly fixture, on one core."""

from typing import Any

import pytest

WHOLE_FOLDERS = ("tests/python/default_fleet", "tests/athena/project", "tests/spark")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a core groups of tests; the marks of ``loadgroup`` need an older pytest."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - not there on Spark

    class GroupScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long groups first: those of whole folders, and with a slow test."""
    groups = {item: group_of(item.nodeid) for item in items}
    slow = {
        group
        for item, group in groups.items()
        if group in WHOLE_FOLDERS or item.get_closest_marker("slow")
    }
    items.sort(key=lambda item: groups[item] not in slow)


def group_of(nodeid: str) -> str:
    """Return the file, or the folder whose tests share what they set up."""
    file = nodeid.split("::", maxsplit=1)[0]
    return next((each for each in WHOLE_FOLDERS if file.startswith(f"{each}/")), file)
