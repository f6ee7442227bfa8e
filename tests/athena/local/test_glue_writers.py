"""Writers of one Glue table: none loses a row, no lost response breaks a table."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from athena_local import LOST_RESPONSE, LocalAthena
from athena_session import Session
from pyiceberg.catalog.glue import GlueCatalog

from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.filters import equal_to
from python_jobs.store.glue import SafeGlueCatalog

WRITERS, COMMITS, TABLES_HIT = 4, 15, 8

Opened = Callable[[str], Store]


def append(store: Store, load_id: str) -> bool:
    """Append one load by the project's own guarded append."""
    columns = {name: [None] for name in TABLES["raw.loads"].column_names}
    row = pa.table(columns | {"load_id": [load_id], "status": ["loaded"]})
    return store.append("raw.loads", row, guard=equal_to("load_id", load_id))


def load_ids(store: Store) -> list[str]:
    """Return what pyiceberg reads, in order."""
    return sorted(store.read("raw.loads")["load_id"].to_pylist())


def load_ids_by_trino(athena: Session, prefix: str) -> list[str | None]:
    """Return what Trino reads, in order."""
    rows = athena.rows(
        "select load_id from loads order by 1",
        QueryExecutionContext={"Database": f"{prefix}_raw"},
    )
    return [load_id for (load_id,) in rows[1:]]


@pytest.fixture
def opened(local_athena: LocalAthena, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Return how to open a store of its own databases, with every table empty."""
    for name, value in local_athena.environment.items():
        monkeypatch.setenv(name, value)

    def store(prefix: str) -> Store:
        settings = replace(Settings.from_environment(), schema_prefix=prefix)
        opened = Store.open(settings)
        opened.init()
        return opened

    return store


def test_processes_that_append_to_one_glue_table_lose_nothing(
    opened: Opened, athena: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four processes, fifteen commits each, and a row of every one of them."""
    store = opened("writers")
    monkeypatch.setenv("CAPACITY_SCHEMA_PREFIX", "writers")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    command = [sys.executable, __file__]
    writers = [subprocess.Popen([*command, str(each)]) for each in range(WRITERS)]
    assert [writer.wait(timeout=300) for writer in writers] == [0] * WRITERS
    expected = sorted(f"{w}-{c}" for w in range(WRITERS) for c in range(COMMITS))
    assert load_ids(store) == expected
    assert load_ids_by_trino(athena, "writers") == expected


def test_no_lost_response_breaks_a_table(
    opened: Opened, athena: Session, local_athena: LocalAthena
) -> None:
    """Eight tables lose the response of a commit; all are whole and go on."""
    for number in range(TABLES_HIT):
        prefix = f"lost_{number}"
        store = opened(prefix)
        assert append(store, "before")
        with local_athena.faults.injecting(
            service="glue",
            operation="UpdateTable",
            error=LOST_RESPONSE,
            matching=f"{prefix}_raw",
        ) as fault:
            assert append(store, "lost")
        assert fault.times == 0
        assert append(store, "then")
        expected = ["before", "lost", "then"]
        assert load_ids(store) == expected
        assert load_ids_by_trino(athena, prefix) == expected


def test_the_catalog_of_pyiceberg_alone_breaks_the_table(
    opened: Opened,
    athena: Session,
    local_athena: LocalAthena,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Why there is a catalog of our own: when this fails, upstream has cured it."""
    unsafe = GlueCatalog._update_glue_table
    monkeypatch.setattr(SafeGlueCatalog, "_update_glue_table", unsafe)
    store = opened("plain")
    assert append(store, "before")
    with (
        local_athena.faults.injecting(
            service="glue",
            operation="UpdateTable",
            error=LOST_RESPONSE,
            matching="plain_raw",
        ),
        pytest.raises(FileNotFoundError, match="snap-"),
    ):
        append(store, "lost")
    with pytest.raises(FileNotFoundError, match="snap-"):
        load_ids(store)
    query = {"QueryExecutionContext": {"Database": "plain_raw"}}
    assert "Metadata not found" in athena.reason("select load_id from loads", **query)


if __name__ == "__main__":
    own = Store.open(Settings.from_environment())
    for commit in range(COMMITS):
        assert append(own, f"{sys.argv[1]}-{commit}")
