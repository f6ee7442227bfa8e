"""The thin shell around `generate`: its rows replace those of another such fleet."""

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyiceberg.expressions import AlwaysTrue, BooleanExpression, NotStartsWith

from python_jobs.generator.fleet import LOAD_PREFIX, GeneratedFleet
from python_jobs.platform.errors import InputError
from python_jobs.store.filters import equal_to

if TYPE_CHECKING:
    from python_jobs.store import Store

# its declared type hides that it takes two positional arguments
_not_starting_with: Any = NotStartsWith
GENERATED = equal_to("file_kind", "generated")
DELIVERED: BooleanExpression = _not_starting_with("load_id", LOAD_PREFIX)


def write(fleet: GeneratedFleet, store: "Store") -> bool:
    """Write a fleet; rows of another generated fleet are replaced.

    The ledger goes first and comes back last: a run killed in between leaves no ledger,
    and running again writes everything.

    Returns
    -------
    bool
        False when the store holds this very fleet: then nothing is written.

    Raises
    ------
    InputError
        If the warehouse holds delivered data: the two are never mixed.
    """
    ledger = store.read("raw.loads", columns=("load_id",), where=GENERATED)
    if _load_ids(ledger) == _load_ids(fleet.loads):
        return False
    _refuse_delivered_data(store)
    if ledger.num_rows:
        store.delete("raw.loads", where=GENERATED)
    # nothing but generated rows is there, so every row is replaced
    store.overwrite("raw.servers", fleet.servers, where=AlwaysTrue())
    store.overwrite("raw.server_metrics", fleet.server_metrics, where=AlwaysTrue())
    store.overwrite("raw.generator_truth", fleet.generator_truth, where=AlwaysTrue())
    store.overwrite("raw.loads", fleet.loads, where=GENERATED)
    return True


def _refuse_delivered_data(store: "Store") -> None:
    """Stop before rows that someone delivered are replaced."""
    for name in ("raw.servers", "raw.server_metrics"):
        rows = store.read(name, columns=("load_id",), where=DELIVERED)
        if rows.num_rows:
            raise InputError(
                f"{name}: {rows.num_rows} rows of delivered data (load"
                f" {rows['load_id'][0].as_py()}) are in {store.settings.warehouse}"
                " → generate into a warehouse of its own (CAPACITY_WAREHOUSE)"
            )


def _load_ids(loads: pa.Table) -> set[str]:
    return set(loads["load_id"].to_pylist())
