"""Several writers at once: every row arrives, none twice."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from store_rows import load_row, metric_rows

from python_jobs.platform.settings import Settings
from python_jobs.store import Store
from python_jobs.store.filters import all_of, at_least, equal_to, less_than

DAY = date(2025, 1, 1)
JANUARY = all_of(at_least("timestamp", DAY), less_than("timestamp", date(2025, 2, 1)))

WRITER = """
import sys
from pathlib import Path
from python_jobs.platform.settings import Settings
from python_jobs.store import Store
from python_jobs.store.filters import equal_to
sys.path.insert(0, sys.argv[3])
from store_rows import load_row
store = Store.open(Settings(warehouse=Path(sys.argv[1])))
def append(load_id):
    guard = equal_to("load_id", load_id)
    return store.append("raw.loads", load_row(load_id), guard=guard)

for number in range(5):
    assert append(f"{sys.argv[2]}-{number}")
    assert not append("shared")
"""


def test_processes_that_append_to_one_table_lose_nothing(
    store: Store, settings: Settings
) -> None:
    """Three processes, five loads each, and one that all of them guard."""
    shared = equal_to("load_id", "shared")
    assert store.append("raw.loads", load_row("shared"), guard=shared)
    here = str(Path(__file__).parents[1])
    command = [sys.executable, "-W", "error", "-c", WRITER, str(settings.warehouse)]
    writers = [subprocess.Popen([*command, name, here]) for name in ("a", "b", "c")]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    load_ids = store.read("raw.loads")["load_id"].to_pylist()
    expected = {f"{name}-{number}" for name in "abc" for number in range(5)}
    assert sorted(load_ids) == sorted(expected | {"shared"})


def test_the_same_guarded_append_from_many_threads_lands_once(
    settings: Settings, store: Store
) -> None:
    """Of eight simultaneous appends of one load, exactly one writes."""
    guard = equal_to("load_id", "l1")

    def append(_: int) -> bool:
        return Store.open(settings).append("raw.loads", load_row("l1"), guard=guard)

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(append, range(8)))
    assert sum(written) == 1
    assert store.read("raw.loads").num_rows == 1


def test_merges_into_the_same_month_keep_each_others_rows(
    settings: Settings, store: Store
) -> None:
    """Six writers merge a server each into one partition; no update is lost."""

    def merge(number: int) -> None:
        rows = metric_rows([f"s{number}", "shared"], day=DAY, load_id=f"l{number}")
        Store.open(settings).merge(
            "raw.server_metrics", rows, key=("server_id", "timestamp"), where=JANUARY
        )

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(merge, range(6)))
    servers = store.read("raw.server_metrics")["server_id"].to_pylist()
    assert sorted(servers) == [*(f"s{number}" for number in range(6)), "shared"]


def test_overwrites_of_different_runs_do_not_disturb_each_other(
    settings: Settings, store: Store
) -> None:
    """Six writers, each with a filter of its own."""

    def overwrite(number: int) -> None:
        load_id = f"l{number}"
        rows = metric_rows([f"s{number}"], day=DAY, load_id=load_id)
        Store.open(settings).overwrite(
            "raw.server_metrics", rows, where=equal_to("load_id", load_id)
        )

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(overwrite, [*range(6), *range(6)]))
    servers = store.read("raw.server_metrics")["server_id"].to_pylist()
    assert sorted(servers) == [f"s{number}" for number in range(6)]
