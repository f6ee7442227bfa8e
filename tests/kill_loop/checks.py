"""What must hold after a command that was killed has run to its end."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from kill_loop.deliveries import KEY, MEASURES, delivered
from python_jobs.maintenance.files import files_below
from python_jobs.maintenance.orphans import referenced_files
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.catalog import load_table

_LASTING = {
    *("capacity.duckdb", "catalog.db", "lake", "loading", "logs", "target"),
    *("profiles.yml", "queries.json", "run.lock", "jobs.lock"),
}
"""What a warehouse at rest holds."""


class Fault(NamedTuple):
    """Something that must not be: its kind, and the details."""

    kind: str
    text: str


def row_faults(
    warehouse: Path, base: pd.DataFrame, files: list[Path]
) -> Iterator[Fault]:
    """Hold every stored row against what was generated and delivered."""
    store = Store.open(Settings(warehouse=warehouse))
    expected, rejected = delivered(base, files)
    found = store.read("raw.server_metrics", columns=(*KEY, *MEASURES)).to_pandas()
    both = expected.merge(found, on=KEY, how="outer", indicator=True)
    lost = both[both["_merge"] == "left_only"]
    if len(lost):
        yield Fault("lost", f"{len(lost)} raw rows: {lost[KEY].values[:3]}")
    added = both[both["_merge"] == "right_only"]
    if len(added):
        yield Fault(
            "changed", f"{len(added)} raw rows of nobody: {added[KEY].values[:3]}"
        )
    for each in MEASURES:
        left, right = both[f"{each}_x"], both[f"{each}_y"]
        changed = both[(left != right) & ~(left.isna() & right.isna())]
        changed = changed[changed["_merge"] == "both"]
        if len(changed):
            yield Fault("changed", f"{len(changed)} values of {each}")
    yield from _key_faults(store)
    yield from _ledger_faults(store, files, rejected=rejected)
    yield from _run_faults(store)


def left_faults(warehouse: Path) -> Iterator[Fault]:
    """Look for what only a command at work may have in a warehouse."""
    others = sorted(each.name for each in warehouse.iterdir())
    strange = [name for name in others if name not in _LASTING]
    loading = warehouse / "loading"
    if loading.exists():
        strange += [str(each) for each in loading.iterdir() if each.is_dir()]
    if strange:
        yield Fault("left", f"files of a command that has ended: {strange}")


def orphan_faults(warehouse: Path) -> Iterator[Fault]:
    """Look for files in the tables' folders that belong to nothing."""
    store = Store.open(Settings(warehouse=warehouse))
    for name in TABLES:
        table = load_table(store.catalog, name, settings=store.settings)
        found = set(files_below(store.settings, table.location()))
        known = referenced_files(table)
        if found - known:
            yield Fault("left", f"{len(found - known)} orphans of {name}")
        # the log of old metadata goes on after its files
        missing = {path for path in known - found if "/data/" in path}
        if missing:
            yield Fault("lost", f"{len(missing)} data files of {name}")


def _key_faults(store: Store) -> Iterator[Fault]:
    for name, schema in TABLES.items():
        rows = store.read(name, columns=schema.key).to_pandas()
        doubled = int(rows.duplicated().sum())
        if doubled:
            yield Fault("doubled", f"{doubled} of {len(rows)} keys of {name}")


def _ledger_faults(
    store: Store, files: list[Path], *, rejected: int
) -> Iterator[Fault]:
    loads = store.read("raw.loads").to_pandas()
    loads = loads[loads["file_kind"] == "metrics"]
    names = sorted(loads.loc[loads["status"] == "loaded", "file_name"])
    if names != [path.name for path in files] or len(loads) != len(files):
        yield Fault("lost", f"the ledger knows {names}, loaded were {len(files)}")
    found = store.read("raw.rejected_rows", columns=("load_id",)).num_rows
    if found != rejected:
        yield Fault("lost", f"{found} rejected rows, {rejected} were delivered")


def _run_faults(store: Store) -> Iterator[Fault]:
    """Every published run has the rows that it told of, and no others are there."""
    runs = store.read("ml.runs").to_pandas().set_index("run_id")
    counts: dict[str, int] = dict.fromkeys(runs.index, 0)
    for name in TABLES:
        if not name.startswith("ml.") or name == "ml.runs":
            continue
        rows = store.read(name, columns=("run_id",)).to_pandas()
        for run_id, count in rows["run_id"].value_counts().items():
            if run_id not in counts:
                yield Fault("doubled", f"{count} rows of {name} of no published run")
                continue
            counts[str(run_id)] += count
    for run_id, count in counts.items():
        told = runs.loc[run_id, "row_count"]
        if count != told:
            yield Fault("lost", f"run {run_id} told of {told} rows, {count} are there")
